//! The REST API.

use crestfall_core::units::Size;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The REST API, at `/rest/v1` and `/postgresql/rest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rest {
    /// Exposed schemas; the first is the default.
    pub(crate) schemas: Vec<String>,
    /// Schemas whose objects are usable but not exposed.
    pub(crate) extra_search_path: Vec<String>,
    /// Most rows of one answer; none is no limit.
    pub(crate) max_rows: Option<u64>,
    /// Aggregate functions in `select`.
    pub(crate) aggregates: bool,
    /// Query plans by `Accept: application/vnd.pgrst.plan`.
    pub(crate) plans: bool,
    /// Function, as `schema.name`, that runs before every request.
    pub(crate) pre_request: String,
    /// Function, as `schema.name`, that answers `/` in place of the OpenAPI document.
    pub(crate) root_spec: String,
    /// How transactions end, and whether `Prefer: tx=` may say otherwise.
    pub(crate) tx_end: TxEnd,
    /// Settings of functions that hold for the whole transaction.
    pub(crate) hoisted_tx_settings: Vec<String>,
    /// What the OpenAPI document shows.
    pub(crate) openapi: OpenApi,
    /// The base address that the OpenAPI document names; empty is the server's own.
    pub(crate) openapi_url: String,
    /// How much an error tells.
    pub(crate) errors: Errors,
    /// The `Server-Timing` header.
    pub(crate) server_timing: bool,
    /// Serve a table without row-level security, or a view that runs with its owner's rights, to the
    /// anonymous role although its comment has no line `@public`; and estimate counts also where policies
    /// hide rows. Off, such requests are refused, and such counts are exact.
    pub(crate) unprotected: bool,
    /// Who may ask why rows are missing (`Prefer: explain=policies`).
    pub(crate) explain_policies: ExplainPolicies,
    /// Longest body of a request.
    pub(crate) max_body: Size,
    /// Deepest nesting of embeds and of `and`/`or`.
    pub(crate) max_depth: usize,
}

/// Who may ask why rows are missing (`Prefer: explain=policies`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExplainPolicies {
    /// Nobody.
    Off,
    /// Roles that row-level security does not hold, for whom they name.
    Owners,
    /// Everybody, who thereby learns how many rows they may not see. For development.
    Everyone,
}

/// How transactions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TxEnd {
    /// Always commit.
    Commit,
    /// Commit unless `Prefer: tx=rollback`.
    CommitAllowOverride,
    /// Always roll back.
    Rollback,
    /// Roll back unless `Prefer: tx=commit`.
    RollbackAllowOverride,
}

/// What the OpenAPI document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OpenApi {
    /// What the caller's role may use.
    FollowPrivileges,
    /// Everything exposed.
    IgnorePrivileges,
    /// Nothing.
    Disabled,
}

/// How much an error tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Errors {
    /// Code, message, details and hint.
    Verbose,
    /// Code and message.
    Minimal,
}

impl Default for Rest {
    fn default() -> Self {
        let rest = crestfall_rest::Config::default();
        Self {
            schemas: rest.schemas,
            extra_search_path: rest.extra_search_path,
            max_rows: Some(1000),
            aggregates: false,
            plans: false,
            pre_request: String::new(),
            root_spec: String::new(),
            tx_end: TxEnd::Commit,
            hoisted_tx_settings: rest.hoisted_tx_settings,
            openapi: OpenApi::FollowPrivileges,
            openapi_url: String::new(),
            errors: Errors::Verbose,
            server_timing: false,
            unprotected: false,
            explain_policies: ExplainPolicies::Off,
            max_body: Size::mebibytes(64),
            max_depth: rest.max_depth,
        }
    }
}
