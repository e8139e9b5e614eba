//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod admin;
mod authenticators;
mod captcha;
mod cleanup;
mod hooks;
mod links;
mod lock_out;
mod lock_out;
mod mail;
mod mail;
mod matrix;
mod oauth;
mod passwords;
mod postbox;
mod races;
mod rate_limits;
mod rate_limits;
mod revocation;
mod security_log;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
mod timing;
