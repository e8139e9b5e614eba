//! Users kept by an identity provider (SCIM 2.0: RFC 7643 and RFC 7644; GT-063).
//!
//! What a provider sends becomes one form first ([`schema`]), whatever it wrote: `PATCH` changes that
//! form ([`patch`]), `POST` and `PUT` replace it, and [`user`] says what follows for the account. A
//! provider sees the users that it keeps, and of the others those that the settings lay open to it.

pub(crate) mod account;
pub(crate) mod error;
pub(crate) mod etag;
pub(crate) mod filter;
pub(crate) mod patch;
pub(crate) mod projection;
pub(crate) mod provisioner;
pub(crate) mod schema;
pub(crate) mod user;

/// The media type of what is sent back (RFC 7644, section 8.1).
pub(crate) const MEDIA_TYPE: &str = "application/scim+json";
/// Where the resources are, below the service.
pub(crate) const BASE: &str = "/scim/v2";
/// How many users a page has, unless asked for fewer.
pub(crate) const DEFAULT_COUNT: i64 = 100;
/// How many users a page has at most.
pub(crate) const MAX_COUNT: i64 = 200;
