//! How much is allowed in how long.

mod text;

use std::time::Duration;

use super::gcra::Spec;

const HOUR: Duration = Duration::from_secs(3600);

/// A token bucket: so many events at once, and so many more in each period.
///
/// Its text has GoTrue's two forms and one of ours, which says all:
///
/// | text | at once | then |
/// |---|---|---|
/// | `30` | 30 | 30 an hour |
/// | `30/5m` | 30 | **one** every 5 minutes, as GoTrue means it |
/// | `30 per 5m` | 30 | 30 every 5 minutes |
/// | `30 per 5m, burst 60` | 60 | 30 every 5 minutes |
///
/// Durations are Go's: `300ms`, `5m`, `1h30m`. Zero events allow nothing.
///
/// ```
/// use std::time::Duration;
/// use crestfall_core::rate_limit::Rate;
///
/// let rate: Rate = "30 per 5m".parse()?;
/// assert_eq!(rate, Rate::new(30, Duration::from_secs(300)));
/// assert_eq!(Rate::per_hour(30).to_string(), "30");
/// # Ok::<_, String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    events: u32,
    period: Duration,
    burst: u32,
}

impl Rate {
    /// So many events a period, and as many at once. A period of zero is an hour, as in GoTrue.
    pub const fn new(events: u32, period: Duration) -> Self {
        let period = if period.is_zero() { HOUR } else { period };
        Self {
            events,
            period,
            burst: events,
        }
    }

    /// So many events an hour, and as many at once.
    pub const fn per_hour(events: u32) -> Self {
        Self::new(events, HOUR)
    }

    /// So many events a minute, and as many at once.
    pub const fn per_minute(events: u32) -> Self {
        Self::new(events, Duration::from_secs(60))
    }

    /// So many events a second, and as many at once.
    pub const fn per_second(events: u32) -> Self {
        Self::new(events, Duration::from_secs(1))
    }

    /// The same, with another number at once.
    #[must_use]
    pub const fn with_burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// Events that come back in each period.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// The period.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Events at once.
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// How long it takes until all events that are allowed at once are back.
    pub fn window(&self) -> Duration {
        Duration::from_micros(self.spec().window)
    }

    /// What the algorithm counts with.
    pub(super) fn spec(&self) -> Spec {
        let burst = if self.events == 0 { 0 } else { self.burst };
        let period = u64::try_from(self.period.as_micros()).unwrap_or(u64::MAX);
        Spec::new(period.div_ceil(u64::from(self.events.max(1))), burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_the_time_in_which_an_empty_bucket_fills() {
        let five_minutes = Duration::from_secs(300);
        assert_eq!(Rate::new(30, five_minutes).window(), five_minutes);
        let slow: Rate = "30/5m".parse().expect("a rate");
        assert_eq!(slow.window(), 30 * five_minutes);
        assert_eq!(Rate::per_hour(0).with_burst(9).window(), Duration::ZERO);
        assert_eq!(Rate::new(3, Duration::ZERO), Rate::per_hour(3));
    }

    #[test]
    fn absurd_rates_stay_in_range() {
        let rate = Rate::new(1, Duration::MAX).with_burst(u32::MAX);
        assert!(rate.window() < Duration::from_secs(200 * 366 * 86_400));
        let fast = Rate::new(u32::MAX, Duration::from_nanos(1));
        assert!(!fast.window().is_zero());
    }
}
