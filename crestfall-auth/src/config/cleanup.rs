//! What is removed when it is of no use any more (GT-080).

use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is removed when it is of no use any more: links, codes, challenges and sign-ins that have
/// expired, and sessions past their end. One node does it at a time, in small batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cleanup {
    /// Remove anything at all (`DB_CLEANUP_ENABLED`).
    pub enabled: bool,
    /// How often.
    pub interval: Duration,
    /// Rows a statement.
    pub batch: u32,
    /// Anonymous users so long after they were made; `0s` keeps them. GoTrue removes them after 30
    /// days.
    pub anonymous_users_after: Duration,
    /// Entries of the audit log so long after they were written; `0s` keeps them.
    pub audit_after: Duration,
}

impl Default for Cleanup {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Duration::seconds(60),
            batch: 100,
            anonymous_users_after: Duration::seconds(0),
            audit_after: Duration::seconds(0),
        }
    }
}
