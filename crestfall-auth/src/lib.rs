//! Users, sessions and every way to prove who you are.
#![allow(dead_code, unused_imports)] // while the parts are being put together

mod address;
pub mod api_key;
mod audit;
mod auth;
mod auth_code;
mod authenticator;
pub mod basic;
mod body;
mod caller;
pub mod config;
mod confirmation;
mod contact_change;
pub mod cookie;
mod device;
mod error;
mod factor;
mod forward_auth;
mod go_duration;
mod identify;
mod key_making;
mod keys;
mod login_page;
pub mod mail;
mod new_password;
mod one_time;
mod own_api;
mod page;
mod password;
mod pkce;
pub mod redirect;
mod refresh_token;
mod require_scope;
mod revocation;
mod routes;
pub mod sealed;
mod session;
pub mod signature;
mod signed_in;
pub mod signing_key;
pub mod sms;
mod store;
mod token;
mod user;

pub use auth::{Auth, Builder, StartError};
pub use config::Config;
pub use error::{Error, ErrorCode};
pub use identify::{Authenticator, Identify, IdentifyLayer, RenewedCookie};
pub use require_scope::{RequireScope, RequireScopeLayer, scopes_of};
pub use store::migrations;

#[cfg(feature = "testing")]
pub mod testing {
    //! What tests of an embedder need: an authenticator in software.

    pub use crate::factor::webauthn::authenticator::{Algorithm, Attestation, Authenticator};
}
