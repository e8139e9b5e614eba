//! The REST API over HTTP, against a real PostgreSQL, over a world of film and cinema.

mod api;

mod attacks;
mod auth;
mod calling;
mod concurrency;
mod embedding;
mod errors;
mod negotiation;
mod openapi;
mod paging;
mod reading;
mod rows_equal;
mod schemas;
mod secure;
mod transactions;
mod upserting;
mod writing;
