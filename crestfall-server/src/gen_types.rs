//! `crestfall gen types`: the database's types in a client's language, or what a server offers over
//! it as an OpenAPI document.

mod classes;
mod go;
mod load;
mod model;
mod names;
mod offer;
mod private;
mod python;
mod rust;
mod typescript;
mod view_nulls;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::settings::Flags;
use crate::setup;
use model::Model;
use offer::Version;

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
    /// A schema to generate; may be given more than once [default: public; for openapi rest.schemas]
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
    /// The version of OpenAPI [default: 3.1]
    #[arg(long, value_enum, value_name = "VERSION")]
    openapi_version: Option<Version>,
    /// Of OpenAPI: what this role of the database may use, in place of all there is
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// Where postgres and initdb are, when they are not found by themselves
    #[arg(long, value_name = "DIR", env = "CRESTFALL_POSTGRES_BIN")]
    postgres_bin: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

impl Arguments {
    /// Refuses what means nothing for the language.
    fn check(&self) -> Result<(), String> {
        let is_openapi = self.lang == Language::Openapi;
        let odd = match self {
            Self { overrides, .. } if is_openapi && !overrides.is_empty() => "--type",
            Self { role: Some(_), .. } if !is_openapi => "--role",
            Self {
                openapi_version: Some(_),
                ..
            } if !is_openapi => "--openapi-version",
            _ => return Ok(()),
        };
        match is_openapi {
            true => Err(format!("{odd} is not for --lang openapi")),
            false => Err(format!("{odd} is for --lang openapi alone")),
        }
    }
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
    /// What a server offers over the database, by its settings: generators make clients of it
    Openapi,
}

/// What helps when nobody has said which database it is.
const UNNAMED: &str = "\nIt was database.url of the settings. --database-url names another, such as the one that \
                       `crestfall dev` prints; --migrations DIR needs none";

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
    arguments.check()?;
    let text = match &arguments.migrations {
        Some(directory) => {
            let postgres_bin = arguments.postgres_bin.clone();
            let make = async |url: &str| text(&arguments, url).await;
            private::with_migrations(directory, postgres_bin, make).await?
        }
        None => text(&arguments, &url(&arguments).await?).await?,
    };
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

/// What is generated of a database.
async fn text(arguments: &Arguments, url: &str) -> Result<String, String> {
    let schemas = arguments.schemas.as_slice();
    if arguments.lang == Language::Openapi {
        let version = arguments.openapi_version.unwrap_or_default();
        let asked = offer::Asked {
            schemas,
            role: arguments.role.as_deref(),
            version,
        };
        return offer::text(url, &asked, arguments.flags.clone()).await;
    }
    let overrides = Overrides::parse(&arguments.overrides)?;
    let usual = ["public".to_owned()];
    let schemas = if schemas.is_empty() { &usual } else { schemas };
    let model = load::model(url, schemas).await.map_err(|error| {
        let is_named = arguments.database_url.is_some() || arguments.migrations.is_some();
        let hint = match error.is_absence() && !is_named {
            true => UNNAMED,
            false => "",
        };
        format!("{}{hint}", setup::told(&error))
    })?;
    Ok(generate(&model, arguments.lang, &overrides))
}

fn generate(model: &Model, language: Language, overrides: &Overrides) -> String {
    match language {
        Language::Rust => rust::generate(model, overrides),
        Language::Typescript => typescript::generate(model, overrides),
        Language::Python => python::generate(model, overrides),
        Language::Go => go::generate(model, overrides),
        // Not of a model.
        Language::Openapi => String::new(),
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
