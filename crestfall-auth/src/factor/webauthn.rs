//! Passkeys and security keys: the relying party's part of Web Authentication, Level 3
//! (<https://www.w3.org/TR/webauthn-3/>), GT-034, GT-035, GT-041 and GT-042.
//!
//! A ceremony has two requests. The first makes options for the browser and a [`Ceremony`], which the store keeps and
//! gives out once; the second verifies the browser's answer against it. All that authenticators and browsers send is
//! read by bounded parsers that know no more than these formats need.

mod attestation;
#[cfg(feature = "testing")]
pub(crate) mod authenticator;
mod authenticator_data;
mod base64url;
mod cbor;
mod ceremony;
mod certificate;
mod client_data;
mod config;
mod cose;
mod credential;
mod error;
mod relying_party;
mod response;

pub(crate) use base64url::Base64Url;
pub(crate) use ceremony::Ceremony;
pub(crate) use config::{AttestationPolicy, Config, ConfigError, CounterPolicy};
pub(crate) use credential::Credential;
pub(crate) use error::Error;
pub(crate) use relying_party::{Authenticated, RelyingParty, Usage, User};
pub(crate) use response::Assertion;

#[cfg(test)]
mod tests;
