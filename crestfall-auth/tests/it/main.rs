//! The service over HTTP, each test on a database of its own.

mod admin;
mod oauth;
mod service;
mod sign_in;
