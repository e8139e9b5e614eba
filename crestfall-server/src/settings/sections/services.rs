//! Accounts, permissions, the audit log.

use crestfall_core::Secret;
use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Users, sessions and tokens, at `/auth/v1` and `/authentication`. Most changes need no restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)] // unknown keys are found by the schema: serde cannot, in what it flattens
pub(crate) struct Auth {
    /// Serve it. It needs `auth.encryption_key`, and its tables in the database
    /// (`crestfall migrate`). Its tokens, and those signed with `jwt.secret`, are then the ones that
    /// the REST API accepts.
    pub(crate) enabled: bool,
    /// Connection string of the database with the schema `auth`; empty is `database.url`. Its user
    /// acts as the role `crestfall_auth` when there is one that it is a member of.
    pub(crate) database_url: Secret,
    /// Connections at most.
    pub(crate) pool_size: u32,
    /// Keep mails and text messages in memory and show them at `/mail`, in place of sending them.
    /// For development: who opens that page can sign in as anybody.
    pub(crate) catch_mail: bool,
    #[serde(flatten)]
    pub(crate) service: crestfall_auth::Config,
}

/// Roles, permissions and organisations, at `/rbac/v1` and `/authorization`. Changes need a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rbac {
    /// Serve it. It needs its tables in the database (`crestfall migrate`).
    pub(crate) enabled: bool,
    /// Connections at most, to the database of `database.url`. One of them hears of changes.
    pub(crate) pool_size: u32,
    /// Subjects whose permissions are remembered.
    pub(crate) cached_subjects: usize,
    /// Tell everybody who is signed in which permission they lack, and not only those who may see
    /// roles. For development.
    pub(crate) tell_missing: bool,
    /// Put roles and the active organisation into the tokens of `[auth]`, unless
    /// `auth.hooks.custom_access_token` is enabled for something else.
    pub(crate) token_claims: bool,
}

/// The audit log: tables that `audit.track` puts under it. Its tables come with `crestfall migrate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Audit {
    /// Look after it while serving: partitions ahead of time, retention, the chain.
    pub(crate) enabled: bool,
    /// How long entries are kept, as an interval of PostgreSQL such as `400 days`; empty keeps them for
    /// ever. `crestfall migrate` and `crestfall audit prune` write it to the database.
    pub(crate) retention: String,
    /// What one partition holds. Whole partitions are dropped, so entries live up to one period longer.
    pub(crate) period: Period,
    /// How often entries are sealed, so that `crestfall audit verify` finds what was tampered with;
    /// `0s` makes no chain.
    pub(crate) seal_every: Duration,
    /// Signs the seals (HMAC-SHA-256), so that the database's administrator cannot make the chain anew.
    pub(crate) seal_key: Secret,
    /// While a request runs, its connection's `application_name` is `crestfall/<id>`, by which
    /// `crestfall logs` finds who was behind a line of PostgreSQL's log.
    pub(crate) name_requests: bool,
}

/// What one partition of the audit log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Period {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
}

impl Period {
    /// As the database knows it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            enabled: false,
            database_url: Secret::default(),
            pool_size: 10,
            catch_mail: false,
            service: crestfall_auth::Config::default(),
        }
    }
}

impl Default for Rbac {
    fn default() -> Self {
        Self {
            enabled: false,
            pool_size: 5,
            cached_subjects: 10_000,
            tell_missing: false,
            token_claims: true,
        }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            enabled: true,
            retention: String::new(),
            period: Period::Week,
            seal_every: Duration::seconds(60),
            seal_key: Secret::default(),
            name_requests: false,
        }
    }
}
