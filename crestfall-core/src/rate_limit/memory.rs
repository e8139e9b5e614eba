//! Buckets in this process, in bounded memory.
//!
//! A table of sets, each with room for a few buckets, like the cache of a processor. It never
//! grows, a bucket that is full again is free room, and nothing has to be swept. When a set has no
//! room, the bucket goes that is used least: who floods the table with fresh keys pushes out his
//! other fresh keys, not a bucket that he (or another) has used up. The hash is keyed anew in each
//! process, so nobody can aim at a set.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Decision;
use super::gcra::Spec;

/// Buckets of a set.
const WAYS: usize = 16;
/// Sets are guarded in so many groups.
const SHARDS: usize = 64;

/// A key, the instant at which its bucket is full, and the bucket's window. Numbers, so that a fresh
/// table is untouched memory that costs nothing until it is used.
type Slot = [u64; 3];

/// The buckets. Instants are microseconds since it was made.
pub(super) struct Memory {
    shards: Box<[Mutex<Vec<Slot>>]>,
    slots_per_shard: usize,
    hasher: RandomState,
    origin: Instant,
}

/// A key's hash under this process's own seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key(u64);

impl Memory {
    /// Room for so many buckets, rounded up.
    pub(super) fn new(buckets: usize) -> Self {
        let sets = buckets.div_ceil(WAYS * SHARDS).next_power_of_two();
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            slots_per_shard: sets * WAYS,
            hasher: RandomState::new(),
            origin: Instant::now(),
        }
    }

    /// Microseconds since the start.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Each rate has its own bucket for the same key.
    pub(super) fn key(&self, spec: &Spec, key: &[u8]) -> Key {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(spec.interval);
        hasher.write_u32(spec.burst);
        hasher.write(key);
        Key(hasher.finish())
    }

    /// Judges events now.
    pub(super) fn judge(&self, key: Key, spec: &Spec, price: u64, take: bool) -> Decision {
        self.judge_at(self.now(), key, spec, price, take)
    }

    fn judge_at(&self, now: u64, key: Key, spec: &Spec, price: u64, take: bool) -> Decision {
        self.change(now, key, spec, |used| spec.judge(used, price, take))
    }

    /// Puts what another store knows of a bucket in its place.
    pub(super) fn put(&self, key: Key, spec: &Spec, used: u64) {
        self.change(self.now(), key, spec, |_| ((), used));
    }

    /// Gives what is used of a bucket to `change`, and keeps what it says is used then.
    fn change<T>(
        &self,
        now: u64,
        key: Key,
        spec: &Spec,
        change: impl FnOnce(u64) -> (T, u64),
    ) -> T {
        let mut shard = self.shards[key.0 as usize % SHARDS].lock();
        if shard.is_empty() {
            *shard = vec![[0; 3]; self.slots_per_shard];
        }
        let sets = shard.len() / WAYS;
        let set = (key.0 >> 32) as usize % sets;
        let slots = &mut shard[set * WAYS..(set + 1) * WAYS];
        let found = slots
            .iter()
            .position(|slot| slot[0] == key.0 && slot[1] > now);
        let used = found.map_or(0, |at| slots[at][1] - now);
        let (outcome, used) = change(used);
        let until = now.saturating_add(used);
        if let Some(at) = found {
            slots[at] = [key.0, until, spec.window];
        } else if used > 0 {
            slots[least_used(slots, now)] = [key.0, until, spec.window];
        }
        outcome
    }
}

/// The bucket to give away: one that is full, else the one of which the smallest share is used.
fn least_used(slots: &[Slot], now: u64) -> usize {
    let share = |slot: &Slot| slot[1].saturating_sub(now).saturating_mul(1024) / slot[2].max(1);
    let least = slots.iter().enumerate().min_by_key(|(_, slot)| share(slot));
    least.map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn take(memory: &Memory, now: u64, spec: &Spec, key: &str) -> bool {
        let key = memory.key(spec, key.as_bytes());
        memory.judge_at(now, key, spec, spec.price(1), true).allowed
    }

    #[test]
    fn keys_and_rates_have_buckets_of_their_own() {
        let memory = Memory::new(1000);
        let (one, two) = (Spec::new(SECOND, 1), Spec::new(SECOND, 2));
        assert!(take(&memory, 1, &one, "a"));
        assert!(!take(&memory, 1, &one, "a"));
        assert!(take(&memory, 1, &one, "b"));
        assert!(take(&memory, 1, &two, "a"));
        assert!(take(&memory, 1 + SECOND, &one, "a"));
    }

    #[test]
    fn a_flood_of_fresh_keys_neither_grows_the_table_nor_frees_a_used_bucket() {
        let memory = Memory::new(1);
        let spec = Spec::new(60 * SECOND, 5);
        let full = memory.slots_per_shard * SHARDS;
        while take(&memory, 1, &spec, "attacker") {}
        for fresh in 0..100 * full {
            take(&memory, 1, &spec, &format!("fresh {fresh}"));
            if fresh % 100 == 0 {
                assert!(!take(&memory, 1, &spec, "attacker"), "after {fresh}");
            }
        }
        let slots: usize = memory.shards.iter().map(|shard| shard.lock().len()).sum();
        assert_eq!(slots, full);
    }

    #[test]
    fn room_is_reused_when_buckets_are_full_again() {
        let memory = Memory::new(1);
        let spec = Spec::new(SECOND, 1);
        let full = memory.slots_per_shard * SHARDS;
        for round in 0..5 {
            let now = 1 + round * 2 * SECOND;
            for key in 0..full / 8 {
                assert!(take(&memory, now, &spec, &format!("{round} {key}")));
            }
            for key in 0..full / 8 {
                assert!(
                    !take(&memory, now, &spec, &format!("{round} {key}")),
                    "{round} {key}"
                );
            }
        }
    }

    #[test]
    fn what_another_store_knows_is_taken_over() {
        let memory = Memory::new(100);
        let spec = Spec::new(3600 * SECOND, 2);
        let key = memory.key(&spec, b"a");
        memory.put(key, &spec, spec.window);
        assert!(!memory.judge(key, &spec, spec.price(1), true).allowed);
        memory.put(key, &spec, 0);
        assert_eq!(memory.judge(key, &spec, spec.price(1), true).remaining, 1);
    }
}
