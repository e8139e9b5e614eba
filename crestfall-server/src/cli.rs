//! Commands and flags.

mod audit;
mod doctor;
mod gen_graphql;
mod generate;
mod graphql;
mod keys;
mod logs;
mod migrate;
mod policy;
mod rbac;
mod rest;
mod users;

pub(crate) use graphql::alone as graphql_alone;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings;
use crate::setup::{self, Source};
use crate::{app, auth, dev, telemetry};

/// PostgreSQL as a backend for applications: REST and more over one database.
#[derive(Debug, Parser)]
#[command(name = "crestfall", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve everything, configured by crestfall.toml, CRESTFALL_* and flags.
    Serve(settings::Flags),
    /// Serve a project on a private PostgreSQL that is set up by itself.
    Dev(dev::Arguments),
    /// Serve users, sessions and tokens alone, on port 8081: our settings, or GoTrue's variables.
    Auth(auth::alone::Arguments),
    /// Serve GraphQL alone, on port 5434.
    Graphql(settings::Flags),
    /// Bring the database up to date: our own tables, then the project's migrations.
    Migrate(migrate::Arguments),
    /// Make files from the database: the types of a client, a GraphQL schema.
    Gen(generate::Arguments),
    /// Take over users from elsewhere, or make one the first administrator.
    Users(users::Arguments),
    /// Bring roles and permissions to what rbac.toml says.
    Rbac(rbac::Arguments),
    /// Put tables under audit, read their log, and check that nobody tampered with it.
    Audit(audit::Arguments),
    /// Look for what lets in whom it should not: tables without policies, grants, functions, views.
    Doctor(doctor::Arguments),
    /// Test policies: as this user, that query sees these rows.
    Policy(policy::Arguments),
    /// Read pgaudit's lines out of PostgreSQL's log, with who was behind them.
    Logs(logs::Arguments),
    /// Look after the keys that sign tokens.
    Keys(keys::Arguments),
    /// Serve REST alone, in place of PostgREST: its variables, its configuration file, its flags.
    #[command(disable_version_flag = true)]
    Rest(rest::Arguments),
    /// Print what can be set, or check what is.
    Settings {
        #[command(subcommand)]
        show: Show,
    },
}

#[derive(Debug, Subcommand)]
enum Show {
    /// Every setting as a Markdown page.
    Reference,
    /// A commented crestfall.toml.
    Example,
    /// The JSON Schema of crestfall.toml.
    Schema,
    /// GoTrue's variables, which `crestfall auth` reads, as a Markdown page.
    Gotrue,
    /// Read the settings and say what is wrong with them.
    Check(settings::Flags),
}

/// Runs the command that the arguments name. A binary of the name `postgrest` behaves as
/// `crestfall rest`.
pub(crate) fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let name = arguments.first().map(Path::new).and_then(Path::file_name);
    if name.is_some_and(|name| name == "postgrest") {
        return rest::main(&rest::Arguments::parse_from(arguments));
    }
    match Cli::parse_from(arguments).command {
        Command::Serve(flags) => serve(flags),
        Command::Dev(arguments) => develop(arguments),
        Command::Auth(arguments) => authenticate(&arguments),
        Command::Graphql(flags) => graphql::main(flags),
        Command::Audit(arguments) => audit::main(&arguments),
        Command::Doctor(arguments) => doctor::main(&arguments),
        Command::Policy(arguments) => policy::main(&arguments),
        Command::Logs(arguments) => logs::main(&arguments),
        Command::Keys(arguments) => keys::main(&arguments),
        Command::Gen(arguments) => generate::main(arguments),
        Command::Users(arguments) => users::main(&arguments),
        Command::Rbac(arguments) => rbac::main(&arguments),
        Command::Migrate(arguments) => migrate::main(&arguments),
        Command::Rest(arguments) => rest::main(&arguments),
        Command::Settings { show } => show.run(),
    }
}

impl Show {
    fn run(self) -> ExitCode {
        match self {
            Self::Reference => print!("{}", settings::reference()),
            Self::Example => print!("{}", settings::example()),
            Self::Schema => print!("{}", settings::json_schema()),
            Self::Gotrue => print!("{}", auth::gotrue::page()),
            Self::Check(flags) => {
                let source = Source::Crestfall(settings::Sources::new(flags));
                if let Err(error) = source.read(Vec::new(), None) {
                    return fail(&error);
                }
                println!("the settings are valid");
            }
        }
        ExitCode::SUCCESS
    }
}

fn serve(flags: settings::Flags) -> ExitCode {
    let source = Source::Crestfall(settings::Sources::new(flags));
    match source.read(Vec::new(), None) {
        Ok(setup) => start(source, setup),
        Err(error) => fail(&error),
    }
}

/// `crestfall auth`.
fn authenticate(arguments: &auth::alone::Arguments) -> ExitCode {
    let asked = match arguments.read() {
        Ok(asked) => asked,
        Err(error) => return fail(&error),
    };
    let level = telemetry::start(asked.setup.log.0, asked.setup.log.1);
    let Some(auth) = asked.setup.auth.clone() else {
        return fail(&"auth.enabled is false");
    };
    let run = |runtime: tokio::runtime::Runtime| {
        runtime.block_on(auth::alone::run(arguments, asked, auth, level))
    };
    finish(runtime().map(run))
}

fn develop(arguments: dev::Arguments) -> ExitCode {
    let serve = async |source, setup: setup::Setup| {
        let level = telemetry::start(setup.log.0, setup.log.1);
        app::run(source, setup, level).await
    };
    match runtime().map(|runtime| runtime.block_on(dev::run(arguments, serve))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(&setup::told(&error)),
        Err(error) => fail(&error),
    }
}

/// Serves until told to end.
fn start(source: Source, setup: setup::Setup) -> ExitCode {
    let level = telemetry::start(setup.log.0, setup.log.1);
    finish(runtime().map(|runtime| runtime.block_on(app::run(source, setup, level))))
}

/// Tells how it ended.
fn finish<E: std::fmt::Display>(ended: std::io::Result<Result<(), E>>) -> ExitCode {
    match ended {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(&error),
        Err(error) => fail(&error),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

/// Tells what went wrong and ends with status 1.
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
