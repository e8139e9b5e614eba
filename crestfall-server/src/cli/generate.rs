//! `crestfall gen`: files made from the database.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::migrate::database_url;
use super::{fail, runtime};
use crate::gen_types::{self, Done};

/// What `crestfall gen` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The types of tables, views, functions and enums in a client's language
    Types(Box<gen_types::Arguments>),
}

/// Runs the command.
pub(super) fn main(arguments: Arguments) -> ExitCode {
    let What::Types(arguments) = arguments.what;
    let url = async |arguments: &gen_types::Arguments| {
        database_url(arguments.database_url.as_deref(), &arguments.flags)
    };
    match runtime().map(|runtime| runtime.block_on(gen_types::run(*arguments, url))) {
        Ok(Ok(Done::Text(text))) => print!("{text}"),
        Ok(Ok(Done::Written(path))) => eprintln!("{} is written", path.display()),
        Ok(Ok(Done::UpToDate)) => eprintln!("the types are up to date"),
        Ok(Err(error)) => return fail(&error),
        Err(error) => return fail(&error),
    }
    ExitCode::SUCCESS
}
