//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod admin;
mod authenticators;
mod cookie_session;
mod forward_auth;
mod issuers;
mod mail;
mod revocation;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
mod speed;
