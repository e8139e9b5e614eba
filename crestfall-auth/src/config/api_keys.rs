//! Keys that users and administrators make for machines.

use std::collections::BTreeMap;

use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keys that users and administrators make for machines and tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApiKeysConfig {
    /// API keys are accepted and can be made.
    pub enabled: bool,
    /// Users may make keys of their own.
    pub user_keys: bool,
    /// How many live keys a user may have.
    pub max_per_user: u32,
    /// The longest life of a user's key; `0s` is any, none included.
    pub max_lifetime: Duration,
    /// A service's secret key is accepted from browsers' pages, where everybody can read it.
    pub secret_in_browsers: bool,
    /// The roles that keys of services may have.
    pub roles: Vec<String>,
    /// The scopes that keys of a role may have at most, such as `authenticated = ["rest:*"]`; a key
    /// that has more loses them. A role that is not named may give all.
    pub scopes: BTreeMap<String, Vec<String>>,
}

impl Default for ApiKeysConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            user_keys: true,
            max_per_user: 50,
            max_lifetime: Duration::seconds(0),
            secret_in_browsers: false,
            roles: vec!["anon".into(), "authenticated".into(), "service_role".into()],
            scopes: BTreeMap::new(),
        }
    }
}
