//! `crestfall gen`: files made from the database.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::migrate::database_url;
use super::{fail, finish, gen_graphql, runtime};
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
    /// The GraphQL schema of a role, for tools that do not ask a server
    GraphqlSchema(Box<gen_graphql::Arguments>),
}

/// Runs the command.
pub(super) fn main(arguments: Arguments) -> ExitCode {
    match arguments.what {
        What::Types(arguments) => types(*arguments),
        What::GraphqlSchema(arguments) => {
            finish(runtime().map(|runtime| runtime.block_on(gen_graphql::run(&arguments))))
        }
    }
}

fn types(arguments: gen_types::Arguments) -> ExitCode {
    let url = async |arguments: &gen_types::Arguments| {
        database_url(arguments.database_url.as_deref(), &arguments.flags)
    };
    match runtime().map(|runtime| runtime.block_on(gen_types::run(arguments, url))) {
        Ok(Ok(Done::Text(text))) => print!("{text}"),
        Ok(Ok(Done::Written(path))) => eprintln!("{} is written", path.display()),
        Ok(Ok(Done::UpToDate)) => eprintln!("the types are up to date"),
        Ok(Err(error)) => return fail(&error),
        Err(error) => return fail(&error),
    }
    ExitCode::SUCCESS
}
