//! Requests that are signed (RFC 9421) with a key of the store.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use chrono::Utc;
use crestfall_core::{Identity, Problem};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Request, Version};
use uuid::Uuid;

use super::api_key::{ApiKeys, invalid};
use super::{fresh_for, unavailable};
use crate::auth::Auth;
use crate::config::Config;
use crate::signature::{Error, Key, Keys, LookupError, Policy, SignedBy, Verifier};

/// The store's keys, as the verifier asks for them.
struct StoredKeys {
    keys: Arc<ApiKeys>,
    fresh_for: Duration,
}

#[async_trait]
impl Keys for StoredKeys {
    async fn key(&self, key_id: &str) -> Result<Option<Key>, LookupError> {
        let Ok(id) = key_id.parse::<Uuid>() else {
            return Ok(None);
        };
        match self.keys.find(id, self.fresh_for).await? {
            None => Ok(None),
            Some(key) => Ok(key.material.verifying(id, self.keys.sealer())?),
        }
    }
}

/// As the settings want signatures: clients see the scheme of `external_url`.
pub(super) fn policy(config: &Config) -> Policy {
    let scheme = config.external_url.split_once("://");
    Policy {
        scheme: scheme.map(|(scheme, _)| scheme.to_ascii_lowercase()),
        ..Policy::default()
    }
}

impl Auth {
    fn signature_verifier(&self) -> Verifier {
        let authenticators = self.authenticators();
        let keys = StoredKeys {
            keys: Arc::clone(&authenticators.api_keys),
            fresh_for: fresh_for(self.revocations().is_followed()),
        };
        Verifier::new(Arc::new(keys), Arc::clone(&authenticators.nonces))
            .policy(authenticators.signature_policy.clone())
    }

    /// Who signed a request, whose body is checked too.
    pub(crate) async fn identify_signed(
        &self,
        request: Request<Body>,
    ) -> Result<(Request<Body>, Identity), Problem> {
        let verified = self.signature_verifier().verify(request).await;
        let (request, by) = verified.map_err(refuse)?;
        let (parts, body) = request.into_parts();
        let identity = self.signer(&by, &parts).await?;
        Ok((Request::from_parts(parts, body), identity))
    }

    /// Who signed a request without a body.
    pub(crate) async fn identify_signed_head(&self, parts: &Parts) -> Result<Identity, Problem> {
        let now = Utc::now().timestamp();
        let has_body = may_have_body(parts);
        let verified = self
            .signature_verifier()
            .verify_head(parts, has_body, now)
            .await
            .map_err(refuse)?;
        if has_body || verified.digest.is_some() {
            // Nobody would hold the body against its digest.
            return Err(refuse(Error::WrongDigest)
                .hint("Signed requests with a body have to be identified with their body"));
        }
        self.signer(&verified.by, parts).await
    }

    async fn signer(&self, by: &SignedBy, parts: &Parts) -> Result<Identity, Problem> {
        let id = by.key_id.parse().map_err(|_| invalid())?;
        let fresh_for = fresh_for(self.revocations().is_followed());
        let key = self.authenticators().api_keys.find(id, fresh_for).await;
        let key = key.map_err(|error| unavailable(&error))?;
        let key = key.ok_or_else(invalid)?;
        if !self.config().api_keys.enabled {
            return Err(invalid());
        }
        self.use_key(&key, parts)?;
        Ok(key.identity().clone())
    }
}

fn refuse(error: Error) -> Problem {
    tracing::info!(%error, "a signed request was refused");
    error.into()
}

/// Whether there may be a body, as far as a head tells: over HTTP/2 and later it does not.
fn may_have_body(parts: &Parts) -> bool {
    match parts.headers.get(CONTENT_LENGTH) {
        Some(length) => length.as_bytes() != b"0",
        None => parts.version > Version::HTTP_11 || parts.headers.contains_key(TRANSFER_ENCODING),
    }
}
