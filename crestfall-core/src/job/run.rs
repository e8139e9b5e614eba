//! One job from its claim to its end.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgPool;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::worker::WorkerConfig;
use super::{Claim, Failure, Handler, backoff, store};

/// Does a job and records what came of it.
pub(super) async fn run(
    pool: PgPool,
    handler: Arc<dyn Handler>,
    claim: Claim,
    config: WorkerConfig,
) {
    let started = Instant::now();
    // In a task, so that a panic is a failure of this job alone.
    let work = claim.clone();
    let mut task = Aborting(tokio::spawn(async move { handler.handle(work).await }));
    let outcome = tokio::select! {
        joined = &mut task.0 => joined.unwrap_or_else(|_| Err(Failure::retry("the handler panicked"))),
        () = keep(&pool, &claim, config.lease, started) => {
            tracing::warn!(crestfall.job = claim.id, kind = claim.kind, "a job was lost to another worker");
            count(&claim.kind, "lost");
            return;
        }
    };
    drop(task);
    match outcome {
        Ok(()) => finish(&pool, &claim, config.lease).await,
        Err(failure) => fail(&pool, &claim, failure, &config).await,
    }
}

/// A task that ends with its owner.
struct Aborting(JoinHandle<Result<(), Failure>>);

impl Drop for Aborting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Renews the lease; returns when it is lost, or may be: no worker goes on with a job that another
/// may have begun.
async fn keep(pool: &PgPool, claim: &Claim, lease: Duration, claimed: Instant) {
    let mut held_until = claimed + lease;
    loop {
        tokio::time::sleep(lease / 3).await;
        let asked = Instant::now();
        let renewal = store::extend(pool, claim.id, claim.lease, lease);
        match tokio::time::timeout_at(held_until, renewal).await {
            Ok(Ok(true)) => held_until = asked + lease,
            Ok(Ok(false)) | Err(_) => return,
            Ok(Err(_)) if Instant::now() + lease / 3 >= held_until => return,
            Ok(Err(_)) => {}
        }
    }
}

/// Says that it is done, for as long as that means something: what is not recorded is done again.
async fn finish(pool: &PgPool, claim: &Claim, lease: Duration) {
    count(&claim.kind, "done");
    let until = Instant::now() + lease;
    let mut pause = Duration::from_millis(50);
    while let Err(error) = store::finish(pool, claim.id, claim.lease).await {
        if Instant::now() >= until {
            tracing::error!(crestfall.job = claim.id, kind = claim.kind, %error, "a job was done but not recorded");
            return;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

async fn fail(pool: &PgPool, claim: &Claim, failure: Failure, config: &WorkerConfig) {
    let usual = || backoff::pause(claim.attempt, config.first_pause, config.longest_pause);
    let (reason, pause, permanent) = match failure {
        Failure::Retry { reason, after } => (reason, after.unwrap_or_else(usual), false),
        Failure::Permanent { reason } => (reason, Duration::ZERO, true),
    };
    match store::fail(pool, claim, &reason, pause, permanent).await {
        Ok(true) => {
            tracing::error!(
                crestfall.job = claim.id,
                kind = claim.kind,
                attempt = claim.attempt,
                reason,
                "a job was given up"
            );
            count(&claim.kind, "dead");
        }
        Ok(false) => {
            let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(
                crestfall.job = claim.id,
                kind = claim.kind,
                attempt = claim.attempt,
                pause_ms,
                reason,
                "a job failed"
            );
            count(&claim.kind, "failed");
        }
        // The lease ends by itself.
        Err(error) => {
            tracing::warn!(crestfall.job = claim.id, kind = claim.kind, %error, reason, "a job failed, and this could not be recorded");
        }
    }
}

pub(super) fn count(kind: &str, outcome: &'static str) {
    metrics::counter!("crestfall_jobs_total", "kind" => kind.to_owned(), "outcome" => outcome)
        .increment(1);
}
