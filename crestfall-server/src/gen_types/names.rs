//! Names of a database as languages write them.

use std::collections::HashSet;

/// Words: `film_actors`, `filmActors` and `film actors` have two. What no identifier may have
/// divides words too.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before_is_lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            before_is_lower = false;
            continue;
        }
        if character.is_uppercase() && before_is_lower {
            words.push(std::mem::take(&mut word));
        }
        before_is_lower = character.is_lowercase() || character.is_numeric();
        word.extend(character.to_lowercase());
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// `film_actors`
pub(super) fn snake(name: &str) -> String {
    identifier(words(name).join("_"))
}

/// `FilmActors`
pub(super) fn pascal(name: &str) -> String {
    let capital = |word: String| {
        let mut characters = word.chars();
        let first = characters
            .next()
            .map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + characters.as_str()
    };
    identifier(words(name).into_iter().map(capital).collect())
}

/// An identifier begins with no digit, and is not empty.
fn identifier(text: String) -> String {
    match text.chars().next() {
        None => "_empty".to_owned(),
        Some(first) if first.is_numeric() => format!("_{text}"),
        Some(_) => text,
    }
}

/// Names of one scope, each given once.
#[derive(Debug, Default)]
pub(super) struct Scope(HashSet<String>);

impl Scope {
    pub(super) fn with(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The name, or with a number behind when it is taken.
    pub(super) fn take(&mut self, name: String) -> String {
        let mut given = name.clone();
        let mut number = 2;
        while !self.0.insert(given.clone()) {
            given = format!("{name}_{number}");
            number += 1;
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_spelling_become_identifiers() {
        assert_eq!(snake("filmActors"), "film_actors");
        assert_eq!(snake("column whitespace"), "column_whitespace");
        assert_eq!(snake("2nd-try"), "_2nd_try");
        assert_eq!(snake("!"), "_empty");
        assert_eq!(pascal("film_actors"), "FilmActors");
        assert_eq!(pascal("HTTPStatus"), "Httpstatus");
        assert_eq!(pascal("größe"), "Größe");
        let mut scope = Scope::with(&["table"]);
        assert_eq!(scope.take("table".into()), "table_2");
        assert_eq!(scope.take("a".into()), "a");
        assert_eq!(scope.take("a".into()), "a_2");
    }
}
