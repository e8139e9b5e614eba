//! API keys: of who is signed in, or of services. Crestfall's own.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Auth;
use super::admin::Admin;
use crate::error::Error;

/// API keys of one owner or of services: see [`Auth::api_keys`] and [`Admin::api_keys`].
#[derive(Debug, Clone)]
pub struct ApiKeys {
    auth: Auth,
    place: &'static str,
}

/// A key, without what it proves itself with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ApiKey {
    /// A UUID.
    pub id: String,
    /// What names it in a signature: [`Signer`](crate::signing::Signer).
    pub key_id: String,
    /// `secret`, `publishable`, `hmac` or `ed25519`.
    pub kind: String,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is; none of a service.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The role that it acts as.
    pub role: String,
    /// What it may do, as `resource:action`; empty: all that its owner may.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Where it may come from; empty: from anywhere.
    #[serde(default)]
    pub allowed_ips: Vec<String>,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked_at: Option<String>,
    /// When it was used last.
    #[serde(default)]
    pub last_used_at: Option<String>,
}

/// A key that was just made. Its secret is shown this once, and not by `Debug`.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct NewApiKey {
    /// The key.
    #[serde(flatten)]
    pub about: ApiKey,
    /// The key itself, of a secret or publishable one: what [`Client::new`](crate::Client::new) takes.
    #[serde(default)]
    pub key: Option<String>,
    /// What requests are signed with, in Base64, of one for HMAC.
    #[serde(default)]
    pub secret: Option<String>,
}

impl std::fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApiKey")
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

/// A key to be made.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ApiKeyRequest {
    /// What its owner calls it.
    pub name: String,
    /// `secret`, `publishable`, `hmac` or `ed25519`.
    pub kind: &'static str,
    /// What it may do, as `resource:action`; none: all that its owner may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// When it ends, as RFC 3339 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Where it may come from: addresses and networks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_ips: Vec<String>,
    /// Of an Ed25519 key, in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The role that a service's key acts as. Default: `service_role`; of a publishable one, `anon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl ApiKeyRequest {
    fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
            scopes: None,
            expires_at: None,
            allowed_ips: Vec::new(),
            public_key: None,
            role: None,
        }
    }

    /// One that is sent with each request.
    pub fn secret(name: impl Into<String>) -> Self {
        Self::new("secret", name)
    }

    /// One that may be seen by everybody, in a page say. Of services alone.
    pub fn publishable(name: impl Into<String>) -> Self {
        Self::new("publishable", name)
    }

    /// One that signs by a secret which both sides know.
    pub fn hmac(name: impl Into<String>) -> Self {
        Self::new("hmac", name)
    }

    /// One that signs by a private key, which the server never sees; this is the public one, in Base64.
    pub fn ed25519(name: impl Into<String>, public_key: impl Into<String>) -> Self {
        Self {
            public_key: Some(public_key.into()),
            ..Self::new("ed25519", name)
        }
    }

    /// What it may do, as `resource:action`.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The role that it acts as, of a service.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }
}

impl Auth {
    /// API keys of who is signed in. Crestfall's own.
    pub fn api_keys(&self) -> ApiKeys {
        let (auth, place) = (self.clone(), "user");
        ApiKeys { auth, place }
    }
}

impl Admin {
    /// API keys of services, and of all users. Crestfall's own.
    pub fn api_keys(&self) -> ApiKeys {
        let (auth, place) = (self.0.clone(), "admin");
        ApiKeys { auth, place }
    }
}

impl ApiKeys {
    fn path<'p>(&self, rest: &[&'p str]) -> Vec<&'p str> {
        [&[self.place, "api-keys"], rest].concat()
    }

    /// The keys.
    ///
    /// # Errors
    /// Nobody is signed in, `not_admin`; no answer.
    pub async fn list(&self) -> Result<Vec<ApiKey>, Error> {
        self.auth.fetch(self.auth.get(&self.path(&[]))?).await
    }

    /// Makes a key.
    ///
    /// # Errors
    /// A scope that its owner does not have; no answer.
    pub async fn create(&self, key: ApiKeyRequest) -> Result<NewApiKey, Error> {
        let request = self.auth.post_to(&self.path(&[]), &key)?;
        self.auth.fetch(request).await
    }

    /// Makes a key in place of another, which holds for so many seconds yet.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn rotate(&self, id: &str, overlap_seconds: u64) -> Result<NewApiKey, Error> {
        let body = json!({ "overlap": format!("{overlap_seconds}s") });
        let request = self.auth.post_to(&self.path(&[id, "rotate"]), &body)?;
        self.auth.fetch(request).await
    }

    /// Ends a key at once.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn revoke(&self, id: &str) -> Result<(), Error> {
        let request = self.auth.request(Method::DELETE, &self.path(&[id]))?;
        self.auth.run(request).await
    }
}
