//! `crestfall migrate`: brings a database up to date.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use crestfall_core::migrate::{self, MigrationSet};

use super::{finish, runtime};
use crate::auth::options;
use crate::migrations;
use crate::settings::{Flags, Sources};
use crate::setup::{self, Source};

/// What `crestfall migrate` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The database, as a user who may create schemas and roles; without it, database.url of the
    /// settings
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The project's migrations; without it, migrations/ where there is one
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

/// Runs the command.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    finish(runtime().map(|runtime| runtime.block_on(run(arguments))))
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let url = database_url(arguments.database_url.as_deref(), &arguments.flags)?;
    let database = options(&url).map_err(|error| error.to_string())?;
    let sets = sets(arguments.dir.as_ref()).map_err(|error| setup::told(&error))?;
    let options = migrate::Options {
        progress: Arc::new(|line| println!("{line}")),
        ..migrate::Options::default()
    };
    let report = migrate::run(&database, &sets, &options)
        .await
        .map_err(|error| setup::told(&error))?;
    configure_audit(arguments, &url).await?;
    super::audit::migrated(&url, &report).await?;
    let (now, before) = (report.applied.len(), report.already);
    println!("{now} migrations applied, {before} were there");
    Ok(())
}

/// Writes how long the audit log is kept, where the settings say so.
async fn configure_audit(arguments: &Arguments, url: &str) -> Result<(), String> {
    let source = Source::Crestfall(Sources::new(arguments.flags.clone()));
    // With a database named, settings may be wanting.
    let Ok(Some(audit)) = source.read(Vec::new(), None).map(|setup| setup.audit) else {
        return Ok(());
    };
    if audit.retention.is_none() {
        return Ok(());
    }
    super::audit::configure(url, &audit).await
}

/// Our crates' migrations, then the project's.
fn sets(directory: Option<&PathBuf>) -> Result<Vec<MigrationSet>, migrate::Error> {
    let mut sets = migrations::own();
    let usual = PathBuf::from("migrations");
    let usual = usual.is_dir().then_some(&usual);
    if let Some(directory) = directory.or(usual) {
        sets.push(MigrationSet::directory("project", directory)?);
    }
    Ok(sets)
}

/// The database that is named, else that of the settings.
pub(super) fn database_url(named: Option<&str>, flags: &Flags) -> Result<String, String> {
    match named {
        Some(url) => Ok(url.to_owned()),
        None => {
            let source = Source::Crestfall(Sources::new(flags.clone()));
            let setup = source.read(Vec::new(), None)?;
            Ok(setup.database.url.expose().clone())
        }
    }
}
