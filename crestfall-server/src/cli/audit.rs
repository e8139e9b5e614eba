//! `crestfall audit`: tables under audit, their log, and its chain.

use std::io::BufWriter;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use crestfall_audit::{Entry, Event, Export, ExportError, Format, Log};
use crestfall_core::migrate::Report;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::postgres::PgPoolOptions;

use super::migrate::database_url;
use super::{fail, runtime};
use crate::auth::options;
use crate::settings::{Flags, Sources};
use crate::setup::{self, Source};

/// What `crestfall audit` can be told.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    work: Work,
    /// The database, as a user who owns the tables (or, to read, a member of crestfall_audit_reader);
    /// without it, database.url of the settings
    #[arg(
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    database_url: Option<String>,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Put a table under audit, or change how it is
    Track(Track),
    /// End it; what was logged stays
    Untrack {
        /// The table, with its schema
        table: String,
    },
    /// Tables under audit, and what keeps their log from being whole (then status 1)
    Status,
    /// Make right what `status` finds: renamed tables, new partitions, lost triggers
    Refresh,
    /// Everything that happened to one row
    History {
        /// The table, with its schema
        table: String,
        /// The values of its primary key, in order
        #[arg(required = true)]
        key: Vec<String>,
    },
    /// What was logged after a position
    Changes {
        /// The last position you got
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// Entries at most
        #[arg(long, default_value_t = 100)]
        most: i32,
    },
    /// Write the log to standard output, as much as there is of it; the last line on standard error is
    /// the position to go on with
    Export {
        /// The position that the last export ended with
        #[arg(long, default_value_t = 0, value_name = "POSITION")]
        since: i64,
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
    /// Seal what is not sealed yet, as the server does every minute
    Seal,
    /// Check that nobody tampered with what is sealed (else status 1)
    Verify {
        /// The first seal to check
        #[arg(long, default_value_t = 1)]
        from: i64,
        /// The hash of a seal, noted earlier, that must be the last one still, or still be there
        #[arg(long, value_name = "HASH")]
        expect: Option<String>,
    },
    /// Make partitions ahead, and drop those older than the retention
    Prune {
        /// How long entries are kept, such as `400 days`; without it, audit.retention of the settings
        #[arg(long, value_name = "INTERVAL")]
        keep: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExportFormat {
    /// A JSON object a line
    Jsonl,
    /// RFC 4180, with a header
    Csv,
}

#[derive(Debug, Args)]
struct Track {
    /// The table, with its schema
    #[arg(required_unless_present = "ddl")]
    table: Option<String>,
    /// Log DDL (needs a superuser)
    #[arg(long)]
    ddl: bool,
    /// Columns of which only a digest is kept that tells whether they changed
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    mask: Vec<String>,
    /// Columns that are left out
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    omit: Vec<String>,
    /// Columns that name a row, where there is no primary key
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    key: Vec<String>,
    /// Of insert, update, delete, truncate; all
    #[arg(long, value_delimiter = ',')]
    operations: Vec<String>,
}

/// Runs the command.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    match runtime().map(|runtime| runtime.block_on(run(arguments))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => fail(&error),
        Err(error) => fail(&error),
    }
}

/// The log behind a connection string.
pub(super) fn log(url: &str) -> Result<Log, String> {
    let options = options(url).map_err(|error| error.to_string())?;
    let pool = PgPoolOptions::new().max_connections(1);
    Ok(Log::new(pool.connect_lazy_with(
        options.application_name("crestfall audit"),
    )))
}

/// Writes how long the log is kept.
pub(super) async fn configure(url: &str, audit: &setup::Audit) -> Result<(), String> {
    let log = log(url)?;
    let configured = log.configure(audit.retention.as_deref(), audit.period);
    configured.await.map_err(|error| setup::told(&error))
}

/// Puts Crestfall's own under audit, and writes down what was migrated.
pub(super) async fn migrated(url: &str, report: &Report) -> Result<(), String> {
    let log = log(url)?;
    let told = |error: crestfall_audit::Error| setup::told(&error);
    for line in log.adopt().await.map_err(told)? {
        println!("{line}");
    }
    if report.applied.is_empty() {
        return Ok(());
    }
    let event = Event::new("server.migrated").detail("applied", report.applied.clone());
    log.record(event).await.map_err(told)
}

async fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let url = database_url(arguments.database_url.as_deref(), &arguments.flags)?;
    let log = log(&url)?;
    let told = |error: crestfall_audit::Error| setup::told(&error);
    match &arguments.work {
        Work::Track(track) => return run_track(&log, track).await,
        Work::Untrack { table } => match log.untrack(table).await.map_err(told)? {
            true => println!("{table} is no longer under audit; its log stays"),
            false => println!("{table} was not under audit"),
        },
        Work::Status => return status(&log, arguments.json).await,
        Work::Refresh => {
            for line in log.refresh().await.map_err(told)? {
                println!("{line}");
            }
        }
        Work::History { table, key } => {
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            show(
                &log.history(table, &key).await.map_err(told)?,
                arguments.json,
            );
        }
        Work::Changes { after, most } => {
            show(
                &log.changes(*after, *most).await.map_err(told)?,
                arguments.json,
            );
        }
        Work::Export { since, format } => export(log, *since, *format).await?,
        Work::Seal => {
            let key = seal_key(&arguments.flags);
            let seals = log.seal(key.as_ref()).await.map_err(told)?;
            println!("{seals} seals made");
        }
        Work::Verify { from, expect } => {
            return verify(&log, arguments, *from, expect.as_deref()).await;
        }
        Work::Prune { keep } => {
            let audit = audit(&arguments.flags);
            let kept = audit.as_ref().and_then(|audit| audit.retention.as_deref());
            if let Some(keep) = keep.as_deref().or(kept) {
                let period = audit.as_ref().map_or("week", |audit| audit.period);
                log.configure(Some(keep), period).await.map_err(told)?;
            }
            for line in log.maintain().await.map_err(told)? {
                println!("{line}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(log: Log, since: i64, format: ExportFormat) -> Result<(), String> {
    let format = match format {
        ExportFormat::Jsonl => Format::JsonLines,
        ExportFormat::Csv => Format::Csv,
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let export = Export::new(log, format).after(since);
    match export.write_to(&mut out).await {
        Ok(last) => {
            eprintln!("{last}");
            Ok(())
        }
        Err(ExportError::Log(error)) => Err(setup::told(&error)),
        Err(ExportError::Write(error)) => Err(error.to_string()),
    }
}

/// What the settings say of the log, where there are settings.
fn audit(flags: &Flags) -> Option<setup::Audit> {
    let source = Source::Crestfall(Sources::new(flags.clone()));
    source.read(Vec::new(), None).ok()?.audit
}

fn seal_key(flags: &Flags) -> Option<crestfall_core::Secret> {
    audit(flags).and_then(|audit| audit.seal_key)
}

async fn run_track(log: &Log, track: &Track) -> Result<ExitCode, String> {
    if track.ddl {
        if !log.track_ddl().await.map_err(|error| setup::told(&error))? {
            return Err(
                "event triggers need a superuser: let one run `select audit.track_ddl()`".into(),
            );
        }
        println!("DDL is under audit");
    }
    let Some(table) = &track.table else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut options = Map::new();
    for (name, columns) in [
        ("mask", &track.mask),
        ("omit", &track.omit),
        ("key", &track.key),
        ("operations", &track.operations),
    ] {
        if !columns.is_empty() {
            options.insert(name.to_owned(), json!(columns));
        }
    }
    let tracked = log.track(table, &Value::Object(options)).await;
    tracked.map_err(|error| setup::told(&error))?;
    println!("{table} is under audit");
    Ok(ExitCode::SUCCESS)
}

async fn status(log: &Log, as_json: bool) -> Result<ExitCode, String> {
    let told = |error: crestfall_audit::Error| setup::told(&error);
    let tables = log.status().await.map_err(told)?;
    let ddl = log.tracks_ddl().await.map_err(told)?;
    let wrong = tables.iter().any(|table| table.problem.is_some());
    if as_json {
        print_json(&json!({ "tables": tables, "ddl": ddl }));
    } else {
        for table in &tables {
            let problem = table.problem.as_deref().unwrap_or("ok");
            println!("{}  {problem}", table.relation);
        }
        println!(
            "{} tables under audit; DDL {}",
            tables.len(),
            if ddl {
                "too"
            } else {
                "is not logged (crestfall audit track --ddl)"
            }
        );
    }
    Ok(if wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn verify(
    log: &Log,
    arguments: &Arguments,
    from: i64,
    expect: Option<&str>,
) -> Result<ExitCode, String> {
    let told = |error: crestfall_audit::Error| setup::told(&error);
    let key = seal_key(&arguments.flags);
    let verdict = log.verify(from, key.as_ref()).await.map_err(told)?;
    let expected = match expect {
        Some(hash) => log.has_seal(hash).await.map_err(told)?,
        None => true,
    };
    if arguments.json {
        print_json(&json!({
            "intact": verdict.is_intact() && expected, "expected_hash_found": expect.map(|_| expected),
            "verdict": verdict, "signatures_checked": key.is_some(),
        }));
    } else {
        for finding in &verdict.findings {
            println!(
                "seal {} ({}): {}",
                finding.seal, finding.partition, finding.problem
            );
        }
        if !expected {
            println!("no seal has the expected hash: the chain was made anew");
        }
        println!(
            "{} seals over {} entries checked{}, {} entries not sealed yet",
            verdict.seals,
            verdict.entries,
            if key.is_some() {
                " with their signatures"
            } else {
                ""
            },
            verdict.unsealed
        );
        println!("last hash: {}", verdict.head.as_deref().unwrap_or("none"));
    }
    let intact = verdict.is_intact() && expected;
    Ok(if intact {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(entries: &[Entry], as_json: bool) {
    for entry in entries {
        match as_json {
            true => println!("{}", serde_json::to_string(entry).unwrap_or_default()),
            false => println!("{}", line(entry)),
        }
    }
}

/// One entry for people: when, what, who, and what became of it.
fn line(entry: &Entry) -> String {
    let who = entry.actor.as_deref().unwrap_or(&entry.role);
    let place = [entry.schema_name.as_deref(), entry.relation_name.as_deref()];
    let place: Vec<_> = place.into_iter().flatten().collect();
    let mut line = format!(
        "{}  {}  {} {} {}  by {who}",
        entry.position,
        entry.at.format("%F %T%.3f"),
        entry.operation,
        place.join("."),
        entry.key.as_ref().unwrap_or(&Value::Null),
    );
    if let Some(request) = &entry.request {
        line.push_str(&format!("  request {request}"));
    }
    match (&entry.changed, &entry.before, &entry.after) {
        (Some(changed), Some(before), Some(after)) => {
            for column in changed {
                line.push_str(&format!(
                    "\n    {column}: {} -> {}",
                    before[column], after[column]
                ));
            }
        }
        (_, None, Some(image)) | (_, Some(image), None) => line.push_str(&format!("\n    {image}")),
        _ => {}
    }
    line
}

fn print_json(value: &impl Serialize) {
    println!(
        "{}",
        serde_json::to_string_pretty(value).unwrap_or_default()
    );
}
