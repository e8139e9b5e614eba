//! Hears of changes as they are committed, on whatever node they are made: by `LISTEN`, or from the node
//! that listens when they share a Redis.

mod shared;

use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::cache::GrantsCache;
pub use shared::InvalidRedisUrl;
pub(crate) use shared::RedisAddress;
use shared::{Shared, Telling};

/// The channel of triggers in the schema `rbac`.
const CHANNEL: &str = "crestfall_rbac";

/// How often the database is asked whether it is still there: a connection may be dead and look
/// alive.
const BEAT: Duration = Duration::from_millis(150);

/// How long it may take to answer that.
const PATIENCE: Duration = Duration::from_millis(400);

const RETRY: Duration = Duration::from_millis(500);

/// Names a database among all that may share a Redis, until it starts again.
const NAME_OF_DATABASE: &str = "
    select (select oid from pg_database where datname = current_database())
      || '-' || (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint";

/// Follows the database until told to end. Holds one connection of the pool's kind, but where another
/// node tells.
pub(crate) async fn follow(
    cache: &GrantsCache,
    pool: &PgPool,
    redis: Option<&RedisAddress>,
    end: CancellationToken,
) {
    let follow = async {
        let mut shared = redis.map(Shared::new);
        loop {
            match follow_once(cache, pool, &mut shared).await {
                // Another node tells. Not at once: it may do so by a clock that is wrong.
                Ok(()) => tokio::time::sleep(BEAT).await,
                Err(lost) => {
                    // Once a series: it is tried again often.
                    if cache.has_heard() {
                        tell(&lost);
                    }
                    cache.deafen();
                    tokio::time::sleep(RETRY).await;
                }
            }
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
    #[error("notifications do not arrive, as behind a pooler in transaction mode")]
    Deaf,
}

/// Follows another node that tells; when there is none, listens, and tells the others until another does.
async fn follow_once(
    cache: &GrantsCache,
    pool: &PgPool,
    shared: &mut Option<Shared>,
) -> Result<(), Lost> {
    if let Some(shared) = shared {
        let name: String = sqlx::query_scalar(NAME_OF_DATABASE).fetch_one(pool).await?;
        shared.set_database(&name);
        shared.follow(cache).await;
    }
    listen(cache, pool, shared).await
}

async fn listen(
    cache: &GrantsCache,
    pool: &PgPool,
    shared: &mut Option<Shared>,
) -> Result<(), Lost> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    must_hear(&mut listener, pool).await?;
    // What happened before somebody listened.
    cache.forget_all();
    if let Some(shared) = shared {
        shared.begin();
    }
    loop {
        let mut telling = match shared {
            Some(shared) => shared.may_tell().await,
            None => Telling::Away,
        };
        let asked = Instant::now();
        let ping = sqlx::query("select 1").execute(&mut listener);
        let answered = tokio::time::timeout(PATIENCE, ping).await;
        answered.map_err(|_| Lost::Silent)??;
        let mut changes = buffered(cache, &mut listener);
        cache.heard_everything(asked);
        // Until the beat ends, changes are told as they come. What is not told because Redis is away is
        // not missed: who tells next does so under another name.
        loop {
            telling = match (telling, &mut *shared) {
                (Telling::Until(holds), Some(shared)) => match shared.tell(holds, &changes).await {
                    Telling::Until(_) => Telling::Until(holds),
                    failed => failed,
                },
                (telling, _) => telling,
            };
            if let Telling::Another = telling {
                return Ok(());
            }
            let left = BEAT.saturating_sub(asked.elapsed());
            match tokio::time::timeout(left, listener.try_recv()).await {
                Err(_) => break,
                Ok(said) => {
                    let first = said?.ok_or(Lost::Connection)?.payload().to_owned();
                    obey(cache, &first);
                    changes = buffered(cache, &mut listener);
                    changes.push(first);
                }
            }
        }
    }
}

/// What was heard meanwhile, obeyed.
fn buffered(cache: &GrantsCache, listener: &mut PgListener) -> Vec<String> {
    let mut changes = Vec::new();
    while let Some(said) = listener.next_buffered() {
        obey(cache, said.payload());
        changes.push(said.payload().to_owned());
    }
    changes
}

/// Between us and the database may stand a pooler that lets us listen and hears for nobody: what is said
/// on another connection must arrive.
async fn must_hear(listener: &mut PgListener, pool: &PgPool) -> Result<(), Lost> {
    let word = format!("hello {}", Uuid::new_v4().simple());
    sqlx::query("select pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(&word)
        .execute(pool)
        .await?;
    let hear = async {
        loop {
            let said = listener.try_recv().await?.ok_or(Lost::Connection)?;
            if said.payload() == word {
                return Ok(());
            }
        }
    };
    let heard = tokio::time::timeout(PATIENCE, hear).await;
    heard.unwrap_or(Err(Lost::Deaf))
}

fn obey(cache: &GrantsCache, payload: &str) {
    match payload.split_once(' ') {
        Some(("subject", subject)) => cache.forget(subject),
        // A node begins to listen.
        Some(("hello", _)) => {}
        // `all`, and what a newer version may say.
        _ => cache.forget_all(),
    }
}
