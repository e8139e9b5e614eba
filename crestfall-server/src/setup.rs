//! What the process runs with, whichever way it was configured.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crestfall_core::QualifiedName;
use crestfall_core::client_ip::ClientIpLayer;

use crate::cli::graphql_alone;
use crate::edge::Policy;
use crate::http::{Address, Limits};
use crate::pgrst;
use crate::settings;
use crate::telemetry::{Format, Level};

/// Bytes that must not be shown: keys, passwords, connection strings.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for its one use.
    pub(crate) fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Everything that was decided by settings.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Where the API listens.
    pub(crate) api: Address,
    /// Where the administration server listens, if at all.
    pub(crate) admin: Option<Address>,
    /// What one client may take.
    pub(crate) limits: Limits,
    /// What every answer carries.
    pub(crate) policy: Policy,
    /// The access log's format and everything's level.
    pub(crate) log: (Format, Level),
    /// What the operator should change, told at every start and reload.
    pub(crate) warnings: Vec<String>,
    /// Where the rows are.
    pub(crate) database: Database,
    /// How tokens are checked.
    pub(crate) tokens: Tokens,
    /// What the REST API exposes and allows.
    pub(crate) rest: crestfall_rest::Config,
    /// Where the REST API stands; empty is the root.
    pub(crate) rest_paths: Vec<&'static str>,
    /// What the GraphQL API exposes and allows, if it is served.
    pub(crate) graphql: Option<crestfall_graphql::Config>,
    /// Where the GraphQL API stands; empty is the root.
    pub(crate) graphql_paths: Vec<&'static str>,
    /// The GraphQL API has a page to try operations on.
    pub(crate) graphql_ui: bool,
    /// A header `apikey` stands for a bearer token when there is none.
    pub(crate) takes_api_key: bool,
    /// `/openapi.json` and `/docs` are served.
    pub(crate) describes: bool,
    /// Users, sessions and tokens, if they are served.
    pub(crate) auth: Option<Auth>,
    /// Roles and permissions, if they are served.
    pub(crate) rbac: Option<Rbac>,
    /// The audit log; none where there is only PostgREST's.
    pub(crate) audit: Option<Audit>,
}

/// The authorization service.
#[derive(Debug, Clone)]
pub(crate) struct Rbac {
    /// What it remembers and tells.
    pub(crate) config: crestfall_rbac::Config,
    /// Connection string, as libpq takes it.
    pub(crate) database: Secret<String>,
    /// Connections at most.
    pub(crate) pool_size: u32,
    /// How long a request waits for a connection.
    pub(crate) acquire_timeout: Duration,
    /// Paths below which it answers.
    pub(crate) paths: Vec<&'static str>,
}

/// The audit log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Audit {
    /// Look after it while serving.
    pub(crate) enabled: bool,
    /// An interval of PostgreSQL; none keeps everything.
    pub(crate) retention: Option<String>,
    /// `day`, `week`, `month`
    pub(crate) period: &'static str,
    /// None makes no chain.
    pub(crate) seal_every: Option<Duration>,
    /// Signs the seals.
    pub(crate) seal_key: Option<crestfall_core::Secret>,
}

/// The authentication service.
#[derive(Debug, Clone)]
pub(crate) struct Auth {
    /// Its own settings.
    pub(crate) config: crestfall_auth::Config,
    /// Connection string, as libpq takes it.
    pub(crate) database: Secret<String>,
    /// Connections at most.
    pub(crate) pool_size: u32,
    /// How long a request waits for a connection.
    pub(crate) acquire_timeout: Duration,
    /// Where several nodes count together, and how long that may take.
    pub(crate) redis: Option<(Secret<String>, Duration)>,
    /// Show what would be sent, and do not send it.
    pub(crate) catches_mail: bool,
    /// Paths below which it answers; empty is the root.
    pub(crate) paths: Vec<&'static str>,
    /// Finds a client's address.
    pub(crate) client_ip: ClientIpLayer,
}

/// The database and its pool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Database {
    /// Connection string, as libpq takes it.
    pub(crate) url: Secret<String>,
    /// Where what only reads may go.
    pub(crate) read_replicas: Vec<Secret<String>>,
    /// The `application_name` when the connection string gives none.
    pub(crate) application_name: String,
    /// Connections at most.
    pub(crate) pool_size: usize,
    /// How long a request waits for a connection.
    pub(crate) acquire_timeout: Duration,
    /// How long a connection may be idle.
    pub(crate) max_idle: Duration,
    /// How long a connection lives.
    pub(crate) max_lifetime: Duration,
    /// Reconnect when the database is away; off, the process ends.
    pub(crate) recovers: bool,
    /// Named prepared statements.
    pub(crate) prepared: bool,
    /// The channel whose notifications reload.
    pub(crate) channel: Option<String>,
    /// Read settings from the database.
    pub(crate) in_database: Option<InDatabase>,
    /// Pauses of a catalogue load, before and after its queries (tests of slow databases).
    pub(crate) load_pauses: [Duration; 2],
}

/// Settings in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InDatabase {
    /// A function that sets them, called first.
    pub(crate) function: Option<QualifiedName>,
}

/// How tokens are checked, and what requests without one may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// A shared secret, a key or a set of keys.
    pub(crate) secret: Option<Secret<Vec<u8>>>,
    /// Where keys are published.
    pub(crate) jwks_url: Option<String>,
    /// The audience that a token must name.
    pub(crate) audience: Option<String>,
    /// The path to the role, in RFC 9535 or the older syntax.
    pub(crate) role_claim: String,
    /// Verified tokens that are remembered.
    pub(crate) cache_entries: usize,
    /// The role of requests without a token; none refuses them.
    pub(crate) anonymous_role: Option<String>,
}

/// Where settings come from, to read them again.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// PostgREST's variables and file.
    Postgrest(Option<PathBuf>),
    /// `crestfall.toml`, `CRESTFALL_*` and flags.
    Crestfall(settings::Sources),
    /// The same, for the GraphQL API alone.
    GraphQl(settings::Sources),
}

impl Source {
    /// Reads the settings. `in_database` are those found there; `before` is what the process runs
    /// with already.
    ///
    /// # Errors
    /// What is wrong, for the operator.
    pub(crate) fn read(
        &self,
        in_database: Vec<(String, String)>,
        before: Option<&Setup>,
    ) -> Result<Setup, String> {
        match self {
            Self::Postgrest(path) => {
                let url = before.map(|setup| setup.database.url.expose().as_str());
                pgrst::Config::load(path.as_deref(), in_database, url)
                    .and_then(|config| config.setup())
                    .map_err(|error| error.to_string())
            }
            Self::Crestfall(sources) => settings::load(sources)
                .and_then(|settings| settings.setup())
                .map_err(|error| error.to_string()),
            Self::GraphQl(sources) => settings::load(sources)
                .and_then(|settings| settings.setup())
                .map(graphql_alone)
                .map_err(|error| error.to_string()),
        }
    }
}

/// An error with all that caused it, for the operator.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
