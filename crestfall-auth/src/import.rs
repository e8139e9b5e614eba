//! Taking over users from GoTrue: rows of its `auth.users` with their identities, second factors and
//! passkeys, from its database or as JSON. Passwords go on to work (bcrypt, Argon2 and Firebase's
//! scrypt), sessions do not come along. Repeated, it takes over what is new and leaves what is there
//! alone.

mod sealed_by_gotrue;

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::auth::{StartError, sealing_keys};
use crate::config::Config;
use crate::mfa::owner_of_secret;
use crate::password::check_importable;
use crate::sealed::SealingKeys;
use crate::store::import;
pub use sealed_by_gotrue::{GotrueKeys, InvalidGotrueKeys};

/// Takes over users.
#[derive(Debug)]
pub struct Importer {
    pool: PgPool,
    sealer: SealingKeys,
    gotrues: GotrueKeys,
    report: ImportReport,
}

/// What became of users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Those that are here now.
    pub new: u64,
    /// Those that were here before; nothing of them was changed.
    pub before: u64,
    /// Ids of those who are here without their password, and why it cannot be used.
    pub without_password: Vec<(String, String)>,
    /// Ids of those who are here without one of their second factors or passkeys, and why.
    pub without_factor: Vec<(String, String)>,
    /// Ids of those who are not here, and why.
    pub refused: Vec<(String, String)>,
}

impl Importer {
    /// Into the database of this pool, whose user may write the schema `auth`, for a service with
    /// these settings: its key seals the secrets of authenticator apps.
    ///
    /// # Errors
    /// The settings have no key.
    pub fn new(pool: PgPool, config: &Config) -> Result<Self, StartError> {
        Ok(Self {
            pool,
            sealer: sealing_keys(config)?,
            gotrues: GotrueKeys::default(),
            report: ImportReport::default(),
        })
    }

    /// Reads what GoTrue has encrypted with these.
    #[must_use]
    pub fn gotrue_keys(mut self, keys: GotrueKeys) -> Self {
        self.gotrues = keys;
        self
    }

    /// Takes over every user of another database.
    ///
    /// # Errors
    /// One of the databases does not answer. What was taken over stays.
    pub async fn from_database(&mut self, source: &PgPool) -> sqlx::Result<()> {
        let sql = import::every_query(source).await?;
        let mut every = import::every(source, &sql);
        while let Some(record) = every.try_next().await? {
            self.take(&record).await?;
        }
        Ok(())
    }

    /// Takes over one user: a row of `auth.users` as a JSON object, with the rows of
    /// `auth.identities` under `identities`, those of `auth.mfa_factors` under `mfa_factors` and those
    /// of `auth.webauthn_credentials` under `webauthn_credentials`.
    ///
    /// # Errors
    /// The database does not answer. A record that it refuses is reported and is no error.
    pub async fn take(&mut self, record: &Value) -> sqlx::Result<()> {
        let id = record["id"].as_str().unwrap_or("without id").to_owned();
        match self.insert(&id, record).await {
            Ok(true) => self.report.new += 1,
            Ok(false) => self.report.before += 1,
            Err(sqlx::Error::Database(error)) if is_the_records_fault(&*error) => {
                self.report.refused.push((id, error.message().to_owned()));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn insert(&mut self, id: &str, record: &Value) -> sqlx::Result<bool> {
        let password = self.password(id, record);
        let usable = match &password {
            Ok(hash) => hash.as_deref().map(String::as_str),
            Err(_) => None,
        };

        let mut tx = self.pool.begin().await?;
        import::be_quick(&mut tx).await?;
        let Some(user) = import::user(&mut tx, record, usable).await? else {
            return Ok(false);
        };
        for identity in record["identities"].as_array().into_iter().flatten() {
            import::identity(&mut tx, user, identity).await?;
        }
        import::own_identity(&mut tx, user).await?;
        let mut lost = Vec::new();
        for factor in record["mfa_factors"].as_array().into_iter().flatten() {
            match self.secret(factor) {
                Ok(sealed) => import::factor(&mut tx, user, factor, sealed.as_deref()).await?,
                Err(reason) => lost.push((id.to_owned(), reason)),
            }
        }
        for passkey in record["webauthn_credentials"]
            .as_array()
            .into_iter()
            .flatten()
        {
            import::passkey(&mut tx, user, passkey).await?;
        }
        tx.commit().await?;
        self.report.without_factor.append(&mut lost);
        if let Err(reason) = password {
            self.report.without_password.push((id.to_owned(), reason));
        }
        Ok(true)
    }

    /// The hash, if there is one that can be used.
    fn password(&self, id: &str, record: &Value) -> Result<Option<Zeroizing<String>>, String> {
        let kept = record["encrypted_password"].as_str();
        let Some(kept) = kept.filter(|kept| !kept.is_empty()) else {
            return Ok(None);
        };
        let hash = self.gotrues.open(id, kept).map_err(|e| e.to_string())?;
        check_importable(&hash).map_err(|error| error.to_string())?;
        Ok(Some(hash))
    }

    /// The secret of an authenticator app, sealed as ours are; none for other factors.
    fn secret(&self, factor: &Value) -> Result<Option<String>, String> {
        let id = factor["id"].as_str().unwrap_or_default();
        let kept = factor["secret"].as_str().unwrap_or_default();
        if kept.is_empty() {
            return Ok(None);
        }
        let told = |reason: String| format!("its second factor {id}: {reason}");
        let secret = self.gotrues.open(id, kept);
        let secret = secret.map_err(|error| told(error.to_string()))?;
        let id: Uuid = id.parse().map_err(|_| told("it has no id".to_owned()))?;
        let sealed = self.sealer.seal(secret.as_bytes(), &owner_of_secret(id));
        sealed.map(Some).map_err(|error| told(error.to_string()))
    }

    /// What became of them so far.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }
}

/// Data that are malformed (22) or against a constraint (23).
fn is_the_records_fault(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    code.starts_with("22") || code.starts_with("23")
}
