//! The log as an operator's commands use it.

use chrono::{DateTime, Utc};
use crestfall_core::Secret;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;

use crate::chain::{Signer, Verdict, check_signatures};
use crate::entry::Entry;
use crate::event::Event;
use crate::store;

/// Entries that one seal covers at most.
pub(crate) const SEALED_AT_ONCE: i32 = 10_000;

/// The audit log of one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Log {
    pool: PgPool,
}

/// A table under audit.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
pub struct Tracked {
    /// Its name, quoted where SQL needs it.
    pub relation: String,
    /// The table whose partition or child it is, where that is under audit.
    pub root: Option<String>,
    /// As `audit.track` was told.
    pub options: Value,
    /// Since when; null for a partition that is not under audit.
    pub tracked_at: Option<DateTime<Utc>>,
    /// What keeps its log from being whole.
    pub problem: Option<String>,
}

/// Why the log could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The schema `audit` is not there, or is older than this program.
    #[error("the audit log is not there: run `crestfall migrate`")]
    Missing(#[source] sqlx::Error),
    /// The role may not.
    #[error("{0}")]
    Forbidden(String),
    /// What was asked for makes no sense to the database.
    #[error("{0}")]
    Refused(String),
    /// The database could not be asked.
    #[error("the database could not answer")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let Some(refusal) = error.as_database_error() else {
            return Self::Database(error);
        };
        let told = |refusal: &dyn sqlx::error::DatabaseError| {
            let hint = refusal
                .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
                .and_then(sqlx::postgres::PgDatabaseError::hint);
            match hint {
                Some(hint) => format!("{} ({hint})", refusal.message()),
                None => refusal.message().to_owned(),
            }
        };
        match refusal.code().as_deref() {
            // Its schema, a function or a table of it.
            Some("3F000" | "42883") => Self::Missing(error),
            Some("42P01") if refusal.message().contains("audit.") => Self::Missing(error),
            Some("42501") => Self::Forbidden(told(refusal)),
            // About what was named: classes 22 and 42, and what audit.track says.
            Some(code) if code.starts_with("22") || code.starts_with("42") => {
                Self::Refused(told(refusal))
            }
            Some("0A000" | "55000") => Self::Refused(told(refusal)),
            _ => Self::Database(error),
        }
    }
}

type Result<T> = std::result::Result<T, Error>;

impl Log {
    /// The log of the database behind a pool. What it may do is what the pool's role may: put tables
    /// under audit as a member of `crestfall_audit` that owns them, read as a member of
    /// `crestfall_audit_reader`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Puts a table under audit, or changes how it is. `docs/audit.md` tells the options.
    ///
    /// # Errors
    /// When it is no table, an option is none, or the role may not.
    pub async fn track(&self, relation: &str, options: &Value) -> Result<()> {
        Ok(store::track(&self.pool, relation, options).await?)
    }

    /// Ends it; false when the table was not under audit. What was logged stays.
    ///
    /// # Errors
    /// When there is no such table, or the role may not.
    pub async fn untrack(&self, relation: &str) -> Result<bool> {
        Ok(store::untrack(&self.pool, relation).await?)
    }

    /// Logs DDL from now on; false when that takes a superuser, which the role is not.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn track_ddl(&self) -> Result<bool> {
        Ok(store::track_ddl(&self.pool).await?)
    }

    /// Whether DDL is logged.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn tracks_ddl(&self) -> Result<bool> {
        Ok(store::tracks_ddl(&self.pool).await?)
    }

    /// What is under audit, and what is wrong with it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn status(&self) -> Result<Vec<Tracked>> {
        Ok(store::status(&self.pool).await?)
    }

    /// Makes right what [`status`](Self::status) finds; tells what it did.
    ///
    /// # Errors
    /// When the role may not.
    pub async fn refresh(&self) -> Result<Vec<String>> {
        Ok(store::refresh(&self.pool).await?)
    }

    /// Everything that happened to one row, first things first. The key is the texts of its columns in
    /// the order of the primary key.
    ///
    /// # Errors
    /// When the table was never under audit, or its key has another number of columns.
    pub async fn history(&self, relation: &str, key: &[&str]) -> Result<Vec<Entry>> {
        Ok(store::history(&self.pool, relation, key).await?)
    }

    /// What was logged after a position, first things first; 0 is the beginning. Ask again with the last
    /// position you got: no entry is ever skipped, in whatever order transactions commit.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn changes(&self, after: i64, most: i32) -> Result<Vec<Entry>> {
        Ok(store::changes(&self.pool, after, most).await?)
    }

    /// Writes an event down, by itself; see [`record`](crate::record) for one within a transaction.
    ///
    /// # Errors
    /// When its name is none, or the role may not.
    pub async fn record(&self, event: Event) -> Result<()> {
        self.record_all(&[event]).await
    }

    pub(crate) async fn record_all(&self, events: &[Event]) -> Result<()> {
        Ok(store::record(&self.pool, events).await?)
    }

    /// Puts under audit what other parts of Crestfall keep in this database: events of accounts, signing
    /// keys, and the tables of authorization. Tells what it did; what was untracked since stays so.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn adopt(&self) -> Result<Vec<String>> {
        Ok(store::adopt(&self.pool).await?)
    }

    /// Says how long entries are kept (an interval of PostgreSQL such as `400 days`; none keeps them for
    /// ever) and what period one partition holds (`day`, `week`, `month`).
    ///
    /// # Errors
    /// When one of them is none, or the role may not.
    pub async fn configure(&self, retention: Option<&str>, period: &str) -> Result<()> {
        Ok(store::configure(&self.pool, retention, period).await?)
    }

    /// Makes partitions ahead, and drops those that retention has done with; tells what it did.
    ///
    /// # Errors
    /// When a lock was not to be had in half a second: then later.
    pub async fn maintain(&self) -> Result<Vec<String>> {
        Ok(store::maintain(&self.pool).await?)
    }

    /// Seals every entry that can be, and signs the seals where there is a key. Gives how many seals
    /// were made.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn seal(&self, key: Option<&Secret>) -> Result<usize> {
        let mut made = 0;
        loop {
            let seals = store::seal(&self.pool, SEALED_AT_ONCE).await?;
            if seals.is_empty() {
                break;
            }
            made += seals.len();
        }
        if let Some(key) = key {
            let signer = Signer::new(key);
            for seal in store::unsigned(&self.pool).await? {
                let signature = signer.sign(seal.id, &seal.hash);
                store::sign(&self.pool, seal.id, &signature).await?;
            }
        }
        Ok(made)
    }

    /// Checks the chain from a seal on (1 is all of it), and its signatures where there is a key.
    ///
    /// # Errors
    /// When the database cannot be asked. What is wrong with the chain is no error: see [`Verdict`].
    pub async fn verify(&self, from: i64, key: Option<&Secret>) -> Result<Verdict> {
        let mut findings = store::verify(&self.pool, from).await?;
        if let Some(key) = key {
            let seals = store::signatures(&self.pool, from).await?;
            findings.extend(check_signatures(&Signer::new(key), &seals));
        }
        let (seals, head, entries, unsealed) = store::chain(&self.pool, from).await?;
        Ok(Verdict {
            seals,
            entries,
            unsealed,
            head: head.map(|hash| hex(&hash)),
            findings,
        })
    }

    /// Whether a seal with this hash (hexadecimal) is in the chain: one that was noted elsewhere.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn has_seal(&self, hash: &str) -> Result<bool> {
        Ok(store::has_seal(&self.pool, hash).await?)
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
