//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod admin;
mod oauth;
mod authenticators;
mod mail;
mod matrix;
mod captcha;
mod cleanup;
mod hooks;
mod lock_out;
mod mail;
mod passwords;
mod races;
mod rate_limits;
mod links;
mod mail;
mod postbox;
mod revocation;
mod security_log;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
mod timing;
