//! When a request is sent again.

use std::time::Duration;

use crate::random;

/// How often requests that change nothing are repeated when the server cannot be reached, or answers
/// 408, 429, 502, 503 or 504. Requests that write are never repeated.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Attempts after the first. Default: 3; 0 turns it off.
    pub times: u32,
    /// The pause before the second attempt; it doubles with each. A random part of up to half is
    /// taken off, so that clients do not come back all at once. Default: 200 ms.
    pub first_pause: Duration,
    /// No pause is longer; a server that asks for a longer one (`Retry-After`) is not asked again.
    /// Default: 10 seconds.
    pub longest_pause: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            times: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
        }
    }
}

impl Retry {
    /// Never.
    pub fn never() -> Self {
        Self {
            times: 0,
            ..Self::default()
        }
    }

    /// The pause after so many failures, if it is worth another attempt.
    pub(crate) fn pause(&self, failures: u32, asked: Option<Duration>) -> Option<Duration> {
        if failures >= self.times || asked.is_some_and(|asked| asked > self.longest_pause) {
            return None;
        }
        Some(self.growing(failures, asked))
    }

    /// The pause after so many failures, however many there may be; never longer than the longest.
    pub(crate) fn growing(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << failures.min(20));
        let whole = doubled.min(self.longest_pause);
        let jittered = whole.mul_f64(0.5 + random::fraction() / 2.0);
        let pause = asked.map_or(jittered, |asked| asked.max(jittered));
        pause.min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let retry = Retry {
            times: 8,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(2),
        };
        for failures in 0..8 {
            let whole = Duration::from_millis(100 << failures).min(retry.longest_pause);
            let pause = retry.pause(failures, None).unwrap();
            assert!(
                pause >= whole / 2 && pause <= whole,
                "{failures}: {pause:?}"
            );
        }
        assert_eq!(retry.pause(8, None), None);
        assert_eq!(Retry::never().pause(0, None), None);
    }

    #[test]
    fn the_servers_wish_counts_unless_it_is_too_long() {
        let retry = Retry::default();
        let asked = Duration::from_secs(3);
        assert_eq!(retry.pause(0, Some(asked)), Some(asked));
        assert_eq!(retry.pause(0, Some(Duration::from_secs(60))), None);
    }
}
