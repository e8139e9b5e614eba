//! `crestfall graphql`: the GraphQL API without the rest.

use std::process::ExitCode;

use super::{fail, start};
use crate::settings::{Flags, Sources};
use crate::setup::{Setup, Source};

/// Variables that stand for settings here, shorter than those that name section and setting.
const VARIABLES: [(&str, &str); 5] = [
    ("CRESTFALL_DATABASE_URL", "database.url"),
    ("CRESTFALL_GRAPHQL_SCHEMAS", "rest.schemas"),
    ("CRESTFALL_GRAPHQL_ANON_ROLE", "jwt.anonymous_role"),
    ("CRESTFALL_GRAPHQL_EXTENDED", "graphql.extended"),
    ("CRESTFALL_JWT_SECRET", "jwt.secret"),
];

/// Host and port in one.
const LISTEN: &str = "CRESTFALL_LISTEN";

/// Runs the command.
pub(super) fn main(flags: Flags) -> ExitCode {
    let flags = flags.defaulting([
        "server.port=5434".to_owned(),
        // Any free one: several may run on one machine.
        "admin.port=0".to_owned(),
        // The schema is the one that pg_graphql makes, unless more is asked for.
        "graphql.subscriptions.enabled=false".to_owned(),
        "graphql.extended=false".to_owned(),
    ]);
    let flags = flags.assuming(vec!["graphql.enabled=true".to_owned()]);
    let translated = translated(|name| std::env::var(name).ok());
    let source = Source::GraphQl(Sources::new(flags).translating(translated));
    match source.read(Vec::new(), None) {
        Ok(setup) => start(source, setup),
        Err(error) => fail(&error),
    }
}

/// What the variables say: the variable, the setting, its value.
fn translated(variable: impl Fn(&str) -> Option<String>) -> Vec<(String, String, String)> {
    let named = |(name, key): (&str, &str)| {
        let value = variable(name)?;
        Some((name.to_owned(), key.to_owned(), value))
    };
    let mut translated: Vec<_> = VARIABLES.into_iter().filter_map(named).collect();
    let listen = variable(LISTEN);
    if let Some((host, port)) = listen.as_deref().and_then(|value| value.rsplit_once(':')) {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        for (key, value) in [("server.host", host), ("server.port", port)] {
            translated.push((LISTEN.to_owned(), key.to_owned(), value.to_owned()));
        }
    }
    translated
}

/// Leaves nothing but the GraphQL API.
pub(crate) fn alone(setup: Setup) -> Setup {
    Setup {
        rest_paths: Vec::new(),
        graphql_paths: [vec![""], setup.graphql_paths].concat(),
        auth: None,
        ..setup
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_variables_are_settings() {
        let found = translated(|name| match name {
            "CRESTFALL_GRAPHQL_SCHEMAS" => Some("a,b".to_owned()),
            "CRESTFALL_LISTEN" => Some("[::1]:5000".to_owned()),
            _ => None,
        });
        let keys: Vec<(&str, &str)> = found
            .iter()
            .map(|(_, key, value)| (&**key, &**value))
            .collect();
        let expected = [
            ("rest.schemas", "a,b"),
            ("server.host", "::1"),
            ("server.port", "5000"),
        ];
        assert_eq!(keys, expected);
    }
}
