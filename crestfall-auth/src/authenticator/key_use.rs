//! When keys were last used: noted at once, written in batches, once a minute a key at most.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::Utc;
use parking_lot::Mutex;
use sqlx::PgPool;
use uuid::Uuid;

use crate::store::api_keys::{self, KeyUse};

/// A key's use is written once in so many seconds.
const EVERY: i64 = 60;
/// How often the uses of all keys are written.
const BATCH: Duration = Duration::from_secs(2);

/// The uses that wait to be written; at most one a key.
#[derive(Debug, Default)]
pub(super) struct KeyUses {
    waiting: Mutex<HashMap<Uuid, KeyUse>>,
}

impl KeyUses {
    /// Notes a use of a key, whose last was noted at `last` (seconds of the epoch).
    pub(super) fn note(&self, id: Uuid, last: &AtomicI64, ip: Option<IpAddr>) {
        let at = Utc::now();
        let now = at.timestamp();
        let before = last.load(Ordering::Relaxed);
        if now - before < EVERY {
            return;
        }
        let taken = last.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed);
        if taken.is_ok() {
            self.waiting.lock().insert(id, KeyUse { id, at, ip });
        }
    }

    /// Writes what waits.
    pub(super) async fn write(&self, pool: &PgPool) -> sqlx::Result<()> {
        let uses: Vec<KeyUse> = std::mem::take(&mut *self.waiting.lock())
            .into_values()
            .collect();
        if uses.is_empty() {
            return Ok(());
        }
        let mut db = pool.acquire().await?;
        api_keys::used(&mut db, &uses).await
    }

    /// Writes again and again, for ever. What could not be written is given up: it is no more than
    /// when a key was last used.
    pub(super) async fn keep_writing(&self, pool: &PgPool) {
        loop {
            tokio::time::sleep(BATCH).await;
            if let Err(error) = self.write(pool).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the last uses of API keys could not be written");
            }
        }
    }
}
