//! What needs real servers.

mod mail;
mod sms;
mod smtp_server;
