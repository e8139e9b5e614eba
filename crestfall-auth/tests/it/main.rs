//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod admin;
mod factors;
mod mail;
mod matrix;
mod passkeys;
mod recovery_codes;
mod require_aal2;
mod revocation;
mod second_factor;
mod security_keys;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
