//! How long to wait before the next attempt.

use std::time::Duration;

/// `first * 2^(attempt - 1)`, at most `longest`, of which up to a half is left off at random: jobs
/// that failed together do not come back together.
pub(super) fn pause(attempt: u32, first: Duration, longest: Duration) -> Duration {
    let doublings = attempt.saturating_sub(1).min(30);
    let full = first.saturating_mul(1 << doublings).min(longest);
    full.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ() {
        let (first, longest) = (Duration::from_secs(5), Duration::from_secs(600));
        for (attempt, seconds) in [
            (0, 5.0),
            (1, 5.0),
            (2, 10.0),
            (4, 40.0),
            (8, 600.0),
            (u32::MAX, 600.0),
        ] {
            let pause = pause(attempt, first, longest).as_secs_f64();
            assert!(
                (seconds / 2.0..=seconds).contains(&pause),
                "{attempt}: {pause}"
            );
        }
        let pauses: std::collections::HashSet<_> =
            (0..20).map(|_| pause(3, first, longest)).collect();
        assert!(pauses.len() > 1);
    }
}
