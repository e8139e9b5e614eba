//! Settings from a file, the environment and flags, each stronger than the one before.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value as Schema;
use toml::{Table, Value};

use super::Error;
use super::document::schema;
use super::sections::Settings;

/// The prefix of every environment variable; `__` stands between a section and its setting.
const PREFIX: &str = "CRESTFALL_";

/// The variable that names the file: no setting.
const FILE_VARIABLE: &str = "CRESTFALL_CONFIG";

/// Variables that are read elsewhere: by `crestfall dev` and by tests.
const OTHER_VARIABLES: [&str; 4] = [
    FILE_VARIABLE,
    "CRESTFALL_POSTGRES_BIN",
    "CRESTFALL_TEST_DATABASE_URL",
    "CRESTFALL_WRITE_DOCS",
];

/// Without a name, this file is read when it exists.
const DEFAULT_FILE: &str = "crestfall.toml";

/// Flags of `crestfall serve`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Flags {
    /// The settings' file; without it, crestfall.toml where there is one
    #[arg(short, long, value_name = "FILE", env = FILE_VARIABLE)]
    config: Option<PathBuf>,
    /// One setting, such as --set rest.max_rows=500
    #[arg(short, long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Short for --set server.host=...
    #[arg(long)]
    host: Option<String>,
    /// Short for --set server.port=...
    #[arg(long)]
    port: Option<u16>,
}

impl Flags {
    /// Puts settings before those that were given, which win.
    #[must_use]
    pub(crate) fn assuming(mut self, settings: Vec<String>) -> Self {
        self.set.splice(..0, settings);
        self
    }

    /// Takes this file when none was given.
    #[must_use]
    pub(crate) fn or_config(mut self, file: PathBuf) -> Self {
        self.config.get_or_insert(file);
        self
    }
}

/// Where settings come from, to read them again.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    flags: Flags,
}

impl Sources {
    /// The flags' file, this process's environment, the flags.
    pub(crate) fn new(flags: Flags) -> Self {
        Self { flags }
    }

    fn environment(&self) -> BTreeMap<String, String> {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(PREFIX) && !OTHER_VARIABLES.contains(&&**name))
            .collect()
    }

    fn file(&self) -> Result<(String, String), Error> {
        let path = self.flags.config.clone();
        let path = match path {
            Some(path) => path,
            None if PathBuf::from(DEFAULT_FILE).exists() => DEFAULT_FILE.into(),
            None => return Ok((DEFAULT_FILE.into(), String::new())),
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok((path.display().to_string(), text)),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// `key=value` of every flag, in order.
    fn assignments(&self) -> Vec<String> {
        let host = self
            .flags
            .host
            .iter()
            .map(|host| format!("server.host={host}"));
        let port = self
            .flags
            .port
            .iter()
            .map(|port| format!("server.port={port}"));
        self.flags
            .set
            .iter()
            .cloned()
            .chain(host)
            .chain(port)
            .collect()
    }
}

/// Reads all sources.
pub(crate) fn load(sources: &Sources) -> Result<Settings, Error> {
    let (origin, text) = sources.file()?;
    merge(
        &origin,
        &text,
        &sources.environment(),
        &sources.assignments(),
    )
}

fn merge(
    origin: &str,
    text: &str,
    environment: &BTreeMap<String, String>,
    assignments: &[String],
) -> Result<Settings, Error> {
    let schema = schema();
    let failed = |origin: &str, message: String| Error::Parse {
        origin: origin.into(),
        message,
    };
    let mut table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| failed(origin, located(&error, text)))?;
    check_keys(origin, &table, &schema, "")?;
    // The file alone first: what is wrong in it is then told with its line.
    toml::from_str::<Settings>(text).map_err(|error| failed(origin, located(&error, text)))?;
    for (name, value) in environment {
        let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
        assign(&mut table, name, &key, value, &schema)?;
    }
    for assignment in assignments {
        let (key, value) = assignment
            .split_once('=')
            .ok_or_else(|| failed("--set", format!("`{assignment}` is not KEY=VALUE")))?;
        assign(&mut table, "--set", key.trim(), value, &schema)?;
    }
    Settings::deserialize_from(table).map_err(|message| failed("settings", message))
}

impl Settings {
    fn deserialize_from(table: Table) -> Result<Self, String> {
        Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())
    }
}

/// The line and the message, never the line's text: it may hold a secret.
fn located(error: &toml::de::Error, text: &str) -> String {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map(|before| before.matches('\n').count() + 1);
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// Refuses keys that no setting has.
fn check_keys(origin: &str, table: &Table, schema: &Schema, prefix: &str) -> Result<(), Error> {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        let Some(known) = schema["properties"].get(key) else {
            return Err(unknown(origin, &path));
        };
        if let (Value::Table(inner), true) = (value, known.get("properties").is_some()) {
            check_keys(origin, inner, known, &format!("{path}."))?;
        }
    }
    Ok(())
}

fn unknown(origin: &str, key: &str) -> Error {
    let nearest = super::document::keys()
        .into_iter()
        .map(|known| (distance(key, &known), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len().max(key.len()) / 2);
    Error::Unknown {
        origin: origin.into(),
        key: key.into(),
        nearest: nearest.map(|(_, known)| known),
    }
}

/// Edits between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Sets `section.key` from text, read as the setting's kind asks.
fn assign(
    table: &mut Table,
    origin: &str,
    key: &str,
    text: &str,
    schema: &Schema,
) -> Result<(), Error> {
    let known = key
        .split_once('.')
        .and_then(|(section, name)| Some((section, name, known_setting(schema, section, name)?)));
    let Some((section, name, kind)) = known else {
        return Err(unknown(origin, key));
    };
    let Some(value) = typed(text, kind) else {
        return Err(Error::Parse {
            origin: origin.into(),
            message: format!("the value of `{key}` is of the wrong kind"),
        });
    };
    let section = table
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        match value {
            Some(value) => section.insert(name.into(), value),
            None => section.remove(name),
        };
    }
    Ok(())
}

fn known_setting<'a>(schema: &'a Schema, section: &str, name: &str) -> Option<&'a Schema> {
    schema["properties"].get(section)?["properties"].get(name)
}

/// A value of the kind that a schema names. `Some(None)`: an optional setting is taken back.
fn typed(text: &str, schema: &Schema) -> Option<Option<Value>> {
    let is = |wanted: &str| match &schema["type"] {
        Schema::String(kind) => kind == wanted,
        Schema::Array(kinds) => kinds.iter().any(|kind| kind == wanted),
        _ => false,
    };
    if text.is_empty() && is("null") {
        return Some(None);
    }
    let value = if is("boolean") {
        Value::Boolean(text.parse().ok()?)
    } else if is("integer") {
        Value::Integer(text.parse().ok()?)
    } else if is("array") {
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        Value::Array(items.map(|item| Value::String(item.into())).collect())
    } else {
        Value::String(text.into())
    };
    Some(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> Result<Settings, String> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        merge("crestfall.toml", text, &environment, &flags).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file() {
        let text = "[server]\nport = 1\nhost = \"a\"\n[rest]\nmax_rows = 5";
        let environment = [
            ("CRESTFALL_SERVER__PORT", "2"),
            ("CRESTFALL_SERVER__HOST", "b"),
        ];
        let settings = read(text, &environment, &["server.port=3"]).unwrap();
        assert_eq!((settings.server.port, &*settings.server.host), (3, "b"));
        assert_eq!(settings.rest.max_rows, Some(5));
    }

    #[test]
    fn text_becomes_what_the_setting_is() {
        let environment = [
            ("CRESTFALL_REST__SCHEMAS", "api, public"),
            ("CRESTFALL_REST__AGGREGATES", "true"),
            ("CRESTFALL_DATABASE__MAX_IDLE", "5m"),
            ("CRESTFALL_REST__MAX_BODY", "1MiB"),
            ("CRESTFALL_ADMIN__PORT", ""),
            ("CRESTFALL_LOG__LEVEL", "debug"),
            ("CRESTFALL_REST__TX_END", "rollback-allow-override"),
        ];
        let settings = read("", &environment, &[]).unwrap();
        assert_eq!(settings.rest.schemas, ["api", "public"]);
        assert!(settings.rest.aggregates);
        assert_eq!(settings.database.max_idle.to_string(), "5m");
        assert_eq!(settings.rest.max_body.get(), 1 << 20);
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        for (text, environment, flag, words) in [
            (
                "[rest]\nmax_row = 1",
                ("CRESTFALL_LOG__LEVEL", "info"),
                "log.level=info",
                "`rest.max_row`; did you mean `rest.max_rows`?",
            ),
            (
                "",
                ("CRESTFALL_DATABSE__URL", "x"),
                "log.level=info",
                "`database.url`?",
            ),
            (
                "",
                ("CRESTFALL_LOG__LEVEL", "info"),
                "server.prt=1",
                "`server.port`?",
            ),
            (
                "[sever]\nport = 1",
                ("CRESTFALL_LOG__LEVEL", "info"),
                "log.level=info",
                "no setting `sever`",
            ),
        ] {
            let error = read(text, &[environment], &[flag]).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn errors_tell_the_line_but_no_value() {
        let error = read("[jwt]\nsecret = \"hush hush", &[], &[]).unwrap_err();
        assert!(
            error.contains("line 2") && !error.contains("hush"),
            "{error}"
        );
        let error = read("[server]\nport = \"many\"", &[], &[]).unwrap_err();
        assert!(error.contains("line 2"), "{error}");
        let error = read("", &[("CRESTFALL_SERVER__PORT", "hush")], &[]).unwrap_err();
        assert!(
            error.contains("CRESTFALL_SERVER__PORT") && !error.contains("hush"),
            "{error}"
        );
    }
}
