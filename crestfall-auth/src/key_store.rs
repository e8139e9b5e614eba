//! Rotation of the keys kept in the database, in three steps of which each can be taken back, and
//! none signs anybody out:
//!
//! 1. [`generate`](KeyStore::generate): the new key is published and signs nothing yet, so that
//!    whoever caches the key set knows it in time. Taken back by `revoke`.
//! 2. [`rotate`](KeyStore::rotate): it signs; the former key still verifies. Taken back by rotating to
//!    the former key.
//! 3. [`revoke`](KeyStore::revoke): the former key verifies no more. An access token that it signed is
//!    refused, and the session's next refresh gives a new one: wait as long as access tokens hold.
//!    Taken back by [`restore`](KeyStore::restore).
//!
//! Running nodes follow at once.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::auth::{StartError, sealing_keys};
use crate::config::Config;
use crate::keys::{KeysError, make};
use crate::sealed::SealingKeys;
use crate::signing_key::{Algorithm, KeyError};
use crate::store::signing_keys;

/// The signing keys of a database, to look after.
pub struct KeyStore {
    pool: PgPool,
    sealer: SealingKeys,
}

/// A key, without its private part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The `kid`.
    pub kid: String,
    /// The `alg`.
    pub algorithm: String,
    /// `standby`, `current`, `previous` or `revoked`.
    pub state: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it came into its state.
    pub changed_at: DateTime<Utc>,
}

impl KeyStore {
    /// The keys of a database, sealed with the settings' `encryption_key`.
    ///
    /// # Errors
    /// An `encryption_key` that cannot be used.
    pub fn new(pool: PgPool, config: &Config) -> Result<Self, StartError> {
        let sealer = sealing_keys(config)?;
        Ok(Self { pool, sealer })
    }

    /// Every key, the oldest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn list(&self) -> Result<Vec<StoredKey>, KeysError> {
        let mut db = self.pool.acquire().await?;
        Ok(all(&mut db).await?)
    }

    /// Makes a key that waits to sign.
    ///
    /// # Errors
    /// The database does not answer; there is no randomness.
    pub async fn generate(&self, algorithm: Algorithm) -> Result<StoredKey, KeysError> {
        let mut tx = self.begin().await?;
        let kid = make(&mut tx, &self.sealer, algorithm, "standby").await?;
        self.end(tx, &kid).await
    }

    /// Lets a key sign from now on: the oldest that waits, or this one, which may have signed before.
    ///
    /// # Errors
    /// No key waits; there is none of this `kid`, or it is revoked.
    pub async fn rotate(&self, to: Option<&str>) -> Result<StoredKey, KeysError> {
        let mut tx = self.begin().await?;
        let keys = all(&mut tx).await?;
        let next = match to {
            None => keys.iter().find(|key| key.state == "standby"),
            Some(kid) => Some(find(&keys, kid)?).filter(|key| key.state != "revoked"),
        };
        let next = next.ok_or(match to {
            None => KeysError::Step(KeyError::NoStandby),
            Some(kid) => KeysError::Revoked(kid.to_owned()),
        })?;
        let former = keys.iter().find(|key| key.state == "current");
        if let Some(former) = former {
            signing_keys::set_state(&mut tx, &former.kid, "previous").await?;
        }
        signing_keys::set_state(&mut tx, &next.kid, "current").await?;
        self.end(tx, &next.kid).await
    }

    /// Lets a key verify no more.
    ///
    /// # Errors
    /// The key that signs, and one that is not there.
    pub async fn revoke(&self, kid: &str) -> Result<StoredKey, KeysError> {
        let mut tx = self.begin().await?;
        let keys = all(&mut tx).await?;
        if find(&keys, kid)?.state == "current" {
            return Err(KeysError::Step(KeyError::InUse(kid.to_owned())));
        }
        signing_keys::set_state(&mut tx, kid, "revoked").await?;
        self.end(tx, kid).await
    }

    /// Lets a revoked key verify again.
    ///
    /// # Errors
    /// No such key. One that is not revoked is left as it is.
    pub async fn restore(&self, kid: &str) -> Result<StoredKey, KeysError> {
        let mut tx = self.begin().await?;
        let keys = all(&mut tx).await?;
        if find(&keys, kid)?.state == "revoked" {
            signing_keys::set_state(&mut tx, kid, "previous").await?;
        }
        self.end(tx, kid).await
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, KeysError> {
        let mut tx = self.pool.begin().await?;
        signing_keys::lock(&mut tx).await?;
        Ok(tx)
    }

    /// Commits, and gives the key as it is now.
    async fn end(
        &self,
        mut tx: Transaction<'static, Postgres>,
        kid: &str,
    ) -> Result<StoredKey, KeysError> {
        let keys = all(&mut tx).await?;
        let key = find(&keys, kid)?.clone();
        tx.commit().await?;
        Ok(key)
    }
}

impl std::fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyStore").finish_non_exhaustive()
    }
}

async fn all(db: &mut PgConnection) -> sqlx::Result<Vec<StoredKey>> {
    let rows = signing_keys::all(db).await?.into_iter();
    let told = rows.map(|row| StoredKey {
        kid: row.kid,
        algorithm: row.algorithm,
        state: row.state,
        created_at: row.created_at,
        changed_at: row.changed_at,
    });
    Ok(told.collect())
}

fn find<'a>(keys: &'a [StoredKey], kid: &str) -> Result<&'a StoredKey, KeysError> {
    let found = keys.iter().find(|key| key.kid == kid);
    found.ok_or_else(|| KeysError::Step(KeyError::Unknown(kid.to_owned())))
}
