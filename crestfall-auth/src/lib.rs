//! Users, sessions and every way to prove who you are.
#![allow(dead_code, unused_imports)] // while the parts are being put together

mod address;
pub mod api_key;
mod audit;
mod auth;
mod auth_code;
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
mod go_duration;
mod identify;
mod import;
mod key_store;
mod keys;
pub mod mail;
mod new_password;
mod one_time;
mod page;
mod password;
mod pkce;
pub mod redirect;
mod refresh_token;
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
pub use identify::{Identify, IdentifyLayer};
pub use import::{ImportReport, Importer};
pub use key_store::{KeyStore, StoredKey};
pub use keys::KeysError;
pub use store::migrations;

#[cfg(feature = "testing")]
pub mod testing {
    //! What tests of an embedder need: an authenticator in software.

    pub use crate::factor::webauthn::authenticator::{Algorithm, Attestation, Authenticator};
}
