//! PostgreSQL's types and default expressions in Swagger's terms.

use serde_json::Value;

use super::swagger::{Schema, Type};

/// The type of a value in a JSON body; none for `json` and `jsonb`, which hold anything.
pub(super) fn swagger_type(data_type: &str) -> Option<Type> {
    match data_type {
        "boolean" => Some(Type::Boolean),
        "smallint" | "integer" | "bigint" => Some(Type::Integer),
        "numeric" | "real" | "double precision" => Some(Type::Number),
        "json" | "jsonb" => None,
        array if array.ends_with("[]") => Some(Type::Array),
        _ => Some(Type::String),
    }
}

/// The format: the width of integers, PostgreSQL's own name for everything else.
pub(super) fn format(data_type: &str) -> &str {
    match data_type {
        "smallint" | "integer" => "int32",
        "bigint" => "int64",
        other => other,
    }
}

/// The type of an array's elements: its name without the brackets. PostgREST cuts two characters
/// from whatever is `VARIADIC`, array or not, and so does this.
pub(super) fn element(array: &str) -> &str {
    array
        .char_indices()
        .nth_back(1)
        .map_or("", |(cut, _)| &array[..cut])
}

/// What an array's elements look like; none for other types.
pub(super) fn items(data_type: &str) -> Option<Box<Schema<'static>>> {
    matches!(swagger_type(data_type), Some(Type::Array)).then(|| {
        Box::new(Schema {
            r#type: swagger_type(element(data_type)),
            ..Schema::default()
        })
    })
}

/// A column's default as JSON, when the expression is a constant that reads as JSON. Text loses
/// its quotes and cast; an expression of a textual type is shown as it stands.
pub(super) fn default_value(data_type: &str, expression: &str) -> Option<Value> {
    if !matches!(swagger_type(data_type), Some(Type::String)) {
        return serde_json::from_str(expression).ok();
    }
    let uncast = expression
        .strip_suffix(data_type)
        .and_then(|constant| constant.strip_suffix("::"));
    let text = uncast.map_or(expression, |constant| constant.trim_matches('\''));
    serde_json::from_str(&format!("\"{text}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_map_to_swaggers() {
        let cases = [
            ("character varying", Some(Type::String), "character varying"),
            ("uuid", Some(Type::String), "uuid"),
            ("boolean", Some(Type::Boolean), "boolean"),
            ("smallint", Some(Type::Integer), "int32"),
            ("integer", Some(Type::Integer), "int32"),
            ("bigint", Some(Type::Integer), "int64"),
            ("numeric", Some(Type::Number), "numeric"),
            ("double precision", Some(Type::Number), "double precision"),
            ("jsonb", None, "jsonb"),
            ("integer[]", Some(Type::Array), "integer[]"),
        ];
        for (data_type, expected_type, expected_format) in cases {
            assert_eq!(swagger_type(data_type), expected_type, "{data_type}");
            assert_eq!(format(data_type), expected_format);
        }
    }

    #[test]
    fn elements_lose_two_characters_of_any_width() {
        assert_eq!(element("text[]"), "text");
        assert_eq!(element("\"any\""), "\"an");
        assert_eq!(element("aéé"), "a");
        assert_eq!(element("é"), "");
    }

    #[test]
    fn arrays_of_json_have_items_of_any_type() {
        let items = items("json[]").map(|items| serde_json::to_value(items).unwrap());
        assert_eq!(items, Some(json!({})));
    }

    #[test]
    fn constants_become_json_and_other_expressions_only_as_text() {
        let cases = [
            ("text", "'default'::text", Some(json!("default"))),
            ("boolean", "false", Some(json!(false))),
            ("integer", "42", Some(json!(42))),
            ("numeric", "42.2", Some(json!(42.2))),
            ("date", "'1900-01-01'::date", Some(json!("1900-01-01"))),
            ("public.mood", "'ok'::public.mood", Some(json!("ok"))),
            ("timestamp with time zone", "now()", Some(json!("now()"))),
            ("integer", "nextval('films_id_seq'::regclass)", None),
            ("jsonb", "'{}'::jsonb", None),
            ("text[]", "'{}'::text[]", None),
            ("text", "'say \"hi\"'::text", None),
        ];
        for (data_type, expression, expected) in cases {
            assert_eq!(
                default_value(data_type, expression),
                expected,
                "{expression}"
            );
        }
    }
}
