//! `Authorization: Basic`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `Authorization: Basic` (RFC 7617), for machines and tools: a user's address and password, or any
/// name and an API key. Wrong passwords count for `lock_out`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BasicConfig {
    /// Users may send their password with each request. API keys may stand in a password's place
    /// whatever this says.
    pub passwords: bool,
    /// Users with a second factor may too, though it is not asked for.
    pub allow_with_second_factor: bool,
    /// What the challenge names.
    pub realm: String,
}

impl Default for BasicConfig {
    fn default() -> Self {
        Self {
            passwords: true,
            allow_with_second_factor: false,
            realm: "crestfall".into(),
        }
    }
}
