//! `crestfall gen types`: the database's types in a client's language.

mod go;
mod load;
mod model;
mod names;
mod python;
mod rust;
mod typescript;
mod view_nulls;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use crestfall_core::cluster::{self, Cluster};
use crestfall_core::migrate::{self, MigrationSet};

use crate::settings::Flags;
use crate::setup;
use model::Model;

/// The database of the private server.
const DATABASE: &str = "crestfall";

/// What `crestfall gen types` can be told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The language
    #[arg(long, value_enum)]
    lang: Language,
    /// The database; without it, database.url of the settings
    #[arg(
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true,
        conflicts_with = "migrations"
    )]
    pub(crate) database_url: Option<String>,
    /// A directory of migrations, which are applied to a private PostgreSQL that is gone afterwards
    #[arg(long, value_name = "DIR")]
    migrations: Option<PathBuf>,
    /// A schema to generate; may be given more than once [default: public]
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    /// Where to write; without it, to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write nothing; fail when the file is not what would be written
    #[arg(long, requires = "out")]
    check: bool,
    /// The type of a column or of a PostgreSQL type, in place of ours: `public.films.facts=Facts`,
    /// `numeric=rust_decimal::Decimal`; may be given more than once
    #[arg(long = "type", value_name = "NAME=TYPE")]
    overrides: Vec<String>,
    /// Where postgres and initdb are, when they are not found by themselves
    #[arg(long, value_name = "DIR", env = "CRESTFALL_POSTGRES_BIN")]
    postgres_bin: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// A language that types are generated in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// For crestfall-client
    Rust,
    /// The type Database of supabase-js
    Typescript,
    /// TypedDicts
    Python,
    /// Structs with JSON tags
    Go,
}

/// What was done.
pub(crate) enum Done {
    /// The text, for standard output.
    Text(String),
    /// A file was written.
    Written(PathBuf),
    /// The file is as it would be written.
    UpToDate,
}

/// Generates.
///
/// # Errors
/// What to tell the user.
pub(crate) async fn run(
    arguments: Arguments,
    url: impl AsyncFnOnce(&Arguments) -> Result<String, String>,
) -> Result<Done, String> {
    let overrides = Overrides::parse(&arguments.overrides)?;
    let schemas = match arguments.schemas.is_empty() {
        true => vec!["public".to_owned()],
        false => arguments.schemas.clone(),
    };
    let model = match &arguments.migrations {
        Some(directory) => {
            of_migrations(directory, arguments.postgres_bin.clone(), &schemas).await?
        }
        None => of_database(&url(&arguments).await?, &schemas).await?,
    };
    let text = generate(&model, arguments.lang, &overrides);
    match arguments.out {
        None => Ok(Done::Text(text)),
        Some(path) if arguments.check => check(&path, &text),
        Some(path) => {
            std::fs::write(&path, text)
                .map_err(|error| format!("could not write {}: {error}", path.display()))?;
            Ok(Done::Written(path))
        }
    }
}

fn generate(model: &Model, language: Language, overrides: &Overrides) -> String {
    match language {
        Language::Rust => rust::generate(model, overrides),
        Language::Typescript => typescript::generate(model, overrides),
        Language::Python => python::generate(model, overrides),
        Language::Go => go::generate(model, overrides),
    }
}

/// Line by line, so that the message says where the difference begins.
fn check(path: &Path, text: &str) -> Result<Done, String> {
    let name = path.display();
    let there =
        std::fs::read_to_string(path).map_err(|error| format!("could not read {name}: {error}"))?;
    if there == text {
        return Ok(Done::UpToDate);
    }
    let differs = there.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| there.lines().count().min(text.lines().count()));
    let mut message = format!(
        "{name} is not what the database says, from line {}:\n",
        line + 1
    );
    for (sign, text) in [('-', there.as_str()), ('+', text)] {
        if let Some(line) = text.lines().nth(line) {
            let _ = writeln!(message, "{sign} {line}");
        }
    }
    message.push_str("generate it again without --check");
    Err(message)
}

async fn of_database(url: &str, schemas: &[String]) -> Result<Model, String> {
    load::model(url, schemas)
        .await
        .map_err(|error| setup::told(&error))
}

/// Our tables and the project's, on a server that lives as long as this takes.
async fn of_migrations(
    directory: &Path,
    postgres_bin: Option<PathBuf>,
    schemas: &[String],
) -> Result<Model, String> {
    let tell = |error: &(dyn std::error::Error + 'static)| setup::told(&error);
    let set = MigrationSet::directory("project", directory).map_err(|error| tell(&error))?;
    let home = std::env::temp_dir().join(format!("crestfall-gen-{}", std::process::id()));
    let mut options = cluster::Options::disposable(&home);
    options.bin_dir = postgres_bin;
    let cluster = Cluster::start(options)
        .await
        .map_err(|error| tell(&error))?;
    let url = cluster.url(DATABASE);
    let made = async {
        cluster
            .ensure_database(DATABASE)
            .await
            .map_err(|error| tell(&error))?;
        let database = migrate::database(&url).map_err(|error| tell(&error))?;
        let mut sets = crestfall_auth::migrations();
        sets.push(set);
        let report = migrate::run(&database, &sets, &migrate::Options::default()).await;
        report.map_err(|error| tell(&error))?;
        of_database(&url, schemas).await
    };
    let made = made.await;
    let stopped = cluster.stop().await;
    let _ = std::fs::remove_dir_all(&home);
    let model = made?;
    stopped.map_err(|error| tell(&error))?;
    Ok(model)
}

/// Types of the user's choosing, by `schema.relation.column` or by the name of a PostgreSQL type.
#[derive(Debug, Default)]
struct Overrides(Vec<(String, String)>);

impl Overrides {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let pairs = texts.iter().map(|text| {
            let pair = text
                .split_once('=')
                .filter(|(name, kind)| !name.is_empty() && !kind.is_empty());
            let pair = pair.ok_or_else(|| format!("`{text}` is no NAME=TYPE"))?;
            Ok((pair.0.to_owned(), pair.1.to_owned()))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// The type of that name.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(named, _)| named == name);
        found.map(|(_, kind)| kind.as_str())
    }
}

#[cfg(test)]
mod tests;
