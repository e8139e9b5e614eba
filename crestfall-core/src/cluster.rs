//! A private PostgreSQL server, for development and tests: found, initialised, started, re-used
//! and stopped without any preparation by the user.
//!
//! Everything stands in one directory that only the server's account may enter: `data`, the
//! socket in `run`, and `postgres.log`. Whoever reaches the socket is trusted, so the directory
//! is the lock on the door; over TCP, if asked for, passwords are demanded.

mod account;
mod binaries;
mod error;
mod place;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::name;
use account::Account;
use binaries::Binaries;
pub use error::Error;
use place::Place;
use server::Server;

/// Tells a person what is going on; called with one line without a line feed.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// Idempotent statements that make the standard roles: `authenticator`, `anon`, `authenticated`
/// and `service_role`. Roles belong to a whole cluster, not to one database.
pub const STANDARD_ROLES: &str = include_str!("cluster/roles.sql");

/// The roles that the `authenticator` switches to.
pub const REQUEST_ROLES: [&str; 3] = ["anon", "authenticated", "service_role"];

/// Where a cluster can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listen {
    /// By unix socket alone.
    #[default]
    Socket,
    /// Also on 127.0.0.1, at this port; 0 takes a free one. Demands passwords (SCRAM).
    Loopback(u16),
}

/// What kind of cluster to start.
#[derive(Clone)]
pub struct Options {
    /// The directory that holds everything. When the server's account cannot enter it (a
    /// checkout under `/root`, say), one under `/var/tmp` is taken instead, and said so.
    pub directory: PathBuf,
    /// Where `postgres` and `initdb` are; searched for when absent.
    pub bin_dir: Option<PathBuf>,
    /// Socket alone or TCP too.
    pub listen: Listen,
    /// Server settings, as `postgres -c name=value`.
    pub settings: Vec<(String, String)>,
    /// The data may be lost in a crash of the machine: no fsync.
    pub disposable: bool,
    /// Told of each step that may take a while.
    pub progress: Progress,
}

impl Options {
    /// A durable cluster in `directory`, reached by socket, silent.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            bin_dir: None,
            listen: Listen::default(),
            settings: Vec::new(),
            disposable: false,
            progress: Arc::new(|_| {}),
        }
    }

    /// A cluster that trades durability for speed.
    pub fn disposable(directory: impl Into<PathBuf>) -> Self {
        let mut options = Self::new(directory);
        options.disposable = true;
        options
    }

    /// Adds a server setting.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running private PostgreSQL. Dropped, it is asked to stop; better call [`Cluster::stop`].
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    server: Server,
    reused: bool,
    /// Whether dropping this value leaves the server running.
    detached: bool,
}

impl Cluster {
    /// Starts the cluster of `options.directory`, making it first when it is not there. A server
    /// that an earlier, killed process left running there is taken over.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, cannot be run by any account, or does not start; each
    /// message says what to do.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let binaries = Binaries::find(options.bin_dir.as_deref())?;
        let account = Account::for_directory(&options.directory)?;
        let place = Place::prepare(&options.directory, &account, &options.progress)?;
        let _starting = place.lock().await?;

        let binaries = match place.data_version()? {
            Some(version) => binaries.of_version(&version, &place.data())?,
            None => {
                (options.progress)("making a PostgreSQL data directory");
                server::initialise(&binaries, &account, &place, options.disposable).await?;
                binaries
            }
        };
        let (server, reused) = match Server::running(&place).await? {
            Some(server) => (server, true),
            None => (
                Server::spawn(&binaries, &account, &place, &options).await?,
                false,
            ),
        };
        Ok(Self {
            place,
            server,
            reused,
            detached: false,
        })
    }

    /// The address of a database for the superuser `postgres`.
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", database)
    }

    /// The address of a database for a role, by unix socket, where no password is asked for.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        format!(
            "postgresql://{}@{}:{}/{}",
            encode(role),
            encode(&self.server.socket_dir.to_string_lossy()),
            self.server.port,
            encode(database)
        )
    }

    /// The address over TCP, when the cluster listens there.
    pub fn tcp_url_as(&self, role: &str, password: &str, database: &str) -> Option<String> {
        self.server.tcp.then(|| {
            format!(
                "postgresql://{}:{}@127.0.0.1:{}/{}",
                encode(role),
                encode(password),
                self.server.port,
                encode(database)
            )
        })
    }

    /// The statement that gives a role its password; for [`Cluster::tcp_url_as`].
    pub fn password_statement(role: &str, password: &str) -> String {
        format!(
            "alter role {} password {}",
            name::quote(role),
            name::literal(password)
        )
    }

    /// Makes the standard roles, and the database when it is not there yet.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn ensure_database(&self, database: &str) -> Result<(), Error> {
        let mut admin = PgConnection::connect(&self.url("postgres")).await?;
        admin.execute(STANDARD_ROLES).await?;
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(database)
                .fetch_one(&mut admin)
                .await?;
        if !exists {
            let statement = format!("create database {}", name::quote(database));
            admin.execute(AssertSqlSafe(statement)).await?;
        }
        Ok(admin.close().await?)
    }

    /// The directory that holds everything, which need not be the one that was asked for.
    pub fn directory(&self) -> &Path {
        self.place.root()
    }

    /// The directory with the unix socket.
    pub fn socket_dir(&self) -> &Path {
        &self.server.socket_dir
    }

    /// The TCP port, or the number in the socket's name.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// The process id of the server.
    pub fn pid(&self) -> i32 {
        self.server.pid
    }

    /// Whether the server was already running.
    pub fn reused(&self) -> bool {
        self.reused
    }

    /// Stops the server and waits for its end: open transactions are rolled back, clients
    /// disconnected.
    ///
    /// # Errors
    /// When it is still there after half a minute.
    pub async fn stop(mut self) -> Result<(), Error> {
        self.detached = true;
        self.server.stop(Duration::from_secs(30)).await
    }

    /// Leaves the server running when this value, and even this process, ends.
    pub fn detach(mut self) {
        self.detached = true;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.detached {
            self.server.stop_blocking();
        }
    }
}

fn encode(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}
