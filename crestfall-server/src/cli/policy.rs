//! `crestfall policy test`: "as this user, that query sees these rows".

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sqlx::{ConnectOptions as _, Connection as _};

use super::migrate::database_url;
use super::{fail, runtime};
use crate::auth::options;
use crate::policy_test::{File, report};
use crate::settings::Flags;

/// What `crestfall policy` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Run the cases of files, each file in a transaction that is rolled back
    Test(Test),
}

#[derive(Debug, Args)]
struct Test {
    /// TOML files; see docs/policies.md
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The database, as a user who may run `setup` and become the roles; without it, database.url of the
    /// settings
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// JSON for machines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Runs the command: status 0 when every case passes, 1 when one fails, 2 when they could not be run.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let Work::Test(test) = &arguments.work;
    match runtime().map(|runtime| runtime.block_on(run(test))) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => ExitCode::FAILURE,
        Ok(Err(error)) => {
            fail(&error);
            ExitCode::from(2)
        }
        Err(error) => fail(&error),
    }
}

async fn run(test: &Test) -> Result<bool, String> {
    let url = database_url(test.database_url.as_deref(), &test.flags)?;
    let options = options(&url).map_err(|error| error.to_string())?;
    let connected = options
        .application_name("crestfall policy test")
        .connect()
        .await;
    let mut connection = connected.map_err(|error| error.to_string())?;
    let (mut passed, mut failed) = (0, 0);
    for path in &test.files {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let file = File::parse(&text).map_err(|error| format!("{name}: {error}"))?;
        let outcomes = file.run(&mut connection).await;
        let outcomes = outcomes.map_err(|error| format!("{name}: {error}"))?;
        let wrong = outcomes
            .iter()
            .filter(|outcome| outcome.failure.is_some())
            .count();
        (passed, failed) = (passed + outcomes.len() - wrong, failed + wrong);
        if test.json {
            println!("{}", report(&name.to_string(), &outcomes));
            continue;
        }
        for outcome in &outcomes {
            match &outcome.failure {
                None => println!("ok    {}", outcome.name),
                Some(failure) => {
                    println!("FAIL  {}", outcome.name);
                    println!("      {}", failure.replace('\n', "\n      "));
                }
            }
        }
    }
    if !test.json {
        println!("{passed} passed, {failed} failed");
    }
    // The server notices the end of the socket as well.
    let _ = connection.close().await;
    Ok(failed == 0)
}
