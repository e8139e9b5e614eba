//! The database: one round trip a transaction, each under its own role and settings.
//!
//! [`Db`] holds the connections and is the only one who sets a role. What a transaction runs as is its
//! [`Scope`], what runs in it are [`Statement`]s; [`Rows`] come back as PostgreSQL's text.

mod builder;
mod cancel;
mod config;
mod copy;
mod error;
pub mod json;
mod latency;
mod listen;
mod pool;
mod recovery;
pub(crate) mod rows;
mod scope;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use hashbrown::DefaultHashBuilder;
use tokio::sync::{mpsc, oneshot};

pub use crate::wire::config::ConnectConfig;
pub use builder::SqlBuilder;
pub use config::DbConfig;
pub use copy::CopyOut;
pub use error::{DbError, PgError};
pub use listen::{Listener, Notice};
pub use pool::PoolStatus;
pub use rows::{ColumnInfo, Row, Rows, Values};
pub use scope::{Access, End, Isolation, Param, Scope, Share, Statement};
pub use transaction::OpenTransaction;

use crate::wire::batch::Batch;
use crate::wire::connection::{Failure, Sink, Treatment};
use cancel::Pending;
use pool::{Need, Pool, Ticket};

/// The database. Clones share the connections.
#[derive(Clone)]
pub struct Db(Arc<Pools>);

struct Pools {
    primary: Arc<Pool>,
    replicas: Option<Arc<Pool>>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Db").field(&self.status()).finish()
    }
}

impl Drop for Pools {
    fn drop(&mut self) {
        self.primary.close();
        if let Some(replicas) = &self.replicas {
            replicas.close();
        }
    }
}

impl Db {
    /// Connects, so that a wrong setting is noticed now.
    ///
    /// # Errors
    /// When PostgreSQL cannot be reached or refuses, or a setting makes no sense.
    pub async fn connect(config: DbConfig) -> Result<Self, DbError> {
        let db = Self::lazy(config)?;
        db.0.primary.connect_now().await?;
        Ok(db)
    }

    /// Connects when the first request needs it. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a setting makes no sense.
    pub fn lazy(config: DbConfig) -> Result<Self, DbError> {
        let hasher = DefaultHashBuilder::default();
        let connection = std::slice::from_ref(&config.connection);
        let primary = Pool::new(&config, connection, "primary", hasher.clone())?;
        let replicas = match config.read_replicas.as_slice() {
            [] => None,
            connections => Some(Pool::new(&config, connections, "replica", hasher)?),
        };
        for pool in [Some(&primary), replicas.as_ref()].into_iter().flatten() {
            tokio::spawn(tidy(Arc::downgrade(pool)));
        }
        Ok(Self(Arc::new(Pools { primary, replicas })))
    }

    /// Runs all statements in one transaction, one round trip. Each one's result, in order.
    ///
    /// # Errors
    /// When a statement fails everything is rolled back.
    pub async fn run(
        &self,
        scope: &Scope<'_>,
        statements: &[Statement],
    ) -> Result<Vec<Rows>, DbError> {
        let mut pool = self.pool_for(scope);
        let batch = Batch::transaction(scope, statements, false, &pool.hasher);
        let mut retry = Retry::default();
        loop {
            let fingerprint = batch.fingerprint();
            let need = need(pool, scope, fingerprint);
            let ticket = self.ticket(&mut pool, need).await?;
            let treatment = Treatment {
                release: true,
                fresh: retry.fresh,
                read_only: scope.access == Access::ReadOnly,
                fingerprint,
                max_bytes: pool.config.max_result_bytes.unwrap_or(usize::MAX),
                resets: scope.resets_behind(),
                gathers: need == Need::Brief && ticket.in_company,
            };
            let (sender, receiver) = oneshot::channel();
            let (alone, connection) = (ticket.alone, Arc::clone(&ticket.connection));
            let failure = match send(ticket, &batch, Sink::Rows(sender), treatment) {
                Ok(number) => {
                    match Pending::new(receiver, pool, connection, number, alone)
                        .answer()
                        .await
                    {
                        Ok((rows, _)) => return Ok(rows),
                        Err(failure) => failure,
                    }
                }
                Err(failure) => failure,
            };
            retry.after(failure)?;
        }
    }

    /// The same, but the transaction stays open for the caller to look at the results first.
    ///
    /// # Errors
    /// When a statement fails everything is rolled back.
    pub async fn open(
        &self,
        scope: &Scope<'_>,
        statements: &[Statement],
    ) -> Result<(Vec<Rows>, OpenTransaction), DbError> {
        let mut pool = self.pool_for(scope);
        let batch = Batch::transaction(scope, statements, true, &pool.hasher);
        let mut retry = Retry::default();
        loop {
            let ticket = self.ticket(&mut pool, Need::Alone).await?;
            let connection = Arc::clone(&ticket.connection);
            let treatment = Treatment {
                release: false,
                fresh: retry.fresh,
                read_only: scope.access == Access::ReadOnly,
                fingerprint: 0,
                max_bytes: pool.config.max_result_bytes.unwrap_or(usize::MAX),
                resets: false,
                gathers: false,
            };
            let (sender, receiver) = oneshot::channel();
            let failure = match send(ticket, &batch, Sink::Rows(sender), treatment) {
                Ok(number) => {
                    // Made before waiting: whatever happens from here on, it rolls back.
                    let pending =
                        Pending::new(receiver, pool, Arc::clone(&connection), number, true);
                    let open = OpenTransaction::new(Arc::clone(pool), connection, scope);
                    match pending.answer().await {
                        Ok((rows, _)) => return Ok((rows, open)),
                        Err(failure) => failure,
                    }
                }
                Err(failure) => failure,
            };
            retry.after(failure)?;
        }
    }

    /// The data of a `copy ... to stdout`, as it comes.
    ///
    /// # Errors
    /// When PostgreSQL refuses before the first data; later errors come in the stream.
    pub async fn copy_out(
        &self,
        scope: &Scope<'_>,
        statement: &Statement,
    ) -> Result<CopyOut, DbError> {
        let mut pool = self.pool_for(scope);
        let statements = std::slice::from_ref(statement);
        let batch = Batch::transaction(scope, statements, false, &pool.hasher);
        let ticket = self.ticket(&mut pool, Need::Alone).await?;
        let connection = Arc::clone(&ticket.connection);
        let treatment = Treatment {
            release: true,
            fresh: false,
            read_only: scope.access == Access::ReadOnly,
            fingerprint: 0,
            max_bytes: usize::MAX,
            resets: scope.resets_behind(),
            gathers: false,
        };
        let (sender, receiver) = mpsc::channel(4);
        let number =
            send(ticket, &batch, Sink::Copy(sender), treatment).map_err(|failure| failure.error)?;
        CopyOut::new(receiver, Arc::clone(pool), connection, number)
            .begin()
            .await
    }

    /// Notifications of channels, on a connection of its own to a primary, for ever.
    pub fn listen(&self, channels: &[&str]) -> Listener {
        Listener::start(&self.0.primary, channels)
    }

    /// What the pool of the primary is doing.
    pub fn status(&self) -> PoolStatus {
        self.0.primary.status()
    }

    /// Closes idle connections now and the others when they become idle, as after a change of settings.
    pub async fn reset(&self) {
        self.each_pool(Pool::reset);
    }

    /// Prepares every statement again at its next use, as after a change of the schema.
    pub fn forget_statements(&self) {
        self.each_pool(Pool::forget_statements);
    }

    /// While PostgreSQL cannot be reached: how long until the next attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.primary.retry_after()
    }

    fn each_pool(&self, action: impl Fn(&Pool)) {
        action(&self.0.primary);
        if let Some(replicas) = &self.0.replicas {
            action(replicas);
        }
    }

    /// A replica for what only reads, as long as there is one.
    fn pool_for(&self, scope: &Scope<'_>) -> &Arc<Pool> {
        match &self.0.replicas {
            Some(replicas)
                if scope.access == Access::ReadOnly && replicas.retry_after().is_none() =>
            {
                replicas
            }
            _ => &self.0.primary,
        }
    }

    /// A connection of this pool, or of the primary's where a replica cannot be reached.
    async fn ticket<'a>(&'a self, pool: &mut &'a Arc<Pool>, need: Need) -> Result<Ticket, DbError> {
        let primary = &self.0.primary;
        match pool.acquire(need).await {
            Err(error) if error.is_unreachable() && !Arc::ptr_eq(pool, primary) => {
                *pool = primary;
                pool.acquire(need).await
            }
            outcome => outcome,
        }
    }
}

/// Whether a request may share a connection: it only reads, and was short lately.
/// Microseconds of a processor; a look-up by key takes less, a list of a hundred rows more.
const BRIEF: u32 = 170;

fn need(pool: &Pool, scope: &Scope<'_>, fingerprint: u64) -> Need {
    let may_share = scope.share == Share::Pipelined
        && scope.access == Access::ReadOnly
        && scope.begin(false).is_none();
    if !may_share {
        return Need::Alone;
    }
    let limit = pool.config.short_statement.as_micros();
    match pool.latencies.get(fingerprint) {
        Some(micros) if pool.cost(micros) <= BRIEF && u128::from(micros) <= limit => Need::Brief,
        Some(micros) if u128::from(micros) <= limit => Need::Turn,
        _ => Need::Alone,
    }
}

fn send(
    ticket: Ticket,
    batch: &Batch<'_>,
    sink: Sink,
    treatment: Treatment,
) -> Result<u64, Failure> {
    let number = ticket.connection.submit(batch, sink, treatment)?;
    ticket.used();
    Ok(number)
}

/// What may be tried a second time, each once.
#[derive(Default)]
struct Retry {
    fresh: bool,
    lost: bool,
}

impl Retry {
    /// Whether to try again: a prepared statement went stale, or PostgreSQL never saw the batch.
    fn after(&mut self, failure: Failure) -> Result<(), DbError> {
        let stale =
            matches!(&failure.error, DbError::Postgres(error) if error.is_stale_statement());
        if stale && !self.fresh {
            self.fresh = true;
            return Ok(());
        }
        if failure.untouched && !self.lost {
            self.lost = true;
            return Ok(());
        }
        Err(failure.error)
    }
}

/// Looks after a pool as long as there is one.
async fn tidy(pool: std::sync::Weak<Pool>) {
    loop {
        let Some(pause) = pool.upgrade().map(|pool| pool.config.max_idle / 4) else {
            return;
        };
        let pause = pause.clamp(Duration::from_millis(50), Duration::from_secs(1));
        tokio::time::sleep(pause).await;
        if let Some(pool) = pool.upgrade() {
            pool.tidy();
        }
    }
}
