//! When signing in to an account is stopped for a while.

use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When signing in to an account is stopped for a while. Failures count on the account, by whatever
/// means somebody tries. Networks that have never signed in to it count together; each one that has
/// counts by itself, so that strangers cannot lock an owner out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LockOut {
    /// Count failures at all.
    pub enabled: bool,
    /// Failures that cost nothing; each further one makes the next answer slower.
    pub free_attempts: u16,
    /// The longest that an answer is held back.
    pub max_delay: Duration,
    /// Failures after which the account is locked for who failed.
    pub attempts: u16,
    /// How long the first lock holds; each further one within a day holds twice as long.
    pub duration: Duration,
    /// The longest that a lock holds.
    pub max_duration: Duration,
    /// Failures are forgotten after this long without a further one.
    pub memory: Duration,
    /// How long a network stays known after the last sign-in or refresh from it.
    pub known_for: Duration,
}

impl Default for LockOut {
    fn default() -> Self {
        Self {
            enabled: true,
            free_attempts: 5,
            max_delay: Duration::seconds(2),
            attempts: 20,
            duration: Duration::seconds(15 * 60),
            max_duration: Duration::seconds(24 * 3600),
            memory: Duration::seconds(24 * 3600),
            known_for: Duration::seconds(90 * 86_400),
        }
    }
}
