//! The service over HTTP, each test on a database of its own, and what needs other real servers.

mod admin;
mod custom_providers;
mod fake_provider;
mod id_tokens;
mod mail;
mod provider_accounts;
mod providers;
mod revocation;
mod service;
mod sign_in;
mod sms;
mod smtp_server;
