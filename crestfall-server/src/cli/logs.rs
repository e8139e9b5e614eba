//! `crestfall logs`: pgaudit's lines, with who was behind them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use crestfall_audit::pgaudit::{Joined, Reader, Record};

use super::audit::log;
use super::migrate::database_url;
use super::{finish, runtime};
use crate::settings::Flags;
use crate::setup;

/// Records that are joined at once.
const BATCH: usize = 5_000;

/// What `crestfall logs` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// PostgreSQL's log files: csvlog, jsonlog, or stderr whose log_line_prefix has %a; - is standard
    /// input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Only this request
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Only this subject
    #[arg(long, value_name = "SUBJECT")]
    actor: Option<String>,
    /// Only this class: READ, WRITE, FUNCTION, ROLE, DDL, MISC
    #[arg(long)]
    class: Option<String>,
    /// Only this object, with its schema
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// Do not ask the database who was behind a request
    #[arg(long)]
    offline: bool,
    /// JSON, one object a line
    #[arg(long)]
    json: bool,
    /// The database of the audit log; without it, database.url of the settings
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

/// Runs the command.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    finish(runtime().map(|runtime| runtime.block_on(run(arguments))))
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    for path in &arguments.files {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut batch = Vec::new();
        for record in Reader::new(open(path).map_err(failed)?) {
            let record = record.map_err(failed)?;
            if arguments.wants(&record) {
                batch.push(record);
            }
            if batch.len() == BATCH {
                tell(arguments, std::mem::take(&mut batch)).await?;
            }
        }
        tell(arguments, batch).await?;
    }
    Ok(())
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    Ok(match path.to_str() {
        Some("-") => Box::new(std::io::stdin().lock()),
        _ => Box::new(BufReader::new(File::open(path)?)),
    })
}

impl Arguments {
    fn wants(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        is(&self.request, record.request.as_deref())
            && is(
                &self.class.as_ref().map(|class| class.to_uppercase()),
                Some(&record.class),
            )
            && is(&self.object, record.object_name.as_deref())
    }
}

async fn tell(arguments: &Arguments, records: Vec<Record>) -> Result<(), String> {
    if records.is_empty() {
        return Ok(());
    }
    let joined = if arguments.offline {
        let alone = |record| Joined {
            record,
            actor: None,
        };
        records.into_iter().map(alone).collect()
    } else {
        let url = database_url(arguments.database_url.as_deref(), &arguments.flags)?;
        let joined = log(&url)?.join(records).await;
        joined.map_err(|error| setup::told(&error))?
    };
    for one in joined {
        let actor = one.actor.as_ref().and_then(|actor| actor.actor.as_deref());
        if arguments.actor.is_some() && arguments.actor.as_deref() != actor {
            continue;
        }
        match arguments.json {
            true => println!("{}", serde_json::to_string(&one).unwrap_or_default()),
            false => println!("{}", line(&one)),
        }
    }
    Ok(())
}

fn line(joined: &Joined) -> String {
    let Joined { record, actor } = joined;
    let at = record.at.map(|at| at.format("%F %T%.3f").to_string());
    let who = actor.as_ref().and_then(|actor| actor.actor.as_deref());
    format!(
        "{}  {} {} {}  by {}{}\n    {}",
        at.as_deref().unwrap_or("-"),
        record.class,
        record.command,
        record.object_name.as_deref().unwrap_or("-"),
        who.or(record.user.as_deref()).unwrap_or("?"),
        match &record.request {
            Some(request) => format!("  request {request}"),
            None => String::new(),
        },
        record
            .statement
            .as_deref()
            .unwrap_or("(statement not logged)"),
    )
}
