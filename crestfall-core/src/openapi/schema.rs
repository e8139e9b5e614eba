//! What a value looks like (JSON Schema 2020-12, as OpenAPI 3.1 uses it).

use serde_json::{Map, Value, json};

use super::object;

/// The form of a JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema(Value);

impl Schema {
    /// Anything at all.
    pub fn any() -> Self {
        Self(json!({}))
    }

    /// A text.
    pub fn string() -> Self {
        Self(json!({ "type": "string" }))
    }

    /// A text of a format, as JSON Schema or OpenAPI names it.
    pub fn format(format: &str) -> Self {
        Self(json!({ "type": "string", "format": format }))
    }

    /// An identifier in the usual form of 36 characters.
    pub fn uuid() -> Self {
        Self::format("uuid")
    }

    /// A moment (RFC 3339).
    pub fn date_time() -> Self {
        Self::format("date-time")
    }

    /// A whole number; `int32` or `int64`.
    pub fn integer(format: &str) -> Self {
        Self(json!({ "type": "integer", "format": format }))
    }

    /// A number.
    pub fn number() -> Self {
        Self(json!({ "type": "number" }))
    }

    /// A truth value.
    pub fn boolean() -> Self {
        Self(json!({ "type": "boolean" }))
    }

    /// An object; its members follow.
    pub fn object() -> Self {
        Self(json!({ "type": "object" }))
    }

    /// An object whose members have any name.
    pub fn map() -> Self {
        Self(json!({ "type": "object", "additionalProperties": true }))
    }

    /// A list.
    pub fn array(items: Self) -> Self {
        Self(json!({ "type": "array", "items": items.0 }))
    }

    /// One of these texts.
    pub fn one_of<T: AsRef<str>>(labels: impl IntoIterator<Item = T>) -> Self {
        let labels: Vec<Value> = labels
            .into_iter()
            .map(|label| label.as_ref().into())
            .collect();
        Self(json!({ "type": "string", "enum": labels }))
    }

    /// A value of any of these forms.
    pub fn any_of(forms: impl IntoIterator<Item = Self>) -> Self {
        let forms: Vec<Value> = forms.into_iter().map(|form| form.0).collect();
        Self(json!({ "anyOf": forms }))
    }

    /// The schema of that name in the same document.
    pub fn reference(name: &str) -> Self {
        Self(json!({ "$ref": format!("#/components/schemas/{name}") }))
    }

    /// A member that is always there.
    #[must_use]
    pub fn required(mut self, name: &str, schema: Self) -> Self {
        let object = object(&mut self.0);
        let required = object.entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut() {
            required.push(name.into());
        }
        self.optional(name, schema)
    }

    /// A member that may be left out.
    #[must_use]
    pub fn optional(mut self, name: &str, schema: Self) -> Self {
        let members = object(&mut self.0)
            .entry("properties")
            .or_insert_with(|| json!({}));
        object(members).insert(name.to_owned(), schema.0);
        self
    }

    /// Or null. What is a type of its own stays one: no `anyOf` around a plain value.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        let members = object(&mut self.0);
        if members.contains_key("$ref") || members.contains_key("anyOf") {
            let described = members.remove("description");
            let mut forms = match members.remove("anyOf") {
                Some(Value::Array(forms)) => forms,
                _ => vec![self.0],
            };
            forms.push(json!({ "type": "null" }));
            let either = Self(json!({ "anyOf": forms }));
            return match described.as_ref().and_then(Value::as_str) {
                Some(text) => either.describe(text),
                None => either,
            };
        }
        if let Some(kind) = members.get("type").and_then(Value::as_str) {
            let kinds = json!([kind, "null"]);
            members.insert("type".into(), kinds);
            if let Some(labels) = members.get_mut("enum").and_then(Value::as_array_mut) {
                labels.push(Value::Null);
            }
        }
        self
    }

    /// What it means, in CommonMark.
    #[must_use]
    pub fn describe(self, text: &str) -> Self {
        self.with("description", text)
    }

    /// Any other keyword of JSON Schema.
    #[must_use]
    pub fn with(mut self, keyword: &str, value: impl Into<Value>) -> Self {
        object(&mut self.0).insert(keyword.to_owned(), value.into());
        self
    }

    /// One value as an example.
    #[must_use]
    pub fn example(self, value: impl Into<Value>) -> Self {
        self.with("examples", Value::Array(vec![value.into()]))
    }

    /// Its keywords.
    pub fn keywords(&self) -> Option<&Map<String, Value>> {
        self.0.as_object()
    }

    /// The schema.
    pub fn into_value(self) -> Value {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D16
    #[test]
    fn a_plain_value_that_may_be_null_has_two_types() {
        let cases = [
            (Schema::string(), json!({ "type": ["string", "null"] })),
            (
                Schema::one_of(["a", "b"]),
                json!({ "type": ["string", "null"], "enum": ["a", "b", null] }),
            ),
            (Schema::any(), json!({})),
            (
                Schema::reference("Mood"),
                json!({ "anyOf": [{ "$ref": "#/components/schemas/Mood" }, { "type": "null" }] }),
            ),
        ];
        for (schema, expected) in cases {
            assert_eq!(schema.nullable().into_value(), expected);
        }
    }

    #[test]
    fn members_keep_their_order() {
        let schema = Schema::object()
            .required("z", Schema::string())
            .optional("a", Schema::number());
        let expected = r#"{"type":"object","required":["z"],"properties":{"z":{"type":"string"},"a":{"type":"number"}}}"#;
        assert_eq!(schema.into_value().to_string(), expected);
    }
}
