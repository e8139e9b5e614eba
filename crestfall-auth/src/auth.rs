//! The service: what it is made of, and its router.

use std::sync::Arc;

use axum::Router;
use crestfall_core::identity::SharedVerifier;
use serde_json::{Map, Value};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::config::Config;
use crate::error::Result;
use crate::keys::{Keys, KeysError};
use crate::password::{BreachCheck, HasherConfig, PasswordHasher, Policy};
use crate::routes;
use crate::sealed::Sealer;
use crate::user::User;

/// The authentication service over one database. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    pool: PgPool,
    config: Config,
    sealer: Sealer,
    keys: Keys,
    passwords: PasswordHasher,
    password_policy: Policy,
    breaches: Option<Box<dyn BreachCheck>>,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(&'static str),
    /// There are no keys to sign with.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Passwords cannot be hashed with these parameters.
    #[error("the parameters of password hashing cannot be used")]
    Passwords(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Auth {
    /// Over a pool whose user may use the schema `auth` (see [`migrations`](crate::migrations)).
    ///
    /// # Errors
    /// A setting that makes no sense; a database that does not answer.
    pub async fn new(pool: PgPool, config: Config) -> Result<Self, StartError> {
        if config.encryption_key.expose().len() < 32 {
            return Err(StartError::Setting(
                "encryption_key needs at least 32 bytes; make one with `openssl rand -hex 32`",
            ));
        }
        let previous = config
            .previous_encryption_keys
            .iter()
            .map(|key| key.expose());
        let sealer = Sealer::new(std::iter::once(config.encryption_key.expose()).chain(previous))
            .map_err(|_| StartError::Setting("encryption_key cannot be used"))?;
        let keys = Keys::load(&pool, &config, &sealer).await?;
        let passwords = PasswordHasher::new(&HasherConfig::default())
            .map_err(|error| StartError::Passwords(error.into()))?;
        Ok(Self(Arc::new(Inner {
            pool,
            config,
            sealer,
            keys,
            passwords,
            password_policy: Policy::default(),
            breaches: None,
        })))
    }

    /// The endpoints, relative: nest them where clients expect them, such as `/auth/v1`.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::router(self.clone())
    }

    /// The address of the OAuth server's metadata as RFC 8414 builds it, with the issuer's path behind
    /// `/.well-known/oauth-authorization-server`: MCP clients look there alone. Merge it into the
    /// application's outermost router.
    pub fn well_known<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::well_known(self.clone())
    }

    /// What checks the tokens given out here.
    pub fn verifier(&self) -> &SharedVerifier {
        self.0.keys.verifier()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    pub(crate) fn passwords(&self) -> &PasswordHasher {
        &self.0.passwords
    }

    pub(crate) fn password_policy(&self) -> &Policy {
        &self.0.password_policy
    }

    pub(crate) fn breaches(&self) -> Option<&dyn BreachCheck> {
        self.0.breaches.as_deref()
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.0.pool.begin().await?)
    }

    /// `iss` of tokens.
    pub(crate) fn issuer(&self) -> &str {
        match self.config().tokens.issuer.as_str() {
            "" => &self.config().external_url,
            issuer => issuer,
        }
    }

    /// Lets the application change what a token says.
    pub(crate) async fn customize_claims(
        &self,
        _db: &mut PgConnection,
        _user: &User,
        _method: &str,
        claims: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        Ok(claims)
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
