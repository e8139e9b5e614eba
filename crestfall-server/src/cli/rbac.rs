//! `crestfall rbac`: roles and permissions as a file says them.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use crestfall_audit::Event;
use crestfall_rbac::{ApplyError, Definition, Plan};
use sqlx::{Connection as _, PgConnection};

use super::migrate::database_url;
use super::{fail, runtime};
use crate::auth::options;
use crate::settings::Flags;
use crate::setup;

/// What `crestfall rbac` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    step: Step,
    /// The database, as a user who made its tables or may become crestfall_rbac; without it,
    /// database.url of the settings
    #[arg(
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    database_url: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Show what would be changed, and what was changed by others; status 0 when nothing is to be
    /// done, 2 when something is
    Plan {
        /// The file
        #[arg(default_value = "rbac.toml")]
        file: PathBuf,
    },
    /// Show it, ask, and do it: all or nothing
    Apply {
        /// The file
        #[arg(default_value = "rbac.toml")]
        file: PathBuf,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// How it ended, when nothing went wrong.
enum Outcome {
    Done,
    ChangesWanted,
}

/// Runs the command.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    match runtime().map(|runtime| runtime.block_on(run(arguments))) {
        Ok(Ok(Outcome::Done)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::ChangesWanted)) => ExitCode::from(2),
        Ok(Err(error)) => fail(&error),
        Err(error) => fail(&error),
    }
}

async fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let (Step::Plan { file } | Step::Apply { file, .. }) = &arguments.step;
    let definition = read(file)?;
    let mut db = connect(arguments.database_url.as_deref(), &arguments.flags).await?;
    let plan = definition.plan(&mut db).await;
    let plan = plan.map_err(|error| refused(&error))?;
    print!("{plan}");
    let yes = match arguments.step {
        Step::Plan { .. } if plan.is_empty() => return Ok(Outcome::Done),
        Step::Plan { .. } => return Ok(Outcome::ChangesWanted),
        Step::Apply { yes, .. } => yes,
    };
    // Nothing to change is applied all the same: from then on, drift is told from this file.
    if !yes && !plan.is_empty() && !is_confirmed()? {
        return Err("nothing was changed".to_owned());
    }
    match definition.apply(&mut db, &plan).await {
        Ok(()) => {
            println!("{}", summary(&plan));
            recorded(&mut db, &plan).await?;
            Ok(Outcome::Done)
        }
        Err(ApplyError::Changed(now)) => {
            let message = "the database has changed since; nothing was done. It would now be:";
            Err(format!("{message}\n{now}"))
        }
        Err(ApplyError::Database(error)) => Err(refused(&error)),
    }
}

/// Tells the audit log, where there is one; it has the rows besides.
async fn recorded(db: &mut PgConnection, plan: &Plan) -> Result<(), String> {
    let event = Event::new("rbac.applied").detail("changes", plan.changes.len());
    match crestfall_audit::record(db, event).await {
        // Who may not write events has left the rows in it all the same.
        Ok(()) | Err(crestfall_audit::Error::Missing(_) | crestfall_audit::Error::Forbidden(_)) => {
            Ok(())
        }
        Err(error) => Err(setup::told(&error)),
    }
}

fn summary(plan: &Plan) -> String {
    match plan.changes.len() {
        0 => "rbac.toml and the database agree".to_owned(),
        1 => "1 change was made".to_owned(),
        count => format!("{count} changes were made"),
    }
}

fn read(file: &Path) -> Result<Definition, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    Definition::parse(&text).map_err(|error| failed(&error))
}

fn is_confirmed() -> Result<bool, String> {
    if !std::io::stdin().is_terminal() {
        return Err("nobody is there to ask: say --yes to make these changes".to_owned());
    }
    print!("Make these changes? [y/N] ");
    let mut answer = String::new();
    let asked = std::io::stdout().flush();
    let read = asked.and_then(|()| std::io::stdin().read_line(&mut answer));
    read.map_err(|error| error.to_string())?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The database that is named, else that of the settings.
pub(super) async fn connect(named: Option<&str>, flags: &Flags) -> Result<PgConnection, String> {
    let url = database_url(named, flags)?;
    let options = options(&url).map_err(|error| error.to_string())?;
    let options = options.application_name("crestfall rbac");
    let connected = PgConnection::connect_with(&options).await;
    connected.map_err(|error| setup::told(&error))
}

/// What the database says, and what to do about it.
fn refused(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        Some("3F000" | "42P01") => {
            "the schema rbac is not there: run `crestfall migrate`".to_owned()
        }
        Some("42501") => format!(
            "{error}; name a user who made the schema, or may become crestfall_rbac, by --database-url"
        ),
        _ => error.to_string(),
    }
}
