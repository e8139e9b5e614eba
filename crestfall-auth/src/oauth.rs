//! The OAuth 2.1 and OpenID Connect server: other applications, its clients, sign users in with
//! their account here and act in their name (GT-064 to GT-071, D33).
//!
//! A client sends the user's browser to `/oauth/authorize`. What it asks for is kept as an
//! authorization, which the application's own page shows to the user and has approved or denied. The
//! browser then brings the client a code, which it exchanges for a session of its own.

pub(crate) mod authorization;
pub(crate) mod authorization_request;
pub(crate) mod client;
pub(crate) mod client_credentials;
pub(crate) mod client_metadata;
pub(crate) mod client_request;
pub(crate) mod device;
pub(crate) mod error;
pub(crate) mod id_token;
pub(crate) mod metadata;
pub(crate) mod page_origin;
pub(crate) mod parameters;
pub(crate) mod presented_token;
pub(crate) mod redirect_uri;
pub(crate) mod scope;
pub(crate) mod user_claims;

pub(crate) use error::{OauthCode, OauthError};
