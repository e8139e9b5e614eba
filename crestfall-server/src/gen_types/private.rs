//! A database that lives as long as generating takes.

use std::error::Error;
use std::path::{Path, PathBuf};

use crestfall_core::cluster::{self, Cluster};
use crestfall_core::migrate::{self, MigrationSet};

use crate::{migrations, setup};

const DATABASE: &str = "crestfall";

/// What `make` makes of a database with our migrations and the project's.
///
/// # Errors
/// There is no PostgreSQL, the project's SQL is refused, or nothing can be made.
pub(super) async fn with_migrations<R>(
    directory: &Path,
    postgres_bin: Option<PathBuf>,
    make: impl AsyncFnOnce(&str) -> Result<R, String>,
) -> Result<R, String> {
    let set = MigrationSet::directory("project", directory).map_err(tell)?;
    let home = std::env::temp_dir().join(format!("crestfall-gen-{}", std::process::id()));
    let mut options = cluster::Options::disposable(&home);
    options.bin_dir = postgres_bin;
    let cluster = Cluster::start(options).await.map_err(tell)?;
    let made = async {
        cluster.ensure_database(DATABASE).await.map_err(tell)?;
        let url = cluster.url(DATABASE);
        let database = migrate::database(&url).map_err(tell)?;
        let mut sets = migrations::own();
        sets.push(set);
        let report = migrate::run(&database, &sets, &migrate::Options::default()).await;
        report.map_err(tell)?;
        make(&url).await
    };
    let made = made.await;
    let stopped = cluster.stop().await;
    let _ = std::fs::remove_dir_all(&home);
    let made = made?;
    stopped.map_err(tell)?;
    Ok(made)
}

fn tell(error: impl Error) -> String {
    setup::told(&error)
}
