//! The server that all test processes of a user share.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use super::address::Address;
use super::template;
use crate::cluster::{self, Cluster, Listen, Options};
use crate::name::quote;

/// Prefix of the `application_name` by which a living process claims its databases.
const CLAIM: &str = "crestfall test ";
const WATCHDOG: &str = "crestfall watchdog";
/// Advisory lock under which a process joins: roles, watchdog, left-over databases.
const JOIN_LOCK: i64 = 7_166_173_016;

/// Outlives the runtimes of single tests: connections that keep the server alive, and the
/// dropping of databases after their tests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("crestfall-testing")
        .enable_all()
        .build()
        .expect("a thread can be started")
});

static SHARED: OnceCell<Shared> = OnceCell::const_new();

/// Runs a future where it survives the test that asked for it.
pub(super) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    RUNTIME.spawn(future)
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Cluster(#[from] cluster::Error),
    #[error("PostgreSQL refused")]
    Sql(#[from] sqlx::Error),
    #[error("{0}")]
    Setup(String),
}

impl Error {
    /// The message and all its causes.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}

/// This process's place on the server.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: Address,
    /// `postgresql://authenticator:password@127.0.0.1:port`
    pub(super) tcp_url: Option<String>,
    /// Unique among living processes; in the names of this one's databases.
    process: String,
    databases: AtomicU64,
    templates: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
    /// The claim on the databases; the watchdog waits while it is open.
    _claim: PgConnection,
}

impl Shared {
    /// Joins the server, starting it if need be.
    pub(super) async fn get() -> Result<&'static Self, Error> {
        SHARED.get_or_try_init(Self::join).await
    }

    async fn join() -> Result<Self, Error> {
        if let Ok(url) = std::env::var("CRESTFALL_TEST_DATABASE_URL") {
            let address = Address::parse(&url).ok_or_else(|| {
                Error::Setup(format!("CRESTFALL_TEST_DATABASE_URL is no URL: {url}"))
            })?;
            return Self::join_at(address, None).await;
        }
        // The server may be just stopping, or its data damaged by a crash of the machine.
        let mut attempts = 5;
        loop {
            attempts -= 1;
            match Self::join_own().await {
                Err(Error::Cluster(
                    cluster::Error::Start { data, .. } | cluster::Error::Version { data, .. },
                )) if attempts > 0 => {
                    // Nothing in it is worth keeping; if it stays, the next attempt says why.
                    let _ = std::fs::remove_dir_all(data);
                }
                Err(Error::Sql(_)) if attempts > 0 => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn join_own() -> Result<Self, Error> {
        let cluster = Cluster::start(options()).await?;
        let address = Address::parse(&cluster.url("postgres"))
            .ok_or_else(|| Error::Setup("the cluster's address is no URL".to_owned()))?;
        let password = password(&cluster)?;
        let tcp_url = cluster
            .tcp_url_as("authenticator", &password, "")
            .map(|url| url.trim_end_matches('/').to_owned());
        cluster.detach();
        let shared = Self::join_at(address, tcp_url).await?;
        let mut admin = shared.connect("postgres").await?;
        admin
            .execute(AssertSqlSafe(Cluster::password_statement(
                "authenticator",
                &password,
            )))
            .await?;
        shared.ensure_watchdog(&mut admin).await?;
        admin.close().await?;
        Ok(shared)
    }

    async fn join_at(address: Address, tcp_url: Option<String>) -> Result<Self, Error> {
        let process = format!("{:016x}", rand::random::<u64>());
        let mut claim = PgConnectOptions::from_str(&address.database("postgres"))?
            .application_name(&format!("{CLAIM}{process}"))
            .connect()
            .await?;
        sqlx::query("select pg_advisory_lock($1)")
            .bind(JOIN_LOCK)
            .execute(&mut claim)
            .await?;
        claim.execute(cluster::STANDARD_ROLES).await?;
        drop_stale(&mut claim).await?;
        sqlx::query("select pg_advisory_unlock($1)")
            .bind(JOIN_LOCK)
            .execute(&mut claim)
            .await?;
        Ok(Self {
            address,
            tcp_url,
            process,
            databases: AtomicU64::new(0),
            templates: Mutex::default(),
            _claim: claim,
        })
    }

    async fn ensure_watchdog(&self, admin: &mut PgConnection) -> Result<(), Error> {
        let mut connection = PgConnectOptions::from_str(&self.address.database("postgres"))?
            .application_name(WATCHDOG)
            .connect()
            .await?;
        sqlx::query("select pg_advisory_lock($1)")
            .bind(JOIN_LOCK)
            .execute(&mut *admin)
            .await?;
        let watchdogs: i64 =
            sqlx::query_scalar("select count(*) from pg_stat_activity where application_name = $1")
                .bind(WATCHDOG)
                .fetch_one(&mut *admin)
                .await?;
        if watchdogs == 1 {
            spawn(async move {
                // Ends with the server, or with this process while the server runs on.
                let _ = connection.execute(include_str!("watchdog.sql")).await;
            });
        } else {
            connection.close().await?;
        }
        sqlx::query("select pg_advisory_unlock($1)")
            .bind(JOIN_LOCK)
            .execute(admin)
            .await?;
        Ok(())
    }

    /// A new superuser connection.
    pub(super) async fn connect(&self, database: &str) -> Result<PgConnection, Error> {
        Ok(PgConnection::connect(&self.address.database(database)).await?)
    }

    /// A name no other database has.
    pub(super) fn next_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        format!("test_{}_{number}", self.process)
    }

    /// Set once the template of that name exists.
    pub(super) fn template(&self, name: &str) -> Arc<OnceCell<()>> {
        self.templates
            .lock()
            .entry(name.to_owned())
            .or_default()
            .clone()
    }

    /// Makes a database like the template.
    pub(super) async fn copy(&self, template: &str, name: &str) -> Result<(), Error> {
        let mut admin = self.connect("postgres").await?;
        let statement = format!(
            "create database {} template {}",
            quote(name),
            quote(template)
        );
        admin.execute(AssertSqlSafe(statement)).await?;
        admin.close().await?;
        Ok(())
    }

    /// Drops a database in the background; if that fails, a later process does it.
    pub(super) fn discard(&'static self, name: String) {
        spawn(async move {
            if let Ok(mut admin) = self.connect("postgres").await {
                let _ = drop_database(&mut admin, &name).await;
            }
        });
    }
}

/// A directory for each user; other settings, another directory.
fn options() -> Options {
    let directory: PathBuf = std::env::temp_dir().join(format!(
        "crestfall-test-{}-2",
        nix::unistd::geteuid().as_raw()
    ));
    let mut options = Options::disposable(directory)
        .setting("max_connections", "400")
        .setting("wal_level", "logical")
        .setting("max_wal_size", "2GB")
        .setting("checkpoint_timeout", "1h");
    options.listen = Listen::Loopback(0);
    options.bin_dir = std::env::var_os("CRESTFALL_POSTGRES_BIN").map(PathBuf::from);
    options.progress = Arc::new(|line| eprintln!("{line}"));
    options
}

/// The authenticator's password, the same for all processes: made once, kept beside the data.
fn password(cluster: &Cluster) -> Result<String, Error> {
    let path = cluster.directory().join("authenticator-password");
    let unreadable = |error| Error::Setup(format!("{}: {error}", path.display()));
    if let Ok(password) = std::fs::read_to_string(&path)
        && !password.is_empty()
    {
        return Ok(password);
    }
    let password = format!("{:032x}", rand::random::<u128>());
    // Written aside and linked: of several processes one wins, and none reads half of it.
    let draft = path.with_extension(format!("{:016x}", rand::random::<u64>()));
    std::fs::write(&draft, &password).map_err(unreadable)?;
    let _ = std::fs::hard_link(&draft, &path);
    std::fs::remove_file(&draft).map_err(unreadable)?;
    std::fs::read_to_string(&path).map_err(unreadable)
}

async fn drop_stale(admin: &mut PgConnection) -> Result<(), Error> {
    let stale: Vec<String> = sqlx::query_scalar(include_str!("stale.sql"))
        .bind(CLAIM)
        .bind(template::EXPIRY)
        .fetch_all(&mut *admin)
        .await?;
    for name in stale {
        // One that cannot be dropped now may go next time.
        let _ = drop_database(admin, &name).await;
    }
    Ok(())
}

async fn drop_database(admin: &mut PgConnection, name: &str) -> Result<(), Error> {
    let statement = format!("drop database if exists {} with (force)", quote(name));
    admin.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}
