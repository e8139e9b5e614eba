//! Changes by Redis: one node listens to the database and tells all others, which then need no connection
//! that listens.
//!
//! Who tells writes down until when what it told holds, by the clock of Redis, reckoned from before it
//! asked the database whether it has heard everything. So whatever is late, lost or told twice (a Redis
//! that hangs, starts again or is another one) ends as nobody telling, and then each node listens for
//! itself; nothing that is remembered outlives that.

use std::fmt;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Client, FromRedisValue, RedisError, Script, ScriptInvocation, Value};
use uuid::Uuid;

use super::{BEAT, obey};
use crate::cache::GrantsCache;

/// What is told holds so long, reckoned from before the database was asked.
const HOLDS: Duration = Duration::from_millis(400);

/// How long Redis may take to answer.
const TIMEOUT: Duration = Duration::from_millis(150);

/// How long a new connection and its first answer may take. Little enough that meanwhile what is
/// remembered may still be used.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);

/// After a failure Redis is left alone for so long.
const PAUSE: Duration = Duration::from_secs(1);

/// Not a URL of Redis: `redis://`, `rediss://` (TLS) or `unix://`.
#[derive(Debug, thiserror::Error)]
#[error("this is no URL such as redis://localhost:6379")]
pub struct InvalidRedisUrl(#[source] RedisError);

/// Where to find Redis. Shows nothing of the URL, which may have a password.
#[derive(Clone)]
pub(crate) struct RedisAddress(Client);

impl RedisAddress {
    pub(crate) fn new(url: &str) -> Result<Self, InvalidRedisUrl> {
        Client::open(url).map(Self).map_err(InvalidRedisUrl)
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisAddress")
    }
}

/// One database's changes in Redis.
pub(super) struct Shared {
    link: Link,
    tell: Script,
    ask: Script,
    /// This node, as long as it tells without a failure.
    name: String,
    /// Changes that this node has told.
    told: u64,
}

/// What came of asking what another node tells.
enum Told {
    /// Everything until a moment ago.
    Everything,
    /// Nobody tells, or Redis is away.
    Nothing,
}

/// What came of telling.
pub(super) enum Telling {
    /// Until this time of Redis' clock what was asked of the database from now on holds.
    Until(i64),
    /// Another node tells.
    Another,
    /// Redis is away.
    Away,
}

impl Shared {
    pub(super) fn new(address: &RedisAddress) -> Self {
        Self {
            link: Link {
                address: address.clone(),
                connection: None,
                keys: Default::default(),
                away: None,
            },
            tell: Script::new(include_str!("tell.lua")),
            ask: Script::new(include_str!("ask.lua")),
            name: String::new(),
            told: 0,
        }
    }

    /// The database that is followed, by a name that no other has: a server that starts again, or another
    /// one in its place, is another database.
    pub(super) fn set_database(&mut self, name: &str) {
        let key = |what| format!("crestfall:rbac:{{{name}}}:{what}");
        self.link.keys = ["teller", "changes"].map(key);
    }

    /// Follows what another node tells, for as long as one does.
    pub(super) async fn follow(&mut self, cache: &GrantsCache) {
        let mut known = (String::new(), 0);
        while let Told::Everything = self.ask(cache, &mut known).await {
            tokio::time::sleep(BEAT).await;
        }
    }

    async fn ask(&mut self, cache: &GrantsCache, known: &mut (String, u64)) -> Told {
        let asked = Instant::now();
        let mut question = self.ask.prepare_invoke();
        question.arg(&known.0).arg(known.1);
        let answer = self.link.invoke(question).await;
        let Some((left, teller, count, changes)) = answer.and_then(read_told) else {
            return Told::Nothing;
        };
        // A clock that was set back lets things hold longer than they may.
        let Some(age) = HOLDS.checked_sub(left) else {
            return Told::Nothing;
        };
        match changes {
            Some(changes) => changes.iter().for_each(|change| obey(cache, change)),
            None => cache.forget_all(),
        }
        *known = (teller, count);
        if let Some(heard) = asked.checked_sub(age) {
            cache.heard_everything(heard);
        }
        Told::Everything
    }

    /// From now on this node has heard everything, and nothing of what it told before counts.
    pub(super) fn begin(&mut self) {
        (self.name, self.told) = (Uuid::new_v4().simple().to_string(), 0);
    }

    /// Whether this node may tell, and the time for it; to be asked before the database is.
    pub(super) async fn may_tell(&mut self) -> Telling {
        self.send(0, &[]).await
    }

    /// Tells of changes, and that there were no others until the database was asked.
    pub(super) async fn tell(&mut self, until: i64, changes: &[String]) -> Telling {
        self.told += changes.len() as u64;
        self.send(until, changes).await
    }

    async fn send(&mut self, until: i64, changes: &[String]) -> Telling {
        let mut order = self.tell.prepare_invoke();
        order.arg(&self.name).arg(until).arg(self.told);
        for change in changes {
            order.arg(change);
        }
        match self.link.invoke::<(i64, u8)>(order).await {
            Some((now, 1)) => return Telling::Until(now + HOLDS.as_millis() as i64),
            Some((_, 0)) => return Telling::Another,
            _ => {}
        }
        // What has arrived is not known: whoever follows begins anew with who tells next.
        self.begin();
        Telling::Away
    }
}

/// The connection to Redis, when it is there.
struct Link {
    address: RedisAddress,
    connection: Option<MultiplexedConnection>,
    /// Of the database that is followed.
    keys: [String; 2],
    /// When it was last found away, while it is.
    away: Option<Instant>,
}

impl Link {
    /// None when Redis is away, or was a moment ago.
    async fn invoke<T: FromRedisValue>(&mut self, invocation: ScriptInvocation<'_>) -> Option<T> {
        if self.away.is_some_and(|since| since.elapsed() < PAUSE) {
            return None;
        }
        let patience = match self.connection {
            Some(_) => TIMEOUT,
            None => CONNECT_TIMEOUT,
        };
        let answer = tokio::time::timeout(patience, self.try_invoke(invocation)).await;
        let why = match answer {
            Ok(Ok(answer)) => {
                if self.away.take().is_some() {
                    tracing::info!("Redis is back: one node tells the others of changes of roles");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it did not answer in time".to_owned(),
        };
        self.connection = None;
        if self.away.replace(Instant::now()).is_none() {
            tracing::warn!(error = %why, "Redis is away: this node hears of changes of roles by itself");
        }
        None
    }

    async fn try_invoke<T: FromRedisValue>(
        &mut self,
        mut invocation: ScriptInvocation<'_>,
    ) -> Result<T, RedisError> {
        for key in &self.keys {
            invocation.key(key);
        }
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.address.0.get_multiplexed_async_connection().await?),
        };
        invocation.invoke_async(connection).await
    }
}

/// For how long it holds, who tells, how many changes there were, and the new ones if they are known.
type ToldChanges = (Duration, String, u64, Option<Vec<String>>);

/// None when nobody tells.
fn read_told(answer: Vec<Value>) -> Option<ToldChanges> {
    let mut parts = answer.into_iter();
    let left: u64 = redis::from_redis_value(parts.next()?).ok()?;
    let teller = redis::from_redis_value(parts.next()?).ok()?;
    let count = redis::from_redis_value(parts.next()?).ok()?;
    let changes = parts.next().map(redis::from_redis_value).transpose().ok()?;
    Some((Duration::from_millis(left), teller, count, changes))
}
