//! `crestfall dev`: a project on a private PostgreSQL, from nothing to answers in one command.
//! Everything it makes stands in the project's `.crestfall`; removed, the next start begins anew.

mod announce;
mod keys;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use crestfall_audit::Log;
use crestfall_core::cluster::{self, Cluster};
use crestfall_core::migrate::{self, Migration, MigrationSet, Seeded};
use sqlx::postgres::PgPoolOptions;
use tokio::signal::unix::{SignalKind, signal};

use crate::app;
use crate::migrations;
use crate::settings::{Flags, Sources};
use crate::setup::{Setup, Source};
use keys::Keys;

/// The database of a project.
const DATABASE: &str = "crestfall";

/// Where the API is taken to be when it has no port that is known beforehand.
const UNKNOWN: &str = "http://127.0.0.1:8000";

/// What `crestfall dev` can be told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The project: a directory with migrations/, seed.sql and crestfall.toml, each if wanted
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Where postgres and initdb are, when they are not found by themselves
    #[arg(long, value_name = "DIR", env = "CRESTFALL_POSTGRES_BIN")]
    postgres_bin: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

/// Why there is no development environment.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The project's directory, or something in `.crestfall`, cannot be used.
    #[error("could not use {path}")]
    Path {
        /// What.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another one of this project is running.
    #[error("`crestfall dev` is running for this project already{}", holder(.0))]
    Running(String),
    /// No PostgreSQL.
    #[error(transparent)]
    Cluster(#[from] cluster::Error),
    /// The project's SQL is refused.
    #[error(transparent)]
    Migrate(#[from] migrate::Error),
    /// What Crestfall keeps cannot be put under audit.
    #[error("the audit log could not be set up")]
    Audit(#[from] crestfall_audit::Error),
    /// The keys cannot be signed.
    #[error("could not sign the project's keys")]
    Keys(#[from] crestfall_core::jwt::ConfigError),
    /// Signals cannot be received.
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
    /// The settings are refused.
    #[error("{0}")]
    Settings(String),
    /// The server could not start or go on.
    #[error(transparent)]
    App(#[from] app::Error),
}

fn holder(process: &str) -> String {
    match process.trim() {
        "" => String::new(),
        process => format!(" (process {process})"),
    }
}

fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.into();
    move |source| Error::Path { path, source }
}

/// Starts everything, serves, and stops everything when `serve` ends.
///
/// # Errors
/// What could not be started, or why `serve` failed.
pub(crate) async fn run(
    arguments: Arguments,
    serve: impl AsyncFnOnce(Source, Setup) -> Result<(), app::Error>,
) -> Result<(), Error> {
    let begin = Instant::now();
    let start = Environment::start(&arguments.project, arguments.postgres_bin);
    let environment = tokio::select! {
        environment = start => environment?,
        // The unfinished start is dropped, and with it what it had started.
        ended = told_to_end() => return ended,
    };
    let served = environment.serve(arguments.flags, begin, serve).await;
    say("stopping PostgreSQL");
    environment.shutdown().await?;
    served
}

async fn told_to_end() -> Result<(), Error> {
    let mut signals = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ]
    .into_iter()
    .map(|kind| signal(kind).map_err(Error::Signals))
    .collect::<Result<Vec<_>, _>>()?;
    let [interrupt, terminate, hangup] = signals.as_mut_slice() else {
        return Ok(());
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

/// A project's running PostgreSQL with its database up to date, and its keys.
#[derive(Debug)]
pub(crate) struct Environment {
    project: PathBuf,
    keys: Keys,
    cluster: Cluster,
    /// Held while the environment runs: one at a time.
    _lock: File,
}

impl Environment {
    /// Brings a project up: server, database, roles, migrations, seed, keys.
    ///
    /// # Errors
    /// Whatever fails first.
    pub(crate) async fn start(
        project: &Path,
        postgres_bin: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let project = fs::canonicalize(project).map_err(at(project))?;
        let state = state_directory(&project)?;
        let lock = lock(&state)?;
        let keys = Keys::of(&state)?;

        let mut options = cluster::Options::new(state.join("postgres"));
        options.bin_dir = postgres_bin;
        options.progress = Arc::new(say);
        say("starting PostgreSQL");
        let cluster = Cluster::start(options).await?;
        if cluster.reused() {
            say("taking over the PostgreSQL of an earlier run");
        }
        cluster.ensure_database(DATABASE).await?;
        bring_up_to_date(&project, &cluster.url(DATABASE)).await?;
        Ok(Self {
            project,
            keys,
            cluster,
            _lock: lock,
        })
    }

    /// Serves with the project's settings, this database and these keys, and tells where as soon
    /// as the API answers.
    async fn serve(
        &self,
        flags: Flags,
        begin: Instant,
        serve: impl AsyncFnOnce(Source, Setup) -> Result<(), app::Error>,
    ) -> Result<(), Error> {
        let source = Source::Crestfall(Sources::new(self.settings(flags)?));
        let setup = source.read(Vec::new(), None).map_err(Error::Settings)?;
        let address = setup.api.clone();
        let services = announce::services(&setup);
        let announced = async {
            announce::answering(&address).await;
            let base = announce::base(&address);
            let base = base.as_deref().unwrap_or(UNKNOWN);
            println!("{}", self.summary(base, begin, &services));
            std::future::pending::<()>().await;
        };
        tokio::select! {
            served = serve(source, setup) => Ok(served?),
            () = announced => Ok(()),
        }
    }

    /// The project's file, the environment and the flags, with this environment's database and keys.
    fn settings(&self, flags: Flags) -> Result<Flags, Error> {
        let file = self.project.join("crestfall.toml");
        let flags = if file.exists() {
            flags.or_config(file)
        } else {
            flags
        };
        let key = self.keys.encryption_key_file.display();
        let flags = flags
            .defaulting([
                "auth.enabled=true".to_owned(),
                format!("auth.encryption_key_file={key}"),
                "auth.anonymous_users=true".to_owned(),
                "auth.phone.enabled=true".to_owned(),
                "auth.catch_mail=true".to_owned(),
                "rbac.enabled=true".to_owned(),
                "rbac.tell_missing=true".to_owned(),
                "rest.explain_policies=everyone".to_owned(),
                "graphql.ui=true".to_owned(),
            ])
            .assuming(vec![
                format!("database.url={}", self.database_url()),
                format!("jwt.secret_file={}", self.keys.secret_file.display()),
                // Whoever reaches it can sign in as anybody.
                "server.host=127.0.0.1".to_owned(),
            ])
            .answering_to_this_machine();
        let source = Source::Crestfall(Sources::new(flags.clone()));
        let setup = source.read(Vec::new(), None).map_err(Error::Settings)?;
        let base = announce::base(&setup.api);
        let base = base.as_deref().unwrap_or(UNKNOWN);
        Ok(flags.defaulting([format!("auth.external_url={base}/auth/v1")]))
    }

    /// The database for the API: `authenticator`, which has no rights of its own.
    pub(crate) fn database_url(&self) -> String {
        self.cluster.url_as("authenticator", DATABASE)
    }

    fn summary(&self, base: &str, begin: Instant, services: &[announce::Service]) -> String {
        announce::Summary {
            base,
            services,
            took: begin.elapsed(),
            database: &self.cluster.url(DATABASE),
            keys: &self.keys,
            example: announce::example(&self.project.join("seed.sql")).as_deref(),
        }
        .to_string()
    }

    /// Stops PostgreSQL; the data stay.
    ///
    /// # Errors
    /// When it does not stop.
    pub(crate) async fn shutdown(self) -> Result<(), Error> {
        Ok(self.cluster.stop().await?)
    }
}

fn say(line: &str) {
    println!("crestfall: {line}");
}

/// `.crestfall`, which git passes over.
fn state_directory(project: &Path) -> Result<PathBuf, Error> {
    let state = project.join(".crestfall");
    fs::create_dir_all(&state).map_err(at(&state))?;
    let ignore = state.join(".gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "*\n").map_err(at(&ignore))?;
    }
    Ok(state)
}

/// Held until the process ends, however it ends.
fn lock(state: &Path) -> Result<File, Error> {
    let path = state.join("dev.lock");
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            return Err(Error::Running(
                fs::read_to_string(&path).unwrap_or_default(),
            ));
        }
        Err(fs::TryLockError::Error(source)) => return Err(at(&path)(source)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(at(&path))?;
    Ok(file)
}

async fn bring_up_to_date(project: &Path, url: &str) -> Result<(), Error> {
    let database = migrate::database(url)?;
    let options = migrate::Options {
        progress: Arc::new(say),
        ..migrate::Options::default()
    };
    let mut sets = migrations::own();
    let directory = project.join("migrations");
    if directory.is_dir() {
        sets.push(MigrationSet::directory("project", &directory)?);
    }
    let report = migrate::run(&database, &sets, &options).await?;
    if report.applied.is_empty() {
        say(&format!("{} migrations are applied", report.already));
    }
    let pool = PgPoolOptions::new().max_connections(1);
    let log = Log::new(pool.connect_lazy_with(database.clone()));
    for line in log.adopt().await? {
        say(&line);
    }
    let seed = project.join("seed.sql");
    if seed.is_file() {
        let seed = Migration::read(&seed)?;
        if migrate::seed(&database, "project", &seed, &options).await?
            == Seeded::BeforeWithOtherText
        {
            say(
                "seed.sql has changed since it was applied; to apply it anew, \
                 stop this and remove .crestfall",
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(dir.path(), open).unwrap();
        fs::create_dir(dir.path().join("migrations")).unwrap();
        let write = |name: &str, sql: &str| fs::write(dir.path().join(name), sql).unwrap();
        write("migrations/0001_film.sql", "create table film (id int)");
        write("seed.sql", "-- Try: GET /film\ninsert into film values (1)");
        dir
    }

    #[tokio::test]
    async fn a_project_comes_up_from_nothing_and_keeps_its_data_and_keys() {
        let project = project();
        let first = Environment::start(project.path(), None).await.unwrap();
        let error = Environment::start(project.path(), None).await.unwrap_err();
        let us = std::process::id().to_string();
        assert!(matches!(error, Error::Running(process) if process.trim() == us));
        let keys = first.keys.clone();
        let text = first.summary(
            "http://127.0.0.1:8000",
            Instant::now(),
            &[("Auth", &["/auth/v1"]), ("mail and messages", &["/mail"])],
        );
        assert!(
            text.contains("curl 'http://127.0.0.1:8000/rest/v1/film'"),
            "{text}"
        );
        assert!(text.contains("http://127.0.0.1:8000/mail"), "{text}");
        first.shutdown().await.unwrap();

        let begin = Instant::now();
        let second = Environment::start(project.path(), None).await.unwrap();
        assert!(begin.elapsed().as_secs() < 3, "{:?}", begin.elapsed());
        assert_eq!(second.keys, keys);
        second.shutdown().await.unwrap();
    }

    #[tokio::test]
    async fn refused_sql_names_its_file_and_leaves_no_server_behind() {
        let project = project();
        let path = project.path().join("migrations/0002_wrong.sql");
        fs::write(&path, "select 1;\nselect nonsense").unwrap();
        let error = Environment::start(project.path(), None).await.unwrap_err();
        assert!(error.to_string().contains("0002_wrong.sql:2"), "{error}");
        assert!(
            !project
                .path()
                .join(".crestfall/postgres/data/postmaster.pid")
                .exists()
        );
    }
}
