//! `crestfall doctor`: what lets in whom it should not.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _};

use super::migrate::database_url;
use super::{fail, runtime};
use crate::auth::options;
use crate::doctor::{self, Finding, Level, RULES, Scope};
use crate::settings::{self, Flags, Sources};

/// What `crestfall doctor` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The database, as any user; without it, database.url of the settings
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Exposed schemas; without it, rest.schemas of the settings
    #[arg(long, value_delimiter = ',', value_name = "SCHEMAS")]
    schemas: Vec<String>,
    /// Roles of requests
    #[arg(long, value_delimiter = ',', default_value = "anon,authenticated")]
    roles: Vec<String>,
    /// Let a finding be, and why: `CF-D001=reason` or `CF-D001 public.films=reason`; also
    /// doctor.ignore of the settings
    #[arg(long, value_name = "RULE[ PLACE]=REASON")]
    ignore: Vec<String>,
    /// Fail for warnings too
    #[arg(long)]
    strict: bool,
    /// JSON for machines
    #[arg(long)]
    json: bool,
    /// List the rules
    #[arg(long)]
    rules: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Runs the command: status 0 when all is well, 1 for errors found, 2 when it could not look.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    if arguments.rules {
        for rule in RULES {
            println!("{}  {}", rule.id, rule.title);
        }
        return ExitCode::SUCCESS;
    }
    match runtime().map(|runtime| runtime.block_on(run(arguments))) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => ExitCode::FAILURE,
        Ok(Err(error)) => {
            fail(&error);
            ExitCode::from(2)
        }
        Err(error) => fail(&error),
    }
}

async fn run(arguments: &Arguments) -> Result<bool, String> {
    let settings = settings::load(&Sources::new(arguments.flags.clone()));
    let url = database_url(arguments.database_url.as_deref(), &arguments.flags)?;
    let mut ignore = BTreeMap::new();
    let mut schemas = arguments.schemas.clone();
    let mut anonymous = "anon".to_owned();
    match settings {
        Ok(settings) => {
            ignore.extend(settings.doctor.ignore);
            anonymous = settings.jwt.anonymous_role;
            if schemas.is_empty() {
                schemas = settings.rest.schemas;
            }
        }
        // With a database named, settings may be wanting.
        Err(_) if schemas.is_empty() => schemas.push("public".to_owned()),
        Err(_) => {}
    }
    for one in &arguments.ignore {
        let Some((what, reason)) = one.split_once('=').filter(|(_, why)| !why.is_empty()) else {
            return Err(format!("--ignore {one}: a reason is missing (RULE=REASON)"));
        };
        ignore.insert(what.to_owned(), reason.to_owned());
    }
    if let Some(unknown) = doctor::unknown_rules(&ignore).first() {
        return Err(format!(
            "{unknown}: no such rule; `crestfall doctor --rules` lists them"
        ));
    }
    let scope = Scope {
        schemas,
        roles: arguments.roles.clone(),
        anonymous,
    };
    let options = options(&url).map_err(|error| error.to_string())?;
    let connected = options.application_name("crestfall doctor").connect().await;
    let mut connection = connected.map_err(|error| error.to_string())?;
    let findings = doctor::examine(&mut connection, &scope, &ignore).await;
    let findings = findings.map_err(|error| error.to_string())?;
    // The server notices the end of the socket as well.
    let _ = connection.close().await;
    Ok(tell(arguments, &findings))
}

/// Tells what was found; whether all is well.
fn tell(arguments: &Arguments, findings: &[Finding]) -> bool {
    let fails = |finding: &Finding| {
        let warns = finding.level == Level::Warning && finding.ignored.is_none();
        finding.fails() || (arguments.strict && warns)
    };
    let well = !findings.iter().any(fails);
    if arguments.json {
        let report = json!({ "ok": well, "findings": findings });
        println!(
            "{}",
            serde_json::to_string_pretty(&report).unwrap_or_default()
        );
        return well;
    }
    for finding in findings {
        let level = match (finding.level, &finding.ignored) {
            (_, Some(_)) => "ignored",
            (Level::Error, None) => "error",
            (Level::Warning, None) => "warning",
            (Level::Advice, None) => "advice",
        };
        println!("{level:<8} {}  {}", finding.rule, finding.place);
        println!("         {}", finding.finding);
        match &finding.ignored {
            Some(reason) => println!("         ignored: {reason}"),
            None => println!("         remedy: {}", finding.remedy),
        }
    }
    let count = |level| {
        let of = |finding: &&Finding| finding.level == level && finding.ignored.is_none();
        findings.iter().filter(of).count()
    };
    println!(
        "{} errors, {} warnings, {} pieces of advice, by {} rules",
        count(Level::Error),
        count(Level::Warning),
        count(Level::Advice),
        RULES.len()
    );
    well
}
