//! `crestfall rest`: PostgREST's command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Parser};
use crestfall_core::Db;

use super::{fail, runtime, start};
use crate::setup::Source;
use crate::{data, pgrst, ready, store};

/// REST over a PostgreSQL database, in place of PostgREST 16.
#[derive(Debug, Parser)]
#[command(name = "postgrest", disable_version_flag = true)]
pub(super) struct Arguments {
    /// Show the version information
    #[arg(short, long)]
    version: bool,
    /// Show an example configuration file
    #[arg(short, long)]
    example: bool,
    /// Dump loaded configuration and exit
    #[arg(long, conflicts_with_all = ["dump_schema", "ready"])]
    dump_config: bool,
    /// Dump loaded schema as JSON and exit (for debugging)
    #[arg(long, conflicts_with = "ready")]
    dump_schema: bool,
    /// Ask a running server's administration port whether it is ready
    #[arg(long)]
    ready: bool,
    /// Path to configuration file
    #[arg(value_name = "FILENAME", action = ArgAction::Set)]
    file: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    if arguments.version {
        println!(
            "PostgREST {} (crestfall {})",
            pgrst::VERSION,
            env!("CARGO_PKG_VERSION")
        );
        return ExitCode::SUCCESS;
    }
    if arguments.example {
        print!("{}", pgrst::EXAMPLE);
        return ExitCode::SUCCESS;
    }
    let path = arguments.file.as_deref();
    let config = match pgrst::Config::load(path, Vec::new(), None) {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    if arguments.ready {
        return tell_ready(&config);
    }
    if arguments.dump_config {
        return dump(dump_config(path, config));
    }
    if arguments.dump_schema {
        return dump(dump_schema(path, config));
    }
    match config.setup() {
        Ok(setup) => start(Source::Postgrest(arguments.file.clone()), setup),
        Err(error) => fail(&error),
    }
}

fn tell_ready(config: &pgrst::Config) -> ExitCode {
    match ready::ask(&config.admin_server_host, config.admin_server_port) {
        Ok(url) => {
            println!("OK: {url}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&format!("ERROR: {error}")),
    }
}

/// Prints what was found out, or why not.
fn dump(found: impl Future<Output = Result<String, String>>) -> ExitCode {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(found) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

async fn dump_config(path: Option<&Path>, config: pgrst::Config) -> Result<String, String> {
    let config = match config.db_config {
        true => with_database(path, config).await?.0,
        false => config,
    };
    Ok(pgrst::dump(&config))
}

async fn dump_schema(path: Option<&Path>, config: pgrst::Config) -> Result<String, String> {
    let (config, db) = with_database(path, config).await?;
    let setup = config.setup().map_err(|error| error.to_string())?;
    let catalog = data::catalog(&db, &setup)
        .await
        .map_err(|error| error.to_string())?;
    let json = serde_json::to_string(&catalog).map_err(|error| error.to_string())?;
    Ok(format!("{json}\n"))
}

/// The settings with those in the database. A database that is away is told and left out.
async fn with_database(
    path: Option<&Path>,
    config: pgrst::Config,
) -> Result<(pgrst::Config, Db), String> {
    let setup = config.setup().map_err(|error| error.to_string())?;
    let db = data::pool(&setup.database).and_then(Db::lazy);
    let db = db.map_err(|error| error.to_string())?;
    let Some(place) = &setup.database.in_database else {
        return Ok((config, db));
    };
    let found = match store::in_database(&db, place.function.as_ref()).await {
        Ok(found) => found,
        Err(error) => {
            eprintln!(
                "Failed to query database settings for the config parameters.{}",
                data::json(&error)
            );
            return Ok((config, db));
        }
    };
    let config = pgrst::Config::load(path, found, Some(&config.db_uri));
    Ok((config.map_err(|error| error.to_string())?, db))
}
