//! `crestfall rest`: PostgREST's command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Parser};

use super::{fail, start};
use crate::setup::Source;
use crate::{pgrst, ready};

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
        print!("{}", pgrst::dump(&config));
        return ExitCode::SUCCESS;
    }
    start(Source::Postgrest(arguments.file.clone()))
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
