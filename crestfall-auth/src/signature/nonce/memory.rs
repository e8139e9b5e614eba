//! Nonces in this process: enough for one node.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Nonce, NonceError, NonceStore, Use};

/// Remembers up to a number of nonces, about 100 bytes each; refuses when full.
#[derive(Debug)]
pub struct MemoryNonces {
    start: Instant,
    /// The same on the clock of signatures, in seconds of the epoch.
    since: i64,
    capacity: usize,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    nonces: HashSet<Nonce>,
    /// By the second, counted from the start, after which they may be forgotten.
    until: BTreeMap<u64, Vec<Nonce>>,
}

impl MemoryNonces {
    /// A store of at most `capacity` nonces. With a window of one minute, a node takes a sixtieth of
    /// it a second.
    pub fn new(capacity: usize) -> Self {
        Self::since(chrono::Utc::now().timestamp(), capacity)
    }

    /// The same, as if it had been there since a time in seconds of the epoch.
    pub(in super::super) fn since(since: i64, capacity: usize) -> Self {
        Self {
            start: Instant::now(),
            since,
            capacity,
            remembered: Mutex::default(),
        }
    }
}

/// 300 000 nonces, some 30 MB when full: 5 000 requests a second.
impl Default for MemoryNonces {
    fn default() -> Self {
        Self::new(300_000)
    }
}

impl Remembered {
    fn forget_before(&mut self, second: u64) {
        while let Some(entry) = self.until.first_entry() {
            if *entry.key() >= second {
                break;
            }
            for nonce in entry.remove() {
                self.nonces.remove(&nonce);
            }
        }
    }
}

#[async_trait]
impl NonceStore for MemoryNonces {
    async fn remember(
        &self,
        nonce: Nonce,
        created: i64,
        for_how_long: Duration,
    ) -> Result<Use, NonceError> {
        if created < self.since {
            return Err(NonceError::BeforeMemory);
        }
        let now = self.start.elapsed();
        let last = now.saturating_add(for_how_long).as_secs();
        let mut remembered = self.remembered.lock();
        remembered.forget_before(now.as_secs());
        if remembered.nonces.contains(&nonce) {
            return Ok(Use::Again);
        }
        if remembered.nonces.len() >= self.capacity {
            return Err(NonceError::Full);
        }
        remembered.nonces.insert(nonce);
        remembered.until.entry(last).or_default().push(nonce);
        Ok(Use::First)
    }
}
