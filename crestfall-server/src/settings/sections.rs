//! The settings themselves. What a field's documentation says is what the reference page says.

mod graphql;
mod process;
mod rest;
mod services;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crestfall_core::Secret;
use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use graphql::{GraphQl, Introspection, Persisted, Subscriptions};
pub(crate) use process::{Admin, Log, Server};
pub(crate) use rest::{Errors, ExplainPolicies, OpenApi, Rest, TxEnd};
pub(crate) use services::{Audit, Auth, Rbac};

/// Settings of `crestfall serve`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where the rows are, and how many connections to them.
    pub(crate) database: Database,
    /// The REST API, at `/rest/v1` and `/postgresql/rest`.
    pub(crate) rest: Rest,
    /// The GraphQL API, at `/graphql/v1` and `/postgresql/graphql`.
    pub(crate) graphql: GraphQl,
    /// How tokens are checked.
    pub(crate) jwt: Jwt,
    /// Users, sessions and tokens, at `/auth/v1` and `/authentication`. Most changes need no restart.
    pub(crate) auth: Auth,
    /// Roles, permissions and organisations, at `/rbac/v1` and `/authorization`. Changes need a
    /// restart.
    pub(crate) rbac: Rbac,
    /// The audit log: tables that `audit.track` puts under it. Its tables come with `crestfall migrate`.
    pub(crate) audit: Audit,
    /// A Redis, in which several nodes count together what is limited, and by which one of them tells the
    /// others of changes of roles.
    pub(crate) redis: Redis,
    /// Where the API listens, and what one client may take.
    pub(crate) server: Server,
    /// The administration server: `/live`, `/ready`, `/metrics`, `/schema_cache`.
    pub(crate) admin: Admin,
    /// What is logged, and how.
    pub(crate) log: Log,
    /// What `crestfall doctor` is to let be.
    pub(crate) doctor: Doctor,
}

/// What `crestfall doctor` is to let be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Doctor {
    /// Reasons, by a rule (`CF-D001`) or by a rule and a place (`CF-D001 public.films`).
    pub(crate) ignore: BTreeMap<String, String>,
}

/// Where the rows are, and how many connections to them.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Database {
    /// Connection string of PostgreSQL, as libpq takes it; what it leaves out comes from `PG*`
    /// variables. The user is the role that has no rights of its own (`authenticator`).
    pub(crate) url: String,
    /// A file that holds `url`, for a password that must not stand here.
    pub(crate) url_file: Option<PathBuf>,
    /// Connection strings of read replicas, as `url`: requests that only read go to one of them,
    /// as long as one answers. What was just written may not be there yet.
    pub(crate) read_replicas: Vec<String>,
    /// Connections at most, to the primary and again to the replicas.
    pub(crate) pool_size: usize,
    /// How long a request waits for a connection before it is answered 504.
    pub(crate) acquire_timeout: Duration,
    /// How long a connection may be idle before it is closed.
    pub(crate) max_idle: Duration,
    /// How long a connection lives.
    pub(crate) max_lifetime: Duration,
    /// Named prepared statements. Off behind a pooler in transaction mode.
    pub(crate) prepared: bool,
    /// The channel whose notifications (`NOTIFY pgrst, 'reload schema'`) make the server read the
    /// catalogue again; empty listens to none.
    pub(crate) channel: String,
}

/// How tokens are checked.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Jwt {
    /// The shared secret (at least 32 bytes), a JSON Web Key, or a set of them. None and no
    /// `jwks_url`: every token is refused.
    pub(crate) secret: String,
    /// A file that holds `secret`.
    pub(crate) secret_file: Option<PathBuf>,
    /// Where the issuer publishes its keys; fetched anew as they rotate.
    pub(crate) jwks_url: String,
    /// The audience that a token must name; empty asks for none.
    pub(crate) audience: String,
    /// JSONPath (RFC 9535) to the role in a token.
    pub(crate) role_claim: String,
    /// Verified tokens that are remembered; 0 remembers none.
    pub(crate) cache_entries: usize,
    /// The role of requests without a token; empty refuses them.
    pub(crate) anonymous_role: String,
}

/// A Redis, in which several nodes count together what is limited, and by which one of them tells the
/// others of changes of roles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Redis {
    /// `redis://`, `rediss://` (TLS) or `unix://`; empty counts in this process.
    pub(crate) url: Secret,
    /// How long a request may wait for it. When it does not answer, this process counts.
    pub(crate) timeout: Duration,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: "postgresql://".into(),
            url_file: None,
            read_replicas: Vec::new(),
            pool_size: 10,
            acquire_timeout: Duration::seconds(10),
            max_idle: Duration::seconds(30),
            max_lifetime: Duration::seconds(1800),
            prepared: true,
            channel: "pgrst".into(),
        }
    }
}

impl Default for Jwt {
    fn default() -> Self {
        Self {
            secret: String::new(),
            secret_file: None,
            jwks_url: String::new(),
            audience: String::new(),
            role_claim: "$.role".into(),
            cache_entries: 1000,
            anonymous_role: "anon".into(),
        }
    }
}

impl Default for Redis {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            timeout: Duration::milliseconds(100),
        }
    }
}

/// Without the connection string, which holds a password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("url_file", &self.url_file)
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}

/// Without the secret.
impl std::fmt::Debug for Jwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwt")
            .field("secret_file", &self.secret_file)
            .field("jwks_url", &self.jwks_url)
            .field("role_claim", &self.role_claim)
            .finish_non_exhaustive()
    }
}
