//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod admin;
mod mail;
mod matrix;
mod oauth;
mod revocation;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
