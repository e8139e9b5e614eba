//! ID tokens: who signed in at a client, for the client to read (OpenID Connect Core, section 2).
//!
//! Their audience is the client, so that no service takes one for an access token.

use aws_lc_rs::digest::{self, SHA256, SHA512, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::scope::Scopes;
use super::user_claims;
use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::signing_key::Algorithm;
use crate::token;
use crate::user::User;

/// How long a client may take to read one, in seconds.
const LIFETIME: i64 = 3600;

/// What an ID token says.
pub(crate) struct IdToken<'a> {
    pub(crate) user: &'a User,
    pub(crate) client: Uuid,
    pub(crate) scopes: &'a Scopes,
    pub(crate) nonce: Option<&'a str>,
    /// When the user proved who they are.
    pub(crate) auth_time: DateTime<Utc>,
    /// The token it comes with.
    pub(crate) access_token: &'a str,
}

/// Whether clients could check an ID token: not one signed with a secret that only we know.
pub(crate) fn can_be_signed(auth: &Auth) -> bool {
    auth.keys().signing().current().algorithm() != Algorithm::Hs256
}

impl IdToken<'_> {
    /// Signs it.
    ///
    /// # Errors
    /// The key signs nothing that others can check, or fails.
    pub(crate) fn sign(&self, auth: &Auth) -> Result<String> {
        let keys = auth.keys().signing();
        let key = keys.current();
        let hash = access_token_hash(key.algorithm(), self.access_token).ok_or_else(|| {
            Error::internal(
                "error generating ID token",
                "HS256 is not supported for ID tokens",
            )
        })?;
        key.sign(&self.claims(auth.issuer(), &hash))
            .map_err(|error| Error::internal("error generating ID token", error))
    }

    fn claims(&self, issuer: &str, access_token_hash: &str) -> Map<String, Value> {
        let issued_at = token::now();
        let mut claims = user_claims::by_scope(self.user, self.scopes);
        let standard = [
            ("iss", json!(issuer)),
            ("sub", json!(self.user.id)),
            ("aud", json!(self.client)),
            ("exp", json!(issued_at + LIFETIME)),
            ("iat", json!(issued_at)),
            ("auth_time", json!(self.auth_time.timestamp())),
            ("at_hash", json!(access_token_hash)),
            ("client_id", json!(self.client)),
        ];
        for (name, value) in standard {
            claims.insert(name.to_owned(), value);
        }
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".to_owned(), nonce.into());
        }
        claims
    }
}

/// `at_hash`: the first half of the token's digest, by the digest of the signature's algorithm (OpenID
/// Connect Core, section 3.1.3.6). Ed25519 uses SHA-512 inside. None for a shared secret.
fn access_token_hash(algorithm: Algorithm, access_token: &str) -> Option<String> {
    let algorithm: &'static digest::Algorithm = match algorithm {
        Algorithm::Hs256 => return None,
        Algorithm::Rs256 | Algorithm::Es256 => &SHA256,
        Algorithm::Rs512 | Algorithm::Es512 | Algorithm::EdDsa => &SHA512,
    };
    let digest = digest(algorithm, access_token.as_bytes());
    let half = digest.as_ref().split_at(algorithm.output_len() / 2).0;
    Some(BASE64_URL_SAFE_NO_PAD.encode(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Core, appendix A.3.
    #[test]
    fn the_hash_of_the_specifications_access_token() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let hash = access_token_hash(Algorithm::Rs256, token);
        assert_eq!(hash.as_deref(), Some("77QmUPtjPfzWtF2AnpK9RQ"));
        assert_eq!(access_token_hash(Algorithm::Hs256, token), None);
        let long = access_token_hash(Algorithm::EdDsa, token).expect("a hash");
        assert_eq!(long.len(), 43);
    }
}
