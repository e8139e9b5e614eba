//! The work that returns: partitions ahead of time, retention, the chain.

use std::time::Duration;

use crestfall_core::Secret;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::log::{Error, Log};

/// How often, and what.
#[derive(Clone, Debug)]
pub struct KeeperConfig {
    /// Between two looks at partitions. Default an hour.
    pub maintain_every: Duration,
    /// Between two seals; none makes no chain. Default a minute.
    pub seal_every: Option<Duration>,
    /// Signs the seals.
    pub seal_key: Option<Secret>,
}

impl Default for KeeperConfig {
    fn default() -> Self {
        Self {
            maintain_every: Duration::from_secs(3600),
            seal_every: Some(Duration::from_secs(60)),
            seal_key: None,
        }
    }
}

/// Keeps the log while a server runs. Any number of nodes may: one does the work, the others find it done.
#[derive(Clone, Debug)]
pub struct Keeper {
    log: Log,
    config: KeeperConfig,
}

impl Keeper {
    /// A keeper whose pool's login role is `authenticator` or the log's owner.
    pub fn new(pool: PgPool, config: KeeperConfig) -> Self {
        Self {
            log: Log::new(pool),
            config,
        }
    }

    /// Works until cancelled. What fails is told and tried again: entries are written without it too.
    pub async fn run(&self, end: CancellationToken) {
        let seals = self.config.seal_every.is_some();
        let seal_every = self.config.seal_every.unwrap_or(Duration::from_secs(60));
        let mut maintain = tokio::time::interval(self.config.maintain_every);
        let mut seal = tokio::time::interval(seal_every);
        // The first tick of both is at once; a chain needs no hurry.
        seal.reset();
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                _ = maintain.tick() => self.maintain().await,
                _ = seal.tick(), if seals => self.seal().await,
            }
        }
    }

    async fn maintain(&self) {
        match self.log.maintain().await {
            Ok(done) => {
                for what in done {
                    tracing::info!("audit log: {what}");
                }
            }
            // Where nothing was migrated there is nothing to keep.
            Err(Error::Missing(_)) => {}
            Err(error) => told(&error, "partitions"),
        }
    }

    async fn seal(&self) {
        match self.log.seal(self.config.seal_key.as_ref()).await {
            Ok(_) | Err(Error::Missing(_)) => {}
            Err(error) => told(&error, "seals"),
        }
    }
}

fn told(error: &Error, what: &str) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "audit log: its {what} could not be looked after; tried again later"
    );
}
