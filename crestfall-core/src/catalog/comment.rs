//! What comments of the database say to people, besides what they say to the server.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

const GRAPHQL: &str = "@graphql(";

/// A comment as documentation: without a line `@public` and without `@graphql({...})`. None where nothing
/// is left.
///
/// ```
/// use crestfall_core::catalog::comment::for_people;
///
/// let comment = "Films @graphql({\"name\": \"Movie\"})\n@public";
/// assert_eq!(for_people(comment).as_deref(), Some("Films"));
/// assert_eq!(for_people("@public"), None);
/// ```
pub fn for_people(comment: &str) -> Option<String> {
    without_marker(&without_directives(comment))
}

/// Reads a row's comment as documentation.
///
/// # Errors
/// The value is neither text nor null.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let comment = Option::<String>::deserialize(deserializer)?;
    Ok(comment.as_deref().and_then(for_people))
}

/// A comment without the line `@public`, which says that a relation or function is everybody's.
pub(super) fn without_marker(comment: &str) -> Option<String> {
    let is_marker = |line: &str| line.trim() == "@public";
    let text = match comment.lines().any(is_marker) {
        true => {
            let lines: Vec<_> = comment.lines().filter(|line| !is_marker(line)).collect();
            lines.join("\n").trim_end().to_owned()
        }
        false => comment.to_owned(),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// A comment without what it says to the GraphQL API; what is no directive stays.
fn without_directives(comment: &str) -> String {
    let Some((before, rest)) = comment.split_once(GRAPHQL) else {
        return comment.to_owned();
    };
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
    let is_json = matches!(values.next(), Some(Ok(_)));
    let after = rest[values.byte_offset()..].trim_start();
    match after.strip_prefix(')') {
        Some(after) if is_json => joined(before, &without_directives(after)),
        _ => format!("{before}{GRAPHQL}{}", without_directives(rest)),
    }
}

/// What stood around a directive: on a line of its own, that line goes; else one blank stays.
fn joined(before: &str, after: &str) -> String {
    let before = before.trim_end_matches([' ', '\t']);
    let after = after.trim_start_matches([' ', '\t']);
    let begins_line = before.is_empty() || before.ends_with('\n');
    let ends_line = after.is_empty() || after.starts_with('\n');
    match (begins_line, ends_line) {
        (true, true) => format!("{before}{}", after.trim_start_matches('\n'))
            .trim_end()
            .to_owned(),
        (false, false) => format!("{before} {after}"),
        _ => format!("{before}{after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(comment: &str) -> Option<String> {
        for_people(comment)
    }

    #[test]
    fn what_marks_a_relation_as_public_is_no_part_of_its_description() {
        let told = |comment: &str| without_marker(comment);
        assert_eq!(told("Films\n @public "), Some("Films".to_owned()));
        assert_eq!(
            told("Films\n@public\n\nOld ones"),
            Some("Films\n\nOld ones".to_owned())
        );
        assert_eq!(told("@public"), None);
        assert_eq!(told("Not @public\n"), Some("Not @public\n".to_owned()));
    }

    #[test]
    fn what_is_said_to_the_graphql_api_is_no_part_of_a_description() {
        let cases = [
            (r#"@graphql({"name": "Movie"})"#, ""),
            (r#"Films @graphql({"name": "Movie"})"#, "Films"),
            ("Films\n@graphql({\"a\": [1, {}]})\nAll", "Films\nAll"),
            (r#"A @graphql({"name": "Client (old)"} ) b"#, "A b"),
            ("@graphql({\"max_rows\": 5})\n@public\nFilms", "Films"),
            (r#"@graphql({}) and @graphql({})"#, "and"),
            (r#"@graphql({"totalCount": {"enabled": true}})."#, "."),
            ("Ends with @graphql(", "Ends with @graphql("),
            ("Broken @graphql({name)", "Broken @graphql({name)"),
            (r#"@graphql({"unclosed": 1}"#, r#"@graphql({"unclosed": 1}"#),
            ("", ""),
            ("Plain\n\ntext  ", "Plain\n\ntext  "),
        ];
        for (comment, expected) in cases {
            let expected = Some(expected.to_owned()).filter(|text| !text.is_empty());
            assert_eq!(told(comment), expected, "{comment:?}");
        }
    }
}
