//! API keys as requests have them: known after their first use, forgotten as soon as they change.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use crestfall_core::client_ip::ClientIp;
use crestfall_core::identity::Proof;
use crestfall_core::{Identity, Problem};
use http::header::HeaderValue;
use http::request::Parts;
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use sqlx::PgPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::key_use::KeyUses;
use super::{fresh_for, person, refused, unavailable};
use crate::api_key::{ApiKey, KeyHash, KeyKind, KeyMaterial, KeyRules, ScopeError, Scopes};
use crate::auth::Auth;
use crate::config::Config;
use crate::sealed::SealingKeys;
use crate::store::api_keys::{self, ApiKeyRow};
use crate::store::users;
use crate::user::User;

/// A key and whom it stands for.
#[derive(Debug)]
pub(crate) struct StoredKey {
    pub(crate) id: Uuid,
    pub(crate) user_id: Option<Uuid>,
    kind: KeyKind,
    pub(crate) material: KeyMaterial,
    rules: KeyRules,
    banned_until: Option<DateTime<Utc>>,
    identity: Identity,
    /// When its use was last noted, in seconds of the epoch.
    last_use: AtomicI64,
}

#[derive(Clone)]
struct Known {
    /// None: there is no such key.
    key: Option<Arc<StoredKey>>,
    read: Instant,
}

/// The keys that were used, by id.
pub(crate) struct ApiKeys {
    pool: PgPool,
    sealer: Arc<SealingKeys>,
    issuer: String,
    audience: String,
    limits: BTreeMap<String, Scopes>,
    known: Cache<Uuid, Known>,
    /// Counts what was forgotten: what was read before is not kept after.
    generation: Mutex<u64>,
    uses: KeyUses,
}

/// What is stored of a key cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("the kind or material of an API key makes no sense")]
    Material,
    #[error("a network of an API key is none")]
    Network(#[from] ipnet::AddrParseError),
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

impl ApiKeys {
    pub(super) fn new(
        pool: PgPool,
        sealer: Arc<SealingKeys>,
        config: &Config,
    ) -> Result<Self, ScopeError> {
        let limits = config.api_keys.scopes.iter();
        let limits = limits.map(|(role, scopes)| Ok((role.clone(), Scopes::parse(scopes)?)));
        let issuer = match config.tokens.issuer.as_str() {
            "" => config.external_url.clone(),
            issuer => issuer.to_owned(),
        };
        Ok(Self {
            pool,
            sealer,
            issuer,
            audience: config.tokens.audience.clone(),
            limits: limits.collect::<Result<_, _>>()?,
            known: Cache::new(50_000),
            generation: Mutex::new(0),
            uses: KeyUses::default(),
        })
    }

    pub(crate) fn sealer(&self) -> &SealingKeys {
        &self.sealer
    }

    /// What keys of a role may do at most.
    pub(crate) fn limit(&self, role: &str) -> Scopes {
        self.limits.get(role).cloned().unwrap_or_else(Scopes::all)
    }

    /// The key of this id, read not longer ago than this.
    pub(crate) async fn find(
        &self,
        id: Uuid,
        fresh_for: Duration,
    ) -> sqlx::Result<Option<Arc<StoredKey>>> {
        if let Some(known) = self.known.get(&id)
            && known.read.elapsed() < fresh_for
        {
            return Ok(known.key);
        }
        let before = *self.generation.lock();
        let key = self.read(id).await?.map(Arc::new);
        let known = Known {
            key: key.clone(),
            read: Instant::now(),
        };
        let generation = self.generation.lock();
        if *generation == before {
            self.known.insert(id, known);
        }
        Ok(key)
    }

    async fn read(&self, id: Uuid) -> sqlx::Result<Option<StoredKey>> {
        let mut db = self.pool.acquire().await?;
        let Some(row) = api_keys::find(&mut db, id).await? else {
            return Ok(None);
        };
        let user = match row.user_id {
            None => None,
            Some(user) => match users::find(&mut db, user).await? {
                Some(user) if user.deleted_at.is_none() => Some(user),
                _ => return Ok(None),
            },
        };
        match self.stored(row, user) {
            Ok(key) => Ok(Some(key)),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, api_key = %id, "an API key cannot be used");
                Ok(None)
            }
        }
    }

    fn stored(&self, row: ApiKeyRow, user: Option<User>) -> Result<StoredKey, Unusable> {
        let decode = |text: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
            <[u8; 32]>::try_from(bytes).ok()
        };
        let material = match row.kind.as_str() {
            "secret" | "publishable" => {
                decode(&row.material).map(|hash| KeyMaterial::Hash(KeyHash(hash)))
            }
            "hmac" => Some(KeyMaterial::HmacSha256 {
                sealed: row.material.clone(),
            }),
            "ed25519" => decode(&row.material).map(|public| KeyMaterial::Ed25519 { public }),
            _ => None,
        };
        let kind = match row.kind.as_str() {
            "publishable" => KeyKind::Publishable,
            _ => KeyKind::Secret,
        };
        let networks = row.allowed_ips.iter().map(|network| network.parse());
        Ok(StoredKey {
            id: row.id,
            user_id: row.user_id,
            kind,
            material: material.ok_or(Unusable::Material)?,
            rules: KeyRules {
                expires_at: row.expires_at,
                revoked_at: row.revoked_at,
                allowed_networks: networks.collect::<Result<_, _>>()?,
            },
            banned_until: user.as_ref().and_then(|user| user.banned_until),
            identity: self.identity(&row, user.as_ref())?,
            last_use: AtomicI64::new(row.last_used_at.map_or(0, |at| at.timestamp())),
        })
    }

    /// A user's key acts as the user does now; a service's as its role alone.
    fn identity(&self, row: &ApiKeyRow, user: Option<&User>) -> Result<Identity, ScopeError> {
        let role = user.map_or(row.role.as_str(), |user| user.role.as_str());
        let mut claims = match user {
            Some(user) => person::claims(&self.issuer, &self.audience, user),
            None => Map::from_iter([
                ("iss".to_owned(), Value::from(self.issuer.as_str())),
                ("aud".to_owned(), Value::from(self.audience.as_str())),
                ("aal".to_owned(), Value::from("aal1")),
            ]),
        };
        claims.insert("api_key_id".into(), row.id.to_string().into());
        // Its owner may have lost rights since it was made.
        let scopes = Scopes::parse(&row.scopes)?.intersection(&self.limit(role));
        let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        claims.insert("scope".into(), scopes.join(" ").into());
        let proof = match row.kind.as_str() {
            "publishable" => Proof::Anonymous,
            "hmac" | "ed25519" => Proof::Signature,
            _ => Proof::ApiKey,
        };
        Ok(Identity::proved(role.into(), claims, proof))
    }

    /// Forgets one key, at once on this node; others hear of it from the database.
    pub(crate) fn forget(&self, id: Uuid) {
        let mut generation = self.generation.lock();
        *generation += 1;
        self.known.remove(&id);
    }

    /// Forgets all keys: some were changed.
    pub(crate) fn forget_all(&self) {
        let mut generation = self.generation.lock();
        *generation += 1;
        self.known.clear();
    }

    pub(super) fn forget_user(&self, user: Uuid) {
        let mut generation = self.generation.lock();
        *generation += 1;
        let of_user = |known: &Known| known.key.as_ref().and_then(|key| key.user_id) == Some(user);
        self.known.retain(|_, known| !of_user(known));
    }

    /// Writes when keys were last used, until told to end.
    pub(crate) async fn write_uses(&self, end: CancellationToken) {
        end.run_until_cancelled(self.uses.keep_writing(&self.pool))
            .await;
        if let Err(error) = self.uses.write(&self.pool).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the last uses of API keys could not be written");
        }
    }
}

impl StoredKey {
    /// Whether it may be used now and from here. Which rule forbids it is for the log.
    pub(crate) fn check(&self, ip: Option<IpAddr>) -> Result<(), Problem> {
        if let Err(reason) = self.rules.check(ip, Utc::now()) {
            tracing::info!(api_key = %self.id, %reason, "an API key was refused");
            return Err(invalid());
        }
        match self.banned_until.is_some_and(|until| until > Utc::now()) {
            true => Err(invalid()),
            false => Ok(()),
        }
    }

    /// Whom it stands for.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl Auth {
    /// Whom an API key stands for.
    pub(crate) async fn identify_api_key(
        &self,
        text: &str,
        parts: &Parts,
    ) -> Result<Identity, Problem> {
        let key = self.api_key(text, parts).await?;
        Ok(key.identity.clone())
    }

    /// The key that stands beside a token: only a service's may.
    pub(crate) async fn check_app_key(&self, text: &str, parts: &Parts) -> Result<(), Problem> {
        let key = self.api_key(text, parts).await?;
        match key.user_id {
            None => Ok(()),
            Some(_) => Err(super::credential::many()),
        }
    }

    async fn api_key(&self, text: &str, parts: &Parts) -> Result<Arc<StoredKey>, Problem> {
        let sent = ApiKey::parse(text).map_err(|_| invalid())?;
        let keys = &self.authenticators().api_keys;
        let fresh_for = fresh_for(self.revocations().is_followed());
        let stored = keys.find(sent.id(), fresh_for);
        let stored = stored.await.map_err(|error| unavailable(&error))?;
        let stored = stored.ok_or_else(invalid)?;
        let right = match &stored.material {
            KeyMaterial::Hash(hash) => sent.matches(hash) && sent.kind() == stored.kind,
            KeyMaterial::HmacSha256 { .. } | KeyMaterial::Ed25519 { .. } => false,
        };
        if !right || !self.config().api_keys.enabled {
            return Err(invalid());
        }
        let is_services = stored.kind == KeyKind::Secret && stored.user_id.is_none();
        let allowed = self.config().api_keys.secret_in_browsers;
        if is_services && !allowed && parts.headers.contains_key("sec-fetch-site") {
            tracing::warn!(api_key = %stored.id, "a browser has a service's secret key: revoke it");
            return Err(in_browser());
        }
        self.use_key(&stored, parts)?;
        Ok(stored)
    }

    /// Checks the rules of a key that was proved, and notes its use.
    pub(crate) fn use_key(&self, key: &StoredKey, parts: &Parts) -> Result<(), Problem> {
        let ip = ClientIp::of(parts).map(|ip| ip.0);
        key.check(ip)?;
        let uses = &self.authenticators().api_keys.uses;
        uses.note(key.id, &key.last_use, ip);
        Ok(())
    }
}

/// Only a page's script sends such a header, and what a script has everybody has (SEC-36).
fn in_browser() -> Problem {
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    let message = "A secret key does not belong into a browser";
    refused("api_key_in_browser", message, challenge)
        .hint("Revoke it, and use a publishable key there")
}

/// One answer whatever is wrong with a key.
pub(crate) fn invalid() -> Problem {
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    refused("api_key_invalid", "The API key is not valid", challenge)
        .hint("It may be wrong, expired, revoked, or not allowed from this address")
}
