//! Users, sessions and every way to prove who you are.

mod address;
pub mod api_key;
mod audit;
mod auth;
mod auth_code;
mod authenticator;
pub mod basic;
mod body;
mod browser;
mod caller;
mod captcha;
mod cleanup;
mod code_message;
pub mod config;
mod confirmation;
mod connect;
mod contact_change;
pub mod cookie;
mod current_user;
mod cursor;
mod deferred;
mod device;
pub mod directory;
mod error;
mod external_user;
mod factor;
mod forward_auth;
mod go_duration;
pub mod hook;
mod identify;
mod import;
mod key_making;
mod key_store;
mod keys;
mod lane;
mod link_mail;
mod login_page;
pub mod mail;
mod mail_domain;
mod mfa;
mod new_password;
mod new_user;
mod notice;
mod oauth;
mod one_time;
mod openapi;
mod own_api;
mod page;
mod password;
mod pkce;
mod proof;
mod provider;
mod query;
mod rate_limit;
mod reconfigure;
pub mod redirect;
mod refresh_token;
mod relying_party;
mod require_aal2;
mod require_scope;
mod revocation;
mod routes;
pub mod sealed;
mod sending;
mod session;
mod settled;
mod sign_in_guard;
mod sign_up_again;
pub mod signature;
mod signed_in;
pub mod signing_key;
pub mod sms;
mod store;
mod token;
mod user;
mod verification;

pub use auth::{Auth, Builder, StartError};
pub use config::Config;
pub use connect::ConnectError;
pub use current_user::CurrentUser;
pub use error::{Error, ErrorCode};
pub use identify::{Authenticator, Identify, IdentifyLayer, RenewedCookie};
pub use import::{GotrueKeys, ImportReport, Importer, InvalidGotrueKeys};
pub use key_store::{KeyStore, StoredKey};
pub use keys::KeysError;
pub use openapi::openapi;
pub use require_aal2::{RequireAal2, RequireAal2Layer};
pub use require_scope::{RequireScope, RequireScopeLayer, scopes_of};
pub use store::migrations;

#[cfg(feature = "testing")]
pub mod testing {
    //! What tests of an embedder need: an authenticator in software.

    pub use crate::factor::webauthn::authenticator::{Algorithm, Attestation, Authenticator};
}
