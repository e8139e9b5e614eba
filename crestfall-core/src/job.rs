//! A queue in PostgreSQL: work promised in a transaction, done after it, by one worker of one node
//! at a time, again after a failure, and given up after the last.
//!
//! ```no_run
//! use crestfall_core::job::{Claim, Failure, Job, Worker};
//! # async fn example(pool: sqlx::PgPool, stop: tokio_util::sync::CancellationToken) -> Result<(), sqlx::Error> {
//! let mut transaction = pool.begin().await?;
//! // … what the greeting is about …
//! Job::new("greet", serde_json::json!({ "name": "Ada" }))
//!     .unique("greet:ada")
//!     .enqueue(&mut *transaction)
//!     .await?;
//! transaction.commit().await?;
//!
//! Worker::new(pool)
//!     .on("greet", |job: Claim| async move {
//!         let name = job.payload["name"].as_str().ok_or_else(|| Failure::permanent("no name"))?;
//!         println!("Hello, {name}");
//!         Ok(())
//!     })
//!     .run(stop)
//!     .await;
//! # Ok(())
//! # }
//! ```
//!
//! A claim is a lease, renewed while the handler runs: the job of a worker that was killed comes
//! back when its lease ends. A job is done at least once, and a second time only when the worker
//! was lost between doing it and saying so; handlers that cannot bear that make their effect
//! recognisable (as mail does by its `Message-ID`).
//!
//! The table is `crestfall.jobs`, of [`migrations`]. It is nobody's but its owner's.

mod backoff;
mod run;
mod store;
mod worker;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use sqlx::postgres::Postgres;
use sqlx::types::Uuid;
use sqlx::{Executor, types::chrono};

pub use worker::{Worker, WorkerConfig};

use crate::migrate::{Migration, MigrationSet};

/// What makes the table; to be run with [`crate::migrate::run`] before the sets of other crates.
pub fn migrations() -> MigrationSet {
    const JOBS: Migration = Migration::new("0001_jobs", include_str!("job/0001_jobs.sql"));
    MigrationSet::embedded("crestfall", &[JOBS])
}

/// Work to be done.
#[derive(Clone, Debug)]
#[must_use = "a job is nothing until it is enqueued"]
pub struct Job {
    kind: String,
    payload: Value,
    unique_key: Option<String>,
    confidential: bool,
    max_attempts: u32,
    delay: Duration,
}

impl Job {
    /// A job for the handler of a kind, such as `auth.mail`; 20 attempts.
    pub fn new(kind: impl Into<String>, payload: Value) -> Self {
        Self {
            kind: kind.into(),
            payload,
            unique_key: None,
            confidential: false,
            max_attempts: 20,
            delay: Duration::ZERO,
        }
    }

    /// Not enqueued while another of its kind with the same key waits or runs.
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    /// The payload holds secrets: it is forgotten even when the job is given up. (What is done
    /// leaves no row in any case.)
    pub fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }

    /// How often it is tried, at least once.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Not before that long from now.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds it to the queue by any executor; by that of a transaction it is there if, and as soon
    /// as, the transaction commits. Its number, or none if [`Job::unique`] kept it out.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enqueue<'e, E>(&self, executor: E) -> Result<Option<i64>, sqlx::Error>
    where
        E: Executor<'e, Database = Postgres>,
    {
        store::enqueue(executor, self).await
    }
}

/// A job as a worker has it.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// What it was enqueued with.
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Whether it is given up should this attempt fail.
    pub is_last: bool,
    lease: Uuid,
}

/// Why an attempt failed. The reason is kept in the table and logged: no personal data in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Worth another attempt.
    #[error("{reason}")]
    Retry {
        /// What happened.
        reason: String,
        /// When to try again, where the handler knows better than the back-off.
        after: Option<Duration>,
    },
    /// No attempt will do better.
    #[error("{reason}")]
    Permanent {
        /// What happened.
        reason: String,
    },
}

impl Failure {
    /// Worth another attempt, after the usual pause.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry {
            reason: reason.into(),
            after: None,
        }
    }

    /// No attempt will do better.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent {
            reason: reason.into(),
        }
    }
}

/// Does jobs of one kind. Implemented by closures `|job: Claim| async { … }`.
///
/// The future is dropped when the lease is lost or the worker has to stop: then another worker
/// will have the job.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Does one.
    ///
    /// # Errors
    /// When it could not be done; whether it is worth another attempt is in the error.
    async fn handle(&self, job: Claim) -> Result<(), Failure>;
}

#[async_trait]
impl<F, Fut> Handler for F
where
    F: Fn(Claim) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send,
{
    async fn handle(&self, job: Claim) -> Result<(), Failure> {
        self(job).await
    }
}

/// A job that was given up.
#[derive(Clone, Debug)]
pub struct Dead {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was enqueued.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When it was given up.
    pub dead_at: chrono::DateTime<chrono::Utc>,
}

/// The jobs given up last, latest first.
///
/// # Errors
/// When the database refuses.
pub async fn dead<'e, E>(executor: E, limit: u32) -> Result<Vec<Dead>, sqlx::Error>
where
    E: Executor<'e, Database = Postgres>,
{
    store::dead(executor, i64::from(limit)).await
}
