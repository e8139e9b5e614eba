//! Migrations: files of SQL that take a database from one version to the next, once, in order,
//! under one lock. Forward only.
//!
//! A set is a directory of `NNNN_name.sql`, or the same embedded in a crate. Each migration runs
//! in a transaction of its own, unless its first line is `-- crestfall: no transaction` (for
//! `create index concurrently` and its like; write such files so that they can be repeated).
//! What was applied stands in `crestfall.migrations`. Several nodes may run the same sets at
//! once: one does the work, the others wait for it.

mod error;
mod set;
pub(crate) mod statements;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::cluster::Progress;
pub use error::Error;
use error::sql_failure;
pub use set::{Migration, MigrationSet};
use statements::Statement;

/// The advisory lock under which migrations run.
const LOCK: i64 = 7_166_173_017;
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// How patient a run is, and whom it tells.
#[derive(Clone)]
pub struct Options {
    /// How long a statement waits for a lock before it fails, so that a migration never makes
    /// the application queue behind it.
    pub lock_timeout: Duration,
    /// How long to wait while another node migrates.
    pub wait: Duration,
    /// Told of each migration before it runs.
    pub progress: Progress,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(5),
            wait: Duration::from_secs(300),
            progress: std::sync::Arc::new(|_| {}),
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The migrations applied now, as `set/name`, in order.
    pub applied: Vec<String>,
    /// How many were applied before.
    pub already: usize,
}

/// What became of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeded {
    /// It ran now.
    Now,
    /// It ran before.
    Before,
    /// It ran before, and the text has changed since. It does not run again.
    BeforeWithOtherText,
}

/// Reads a connection string for [`run`] and [`seed`].
///
/// # Errors
/// When it is none.
pub fn database(url: &str) -> Result<PgConnectOptions, Error> {
    url.parse().map_err(Error::Connect)
}

/// Applies what is missing of the sets, in order. A database that misses nothing is only read,
/// which needs no more than the right to read `crestfall.migrations`.
///
/// # Errors
/// When an applied migration has another text now, one is missing below the last applied, or a
/// statement fails; what was applied before it stays applied.
pub async fn run(
    database: &PgConnectOptions,
    sets: &[MigrationSet],
    options: &Options,
) -> Result<Report, Error> {
    // A connection of its own: the lock ends with it, whatever happens to this future.
    let mut connection = connect(database).await?;
    let mut report = Report::default();
    if missing(&mut connection, sets, &mut report)
        .await?
        .is_empty()
    {
        connection.close().await.map_err(Error::Record)?;
        return Ok(report);
    }
    lock(&mut connection, options).await?;
    connection
        .execute(include_str!("migrate/schema.sql"))
        .await
        .map_err(Error::Record)?;
    // Another node may have worked while we waited.
    for (set, migration) in missing(&mut connection, sets, &mut report).await? {
        let name = format!("{}/{}", set.name, migration.name);
        (options.progress)(&format!("applying {name}"));
        apply(&mut connection, set, migration, options).await?;
        report.applied.push(name);
    }
    if !report.applied.is_empty() {
        connection
            .execute("select pg_notify('pgrst', 'reload schema')")
            .await
            .map_err(Error::Record)?;
    }
    connection.close().await.map_err(Error::Record)?;
    Ok(report)
}

/// Runs example data once in the life of a database, in one transaction.
///
/// # Errors
/// When a statement fails; nothing of the seed stays then.
pub async fn seed(
    database: &PgConnectOptions,
    set_name: &str,
    seed: &Migration,
    options: &Options,
) -> Result<Seeded, Error> {
    let mut connection = connect(database).await?;
    lock(&mut connection, options).await?;
    connection
        .execute(include_str!("migrate/schema.sql"))
        .await
        .map_err(Error::Record)?;
    let source = format!("{set_name} (seed)");
    let before = applied(&mut connection, &source).await?;
    let outcome = match before.first() {
        Some((_, checksum)) if *checksum == seed.checksum() => Seeded::Before,
        Some(_) => Seeded::BeforeWithOtherText,
        None => {
            (options.progress)(&format!("applying {}", seed.name));
            let set = MigrationSet::embedded(source, &[]);
            apply(&mut connection, &set, seed, options).await?;
            Seeded::Now
        }
    };
    connection.close().await.map_err(Error::Record)?;
    Ok(outcome)
}

async fn connect(database: &PgConnectOptions) -> Result<PgConnection, Error> {
    let options = database.clone().application_name("crestfall migrate");
    PgConnection::connect_with(&options)
        .await
        .map_err(Error::Connect)
}

async fn lock(connection: &mut PgConnection, options: &Options) -> Result<(), Error> {
    set_lock_timeout(connection, options.wait).await?;
    let locked = sqlx::query("select pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(connection)
        .await;
    match locked {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error))
            if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) =>
        {
            Err(Error::Busy {
                waited: options.wait,
            })
        }
        Err(error) => Err(Error::Record(error)),
    }
}

async fn set_lock_timeout(connection: &mut PgConnection, limit: Duration) -> Result<(), Error> {
    sqlx::query("select set_config('lock_timeout', $1, false)")
        .bind(limit.as_millis().to_string())
        .execute(connection)
        .await
        .map_err(Error::Record)?;
    Ok(())
}

/// The migrations still to apply. Ones that are recorded but unknown to us were applied by a
/// newer version of the program, which may be rolling out: they are left alone.
async fn missing<'a>(
    connection: &mut PgConnection,
    sets: &'a [MigrationSet],
    report: &mut Report,
) -> Result<Vec<(&'a MigrationSet, &'a Migration)>, Error> {
    let mut missing = Vec::new();
    report.already = 0;
    for set in sets {
        let applied = applied(connection, &set.name).await?;
        let last_applied = set
            .migrations
            .iter()
            .rposition(|migration| applied.iter().any(|(name, _)| *name == migration.name));
        for (index, migration) in set.migrations.iter().enumerate() {
            match applied.iter().find(|(name, _)| *name == migration.name) {
                Some((_, checksum)) if *checksum == migration.checksum() => report.already += 1,
                Some(_) => {
                    return Err(Error::Changed {
                        set: set.name.clone(),
                        name: migration.name.to_string(),
                    });
                }
                None => match last_applied {
                    Some(last) if last > index => {
                        return Err(Error::OutOfOrder {
                            set: set.name.clone(),
                            name: migration.name.to_string(),
                            applied: set.migrations[last].name.to_string(),
                        });
                    }
                    _ => missing.push((set, migration)),
                },
            }
        }
    }
    Ok(missing)
}

/// Names and checksums of what a set has in this database.
async fn applied(connection: &mut PgConnection, set: &str) -> Result<Vec<(String, String)>, Error> {
    let exists: bool = sqlx::query_scalar("select to_regclass('crestfall.migrations') is not null")
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::Record)?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query_as("select name, checksum from crestfall.migrations where source = $1")
        .bind(set)
        .fetch_all(connection)
        .await
        .map_err(Error::Record)
}

async fn apply(
    connection: &mut PgConnection,
    set: &MigrationSet,
    migration: &Migration,
    options: &Options,
) -> Result<(), Error> {
    set_lock_timeout(connection, options.lock_timeout).await?;
    let statements = statements::split(&migration.sql);
    if !migration.in_transaction() {
        for statement in &statements {
            execute(connection, migration, statement).await?;
        }
        record(connection, set, migration).await?;
        return reset(connection).await;
    }
    if let Some(statement) = statements
        .iter()
        .find(|statement| statement.controls_transaction())
    {
        return Err(Error::TransactionControl {
            file: migration.file(),
            line: statement.line,
        });
    }
    let mut transaction = connection.begin().await.map_err(Error::Record)?;
    for statement in &statements {
        execute(&mut transaction, migration, statement).await?;
    }
    // Before the record: the migration may have changed role or search_path.
    reset(&mut transaction).await?;
    record(&mut transaction, set, migration).await?;
    transaction.commit().await.map_err(|source| {
        // Deferred constraints speak up here.
        sql_failure(migration, None, source)
    })
}

async fn execute(
    connection: &mut PgConnection,
    migration: &Migration,
    statement: &Statement<'_>,
) -> Result<(), Error> {
    if statement.copies_from_client() {
        return Err(Error::CopyFromClient {
            file: migration.file(),
            line: statement.line,
        });
    }
    // The simple protocol, so that whatever PostgreSQL takes in a script is taken here.
    sqlx::raw_sql(AssertSqlSafe(statement.text.to_owned()))
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(|source| sql_failure(migration, Some(statement), source))
}

async fn record(
    connection: &mut PgConnection,
    set: &MigrationSet,
    migration: &Migration,
) -> Result<(), Error> {
    sqlx::query("insert into crestfall.migrations (source, name, checksum) values ($1, $2, $3)")
        .bind(&set.name)
        .bind(&*migration.name)
        .bind(migration.checksum())
        .execute(connection)
        .await
        .map_err(Error::Record)?;
    Ok(())
}

/// What one migration sets is not there for the next.
async fn reset(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::raw_sql("reset session authorization; reset role; reset all")
        .execute(connection)
        .await
        .map_err(Error::Record)?;
    Ok(())
}
