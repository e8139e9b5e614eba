//! A JSON object whose members are single values: they can be parameters of their own, and
//! PostgreSQL need not take the object apart.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::request::Text;

/// The text of each named member, NULL for `null` and for what is absent. None when some member is
/// more than a single value and its type is not JSON, or is no text PostgreSQL could hold: then
/// PostgreSQL has to read the object itself, and to say what is wrong with it.
pub(crate) fn members<'n>(
    json: &[u8],
    names: impl Iterator<Item = (&'n str, &'n str)>,
) -> Option<Vec<Option<Text>>> {
    let object: HashMap<String, &RawValue> = serde_json::from_slice(json).ok()?;
    let member = |(name, data_type): (&str, &str)| match object.get(name) {
        Some(value) => text(value.get(), data_type),
        None => Some(None),
    };
    names.map(member).collect()
}

/// The text form of a value for its type; the outer none when it has none.
fn text(json: &str, data_type: &str) -> Option<Option<Text>> {
    let is_json = matches!(data_type, "json" | "jsonb");
    match json.as_bytes().first()? {
        b'n' => Some(None),
        b'{' | b'[' | b'"' if is_json => (!json.contains("\\u0000")).then(|| Some(json.into())),
        b'{' | b'[' => None,
        b'"' => {
            let text: String = serde_json::from_str(json).ok()?;
            (!text.contains('\0')).then(|| Some(text.into()))
        }
        _ => Some(Some(json.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str, names: &[(&str, &str)]) -> Option<Vec<Option<String>>> {
        let found = members(json.as_bytes(), names.iter().copied())?;
        Some(
            found
                .into_iter()
                .map(|text| text.map(|text| text.to_string()))
                .collect(),
        )
    }

    #[test]
    fn single_values_are_texts() {
        let json = r#"{"a": 1.50, "b": "x\"y", "c": true, "d": null, "é": -1e5}"#;
        let names = [
            ("a", "numeric"),
            ("b", "text"),
            ("c", "boolean"),
            ("d", "text"),
            ("é", "real"),
            ("f", "text"),
        ];
        let expected = ["1.50", "x\"y", "true", "", "-1e5", ""]
            .map(|text| (!text.is_empty()).then(|| text.to_owned()));
        assert_eq!(texts(json, &names).unwrap(), expected);
    }

    #[test]
    fn json_stays_json_and_other_structures_are_left_to_postgresql() {
        assert_eq!(
            texts(r#"{"a": {"b": [1]}}"#, &[("a", "jsonb")]).unwrap(),
            [Some(r#"{"b": [1]}"#.to_owned())]
        );
        assert_eq!(
            texts(r#"{"a": "s"}"#, &[("a", "json")]).unwrap(),
            [Some(r#""s""#.to_owned())]
        );
        assert_eq!(texts(r#"{"a": [1]}"#, &[("a", "integer[]")]), None);
        assert_eq!(texts(r#"{"a": "x\u0000y"}"#, &[("a", "text")]), None);
        assert_eq!(texts(r#"{"a": "\ud800"}"#, &[("a", "text")]), None);
        assert_eq!(texts(r#"[{"a": 1}]"#, &[("a", "integer")]), None);
    }

    #[test]
    fn of_equal_names_the_last_counts() {
        assert_eq!(
            texts(r#"{"a": 1, "a": 2}"#, &[("a", "integer")]).unwrap(),
            [Some("2".to_owned())]
        );
    }
}
