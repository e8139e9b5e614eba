//! Settings of the REST API. Each field names the PostgREST key it stands for.

use crestfall_core::QualifiedName;
use crestfall_core::name::quote;

/// What the REST API exposes and allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Exposed schemas, the first is the default (`db-schemas`).
    pub schemas: Vec<String>,
    /// Schemas added to the search path, whose objects are usable but not exposed (`db-extra-search-path`).
    pub extra_search_path: Vec<String>,
    /// Most rows a read or a call answers with (`db-max-rows`).
    pub max_rows: Option<u64>,
    /// Aggregate functions in `select` (`db-aggregates-enabled`).
    pub aggregates_enabled: bool,
    /// The `application/vnd.pgrst.plan` media types (`db-plan-enabled`).
    pub plan_enabled: bool,
    /// Function run before every request's statement (`db-pre-request`).
    pub pre_request: Option<QualifiedName>,
    /// Function that answers `/` in place of the OpenAPI document (`db-root-spec`).
    pub root_spec: Option<QualifiedName>,
    /// How transactions end (`db-tx-end`).
    pub tx_end: TxEnd,
    /// Function settings that are lifted to the transaction (`db-hoisted-tx-settings`).
    pub hoisted_tx_settings: Vec<String>,
    /// What the OpenAPI document shows (`openapi-mode`).
    pub openapi_mode: OpenApiMode,
    /// The OpenAPI document asks for a bearer token (`openapi-security-active`).
    pub openapi_security_active: bool,
    /// The base URL that the OpenAPI document names (`openapi-server-proxy-uri`).
    pub openapi_server_proxy_uri: Option<String>,
    /// The host the server listens on, which the OpenAPI document names when there is no proxy
    /// (`server-host`).
    pub server_host: String,
    /// Its port (`server-port`).
    pub server_port: u16,
    /// How much an error tells a client (`client-error-verbosity`).
    pub error_verbosity: ErrorVerbosity,
    /// The `Server-Timing` header (`server-timing-enabled`).
    pub server_timing: bool,
    /// Filters and orders may name the target of an aliased embed (`url-use-legacy-target-names`).
    pub legacy_target_names: bool,
    /// Settings given to every transaction (`app.settings.*`), as (full name, value).
    pub app_settings: Vec<(String, String)>,
    /// Log the main statement of each request (`log-query`).
    pub log_query: bool,
    /// While a request runs, its connection's `application_name` is `crestfall/<id>`, so that lines of
    /// PostgreSQL's log tell which request they are about. Costs a message to the server and back.
    pub name_requests: bool,
    /// Refuse to serve the anonymous role a table without row-level security, or a view that runs with its
    /// owner's rights, unless a line of its comment is `@public`.
    pub protects_anonymous: bool,
    /// `count=planned` and `count=estimated` are the planner's estimates also where policies or a view hide
    /// rows from the caller, of which they tell. Else such counts are exact, except for roles that
    /// row-level security does not hold.
    pub estimates_hidden_rows: bool,
    /// Who may ask why rows are missing (`Prefer: explain=policies`).
    pub explain_policies: ExplainPolicies,
    /// Longest request body in bytes; more answers 413.
    pub max_body_bytes: usize,
    /// Deepest nesting of `select` embeds and of `and`/`or` trees; more answers 400.
    pub max_depth: usize,
}

impl Config {
    /// The setting `search_path` of requests to a schema: that one, then the extra ones.
    pub(crate) fn search_path(&self, schema: &str) -> String {
        use std::fmt::Write as _;
        let mut path = quote(schema).to_string();
        for extra in &self.extra_search_path {
            let _ = write!(path, ", {}", quote(extra));
        }
        path
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            schemas: vec!["public".into()],
            extra_search_path: vec!["public".into()],
            max_rows: None,
            aggregates_enabled: false,
            plan_enabled: false,
            pre_request: None,
            root_spec: None,
            tx_end: TxEnd::Commit,
            hoisted_tx_settings: vec![
                "statement_timeout".into(),
                "plan_filter.statement_cost_limit".into(),
                "default_transaction_isolation".into(),
            ],
            openapi_mode: OpenApiMode::FollowPrivileges,
            openapi_security_active: false,
            openapi_server_proxy_uri: None,
            server_host: "!4".into(),
            server_port: 3000,
            error_verbosity: ErrorVerbosity::Verbose,
            server_timing: false,
            legacy_target_names: true,
            app_settings: Vec::new(),
            log_query: false,
            name_requests: false,
            protects_anonymous: false,
            estimates_hidden_rows: true,
            explain_policies: ExplainPolicies::Off,
            max_body_bytes: 64 * 1024 * 1024,
            max_depth: 64,
        }
    }
}

/// How a transaction ends, and whether `Prefer: tx=` may say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TxEnd {
    /// Always commit.
    Commit,
    /// Commit unless `Prefer: tx=rollback`.
    CommitAllowOverride,
    /// Always roll back.
    Rollback,
    /// Roll back unless `Prefer: tx=commit`.
    RollbackAllowOverride,
}

impl TxEnd {
    /// `Prefer: tx=` is honoured.
    pub fn allows_override(self) -> bool {
        matches!(
            self,
            Self::CommitAllowOverride | Self::RollbackAllowOverride
        )
    }

    /// Without a preference, nothing is kept.
    pub fn rolls_back(self) -> bool {
        matches!(self, Self::Rollback | Self::RollbackAllowOverride)
    }
}

/// Who may ask why rows are missing (`Prefer: explain=policies`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainPolicies {
    /// Nobody: the preference is unknown.
    Off,
    /// Roles that row-level security does not hold (superusers, `BYPASSRLS`), for whom they name.
    Owners,
    /// Everybody. Whoever asks learns how many rows they may not see: for development.
    Everyone,
}

/// What the OpenAPI document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenApiMode {
    /// What the caller's role may use.
    FollowPrivileges,
    /// Everything exposed.
    IgnorePrivileges,
    /// Nothing: `/` answers 404.
    Disabled,
}

/// How much an error tells a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorVerbosity {
    /// `code`, `message`, `details` and `hint`.
    Verbose,
    /// `code` and `message`.
    Minimal,
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
        assert_eq!(config.search_path("api"), r#""api", "public", "odd ""one""#);
    }
}
