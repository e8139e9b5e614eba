//! The generic cell rate algorithm: a token bucket kept as one number.
//!
//! The number is how long, from now, the bucket takes to be full again: zero for a full bucket,
//! `window` for an empty one. A bucket that is full need not be kept at all.

use std::time::Duration;

use super::Decision;

/// A century. Instants of this size are exact in the floating-point numbers of Lua.
const LONGEST: u64 = 100 * 366 * 86_400 * 1_000_000;

/// A rate as the algorithm counts, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    /// In which one event comes back; never zero.
    pub(super) interval: u64,
    /// In which all come back.
    pub(super) window: u64,
    /// Events at once.
    pub(super) burst: u32,
}

impl Spec {
    pub(super) fn new(interval: u64, burst: u32) -> Self {
        let interval = interval.clamp(1, LONGEST);
        let window = interval.saturating_mul(u64::from(burst)).min(LONGEST);
        Self {
            interval,
            window,
            burst,
        }
    }

    /// Time that `cost` events take from the bucket.
    pub(super) fn price(&self, cost: u32) -> u64 {
        self.interval
            .saturating_mul(u64::from(cost))
            .min(2 * LONGEST)
    }

    /// Judges events on a bucket of which `used` is taken, and gives what is taken then.
    pub(super) fn judge(&self, used: u64, price: u64, take: bool) -> (Decision, u64) {
        let used = used.min(self.window);
        let wanted = used.saturating_add(price);
        let allowed = wanted <= self.window;
        let after = if allowed && take { wanted } else { used };
        let wait = match wanted.saturating_sub(self.window) {
            // It never will be; then as good as any is when nothing else is in the way.
            _ if price > self.window => self.window.max(self.interval),
            wait => wait,
        };
        let remaining = (self.window - after) / self.interval;
        let decision = Decision {
            allowed,
            limit: self.burst,
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX).min(self.burst),
            retry_after: Duration::from_micros(wait),
            reset_after: Duration::from_micros(after),
        };
        (decision, after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_burst_passes_then_one_each_interval() {
        let spec = Spec::new(SECOND, 3);
        let mut used = 0;
        for remaining in [2, 1, 0] {
            let (decision, after) = spec.judge(used, spec.price(1), true);
            assert!(decision.allowed);
            assert_eq!(decision.remaining, remaining);
            assert!(decision.retry_after.is_zero());
            used = after;
        }
        let (decision, after) = spec.judge(used, spec.price(1), true);
        assert!(!decision.allowed);
        assert_eq!(decision.retry_after, Duration::from_secs(1));
        assert_eq!(after, used, "a refused event takes nothing");
        let (decision, _) = spec.judge(used - SECOND, spec.price(1), true);
        assert!(decision.allowed);
    }

    #[test]
    fn what_can_never_be_is_refused_with_a_time() {
        let none = Spec::new(SECOND, 0);
        let (decision, _) = none.judge(0, none.price(1), true);
        assert!(!decision.allowed && !decision.retry_after.is_zero());
        let few = Spec::new(SECOND, 3);
        let (decision, _) = few.judge(0, few.price(4), true);
        assert!(!decision.allowed);
        assert_eq!(decision.retry_after, Duration::from_secs(3));
        let (decision, _) = few.judge(0, few.price(u32::MAX), true);
        assert!(!decision.allowed);
    }

    #[test]
    fn a_look_takes_nothing() {
        let spec = Spec::new(SECOND, 1);
        let (decision, after) = spec.judge(0, spec.price(1), false);
        assert_eq!((decision.allowed, decision.remaining, after), (true, 1, 0));
        let (decision, after) = spec.judge(SECOND, spec.price(1), false);
        assert_eq!(
            (decision.allowed, decision.remaining, after),
            (false, 0, SECOND)
        );
    }
}
