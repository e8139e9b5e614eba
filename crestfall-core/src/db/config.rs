//! Settings of the pool.

use std::time::Duration;

use crate::wire::config::ConnectConfig;

/// How the pool behaves. Each default is PostgREST's where PostgREST has the setting.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// Where and how to connect; several hosts are tried in order.
    pub connection: ConnectConfig,
    /// Where transactions that only read may go; none means to the same place.
    pub read_replicas: Vec<ConnectConfig>,
    /// The most connections at once, to the primary and again to each replica. PostgREST: `db-pool`.
    pub pool_size: usize,
    /// How long a request waits for a connection. PostgREST: `db-pool-acquisition-timeout`.
    pub acquisition_timeout: Duration,
    /// How many requests may wait for a connection.
    pub queue_limit: usize,
    /// How long an unused connection is kept. PostgREST: `db-pool-max-idletime`.
    pub max_idle: Duration,
    /// How long any connection is kept. PostgREST: `db-pool-max-lifetime`.
    pub max_lifetime: Duration,
    /// Keep prepared statements. Off behind a pooler in transaction mode. PostgREST: `db-prepared-statements`.
    pub prepared_statements: bool,
    /// How many statements each connection keeps prepared.
    pub statement_cache_size: usize,
    /// How many requests may be on their way on one shared connection; 1 shares none.
    pub max_pipeline_depth: usize,
    /// Connections that short reading requests share; more than these only serve requests that need one
    /// to themselves. `None`: four for each processor.
    pub shared_connections: Option<usize>,
    /// A statement that lately took longer does not share a connection, and nothing joins a connection
    /// that has not answered for so long.
    pub short_statement: Duration,
    /// As which application PostgreSQL lists the connections, unless the connection string says it.
    pub application_name: String,
    /// The largest result in bytes; more is cancelled and refused. `None`: no limit.
    pub max_result_bytes: Option<usize>,
}

impl Default for DbConfig {
    fn default() -> Self {
        Self {
            connection: ConnectConfig::default(),
            read_replicas: Vec::new(),
            pool_size: 10,
            acquisition_timeout: Duration::from_secs(10),
            queue_limit: 10_000,
            max_idle: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(1800),
            prepared_statements: true,
            statement_cache_size: 500,
            max_pipeline_depth: 32,
            shared_connections: None,
            short_statement: Duration::from_millis(10),
            application_name: "crestfall".into(),
            max_result_bytes: None,
        }
    }
}

impl DbConfig {
    /// The defaults with this connection string, as [`ConnectConfig::parse`] reads it.
    ///
    /// # Errors
    /// [`DbError::Config`](super::DbError::Config) when the string makes no sense.
    pub fn parse(connection: &str) -> Result<Self, super::DbError> {
        Ok(Self {
            connection: ConnectConfig::parse(connection)?,
            ..Self::default()
        })
    }

    /// How many connections the briefest of them keep to: one more than there are processors.
    pub(crate) fn brief_width(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        (processors + 1).min(self.shared())
    }

    /// How many connections short reading requests share.
    pub(crate) fn shared(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        self.shared_connections
            .unwrap_or(4 * processors)
            .clamp(1, self.pool_size.max(1))
    }
}
