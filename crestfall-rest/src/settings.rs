//! Everything about the API that can change while it serves: replaced as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use crate::compiled::CompiledCache;
use crate::config::Config;

/// What `ALTER ROLE … SET` says of a role that requests run as.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoleSettings {
    /// `default_transaction_isolation`.
    pub isolation: Option<String>,
    /// Other settings the login role may make, as (name, value).
    pub settings: Vec<(String, String)>,
}

/// The settings of a moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) config: Arc<Config>,
    pub(crate) roles: Arc<HashMap<String, RoleSettings>>,
    /// What was planned under these settings.
    pub(crate) compiled: Arc<CompiledCache>,
}

impl Settings {
    pub(crate) fn role(&self, role: &str) -> Option<&RoleSettings> {
        self.roles.get(role)
    }
}
