//! Hears of changes as they are committed, on whatever node they are made.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;

use crate::cache::GrantsCache;

/// The channel of triggers in the schema `rbac`.
const CHANNEL: &str = "crestfall_rbac";

/// How often the database is asked whether it is still there: a connection may be dead and look
/// alive.
const BEAT: Duration = Duration::from_millis(150);

/// How long it may take to answer that.
const PATIENCE: Duration = Duration::from_millis(400);

const RETRY: Duration = Duration::from_millis(500);

/// Follows the database until told to end. Holds one connection of the pool's kind.
pub(crate) async fn follow(cache: &GrantsCache, pool: &PgPool, end: CancellationToken) {
    let follow = async {
        loop {
            let Err(lost) = follow_once(cache, pool).await;
            // Once a series: it is tried again often.
            if cache.has_heard() {
                tell(&lost);
            }
            cache.deafen();
            tokio::time::sleep(RETRY).await;
        }
    };
    end.run_until_cancelled(follow).await;
    cache.deafen();
}

fn tell(lost: &Lost) {
    let error = lost as &dyn std::error::Error;
    tracing::warn!(
        error,
        "changes of roles are not heard of; every decision asks the database"
    );
}

/// Why it could not be followed any longer.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("the database refused")]
    Refused(#[from] sqlx::Error),
    #[error("the connection was lost")]
    Connection,
    #[error("the database did not answer in time")]
    Silent,
}

async fn follow_once(cache: &GrantsCache, pool: &PgPool) -> Result<Infallible, Lost> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // What happened before somebody listened.
    cache.forget_all();
    loop {
        let asked = Instant::now();
        let ping = sqlx::query("select 1").execute(&mut listener);
        let answered = tokio::time::timeout(PATIENCE, ping).await;
        answered.map_err(|_| Lost::Silent)??;
        while let Some(said) = listener.next_buffered() {
            obey(cache, said.payload());
        }
        cache.heard_everything(asked);
        let until = asked + BEAT;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match tokio::time::timeout(left, listener.try_recv()).await {
                Err(_) => break,
                Ok(said) => obey(cache, said?.ok_or(Lost::Connection)?.payload()),
            }
        }
    }
}

fn obey(cache: &GrantsCache, payload: &str) {
    match payload.split_once(' ') {
        Some(("subject", subject)) => cache.forget(subject),
        // `all`, and what a newer version may say.
        _ => cache.forget_all(),
    }
}
