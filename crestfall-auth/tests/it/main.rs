//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod addresses;
mod admin;
mod links;
mod mail;
mod postbox;
mod revocation;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
