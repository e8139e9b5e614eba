//! What subjects may do, remembered while every change of it is heard of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use quick_cache::sync::Cache;

use crate::counts::{Counts, Lookup};
use crate::grants::Grants;

/// After this long without a word from the database, what is remembered is not used. Well below the
/// second within which a change must count.
const SILENCE: Duration = Duration::from_millis(500);

/// Nothing is remembered longer, should a notification ever be lost.
const LIFETIME: Duration = Duration::from_secs(30);

/// Grants by subject.
#[derive(Debug)]
pub(crate) struct GrantsCache {
    entries: Cache<Arc<str>, Arc<Grants>>,
    /// Counts changes: what was read of the database before one is not kept after it. Held while
    /// entries come and go by changes.
    changes: Mutex<u64>,
    /// When the database was last known to have told everything, in ms since `start`; 0 is never.
    heard: AtomicU64,
    start: Instant,
    counts: Arc<Counts>,
}

/// The number of changes when reading began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(u64);

impl GrantsCache {
    pub(crate) fn new(entries: usize, counts: Arc<Counts>) -> Self {
        Self {
            entries: Cache::new(entries),
            changes: Mutex::new(0),
            heard: AtomicU64::new(0),
            // So that the first moment is not 0.
            start: Instant::now() - Duration::from_millis(1),
            counts,
        }
    }

    /// What the subject may do, if that is known for certain.
    pub(crate) fn get(&self, subject: &str) -> Option<Arc<Grants>> {
        let now = Instant::now();
        if !self.is_followed(now) {
            self.counts.looked_up(Lookup::Unheard);
            return None;
        }
        let grants = self.entries.get(subject);
        let current = grants.filter(|grants| grants.is_current(now));
        self.counts.looked_up(match current {
            Some(_) => Lookup::Hit,
            None => Lookup::Miss,
        });
        current
    }

    /// Whether changes are heard of.
    pub(crate) fn is_followed(&self, now: Instant) -> bool {
        let heard = self.heard.load(Ordering::Acquire);
        let since = now.saturating_duration_since(self.start);
        heard > 0 && since < Duration::from_millis(heard) + SILENCE
    }

    /// To be asked before the database is.
    pub(crate) fn seen(&self) -> Seen {
        Seen(*self.changes.lock())
    }

    /// Remembers what the database said, unless something has changed since.
    pub(crate) fn insert(&self, subject: &str, grants: Grants, seen: Seen) -> Arc<Grants> {
        let grants = Arc::new(grants.at_most(LIFETIME));
        let changes = self.changes.lock();
        if *changes == seen.0 {
            self.entries.insert(subject.into(), grants.clone());
        }
        grants
    }

    /// Something about this subject has changed.
    pub(crate) fn forget(&self, subject: &str) {
        let mut changes = self.changes.lock();
        *changes += 1;
        self.entries.remove(subject);
        self.counts.forgot_one();
    }

    /// Anything may have changed.
    pub(crate) fn forget_all(&self) {
        let mut changes = self.changes.lock();
        *changes += 1;
        self.entries.clear();
        self.counts.forgot_all();
    }

    /// Everything that was committed at this moment has been heard of.
    pub(crate) fn heard_everything(&self, at: Instant) {
        let since = at.saturating_duration_since(self.start).as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX).max(1);
        self.heard.store(since, Ordering::Release);
        self.counts.followed(true);
    }

    /// Whether changes were heard of since they were last known not to be.
    pub(crate) fn has_heard(&self) -> bool {
        self.heard.load(Ordering::Acquire) > 0
    }

    /// Changes are not heard of any more.
    pub(crate) fn deafen(&self) {
        self.heard.store(0, Ordering::Release);
        self.counts.followed(false);
        self.forget_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_remembered_unless_changes_are_heard_of() {
        let cache = GrantsCache::new(10, Arc::new(Counts::new()));
        cache.insert("ada", Grants::service(), cache.seen());
        assert!(cache.get("ada").is_none());
        cache.heard_everything(Instant::now());
        assert!(cache.get("ada").is_some());
        let later = Instant::now() + Duration::from_secs(1);
        assert!(!cache.is_followed(later));
        cache.deafen();
        assert!(cache.get("ada").is_none());
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = GrantsCache::new(10, Arc::new(Counts::new()));
        cache.heard_everything(Instant::now());
        let seen = cache.seen();
        cache.forget("ada");
        cache.insert("ada", Grants::service(), seen);
        assert!(cache.get("ada").is_none());
        let seen = cache.seen();
        cache.forget_all();
        cache.insert("ada", Grants::service(), seen);
        assert!(cache.get("ada").is_none());
        cache.insert("ada", Grants::service(), cache.seen());
        assert!(cache.get("ada").is_some());
        cache.forget("bob");
        assert!(cache.get("ada").is_some());
    }

    #[test]
    fn what_has_expired_is_asked_for_again() {
        let cache = GrantsCache::new(10, Arc::new(Counts::new()));
        cache.heard_everything(Instant::now());
        let mut grants = Grants::none();
        grants.end_at(Instant::now());
        cache.insert("ada", grants, cache.seen());
        assert!(cache.get("ada").is_none());
    }
}
