//! The settings themselves. What a field's documentation says is what the reference page says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::telemetry::{Format, Level};
use crestfall_core::Secret;
use crestfall_core::units::{Duration, Size};

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
    /// Users, sessions and tokens, at `/auth/v1` and `/authentication`. Changes need a restart.
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
    /// anonymous role although its comment has no line `@public`. Off, such requests are refused.
    pub(crate) unprotected: bool,
    /// Who may ask why rows are missing (`Prefer: explain=policies`).
    pub(crate) explain_policies: ExplainPolicies,
    /// Longest body of a request.
    pub(crate) max_body: Size,
    /// Deepest nesting of embeds and of `and`/`or`.
    pub(crate) max_depth: usize,
}

/// The GraphQL API, at `/graphql/v1` and `/postgresql/graphql`. What is introspected, counted and
/// aggregated stands in comments of the database, as pg_graphql has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GraphQl {
    /// Serve it. Changes need a restart.
    pub(crate) enabled: bool,
    /// Exposed schemas, among `rest.schemas`; empty is all of them.
    pub(crate) schemas: Vec<String>,
    /// A page to try operations on, at `/postgresql/graphql/ui`. `crestfall dev` has it. Changes need a
    /// restart.
    pub(crate) ui: bool,
    /// Longest body of a request.
    pub(crate) max_body: Size,
    /// Longest document.
    pub(crate) max_document: Size,
    /// Deepest nesting of selections, and of values, in a document; at most 200.
    pub(crate) max_depth: usize,
    /// Most fields that an operation selects, with its fragments put in place.
    pub(crate) max_selections: usize,
    /// Most names, numbers, texts and marks of a document.
    pub(crate) max_tokens: usize,
    /// Most fields at the root of an operation.
    pub(crate) max_root_fields: usize,
    /// Most fields with an alias, with fragments put in place.
    pub(crate) max_aliases: usize,
    /// Most fragments that a document defines.
    pub(crate) max_fragments: usize,
    /// Most directives in an operation.
    pub(crate) max_directives: usize,
    /// Most items of one list, in the document or in the variables.
    pub(crate) max_list_items: usize,
    /// Most values of all arguments, or of all variables, together.
    pub(crate) max_values: usize,
    /// Most rows that an operation may lead to: the rows of a page, times the rows of the pages in each
    /// of them. `first` and `last` make a page smaller, `max_rows` in a table's comment its largest.
    pub(crate) max_cost: u64,
    /// Other values of `max_cost` for the roles named.
    pub(crate) role_costs: BTreeMap<String, u64>,
    /// Most values that introspection answers with, for each type, field, argument and enum value of
    /// the schema: tools ask for about twenty.
    pub(crate) max_introspection: usize,
    /// Live queries, over WebSocket and as event streams.
    pub(crate) subscriptions: Subscriptions,
    /// Documents that are asked for by a name in place of their text.
    pub(crate) persisted: Persisted,
}

/// Documents that are asked for by a name in place of their text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Persisted {
    /// Clients may register documents by their SHA-256 and ask for them by it later (automatic
    /// persisted queries).
    pub(crate) automatic: bool,
    /// A manifest of documents that may be asked for by their names (`documentId`): a JSON object of
    /// names and texts, as Relay's compiler and graphql-codegen write it, or Apollo's manifest; or a
    /// folder of `.graphql` files, named by their names. Read again when the settings are.
    pub(crate) trusted: Option<PathBuf>,
    /// Nothing but trusted documents is executed.
    pub(crate) trusted_only: bool,
}

impl Default for Persisted {
    fn default() -> Self {
        Self {
            automatic: true,
            trusted: None,
            trusted_only: false,
        }
    }
}

/// Live queries, over WebSocket and as event streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Subscriptions {
    /// The schema has a type `Subscription` with the fields of `Query`, and sockets are opened.
    pub(crate) enabled: bool,
    /// How often a subscription is asked again. What several clients subscribe to alike is asked once.
    pub(crate) interval: Duration,
    /// Subscriptions that are asked at a time, each on a connection to the database. Changes need a
    /// restart.
    pub(crate) polls: usize,
    /// Most sockets and event streams at a time. Changes need a restart.
    pub(crate) max_connections: usize,
    /// Most operations at a time of one socket.
    pub(crate) max_per_connection: usize,
    /// Most different subscriptions of one identity, or of all anonymous callers together.
    pub(crate) max_per_identity: usize,
    /// Most different subscriptions of everybody.
    pub(crate) max_queries: usize,
    /// How long a socket may take to begin with `connection_init`.
    pub(crate) init_timeout: Duration,
    /// How often a silent client is asked whether it is still there.
    pub(crate) keep_alive: Duration,
    /// How long a client may take to accept a message before its socket is closed.
    pub(crate) send_timeout: Duration,
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

/// Users, sessions and tokens, at `/auth/v1` and `/authentication`. Changes need a restart.
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

/// Where the API listens, and what one client may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    /// A name or address, or `*`, `*4`, `!4`, `*6`, `!6`: every address, one family preferred (`*`)
    /// or only one (`!`).
    pub(crate) host: String,
    /// The port; 0 is any free one, which is then printed.
    pub(crate) port: u16,
    /// Another process may listen at the same port, to take over without a gap.
    pub(crate) reuse_port: bool,
    /// A unix socket in place of host and port.
    pub(crate) unix_socket: Option<PathBuf>,
    /// The socket's permissions, in octal.
    pub(crate) unix_socket_mode: String,
    /// Origins of browsers' pages that may call; empty is any, without credentials.
    pub(crate) cors_origins: Vec<String>,
    /// Names that requests may ask for, without ports; `*.example.org` is all below it. Another is
    /// answered 421. Empty is any. No link of a mail is ever made from the name.
    pub(crate) allowed_hosts: Vec<String>,
    /// How many proxies of yours a request passes: each appends to `X-Forwarded-For` whom it got the
    /// request from, and the address so many places from the right is the client's. 0 ignores the
    /// header.
    pub(crate) trusted_proxies: u8,
    /// A header that your proxy sets to the client's address, such as `CF-Connecting-IP`, and that
    /// nobody else can send past it; goes before `server.trusted_proxies`. Empty is none.
    pub(crate) client_ip_header: String,
    /// The request header that holds a request's id, which is repeated in the answer, and told to policies
    /// as `request.id` and to the audit log. A request without gets one. Empty repeats none.
    pub(crate) trace_header: String,
    /// `/openapi.json` (OpenAPI 3.1), `/openapi-3.0.json` and a page about both at `/docs`. They show
    /// what the caller may use (`rest.openapi`). A change needs a restart.
    pub(crate) docs: bool,
    /// How long a request's head may take to arrive, and how long a connection may be idle.
    pub(crate) head_timeout: Duration,
    /// How long the next piece of a request's body may take to arrive.
    pub(crate) body_timeout: Duration,
    /// How long a client may take nothing of an answer.
    pub(crate) write_timeout: Duration,
    /// Longest head of a request, at least `8KiB`.
    pub(crate) max_head: Size,
    /// Connections at a time; more wait.
    pub(crate) max_connections: usize,
    /// How long requests in flight may take once the server is told to end.
    pub(crate) shutdown_timeout: Duration,
}

/// The administration server: `/live`, `/ready`, `/metrics`, `/schema_cache`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Admin {
    /// As `server.host`. It tells about the inside: not to be reached from outside.
    pub(crate) host: String,
    /// The port; none is no administration server.
    pub(crate) port: Option<u16>,
    /// A unix socket in place of host and port.
    pub(crate) unix_socket: Option<PathBuf>,
    /// The socket's permissions, in octal.
    pub(crate) unix_socket_mode: String,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// How much. Of requests, `error` tells those answered from 500 on, `warn` from 400 on, `info`
    /// all.
    pub(crate) level: Level,
    /// Lines for people or for machines.
    pub(crate) format: Format,
    /// The main statement of each request, with its parameters left out.
    pub(crate) queries: bool,
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

impl Default for GraphQl {
    fn default() -> Self {
        let limits = crestfall_graphql::Limits::default();
        Self {
            enabled: true,
            schemas: Vec::new(),
            ui: false,
            max_body: Size::mebibytes(4),
            max_document: Size::kibibytes(128),
            max_depth: limits.depth,
            max_selections: limits.selections,
            max_tokens: limits.tokens,
            max_root_fields: limits.root_fields,
            max_aliases: limits.aliases,
            max_fragments: limits.fragments,
            max_directives: limits.directives,
            max_list_items: limits.list_items,
            max_values: limits.values,
            max_cost: limits.cost,
            role_costs: BTreeMap::new(),
            max_introspection: limits.introspection,
            subscriptions: Subscriptions::default(),
            persisted: Persisted::default(),
        }
    }
}

impl Default for Subscriptions {
    fn default() -> Self {
        let defaults = crestfall_graphql::Subscriptions::default();
        Self {
            enabled: defaults.enabled,
            interval: Duration::seconds(1),
            polls: defaults.polls,
            max_connections: defaults.max_connections,
            max_per_connection: defaults.max_per_connection,
            max_per_identity: defaults.max_per_identity,
            max_queries: defaults.max_queries,
            init_timeout: Duration::seconds(3),
            keep_alive: Duration::seconds(12),
            send_timeout: Duration::seconds(10),
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

impl Default for Redis {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            timeout: Duration::milliseconds(100),
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 8000,
            reuse_port: false,
            unix_socket: None,
            unix_socket_mode: "660".into(),
            cors_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: 0,
            client_ip_header: String::new(),
            trace_header: "X-Request-Id".into(),
            docs: true,
            head_timeout: Duration::seconds(30),
            body_timeout: Duration::seconds(30),
            write_timeout: Duration::seconds(30),
            max_head: Size::kibibytes(64),
            max_connections: 10_000,
            shutdown_timeout: Duration::seconds(30),
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: Some(8001),
            unix_socket: None,
            unix_socket_mode: "660".into(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: Level::Info,
            format: Format::Text,
            queries: false,
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
