//! The loop that claims jobs and starts them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Handler, run, store};

/// How a [`Worker`] works.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Jobs at once on this node. Default 4.
    pub concurrency: usize,
    /// After how long without a sign of life a worker is taken for dead. Default 60 seconds.
    pub lease: Duration,
    /// How often to look for jobs when nothing is heard. Default 5 seconds.
    pub poll: Duration,
    /// The pause after the first failure; it doubles with each. Default 5 seconds.
    pub first_pause: Duration,
    /// The longest pause. Default 10 minutes.
    pub longest_pause: Duration,
    /// How long jobs may still take once the worker is told to stop. Default 10 seconds.
    pub grace: Duration,
    /// How long jobs that were given up are kept. Default 30 days.
    pub keep_dead: Duration,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            concurrency: 4,
            lease: Duration::from_secs(60),
            poll: Duration::from_secs(5),
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(600),
            grace: Duration::from_secs(10),
            keep_dead: Duration::from_secs(30 * 86_400),
        }
    }
}

/// Does the jobs of the kinds it has handlers for. Any number of nodes may run one.
#[must_use = "a worker does nothing until it runs"]
pub struct Worker {
    pool: PgPool,
    config: WorkerConfig,
    handlers: HashMap<String, Arc<dyn Handler>>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("config", &self.config)
            .field("kinds", &self.kinds())
            .finish_non_exhaustive()
    }
}

/// How often what was given up is looked through.
const HOUSEKEEPING: Duration = Duration::from_secs(600);

impl Worker {
    /// One without handlers. It takes connections of the pool only for moments, and one of its own
    /// to listen.
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            config: WorkerConfig::default(),
            handlers: HashMap::new(),
        }
    }

    /// Replaces the settings.
    pub fn config(mut self, config: WorkerConfig) -> Self {
        self.config = config;
        self
    }

    /// Who does the jobs of a kind.
    pub fn on(mut self, kind: impl Into<String>, handler: impl Handler) -> Self {
        self.handlers.insert(kind.into(), Arc::new(handler));
        self
    }

    fn kinds(&self) -> Vec<String> {
        self.handlers.keys().cloned().collect()
    }

    /// Works until told to stop; then finishes what it has, within [`WorkerConfig::grace`], and
    /// stops the rest, which is taken up again when its leases end. A database that is away for a
    /// while is waited for.
    pub async fn run(self, stop: CancellationToken) {
        let kinds = self.kinds();
        let wake = Arc::new(tokio::sync::Notify::new());
        let ear = tokio::spawn(listen(self.pool.clone(), kinds.clone(), Arc::clone(&wake)));
        let mut running = JoinSet::new();
        let mut housekeeping = Instant::now();
        while !stop.is_cancelled() {
            if housekeeping <= Instant::now() {
                housekeeping = Instant::now() + HOUSEKEEPING;
                self.forget(&kinds).await;
            }
            let pause = self.fill(&kinds, &mut running).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
            }
        }
        ear.abort();
        drain(running, self.config.grace).await;
    }

    /// Starts what is due, and says how long there is nothing to do unless something happens.
    async fn fill(&self, kinds: &[String], running: &mut JoinSet<()>) -> Duration {
        match self.start_due(kinds, running).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "the queue of jobs cannot be read");
                self.config.poll.min(Duration::from_secs(1))
            }
        }
    }

    async fn start_due(
        &self,
        kinds: &[String],
        running: &mut JoinSet<()>,
    ) -> Result<Duration, sqlx::Error> {
        while running.try_join_next().is_some() {}
        let free = self.config.concurrency.max(1).saturating_sub(running.len());
        if free == 0 {
            return Ok(self.config.poll);
        }
        let claims = store::claim(&self.pool, kinds, free, self.config.lease).await?;
        let all = claims.len() < free;
        for claim in claims {
            if let Some(handler) = self.handlers.get(&claim.kind) {
                let (pool, handler) = (self.pool.clone(), Arc::clone(handler));
                running.spawn(run::run(pool, handler, claim, self.config.clone()));
            }
        }
        if !all {
            return Ok(self.config.poll);
        }
        for (id, kind) in store::bury(&self.pool, kinds).await? {
            tracing::error!(
                crestfall.job = id,
                kind,
                "a job was given up: its worker was lost"
            );
            run::count(&kind, "dead");
        }
        let due = store::next_due(&self.pool, kinds).await?;
        // Not at once, should what is due be locked by another node at this moment.
        Ok(due.map_or(self.config.poll, |due| {
            due.clamp(
                Duration::from_millis(20),
                self.config.poll.max(Duration::from_millis(20)),
            )
        }))
    }

    async fn forget(&self, kinds: &[String]) {
        if let Err(error) = store::forget(&self.pool, kinds, self.config.keep_dead).await {
            tracing::warn!(%error, "jobs that were given up cannot be forgotten");
        }
    }
}

/// Wakes the worker when a job of its kinds was enqueued. Without it there is still the polling,
/// as behind a pooler that knows no `LISTEN`.
async fn listen(pool: PgPool, kinds: Vec<String>, wake: Arc<tokio::sync::Notify>) {
    // A pool of its own: the caller's loses no connection for good.
    let options = (*pool.connect_options()).clone();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(options);
    loop {
        if let Err(error) = hear(&own, &kinds, &wake).await {
            tracing::debug!(%error, "not listening for jobs");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn hear(
    pool: &PgPool,
    kinds: &[String],
    wake: &tokio::sync::Notify,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen("crestfall_jobs").await?;
    // What came while nobody listened.
    wake.notify_one();
    loop {
        match listener.try_recv().await? {
            Some(notice) if !kinds.iter().any(|kind| kind == notice.payload()) => {}
            _ => wake.notify_one(),
        }
    }
}

/// Waits for what runs; what takes too long is stopped, and its lease ends by itself.
async fn drain(mut running: JoinSet<()>, grace: Duration) {
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, all).await.is_err() {
        tracing::warn!(
            jobs = running.len(),
            "jobs were interrupted; they will be taken up again"
        );
        running.shutdown().await;
    }
}
