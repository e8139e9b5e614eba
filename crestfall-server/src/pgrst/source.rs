//! Where a PostgREST setting comes from: the database over the environment over the file.

use std::collections::BTreeMap;

use super::file::Value;

/// The prefix of every environment variable.
const PREFIX: &str = "PGRST_";

/// The three sources, the strongest first.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sources {
    /// In-database settings: name with underscores → value.
    pub(crate) database: Vec<(String, String)>,
    /// Environment variables that start with `PGRST_`, by full name.
    pub(crate) environment: BTreeMap<String, String>,
    /// The configuration file.
    pub(crate) file: BTreeMap<String, Value>,
}

/// The `PGRST_*` variables of this process; those that are no UTF-8 are left out.
pub(crate) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

impl Sources {
    /// The strongest value of a key.
    fn value(&self, key: &str) -> Option<Value> {
        let name = key.replace('-', "_");
        let from_database = self.database.iter().find(|(key, _)| *key == name);
        if let Some((_, value)) = from_database {
            return Some(Value::Text(value.clone()));
        }
        let variable = format!("{PREFIX}{}", name.to_uppercase());
        match self.environment.get(&variable) {
            Some(value) => Some(Value::Text(value.clone())),
            None => self.file.get(key).cloned(),
        }
    }

    /// A text that may be empty.
    pub(crate) fn text_or_empty(&self, key: &str) -> Option<String> {
        self.value(key).map(|value| as_text(&value))
    }

    /// A text; empty means not set.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.text_or_empty(key).filter(|text| !text.is_empty())
    }

    /// A whole number; what is none counts as not set.
    pub(crate) fn integer(&self, key: &str) -> Option<i64> {
        match self.value(key)? {
            Value::Text(text) => text.trim().parse().ok(),
            // The cast is exact: it has no fraction and stays within what f64 holds exactly.
            Value::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                Some(number as i64)
            }
            _ => None,
        }
    }

    /// A truth value: `true` in any case, or a number above zero; what is neither counts as not set.
    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        let text = match self.value(key)? {
            Value::Bool(value) => return Some(value),
            Value::Text(text) => text,
            Value::Number(_) | Value::List(_) => return None,
        };
        let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
        match letters.to_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => text.trim().parse::<i128>().ok().map(|number| number > 0),
        }
    }

    /// `app.settings.*` by full name: the file's, overridden by `PGRST_APP_SETTINGS_*`.
    pub(crate) fn app_settings(&self) -> Vec<(String, String)> {
        const KEY: &str = "app.settings.";
        let from_file = self
            .file
            .iter()
            .filter(|(key, _)| key.starts_with(KEY))
            .map(|(key, value)| (key.clone(), as_text(value)));
        let from_environment = self.environment.iter().filter_map(|(name, value)| {
            let name = name.strip_prefix("PGRST_APP_SETTINGS_")?;
            Some((format!("{KEY}{name}"), value.clone()))
        });
        let merged: BTreeMap<_, _> = from_file.chain(from_environment).collect();
        merged.into_iter().collect()
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => format!("Number {number:?}"),
        Value::Bool(true) => "Bool True".into(),
        Value::Bool(false) => "Bool False".into(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(as_text).collect();
            format!("List [{}]", items.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(file: &[(&str, Value)]) -> Sources {
        Sources {
            file: file
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
            ..Sources::default()
        }
    }

    #[test]
    fn the_database_wins_over_the_environment_over_the_file() {
        let mut sources = sources(&[("db-max-rows", Value::Number(1.0))]);
        assert_eq!(sources.integer("db-max-rows"), Some(1));
        sources
            .environment
            .insert("PGRST_DB_MAX_ROWS".into(), "2".into());
        assert_eq!(sources.integer("db-max-rows"), Some(2));
        sources.database.push(("db_max_rows".into(), "3".into()));
        assert_eq!(sources.integer("db-max-rows"), Some(3));
    }

    #[test]
    fn truth_is_read_from_words_and_numbers() {
        for (text, expected) in [
            ("TRUE", Some(true)),
            ("\"true\"", Some(true)),
            ("False", Some(false)),
            ("2", Some(true)),
            ("0", Some(false)),
            ("yes", None),
        ] {
            let sources = sources(&[("k", Value::Text(text.into()))]);
            assert_eq!(sources.boolean("k"), expected, "{text}");
        }
        assert_eq!(sources(&[("k", Value::Number(13.0))]).boolean("k"), None);
    }

    #[test]
    fn app_settings_of_the_environment_override_the_files() {
        let mut sources = sources(&[
            ("app.settings.a", Value::Text("file".into())),
            ("app.settings.b", Value::Bool(false)),
        ]);
        sources
            .environment
            .insert("PGRST_APP_SETTINGS_a".into(), "env".into());
        assert_eq!(
            sources.app_settings(),
            [
                ("app.settings.a".to_owned(), "env".to_owned()),
                ("app.settings.b".to_owned(), "Bool False".to_owned()),
            ]
        );
    }
}
