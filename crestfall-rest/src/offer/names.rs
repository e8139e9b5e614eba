//! Names that generators can make types and functions of: ASCII letters and digits, each once.

use std::collections::HashSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a path segment leaves as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The names of one kind in a document.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// As generators compare them: letters and digits, in lower case.
    taken: HashSet<String>,
}

impl Names {
    /// `film_directors` as `FilmDirectors`; with a number behind it where that is taken.
    pub(super) fn pascal(&mut self, name: &str) -> String {
        self.unique(pascal(name))
    }

    /// A name as it is, with a number behind it where it is taken.
    pub(super) fn unique(&mut self, name: String) -> String {
        if self.taken.insert(folded(&name)) {
            return name;
        }
        let mut number = 2_u32;
        loop {
            let numbered = format!("{name}{number}");
            if self.taken.insert(folded(&numbered)) {
                return numbered;
            }
            number += 1;
        }
    }
}

fn folded(name: &str) -> String {
    let kept = name.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|character| character.to_ascii_lowercase())
        .collect()
}

/// The words of a name, each with a capital letter.
pub(super) fn pascal(name: &str) -> String {
    let mut pascal = String::new();
    for word in words(name) {
        let (first, rest) = word.split_at(1);
        pascal.push_str(&first.to_ascii_uppercase());
        pascal.push_str(rest);
    }
    after_a_letter(pascal, "T")
}

/// The words of a name with underscores between them.
pub(super) fn snake(name: &str) -> String {
    let words: Vec<_> = words(name).collect();
    after_a_letter(words.join("_"), "t")
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// No identifier begins with a digit.
fn after_a_letter(name: String, letter: &str) -> String {
    match name.starts_with(|character: char| character.is_ascii_alphabetic()) {
        true => name,
        false => format!("{letter}{name}"),
    }
}

/// A name as one segment of a path.
pub(super) fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_one_for_programs() {
        let cases = [
            ("film_directors", "FilmDirectors", "film_directors"),
            ("Film Directors!", "FilmDirectors", "Film_Directors"),
            ("2024", "T2024", "t2024"),
            ("日本", "T", "t"),
            ("camelCase", "CamelCase", "camelCase"),
        ];
        for (name, expected, path) in cases {
            assert_eq!((&*pascal(name), &*snake(name)), (expected, path), "{name}");
        }
        assert_eq!(segment("a b/{c}"), "a%20b%2F%7Bc%7D");
    }

    #[test]
    fn names_that_generators_would_mix_up_are_numbered() {
        let mut names = Names::default();
        let made = ["films", "Films", "fil_ms"].map(|name| names.pascal(name));
        assert_eq!(made, ["Films", "Films2", "FilMs3"]);
    }
}
