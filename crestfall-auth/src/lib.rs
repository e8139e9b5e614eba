//! Users, sessions and every way to prove who you are.
#![allow(dead_code, unused_imports)] // while the parts are being put together

mod address;
mod api_key;
mod audit;
mod auth;
mod auth_code;
mod body;
mod caller;
pub mod config;
mod confirmation;
mod contact_change;
mod device;
mod error;
mod factor;
mod go_duration;
mod keys;
mod mail;
mod new_password;
mod oauth;
mod one_time;
mod page;
mod password;
mod pkce;
mod refresh_token;
mod routes;
mod sealed;
mod session;
mod signature;
mod signed_in;
pub mod signing_key;
mod store;
mod token;
mod user;

pub use auth::{Auth, StartError};
pub use config::Config;
pub use error::{Error, ErrorCode};
pub use store::migrations;
