//! `crestfall users`: users taken over from GoTrue, and the first administrator.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use crestfall_auth::{GotrueKeys, ImportReport, Importer};
use crestfall_rbac::grant_administrator;
use serde_json::{Deserializer, Value};
use sqlx::postgres::PgPoolOptions;

use super::keys::auth_setup;
use super::{finish, rbac, runtime};
use crate::auth::{self, options};
use crate::settings::Flags;
use crate::setup;

/// What `crestfall users` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    work: Work,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Take over GoTrue's users with their passwords and identities; repeated, those that are new
    Import(Import),
    /// Give somebody every permission: the first administrator, who can then appoint others
    GrantAdmin(GrantAdmin),
}

#[derive(Debug, Args)]
struct GrantAdmin {
    /// A user's mail address, or the id of any subject (`sub` of its tokens)
    who: String,
    /// The database, as a user who made its tables or may become crestfall_rbac; without it,
    /// database.url of the settings
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    source: Source,
    /// A file with GoTrue's keys as a JSON object of names and keys, as in
    /// SECURITY_DB_ENCRYPTION_DECRYPTION_KEYS, if it encrypts what it keeps
    #[arg(long, value_name = "FILE")]
    gotrue_keys: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// Rows of auth.users as JSON objects, one after the other or in an array, each with its rows of
    /// auth.identities under `identities`, of auth.mfa_factors and auth.webauthn_credentials under the
    /// tables' names; - is standard input
    file: Option<PathBuf>,
    /// GoTrue's database
    #[arg(long, value_name = "URL")]
    from_database_url: Option<String>,
}

/// Runs the command.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    finish(runtime().map(|runtime| runtime.block_on(run(arguments))))
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let import = match &arguments.work {
        Work::Import(import) => import,
        Work::GrantAdmin(grant) => return grant_admin(grant, &arguments.flags).await,
    };
    let auth = auth_setup(&arguments.flags)?;
    let pool = auth::pool(&auth).map_err(|error| error.to_string())?;
    let importer = Importer::new(pool, &auth.config).map_err(|error| setup::told(&error))?;
    let keys = import.gotrue_keys.as_deref().map(gotrue_keys);
    let mut importer = importer.gotrue_keys(keys.transpose()?.unwrap_or_default());
    let outcome = match (&import.source.from_database_url, &import.source.file) {
        (Some(url), _) => from_database(&mut importer, url).await,
        (None, Some(file)) => from_file(&mut importer, file).await,
        (None, None) => Ok(()),
    };
    tell(importer.report());
    outcome
}

fn gotrue_keys(file: &Path) -> Result<GotrueKeys, String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| told(&error))?;
    GotrueKeys::parse(&text).map_err(|error| told(&error))
}

async fn grant_admin(grant: &GrantAdmin, flags: &Flags) -> Result<(), String> {
    let mut db = rbac::connect(grant.database_url.as_deref(), flags).await?;
    let (subject, is_new) = grant_administrator(&mut db, &grant.who)
        .await
        .map_err(|error| setup::told(&error))?;
    match is_new {
        true => println!("{subject} is an administrator now"),
        false => println!("{subject} is an administrator already"),
    }
    Ok(())
}

async fn from_database(importer: &mut Importer, url: &str) -> Result<(), String> {
    let options = options(url).map_err(|error| error.to_string())?;
    let source = PgPoolOptions::new().max_connections(1);
    let imported = importer
        .from_database(&source.connect_lazy_with(options))
        .await;
    imported.map_err(|error| setup::told(&error))
}

async fn from_file(importer: &mut Importer, path: &Path) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let input: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(File::open(path).map_err(|error| failed(&error))?),
    };
    let values = Deserializer::from_reader(BufReader::new(input)).into_iter::<Value>();
    for value in values {
        let records = match value.map_err(|error| failed(&error))? {
            Value::Array(records) => records,
            record => vec![record],
        };
        for record in &records {
            let taken = importer.take(record).await;
            taken.map_err(|error| setup::told(&error))?;
        }
    }
    Ok(())
}

fn tell(report: &ImportReport) {
    let ImportReport {
        new,
        before,
        without_password,
        without_factor,
        refused,
    } = report;
    for (id, reason) in without_password {
        eprintln!("{id} is here, but must set a new password: {reason}");
    }
    for (id, reason) in without_factor {
        eprintln!("{id} is here, but without {reason}");
    }
    for (id, reason) in refused {
        eprintln!("{id} is not here: {reason}");
    }
    println!(
        "{new} users taken over, {before} were here, {} refused",
        refused.len()
    );
}
