//! Limits on how often something may be done, in this process or shared by all nodes.
//!
//! [`RateLimiter`] counts, [`RateLimitLayer`] limits requests by rules.

mod gcra;
mod header;
mod layer;
mod memory;
mod rate;
mod rule;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use crate::secret::Secret;

use memory::Memory;
use shared::Shared;

pub use layer::{RateLimit, RateLimitLayer, Refusal};
pub use rate::Rate;
pub use rule::{By, Rule};

/// Buckets that a process has room for, 24 bytes each.
const BUCKETS: usize = 1 << 19;

/// Counts events by key. Cheap to clone; clones count together.
///
/// A key is any bytes: begin it with the name of the action, so that actions do not share buckets.
/// Each rate has a bucket of its own for the same key; a changed setting begins anew.
///
/// Memory is bounded (12 MiB): when there is no room the bucket used least is given away, so a flood
/// of fresh keys neither fills the memory nor frees one that is used up.
///
/// With Redis all nodes count together, by the clock of Redis, in one round trip. When Redis does not
/// answer in time, this node goes on by itself from what it knows, and looks once a second whether
/// Redis is back; there is always a limit. Redis sees only hashes of keys.
///
/// ```
/// use crestfall_core::rate_limit::{Rate, RateLimiter};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let limiter = RateLimiter::in_process();
/// let rate = Rate::per_hour(1);
/// assert!(limiter.check(&rate, "mail:ada@example.org").await.allowed);
/// let second = limiter.check(&rate, "mail:ada@example.org").await;
/// assert!(!second.allowed);
/// assert_eq!(second.retry_after_seconds(), 3600);
/// # }
/// ```
#[derive(Clone)]
pub struct RateLimiter {
    memory: Arc<Memory>,
    shared: Option<Arc<Shared>>,
}

/// How Redis is used.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// Before the hash of each key. Default: `crestfall:rate:`.
    pub prefix: String,
    /// How long a request may wait for Redis. Default: 100 ms.
    pub timeout: Duration,
    /// Keys the hash, so that who can read Redis cannot try out e-mail addresses. The same on all
    /// nodes. Default: none.
    pub pepper: Secret,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            prefix: "crestfall:rate:".to_owned(),
            timeout: Duration::from_millis(100),
            pepper: Secret::default(),
        }
    }
}

/// Not a URL of Redis: `redis://`, `rediss://` (TLS) or `unix://`.
#[derive(Debug, thiserror::Error)]
#[error("this is no URL such as redis://localhost:6379")]
pub struct InvalidRedisUrl(#[source] redis::RedisError);

/// What a limiter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// Whether it may be done.
    pub allowed: bool,
    /// Events at once.
    pub limit: u32,
    /// Events that would be allowed now.
    pub remaining: u32,
    /// How long to wait before what was refused is allowed; zero when it was not refused.
    pub retry_after: Duration,
    /// How long until all events are allowed again.
    pub reset_after: Duration,
}

impl Decision {
    /// What `Retry-After` says: whole seconds, at least one when refused.
    pub fn retry_after_seconds(&self) -> u64 {
        whole_seconds(self.retry_after)
    }
}

/// Rounded up.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl RateLimiter {
    /// Counts in this process.
    pub fn in_process() -> Self {
        Self {
            memory: Arc::new(Memory::new(BUCKETS)),
            shared: None,
        }
    }

    /// Counts in Redis. Connects with the first check, which must be within a Tokio runtime.
    ///
    /// # Errors
    /// When it is no URL of Redis.
    pub fn redis(url: &str) -> Result<Self, InvalidRedisUrl> {
        Self::redis_with(url, &RedisConfig::default())
    }

    /// The same, otherwise than by default.
    ///
    /// # Errors
    /// When it is no URL of Redis.
    pub fn redis_with(url: &str, config: &RedisConfig) -> Result<Self, InvalidRedisUrl> {
        Ok(Self {
            shared: Some(Arc::new(Shared::new(url, config)?)),
            ..Self::in_process()
        })
    }

    /// Does it once, if it may be done.
    pub async fn check(&self, rate: &Rate, key: impl AsRef<[u8]>) -> Decision {
        self.count(rate, key.as_ref(), 1, true).await
    }

    /// Does it `count` times, if it may be done so often; else not once.
    pub async fn check_n(&self, rate: &Rate, key: impl AsRef<[u8]>, count: u32) -> Decision {
        self.count(rate, key.as_ref(), count, true).await
    }

    /// Whether it may be done, without doing it.
    pub async fn peek(&self, rate: &Rate, key: impl AsRef<[u8]>) -> Decision {
        self.count(rate, key.as_ref(), 1, false).await
    }

    /// Forgets what was done. While Redis is away this reaches this node only.
    pub async fn reset(&self, rate: &Rate, key: impl AsRef<[u8]>) {
        let spec = rate.spec();
        let key = key.as_ref();
        self.memory.put(self.memory.key(&spec, key), &spec, 0);
        if let Some(shared) = &self.shared {
            shared.fill(&shared.key(&spec, key)).await;
        }
    }

    async fn count(&self, rate: &Rate, key: &[u8], count: u32, take: bool) -> Decision {
        let spec = rate.spec();
        let price = spec.price(count);
        let here = self.memory.key(&spec, key);
        if let Some(shared) = &self.shared {
            let there = shared.key(&spec, key);
            if let Some(used) = shared.take(&there, &spec, price, take).await {
                let (decision, after) = spec.judge(used, price, take);
                // So that a limit goes on where it stood if Redis goes away.
                self.memory.put(here, &spec, after);
                return decision;
            }
        }
        self.memory.judge(here, &spec, price, take)
    }
}

impl std::fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.shared.as_ref().map_or("in process", |_| "redis");
        f.debug_tuple("RateLimiter").field(&place).finish()
    }
}
