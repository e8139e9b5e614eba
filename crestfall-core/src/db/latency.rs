//! How long statements took lately, by which it is decided who may share a connection.

use std::sync::atomic::{AtomicU64, Ordering};

/// A power of two. Two statements that meet in one place take turns in being unknown, no more.
const PLACES: usize = 4096;

/// Moving averages by a statement's fingerprint, in a table of fixed size without locks.
#[derive(Debug)]
pub(super) struct Latencies {
    /// Upper half: upper half of the fingerprint; lower half: microseconds.
    places: Box<[AtomicU64]>,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn place(&self, fingerprint: u64) -> &AtomicU64 {
        &self.places[fingerprint as usize % PLACES]
    }

    /// The average of late, in microseconds; `None` when it is not known.
    pub(super) fn get(&self, fingerprint: u64) -> Option<u32> {
        let value = self.place(fingerprint).load(Ordering::Relaxed);
        (value >> 32 == fingerprint >> 32).then_some(value as u32)
    }

    /// Takes up one more measurement: faster when it is much longer, as one pause of the machine must not count for long.
    pub(super) fn add(&self, fingerprint: u64, micros: u32) {
        let place = self.place(fingerprint);
        let average = match self.get(fingerprint) {
            Some(average) if micros > average.saturating_mul(4) => {
                average - average / 4 + micros / 4
            }
            Some(average) => (average - average / 8).saturating_add(micros / 8),
            None => micros,
        };
        // A lost update is a lost measurement: there are more.
        place.store(
            fingerprint & !0xffff_ffff | u64::from(average),
            Ordering::Relaxed,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_run_is_noticed_at_once_and_forgotten_slowly() {
        let latencies = Latencies::new();
        let statement = 0xabcd_0000_0000_0001;
        assert_eq!(latencies.get(statement), None);
        latencies.add(statement, 100);
        assert_eq!(latencies.get(statement), Some(100));
        latencies.add(statement, 1_000_000);
        assert!(latencies.get(statement) > Some(200_000));
        latencies.add(statement, 100);
        assert!(latencies.get(statement) > Some(200_000));
    }

    #[test]
    fn statements_in_one_place_are_told_apart() {
        let latencies = Latencies::new();
        latencies.add(0x1_0000_0001, 7);
        assert_eq!(latencies.get(0x2_0000_0001), None);
    }
}
