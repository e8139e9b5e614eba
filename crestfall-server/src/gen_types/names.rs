//! Names of a database as languages write them.

use std::collections::HashSet;

use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::UnicodeNormalization as _;

/// What identifiers of all languages have: Go has neither marks nor the Roman numerals of Unicode.
pub(super) fn is_letter(character: char) -> bool {
    is_xid_start(character) && character.is_alphabetic() && !character.is_numeric()
}

/// A digit of any script, and no fraction, power or circled number.
pub(super) fn is_digit(character: char) -> bool {
    character.is_numeric() && is_xid_continue(character) && !is_xid_start(character)
}

/// A vowel sign or an accent on its own, which belongs to the word that it stands in.
fn is_mark(character: char) -> bool {
    !character.is_ascii() && is_xid_continue(character) && !is_letter(character)
}

/// What is not to stand in a file of code as it is: it ends a line, or turns the direction in which the rest
/// of one is read.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A line of a comment.
pub(super) fn comment_line(line: &str) -> String {
    line.replace(is_unsafe, " ")
}

/// Words: `film_actors`, `filmActors` and `film actors` have two. What no identifier may have
/// divides words too.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before_is_lower = false;
    // `ﬁ` is `fi` and `²` is `2`.
    for character in name.nfkc() {
        if !is_letter(character) && !is_digit(character) {
            if is_mark(character) {
                continue;
            }
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            before_is_lower = false;
            continue;
        }
        if character.is_uppercase() && before_is_lower {
            words.push(std::mem::take(&mut word));
        }
        before_is_lower = character.is_lowercase() || character.is_numeric();
        // One capital letter may have a mark beside its small one.
        word.extend(
            character
                .to_lowercase()
                .filter(|one| is_letter(*one) || is_digit(*one)),
        );
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
    let words: String = words(name).into_iter().map(capital).collect();
    identifier(words.chars().filter(|one| !is_mark(*one)).collect())
}

/// An identifier begins with no digit, and is not empty.
fn identifier(text: String) -> String {
    match text.chars().next() {
        None => "_empty".to_owned(),
        Some(first) if is_digit(first) => format!("_{text}"),
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
        assert_eq!(snake("ﬁt m²"), "fit_m2");
        assert_eq!(snake("½ off Ⓐ 🎉 x"), "_1_2_off_a_x");
        assert_eq!(snake("Ⅷ"), "viii");
        assert_eq!(snake("🎉"), "_empty");
        assert_eq!(snake("हिन्दी"), "हनद");
        assert_eq!(snake("名前"), "名前");
        assert_eq!(snake("İ"), "i");
        let mut scope = Scope::with(&["table"]);
        assert_eq!(scope.take("table".into()), "table_2");
        assert_eq!(scope.take("a".into()), "a");
        assert_eq!(scope.take("a".into()), "a_2");
    }
}
