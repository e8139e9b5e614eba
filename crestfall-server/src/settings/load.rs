//! Settings from a file, the environment and flags, each stronger than the one before.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value as Schema;
use toml::{Table, Value};

use super::Error;
use super::schema::{at, below, is_secret, is_section, schema};
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

/// How programs on this machine name it.
const THIS_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

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
    /// Settings that hold where no source says anything.
    #[arg(skip)]
    defaults: Vec<String>,
    /// `server.allowed_hosts` never leaves out this machine itself.
    #[arg(skip)]
    answers_to_this_machine: bool,
}

impl Flags {
    /// Puts settings before those that were given, which win.
    #[must_use]
    pub(crate) fn assuming(mut self, settings: Vec<String>) -> Self {
        self.set.splice(..0, settings);
        self
    }

    /// Puts settings below every source.
    #[must_use]
    pub(crate) fn defaulting(mut self, settings: impl IntoIterator<Item = String>) -> Self {
        self.defaults.extend(settings);
        self
    }

    /// Adds this machine's names to `server.allowed_hosts`, where that names any.
    #[must_use]
    pub(crate) fn answering_to_this_machine(mut self) -> Self {
        self.answers_to_this_machine = true;
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
    /// Variables of another program: their name, our setting, its value.
    translated: Vec<(String, String, String)>,
    /// Our own variables from elsewhere than this process's environment.
    variables: BTreeMap<String, String>,
}

impl Sources {
    /// The flags' file, this process's environment, the flags.
    pub(crate) fn new(flags: Flags) -> Self {
        Self {
            flags,
            translated: Vec::new(),
            variables: BTreeMap::new(),
        }
    }

    /// And these variables, stronger than the process's environment.
    #[must_use]
    pub(crate) fn over_environment(mut self, variables: BTreeMap<String, String>) -> Self {
        self.variables = variables;
        self
    }

    /// And variables of another program, stronger than the file and weaker than our own.
    #[must_use]
    pub(crate) fn translating(mut self, translated: Vec<(String, String, String)>) -> Self {
        self.translated = translated;
        self
    }

    fn environment(&self) -> BTreeMap<String, String> {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .chain(self.variables.clone())
            .filter(|(name, _)| name.starts_with(PREFIX) && !OTHER_VARIABLES.contains(&&**name))
            .filter(|(name, _)| !self.translated.iter().any(|(other, ..)| other == name))
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
    let mut merged = Merged::new(&sources.flags.defaults)?;
    merged.file(&origin, &text)?;
    for (name, key, value) in &sources.translated {
        merged.set(name, key, value)?;
    }
    merged.environment(&sources.environment())?;
    merged.flags(&sources.assignments())?;
    let mut settings = merged.settings()?;
    let hosts = &mut settings.server.allowed_hosts;
    if sources.flags.answers_to_this_machine && !hosts.is_empty() {
        hosts.extend(THIS_MACHINE.map(str::to_owned));
    }
    Ok(settings)
}

/// What the sources said so far.
struct Merged {
    schema: Schema,
    table: Table,
}

impl Merged {
    /// What holds where no other source says anything.
    fn new(defaults: &[String]) -> Result<Self, Error> {
        let mut merged = Self {
            schema: schema(),
            table: Table::new(),
        };
        merged.flags(defaults)?;
        Ok(merged)
    }

    fn file(&mut self, origin: &str, text: &str) -> Result<(), Error> {
        let failed = |error: &toml::de::Error| Error::Parse {
            origin: origin.into(),
            message: located(error, text),
        };
        let table: Table = text.parse().map_err(|error| failed(&error))?;
        check_keys(origin, &table, &self.schema, "")?;
        // The file alone first: what is wrong in it is then told with its line.
        let mut alone = table.clone();
        take_files(&mut alone, &self.schema);
        if let Err(error) = Settings::from_table(alone.clone()) {
            return Err(match culprit(&alone, "") {
                // Lines are not kept for what is flattened.
                Some(key) if key.starts_with("auth.") => wrong(origin, &error, &alone),
                _ => failed(&toml::from_str::<Settings>(text).err().unwrap_or(error)),
            });
        }
        put_over(&mut self.table, table);
        Ok(())
    }

    fn environment(&mut self, variables: &BTreeMap<String, String>) -> Result<(), Error> {
        for (name, value) in variables {
            let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
            self.set(name, &key, value)?;
        }
        Ok(())
    }

    fn flags(&mut self, assignments: &[String]) -> Result<(), Error> {
        for assignment in assignments {
            let (key, value) = assignment.split_once('=').ok_or_else(|| Error::Parse {
                origin: "--set".into(),
                message: format!("`{assignment}` is not KEY=VALUE"),
            })?;
            self.set("--set", key.trim(), value)?;
        }
        Ok(())
    }

    /// Sets `section.key` from text, read as the setting's kind asks.
    fn set(&mut self, origin: &str, key: &str, text: &str) -> Result<(), Error> {
        let kind = at(&self.schema, key).filter(|kind| !is_section(kind));
        let (Some(kind), Some((section, name))) = (kind, key.rsplit_once('.')) else {
            return Err(unknown(origin, key));
        };
        let value = typed(text, kind).ok_or_else(|| Error::Parse {
            origin: origin.into(),
            message: format!("the value of `{key}` is of the wrong kind"),
        })?;
        let mut table = &mut self.table;
        for part in section.split('.') {
            let inner = table
                .entry(part)
                .or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else {
                return Err(unknown(origin, key));
            };
            table = inner;
        }
        forget_rival(table, name);
        match value {
            Some(value) => table.insert(name.into(), value),
            None => table.remove(name),
        };
        Ok(())
    }

    fn settings(mut self) -> Result<Settings, Error> {
        for (path, file) in take_files(&mut self.table, &self.schema) {
            let secret = super::check::read(&file)?;
            self.set(&file.display().to_string(), &path, &secret)?;
        }
        Settings::from_table(self.table.clone())
            .map_err(|error| wrong("settings", &error, &self.table))
    }
}

impl Settings {
    fn from_table(table: Table) -> Result<Self, toml::de::Error> {
        Value::Table(table).try_into()
    }
}

/// A value that cannot be, with the key it stands at.
fn wrong(origin: &str, error: &toml::de::Error, table: &Table) -> Error {
    let key = culprit(table, "");
    let key = key.map_or_else(String::new, |key| format!("{key}: "));
    Error::Parse {
        origin: origin.into(),
        message: format!("{key}{}", error.message()),
    }
}

/// The first key that is refused when it stands alone.
fn culprit(table: &Table, path: &str) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        if let Value::Table(inner) = value
            && let Some(found) = culprit(inner, &path)
        {
            return Some(found);
        }
        let alone = path.rsplit('.').fold(value.clone(), |value, key| {
            Value::Table(Table::from_iter([(key.to_owned(), value)]))
        });
        let read: Result<Settings, toml::de::Error> = alone.try_into();
        read.is_err().then_some(path)
    })
}

/// Takes out the settings that name a secret's file: what is to be set, from which file.
fn take_files(table: &mut Table, schema: &Schema) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        if is_secret(schema)
            && let Some(Value::String(file)) = table.remove(&format!("{key}_file"))
            && !file.is_empty()
        {
            files.push((key.clone(), file.into()));
        }
    }
    for (key, value) in table.iter_mut() {
        if let (Value::Table(inner), Some(schema)) = (value, below(schema, key)) {
            let found = take_files(inner, schema).into_iter();
            files.extend(found.map(|(path, file)| (format!("{key}.{path}"), file)));
        }
    }
    files
}

/// Puts one table's values over another's.
fn put_over(table: &mut Table, stronger: Table) {
    for (key, value) in stronger {
        forget_rival(table, &key);
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => put_over(below, above),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// A secret that was given takes the place of the file named by a weaker source, and the other way
/// round.
fn forget_rival(table: &mut Table, key: &str) {
    match key.strip_suffix("_file") {
        Some(secret) => table.remove(secret),
        None => table.remove(&format!("{key}_file")),
    };
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
        let Some(known) = below(schema, key) else {
            return Err(unknown(origin, &path));
        };
        if let (Value::Table(inner), true) = (value, is_table(known)) {
            check_keys(origin, inner, known, &format!("{path}."))?;
        }
    }
    Ok(())
}

fn is_table(schema: &Schema) -> bool {
    is_section(schema) || schema["additionalProperties"].is_object()
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
    } else if is("number") && !is("string") {
        Value::Float(text.parse().ok()?)
    } else if is("object") || (is("array") && text.trim_start().starts_with('[')) {
        serde_json::from_str(text).ok()?
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
mod tests;
