//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod admin;
mod factors;
mod mail;
mod matrix;
mod recovery_codes;
mod revocation;
mod second_factor;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
