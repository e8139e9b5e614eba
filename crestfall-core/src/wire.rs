//! The data plane's PostgreSQL client: one request is one batch with one Sync, and batches of many
//! requests follow each other on a connection without waiting for answers.
//!
//! [`startup`] makes a connection ready ([`config`] says where and how, [`tls`] secures it);
//! [`connection`] sends a [`batch`], with statements prepared once ([`cache`]); [`reader`] takes the
//! answers apart ([`message`], [`progress`]). Which connection a request gets is `db`'s to decide.

pub(crate) mod batch;
pub(crate) mod cache;
pub(crate) mod config;
pub(crate) mod connection;
mod der;
pub(crate) mod message;
mod progress;
mod reader;
mod sign_on;
pub(crate) mod socket;
pub(crate) mod startup;
pub(crate) mod tls;
