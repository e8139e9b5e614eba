//! The keys that tokens are signed and checked with: from the settings, or made by us and kept,
//! sealed, in the database.

use std::sync::Arc;

use arc_swap::ArcSwap;
use crestfall_core::identity::SharedVerifier;
use crestfall_core::jwt::Verifier;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use crate::config::Config;
use crate::sealed::SealingKeys;
use crate::signing_key::{Algorithm, KeyState, SigningKey, SigningKeys, VerifyingKey};
use crate::store::signing_keys;

const CONTEXT: &str = "auth.signing_keys";

/// The keys in force, replaced as they rotate.
#[derive(Clone)]
pub(crate) struct Keys {
    signing: Arc<ArcSwap<SigningKeys>>,
    verifier: SharedVerifier,
}

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The settings name keys that cannot be used.
    #[error("tokens.keys or tokens.secret cannot be used")]
    Settings(#[source] crate::signing_key::KeyError),
    /// A key of the database cannot be opened.
    #[error("a signing key of the database cannot be used; was encryption_key changed?")]
    Stored(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database did not answer.
    #[error("the signing keys could not be read")]
    Database(#[from] sqlx::Error),
    /// A step of their rotation that cannot be taken.
    #[error(transparent)]
    Step(crate::signing_key::KeyError),
    /// A revoked key is to sign.
    #[error("the key `{0}` is revoked; restore it first")]
    Revoked(String),
    /// They make no verifier.
    #[error("the signing keys cannot be checked with")]
    Verifier(#[from] crestfall_core::jwt::ConfigError),
}

impl Keys {
    /// Reads the keys; makes the first one when there is none.
    pub(crate) async fn load(
        pool: &PgPool,
        config: &Config,
        sealer: &SealingKeys,
    ) -> Result<Self, KeysError> {
        let signing = read(pool, config, sealer).await?;
        let verifier = Arc::new(ArcSwap::from_pointee(verifier(&signing, config)?));
        Ok(Self {
            signing: Arc::new(ArcSwap::from_pointee(signing)),
            verifier,
        })
    }

    /// Reads them again.
    pub(crate) async fn reload(
        &self,
        pool: &PgPool,
        config: &Config,
        sealer: &SealingKeys,
    ) -> Result<(), KeysError> {
        let signing = read(pool, config, sealer).await?;
        self.verifier.store(Arc::new(verifier(&signing, config)?));
        self.signing.store(Arc::new(signing));
        Ok(())
    }

    /// The keys in force.
    pub(crate) fn signing(&self) -> Arc<SigningKeys> {
        self.signing.load_full()
    }

    /// What checks tokens; follows the keys.
    pub(crate) fn verifier(&self) -> &SharedVerifier {
        &self.verifier
    }

    /// The set to publish.
    pub(crate) fn jwks(&self) -> Value {
        self.signing.load().jwks()
    }
}

/// The audience keeps an OAuth client's ID token, signed with the same keys, from being taken for an
/// access token.
fn verifier(keys: &SigningKeys, config: &Config) -> Result<Verifier, KeysError> {
    Ok(Verifier::builder()
        .keys(keys.verifying_keys()?)
        .audience(&config.tokens.audience)
        .anonymous_role("anon")
        .cache_entries(100_000)
        .build()?)
}

async fn read(
    pool: &PgPool,
    config: &Config,
    sealer: &SealingKeys,
) -> Result<SigningKeys, KeysError> {
    let secret = config.tokens.secret.expose();
    let shared = (!secret.is_empty())
        .then(|| SigningKey::from_secret(None, secret.as_bytes()))
        .transpose()
        .map_err(KeysError::Settings)?;
    let mut keys = match config.tokens.keys.expose() {
        "" => stored(pool, sealer).await?,
        keys => SigningKeys::from_gotrue(keys).map_err(KeysError::Settings)?,
    };
    if let Some(shared) = shared {
        keys.add_previous(shared).map_err(KeysError::Settings)?;
    }
    Ok(keys)
}

async fn stored(pool: &PgPool, sealer: &SealingKeys) -> Result<SigningKeys, KeysError> {
    let mut tx = pool.begin().await?;
    let mut rows = signing_keys::in_use(&mut tx).await?;
    if !rows.iter().any(|row| row.state == "current") {
        signing_keys::lock(&mut tx).await?;
        rows = signing_keys::in_use(&mut tx).await?;
        if !rows.iter().any(|row| row.state == "current") {
            make(&mut tx, sealer, Algorithm::Es256, KeyState::Current.name()).await?;
            rows = signing_keys::in_use(&mut tx).await?;
        }
    }
    tx.commit().await?;
    let stored = |error: Box<dyn std::error::Error + Send + Sync>| KeysError::Stored(error);
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let bytes = sealer
            .open(&row.sealed_key, CONTEXT)
            .map_err(|e| stored(e.into()))?;
        let algorithm = Algorithm::parse(&row.algorithm);
        let algorithm = algorithm.ok_or_else(|| stored("an unknown algorithm".into()))?;
        let key = SigningKey::from_bytes(Some(row.kid), algorithm, &bytes);
        let key = key.map_err(|e| stored(e.into()))?;
        let state = KeyState::parse(&row.state).ok_or_else(|| stored("an unknown state".into()))?;
        keys.push((state, VerifyingKey::from(key)));
    }
    SigningKeys::from_keys(keys).map_err(|e| stored(e.into()))
}

/// Makes a key and keeps it; gives its `kid`.
pub(crate) async fn make(
    db: &mut PgConnection,
    sealer: &SealingKeys,
    algorithm: Algorithm,
    state: &str,
) -> Result<String, KeysError> {
    let stored = |error: Box<dyn std::error::Error + Send + Sync>| KeysError::Stored(error);
    let key = SigningKey::generate(algorithm).map_err(|e| stored(e.into()))?;
    let bytes = key.to_bytes().map_err(|e| stored(e.into()))?;
    let sealed = sealer.seal(&bytes, CONTEXT).map_err(|e| stored(e.into()))?;
    let kid = key.id().unwrap_or_default().to_owned();
    signing_keys::insert(db, &kid, algorithm.name(), &sealed, state).await?;
    Ok(kid)
}
