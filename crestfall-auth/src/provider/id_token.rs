//! ID tokens (OpenID Connect Core 1.0, section 3.1.3.7): issued by the one issuer, signed with a key
//! that this issuer publishes, for us, now, and for this very sign-in (SEC-08, SEC-09).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crestfall_core::jwt::{self, KeySet, Verifier};
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::ProviderError;
use super::document::Discovery;
use crate::auth::Auth;

/// A token signed with an unknown key makes us read the issuer's keys again, but not more often.
const KEYS_COOLDOWN: Duration = Duration::from_secs(5);
/// Stands for the tenant in the issuer of Microsoft's shared endpoints.
const TENANT: &str = "{tenantid}";

/// Who issues ID tokens, and where it says how.
#[derive(Clone, Debug)]
pub(super) struct Issuer {
    /// Empty takes what the document at `discovery_url` says, which may have a tenant in it.
    url: String,
    /// Other names of the same issuer.
    also: &'static [&'static str],
    discovery_url: String,
}

/// What a token's nonce must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NonceCheck<'a> {
    None,
    Required(&'a str),
    /// It must have none: none was asked for.
    Absent,
    /// Not checked when the token has none.
    IfPresent(&'a str),
}

impl Issuer {
    /// The issuer of this very name, with its document where the standard says.
    pub(super) fn exactly(url: &str) -> Self {
        let base = url.trim_end_matches('/');
        Self {
            url: url.to_owned(),
            also: &[],
            discovery_url: format!("{base}/.well-known/openid-configuration"),
        }
    }

    pub(super) fn and_known_as(mut self, also: &'static [&'static str]) -> Self {
        self.also = also;
        self
    }

    pub(super) fn discovered_at(mut self, url: &str) -> Self {
        self.discovery_url = url.to_owned();
        self
    }

    /// Whatever the document at this address calls itself.
    pub(super) fn as_published_at(url: String) -> Self {
        Self {
            url: String::new(),
            also: &[],
            discovery_url: url,
        }
    }

    /// Whether tokens may name this issuer, as far as is known without asking it.
    pub(super) fn may_be(&self, issuer: &str) -> bool {
        self.url.is_empty() || self.url == issuer || self.also.contains(&issuer)
    }

    /// What it publishes about itself.
    pub(super) async fn document(&self, auth: &Auth) -> Result<Discovery, ProviderError> {
        let max_age = auth.config().external.discovery_lifetime.get();
        let document = auth
            .documents()
            .get(auth.egress(), &self.discovery_url, max_age)
            .await?;
        let document = Discovery(document);
        if !self.url.is_empty() && document.issuer() != self.url {
            return Err(ProviderError::Issuer(document.issuer().to_owned()));
        }
        Ok(document)
    }

    /// The claims of a token that is good.
    pub(super) async fn verify(
        &self,
        auth: &Auth,
        token: &str,
        client_ids: &[String],
        nonce: NonceCheck<'_>,
        access_token: Option<&str>,
    ) -> Result<Map<String, Value>, ProviderError> {
        let document = self.document(auth).await?;
        let issuer = self.issuer_of(token, document.issuer())?;
        let jwks_uri = document.endpoint("jwks_uri")?;
        let max_age = auth.config().external.discovery_lifetime.get();
        let (documents, egress) = (auth.documents(), auth.egress());
        let keys = documents.get(egress, &jwks_uri, max_age).await?;
        let verified = match check_signature(token, &issuer, &keys) {
            // The key may be new.
            Err(ProviderError::Token(jwt::Error::Key(_)) | ProviderError::Keys(_)) => {
                let keys = documents.get(egress, &jwks_uri, KEYS_COOLDOWN).await?;
                check_signature(token, &issuer, &keys)
            }
            verified => verified,
        };
        let claims = verified?;
        check_claims(&claims, client_ids, nonce)?;
        if let (Some(access_token), Some(hash)) = (access_token, claims.get("at_hash")) {
            check_access_token(token, access_token, hash)?;
        }
        Ok(claims)
    }

    /// The one `iss` that a token must have. What the token itself says only chooses among the
    /// issuers that it may have, and fills in its tenant.
    fn issuer_of(&self, token: &str, published: &str) -> Result<String, ProviderError> {
        let wrong = || ProviderError::IdToken("it is of another issuer");
        let claims = unverified_claims(token).ok_or_else(wrong)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if !self.url.is_empty() {
            let also = text("iss").filter(|issuer| self.also.contains(issuer));
            return Ok(also.unwrap_or(&self.url).to_owned());
        }
        if published.is_empty() {
            return Err(wrong());
        }
        if !published.contains(TENANT) {
            return Ok(published.to_owned());
        }
        let tenant: Uuid = text("tid")
            .and_then(|tenant| tenant.parse().ok())
            .ok_or_else(wrong)?;
        Ok(published.replace(TENANT, &tenant.to_string()))
    }
}

/// Who a token says it is from. Proves nothing.
pub(crate) fn unverified_issuer(token: &str) -> Option<String> {
    let claims = unverified_claims(token)?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

fn unverified_claims(token: &str) -> Option<Map<String, Value>> {
    decode_part(token, 1)
}

fn decode_part(token: &str, part: usize) -> Option<Map<String, Value>> {
    let part = token.split('.').nth(part)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn check_signature(
    token: &str,
    issuer: &str,
    keys: &Arc<Value>,
) -> Result<Map<String, Value>, ProviderError> {
    let verifier = Verifier::builder()
        .keys(KeySet::published(&keys_of(keys, issuer))?)
        .issuer(issuer)
        .require_exp(true)
        // Its claims are the provider's: none of them names a role of ours.
        .anonymous_role("anonymous")
        .role_claim("$.crestfall_has_no_role_here")
        .cache_entries(0)
        .build()?;
    let identity = verifier.verify(token)?;
    let claims = identity.claims().as_value().as_object().cloned();
    claims.ok_or(ProviderError::IdToken("it has no claims"))
}

/// Keys that are said to be another issuer's are not this one's (Microsoft publishes those of all
/// tenants at one place).
fn keys_of(keys: &Value, issuer: &str) -> Value {
    let tenant = |text: &str| {
        let (head, tail) = text.split_once(TENANT)?;
        let inner = issuer.strip_prefix(head)?.strip_suffix(tail)?;
        Some(inner.parse::<Uuid>().is_ok())
    };
    let is_of = |key: &&Value| match key.get("issuer").and_then(Value::as_str) {
        None => true,
        Some(text) => text == issuer || tenant(text) == Some(true),
    };
    let all = keys.get("keys").and_then(Value::as_array);
    let kept: Vec<Value> = all.into_iter().flatten().filter(is_of).cloned().collect();
    json!({ "keys": kept })
}

fn check_claims(
    claims: &Map<String, Value>,
    client_ids: &[String],
    nonce: NonceCheck<'_>,
) -> Result<(), ProviderError> {
    let refuse = |reason| Err(ProviderError::IdToken(reason));
    let is_ours = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        !text.is_empty() && client_ids.iter().any(|id| id == text)
    };
    if claims
        .get("sub")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        return refuse("it has no subject");
    }
    if !claims.contains_key("iat") {
        return refuse("it does not say when it was issued");
    }
    let for_us = match claims.get("aud") {
        Some(Value::Array(audiences)) => match audiences.as_slice() {
            [one] => is_ours(one),
            // For several: then the one that asked for it must be us.
            several => several.iter().any(is_ours) && claims.get("azp").is_some_and(is_ours),
        },
        Some(audience) => is_ours(audience),
        None => false,
    };
    if !for_us {
        return Err(ProviderError::Audience);
    }
    let given = claims.get("nonce");
    let same = |expected: &str| {
        let given = given.and_then(Value::as_str).unwrap_or_default();
        bool::from(given.as_bytes().ct_eq(expected.as_bytes()))
    };
    match (nonce, given) {
        (NonceCheck::None, _) | (NonceCheck::IfPresent(_) | NonceCheck::Absent, None) => Ok(()),
        (NonceCheck::Required(_), None) | (NonceCheck::Absent, Some(_)) => {
            Err(ProviderError::NonceMissing)
        }
        (NonceCheck::Required(expected) | NonceCheck::IfPresent(expected), Some(_)) => {
            match same(expected) {
                true => Ok(()),
                false => Err(ProviderError::NonceWrong),
            }
        }
    }
}

/// OpenID Connect Core, 3.1.3.6: the left half of the hash that goes with the signature's.
fn check_access_token(token: &str, access_token: &str, hash: &Value) -> Result<(), ProviderError> {
    let header = decode_part(token, 0).unwrap_or_default();
    let algorithm: &digest::Algorithm = match header.get("alg").and_then(Value::as_str) {
        Some(name) if name.ends_with("384") => &SHA384,
        Some(name) if name.ends_with("512") || name == "EdDSA" => &SHA512,
        _ => &SHA256,
    };
    let made = digest(algorithm, access_token.as_bytes());
    let half = made.as_ref().get(..made.as_ref().len() / 2);
    let expected = BASE64_URL_SAFE_NO_PAD.encode(half.unwrap_or_default());
    match hash
        .as_str()
        .is_some_and(|hash| bool::from(hash.as_bytes().ct_eq(expected.as_bytes())))
    {
        true => Ok(()),
        false => Err(ProviderError::IdToken("it belongs to another access token")),
    }
}
