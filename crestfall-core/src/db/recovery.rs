//! When to try again to reach a PostgreSQL that could not be reached.

use std::time::{Duration, Instant};

use super::DbError;

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(32);

/// However long the pause, a request may ask this often whether PostgreSQL is back.
const ON_DEMAND: Duration = Duration::from_secs(1);

/// Pauses of 1, 2, 4, ... seconds after failures.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    failures: u32,
    last: Option<(Instant, DbError)>,
    next: Option<Instant>,
    planned: bool,
}

impl Recovery {
    /// PostgreSQL was reached. Whether it had not been before.
    pub(crate) fn succeeded(&mut self) -> bool {
        let planned = self.planned;
        let had_failed = self.failures > 0;
        *self = Self {
            planned,
            ..Self::default()
        };
        had_failed
    }

    /// PostgreSQL was not reached. Whether that is news worth a line in the log.
    pub(crate) fn failed(&mut self, now: Instant, error: &DbError) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.last = Some((now, error.again()));
        self.failures.is_power_of_two()
    }

    /// The error for a request that comes too soon after a failure to try again.
    pub(crate) fn refuses(&self, now: Instant) -> Option<DbError> {
        let (at, error) = self.last.as_ref()?;
        (now.duration_since(*at) < ON_DEMAND).then(|| error.again())
    }

    /// The pause before the next attempt of our own, unless one is planned.
    pub(crate) fn plan(&mut self, now: Instant) -> Option<Duration> {
        if std::mem::replace(&mut self.planned, true) {
            return None;
        }
        let pause = pause(self.failures.max(1) - 1);
        self.next = Some(now + pause);
        Some(pause)
    }

    /// The planned attempt begins.
    pub(crate) fn woke(&mut self) {
        self.planned = false;
    }

    /// Whether the last attempt succeeded.
    pub(crate) fn is_well(&self) -> bool {
        self.failures == 0
    }

    /// How long until the next attempt, while PostgreSQL is not reached.
    pub(crate) fn remaining(&self, now: Instant) -> Option<Duration> {
        if self.is_well() {
            return None;
        }
        let next = self.next?;
        Some(next.saturating_duration_since(now).max(ON_DEMAND))
    }
}

/// `2^failures` seconds, at most 32, a quarter more or less.
pub(crate) fn pause(failures: u32) -> Duration {
    let seconds = Duration::from_secs(1 << failures.min(5)).min(LONGEST);
    seconds.mul_f64(rand::random_range(0.75..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_32_seconds() {
        for (failures, seconds) in [(0, 1.0), (1, 2.0), (4, 16.0), (5, 32.0), (60, 32.0)] {
            let pause = pause(failures).as_secs_f64();
            assert!((0.75 * seconds..=seconds).contains(&pause));
        }
    }

    #[test]
    fn one_attempt_is_planned_at_a_time() {
        let now = Instant::now();
        let mut recovery = Recovery::default();
        let error = DbError::Connection("no".into());
        assert!(recovery.failed(now, &error));
        assert!(recovery.plan(now).is_some());
        assert!(recovery.plan(now).is_none());
        assert!(recovery.refuses(now).is_some());
        assert!(recovery.refuses(now + ON_DEMAND).is_none());
        recovery.woke();
        assert!(recovery.succeeded());
        assert!(recovery.is_well() && recovery.remaining(now).is_none());
    }
}
