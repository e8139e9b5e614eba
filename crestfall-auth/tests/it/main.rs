//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod addresses;
mod admin;
mod authenticators;
mod captcha;
mod cleanup;
mod hooks;
mod links;
mod lock_out;
mod mail;
mod mail;
mod matrix;
mod matrix;
mod oauth;
mod oauth;
mod postbox;
mod rate_limits;
mod revocation;
mod security_log;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
