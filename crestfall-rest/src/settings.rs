//! Everything about the API that can change while it serves: replaced as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use crestfall_core::name::quote;

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

    /// The request's schema, then the extra ones.
    pub(crate) fn search_path(&self, schema: &str) -> String {
        use std::fmt::Write as _;
        let mut path = quote(schema).to_string();
        for extra in &self.config.extra_search_path {
            let _ = write!(path, ", {}", quote(extra));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_starts_with_the_requests_schema_pr_132() {
        let config = Config {
            extra_search_path: vec!["public".into(), "odd \"one".into()],
            ..Config::default()
        };
        let settings = Settings {
            config: Arc::new(config),
            ..Settings::default()
        };
        assert_eq!(
            settings.search_path("api"),
            r#""api", "public", "odd ""one""#
        );
    }
}
