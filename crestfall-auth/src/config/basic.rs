//! `Authorization: Basic`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `Authorization: Basic` (RFC 7617), for machines and tools: a user's address and password, or any
/// name and an API key.
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
    /// Wrong passwords for one account from one network (an IPv4 address, an IPv6 /64) within
    /// fifteen minutes, after which neither right nor wrong ones are looked at.
    pub max_failures: u32,
}

impl Default for BasicConfig {
    fn default() -> Self {
        Self {
            passwords: true,
            allow_with_second_factor: false,
            realm: "crestfall".into(),
            max_failures: 10,
        }
    }
}
