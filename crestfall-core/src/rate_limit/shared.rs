//! Buckets in Redis, for all nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, Script, cmd};
use tokio::time::Instant;

use super::gcra::Spec;
use super::{InvalidRedisUrl, RedisConfig};

/// A connection may take longer than a request waits for it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After a failure Redis is left alone for so long, so that only one request in this time waits.
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes of a key's hash.
const HASH_BYTES: usize = 18;

/// Redis, when it is there.
pub(super) struct Shared {
    client: Client,
    script: Script,
    prefix: String,
    pepper: hmac::Key,
    timeout: Duration,
    /// The connection in use.
    connection: Mutex<Option<Numbered>>,
    /// Held by who makes a connection; how many were made.
    connecting: tokio::sync::Mutex<u64>,
    origin: Instant,
    /// Milliseconds after the origin at which to try again; zero while all is well.
    away_until: AtomicU64,
}

/// A connection and how many there were before: who found it broken drops it, not its successor.
#[derive(Clone)]
struct Numbered {
    number: u64,
    connection: MultiplexedConnection,
}

/// Why Redis gave no answer.
#[derive(Debug, thiserror::Error)]
enum Away {
    #[error("it did not answer in time")]
    Timeout,
    #[error("no connection")]
    NoConnection,
    #[error("{0}")]
    Redis(#[from] RedisError),
}

impl Shared {
    pub(super) fn new(url: &str, config: &RedisConfig) -> Result<Self, InvalidRedisUrl> {
        Ok(Self {
            client: Client::open(url).map_err(InvalidRedisUrl)?,
            script: Script::new(include_str!("take.lua")),
            prefix: config.prefix.clone(),
            pepper: hmac::Key::new(hmac::HMAC_SHA256, config.pepper.expose().as_bytes()),
            timeout: config.timeout,
            connection: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            origin: Instant::now(),
            away_until: AtomicU64::new(0),
        })
    }

    /// The name of a bucket, which tells nothing of the key.
    pub(super) fn key(&self, spec: &Spec, key: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.pepper);
        context.update(&spec.interval.to_be_bytes());
        context.update(&spec.burst.to_be_bytes());
        context.update(key);
        let hash = URL_SAFE_NO_PAD.encode(&context.sign().as_ref()[..HASH_BYTES]);
        format!("{}{hash}", self.prefix)
    }

    /// Takes from a bucket if it has room; what was used of it before. None when Redis is away.
    pub(super) async fn take(
        self: &Arc<Self>,
        key: &str,
        spec: &Spec,
        price: u64,
        take: bool,
    ) -> Option<u64> {
        let mut invocation = self.script.key(key);
        invocation.arg(spec.window).arg(price).arg(u8::from(take));
        let invocation = &invocation;
        self.ask(|mut to| async move { invocation.invoke_async(&mut to).await })
            .await
    }

    /// Fills a bucket. None when Redis is away.
    pub(super) async fn fill(self: &Arc<Self>, key: &str) -> Option<()> {
        let mut delete = cmd("DEL");
        delete.arg(key);
        let delete = &delete;
        self.ask(|mut to| async move { delete.query_async(&mut to).await })
            .await
    }

    /// Asks Redis unless it was away a moment ago, and remembers whether it is now.
    async fn ask<T, F>(self: &Arc<Self>, question: impl Fn(MultiplexedConnection) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        if !self.may_ask() {
            return None;
        }
        let asked = tokio::time::timeout(self.timeout, self.try_twice(question)).await;
        let outcome = asked.unwrap_or_else(|_| {
            self.drop_connection(None);
            Err(Away::Timeout)
        });
        match outcome {
            Ok(answer) => {
                self.is_back();
                Some(answer)
            }
            Err(away) => {
                self.is_away(&away);
                None
            }
        }
    }

    /// A connection of earlier may have been closed by a restart: that alone is no reason to give up.
    async fn try_twice<T, F>(
        self: &Arc<Self>,
        question: impl Fn(MultiplexedConnection) -> F,
    ) -> Result<T, Away>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let mut first = true;
        loop {
            let open = self.connection().await?;
            let error = match question(open.connection).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.is_unrecoverable_error() || error.is_timeout() {
                self.drop_connection(Some(open.number));
            }
            if !(first && error.is_connection_dropped()) {
                return Err(error.into());
            }
            first = false;
        }
    }

    /// The connection in use or a new one. It is made in the background, so that the time-out of this
    /// request does not end it: the next one finds it.
    async fn connection(self: &Arc<Self>) -> Result<Numbered, Away> {
        if let Some(open) = self.connection.lock().clone() {
            return Ok(open);
        }
        let this = Arc::clone(self);
        let made = tokio::spawn(async move { this.connect().await }).await;
        made.map_err(|_| Away::NoConnection)?
    }

    async fn connect(&self) -> Result<Numbered, Away> {
        let (mut made, waited) = match self.connecting.try_lock() {
            Ok(made) => (made, false),
            Err(_) => (self.connecting.lock().await, true),
        };
        if let Some(open) = self.connection.lock().clone() {
            return Ok(open);
        }
        if waited {
            // Another has just tried in vain.
            return Err(Away::NoConnection);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(self.timeout));
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        *made += 1;
        let open = Numbered {
            number: *made,
            connection,
        };
        *self.connection.lock() = Some(open.clone());
        Ok(open)
    }

    /// Drops a connection that is of no use, by its number or whichever it is.
    fn drop_connection(&self, number: Option<u64>) {
        let mut current = self.connection.lock();
        let is_it = |open: &Numbered| number.is_none_or(|number| number == open.number);
        if current.as_ref().is_some_and(is_it) {
            *current = None;
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether to ask. When Redis was away, one request in a while finds out whether it still is.
    fn may_ask(&self) -> bool {
        let until = self.away_until.load(Ordering::Relaxed);
        if until == 0 {
            return true;
        }
        let now = self.now();
        let next = now.saturating_add(PAUSE.as_millis() as u64).max(1);
        now >= until
            && self
                .away_until
                .compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn is_away(&self, why: &Away) {
        let until = self.now().saturating_add(PAUSE.as_millis() as u64).max(1);
        if self.away_until.swap(until, Ordering::Relaxed) == 0 {
            tracing::warn!(error = %why, "Redis is away: each node counts rate limits for itself");
        }
    }

    fn is_back(&self) {
        let is_well = self.away_until.load(Ordering::Relaxed) == 0;
        if !is_well && self.away_until.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("Redis is back: all nodes share rate limits");
        }
    }
}
