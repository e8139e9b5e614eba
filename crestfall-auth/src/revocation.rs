//! Sessions that have ended while their access tokens still run: known to every node as soon as it
//! is committed, so that a request needs no look-up in the database (D6).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::RwLock;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::revocations;

/// The channel of triggers in the schema `auth`.
const CHANNEL: &str = "crestfall_auth";
/// How often everything is read again, in case a notification was lost.
const SAFETY_NET: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_secs(1);
/// For lifetimes that no calendar has.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// For how many seconds an ended session is remembered.
fn memory(token_lifetime: Duration) -> i64 {
    let lifetime = TimeDelta::from_std(token_lifetime).unwrap_or(LONGEST);
    (lifetime + TimeDelta::minutes(5)).num_seconds()
}

/// The ended sessions of the last token lifetime.
#[derive(Debug)]
pub(crate) struct Revocations {
    ended: RwLock<HashMap<Uuid, DateTime<Utc>>>,
    /// After so many seconds no access token of an ended session can be alive.
    memory: AtomicI64,
    /// Whether changes are heard of as they are committed.
    followed: AtomicBool,
}

/// What a notification asks for, besides sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    SigningKeys,
    ApiKeys,
    /// A user's role, ban or deletion.
    User(Uuid),
}

impl Revocations {
    /// Remembers as long as access tokens live.
    pub(crate) fn new(token_lifetime: Duration) -> Self {
        Self {
            ended: RwLock::default(),
            memory: AtomicI64::new(memory(token_lifetime)),
            followed: AtomicBool::new(false),
        }
    }

    /// Remembers as long as new access tokens live, and no shorter than before: those given out
    /// meanwhile live on.
    pub(crate) fn remember_for(&self, token_lifetime: Duration) {
        self.memory
            .fetch_max(memory(token_lifetime), Ordering::AcqRel);
    }

    /// How long an ended session matters: as long as the longest token given out since the start.
    pub(crate) fn remembered(&self) -> Duration {
        let seconds = self.memory.load(Ordering::Acquire);
        Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
    }

    /// What ended earlier does not matter any more.
    fn horizon(&self) -> DateTime<Utc> {
        let memory = TimeDelta::try_seconds(self.memory.load(Ordering::Acquire));
        Utc::now() - memory.unwrap_or(LONGEST)
    }

    /// Whether this session has ended.
    pub(crate) fn contains(&self, session: Uuid) -> bool {
        self.ended.read().contains_key(&session)
    }

    /// Whether changes are heard of as they are committed. If not, what was read of the database is
    /// not to be relied on for long.
    pub(crate) fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Acquire)
    }

    fn insert(&self, session: Uuid, at: DateTime<Utc>) {
        self.ended.write().insert(session, at);
    }

    fn forget_old(&self) {
        let horizon = self.horizon();
        self.ended.write().retain(|_, at| *at > horizon);
    }

    async fn load(&self, pool: &PgPool) -> sqlx::Result<()> {
        let mut db = pool.acquire().await?;
        let rows = revocations::since(&mut db, self.horizon()).await?;
        self.ended.write().extend(rows);
        self.forget_old();
        Ok(())
    }

    /// Follows the database until told to end. `changed` hears of everything else.
    pub(crate) async fn follow(
        &self,
        pool: &PgPool,
        changed: &UnboundedSender<Changed>,
        end: CancellationToken,
    ) {
        let follow = async {
            loop {
                let ended = self.follow_once(pool, changed).await;
                self.followed.store(false, Ordering::Release);
                if let Err(error) = ended {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "ended sessions are not heard of; trying again");
                }
                tokio::time::sleep(RETRY).await;
            }
        };
        end.run_until_cancelled(follow).await;
        self.followed.store(false, Ordering::Release);
    }

    async fn follow_once(
        &self,
        pool: &PgPool,
        changed: &UnboundedSender<Changed>,
    ) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        // What happened before somebody listened.
        self.load(pool).await?;
        tell(changed, Changed::SigningKeys);
        tell(changed, Changed::ApiKeys);
        self.followed.store(true, Ordering::Release);
        loop {
            match tokio::time::timeout(SAFETY_NET, listener.try_recv()).await {
                Err(_) => self.load(pool).await?,
                Ok(notification) => match notification? {
                    // The connection was lost, and with it what was said meanwhile.
                    None => return Ok(()),
                    Some(said) => self.obey(pool, said.payload(), changed).await?,
                },
            }
        }
    }

    async fn obey(
        &self,
        pool: &PgPool,
        payload: &str,
        changed: &UnboundedSender<Changed>,
    ) -> sqlx::Result<()> {
        match payload.split_once(' ').unwrap_or((payload, "")) {
            ("session", id) => {
                if let Ok(id) = id.parse() {
                    self.insert(id, Utc::now());
                }
            }
            ("sessions", _) => self.load(pool).await?,
            ("user", id) => {
                if let Ok(id) = id.parse() {
                    tell(changed, Changed::User(id));
                }
            }
            ("api_keys", _) => tell(changed, Changed::ApiKeys),
            ("signing_keys", _) => tell(changed, Changed::SigningKeys),
            _ => {}
        }
        Ok(())
    }
}

/// Nobody listens only when the service is about to end.
fn tell(changed: &UnboundedSender<Changed>, what: Changed) {
    let _ = changed.send(what);
}
