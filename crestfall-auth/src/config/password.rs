//! What passwords must be, and how they are kept.

use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::password::{HasherConfig, HaveIBeenPwnedConfig, Policy, required_characters};

/// What passwords must be, and how they are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// Fewest characters (`PASSWORD_MIN_LENGTH`).
    pub min_length: usize,
    /// Sets of characters, separated by colons, of each of which one is needed
    /// (`PASSWORD_REQUIRED_CHARACTERS`).
    pub required_characters: String,
    /// Refuse passwords that are known from breaches (`PASSWORD_HIBP_ENABLED`).
    pub breach_check: bool,
    /// Where a breach is asked for: five hexadecimal digits of the hash are appended. Nothing else
    /// of the password leaves the server.
    pub breach_url: String,
    /// Refuse every password while the breach check does not answer (`PASSWORD_HIBP_FAIL_CLOSED`).
    pub breach_fail_closed: bool,
    /// Memory of one hash (Argon2id) in KiB.
    pub hash_memory: u32,
    /// Passes over that memory.
    pub hash_passes: u32,
    /// Hashes at a time; `0` is one a processor core.
    pub hash_workers: usize,
    /// Sign-ins that may wait for a hash; more are answered 503.
    pub max_waiting: usize,
    /// How long a sign-in may wait for a hash.
    pub max_wait: Duration,
}

impl Default for Password {
    fn default() -> Self {
        let hasher = HasherConfig::default();
        Self {
            min_length: 8,
            required_characters: String::new(),
            breach_check: false,
            breach_url: HaveIBeenPwnedConfig::default().url,
            breach_fail_closed: false,
            hash_memory: hasher.memory,
            hash_passes: hasher.passes,
            hash_workers: 0,
            max_waiting: hasher.max_waiting,
            max_wait: Duration::seconds(5),
        }
    }
}

impl Password {
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            min_length: self.min_length,
            required_characters: required_characters(&self.required_characters),
            breach_fail_closed: self.breach_fail_closed,
            ..Policy::default()
        }
    }

    pub(crate) fn hasher(&self) -> HasherConfig {
        let default = HasherConfig::default();
        HasherConfig {
            memory: self.hash_memory,
            passes: self.hash_passes,
            workers: match self.hash_workers {
                0 => default.workers,
                workers => workers,
            },
            max_waiting: self.max_waiting,
            max_wait: self.max_wait.get(),
            ..default
        }
    }

    pub(crate) fn breaches(&self) -> HaveIBeenPwnedConfig {
        HaveIBeenPwnedConfig {
            url: self.breach_url.clone(),
            ..HaveIBeenPwnedConfig::default()
        }
    }
}
