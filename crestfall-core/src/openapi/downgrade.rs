//! OpenAPI 3.1 to 3.0: what the older version cannot say is said in its words, or not at all.

use serde_json::{Map, Value, json};

/// The document for tools that know OpenAPI 3.0.3 alone.
pub(super) fn downgrade(mut document: Value) -> Value {
    document["openapi"] = "3.0.3".into();
    if let Some(root) = document.as_object_mut() {
        root.shift_remove("jsonSchemaDialect");
        root.shift_remove("webhooks");
    }
    if let Some(info) = document["info"].as_object_mut() {
        info.shift_remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            license.shift_remove("identifier");
        }
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas") {
        each(schemas, schema);
    }
    for part in ["parameters", "responses", "requestBodies", "headers"] {
        if let Some(components) = document.pointer_mut(&format!("/components/{part}")) {
            each(components, holder);
        }
    }
    if let Some(paths) = document.get_mut("paths") {
        each(paths, |item| each(item, operation));
    }
    document
}

fn each(value: &mut Value, mut change: impl FnMut(&mut Value)) {
    match value {
        Value::Object(members) => members.values_mut().for_each(&mut change),
        Value::Array(elements) => elements.iter_mut().for_each(&mut change),
        _ => {}
    }
}

fn operation(operation: &mut Value) {
    if !operation.is_object() {
        return;
    }
    each(&mut operation["parameters"], holder);
    each(&mut operation["responses"], holder);
    if operation["parameters"].is_null()
        && let Some(members) = operation.as_object_mut()
    {
        members.shift_remove("parameters");
    }
    if let Some(body) = operation.get_mut("requestBody") {
        holder(body);
    }
}

/// Whatever has a schema, content or headers: a parameter, a header, a body, an answer.
fn holder(value: &mut Value) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    if let Some(held) = members.get_mut("schema") {
        schema(held);
    }
    for part in ["content", "headers"] {
        if let Some(parts) = members.get_mut(part) {
            each(parts, holder);
        }
    }
}

fn schema(value: &mut Value) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    for keyword in ["properties", "oneOf", "anyOf", "allOf"] {
        if let Some(schemas) = members.get_mut(keyword) {
            each(schemas, schema);
        }
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(inner) = members.get_mut(keyword) {
            schema(inner);
        }
    }
    types(members);
    alternatives(members);
    words(members);
    if members.len() > 1
        && let Some(reference) = members.shift_remove("$ref")
    {
        // Beside a reference, nothing counts.
        members.insert("allOf".into(), json!([{ "$ref": reference }]));
    }
}

/// `["string", "null"]` is a nullable string; of several types, none is said.
fn types(members: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = members.get("type") else {
        return;
    };
    let named: Vec<Value> = types
        .iter()
        .filter(|name| *name != "null")
        .cloned()
        .collect();
    let nullable = named.len() < types.len();
    match <[Value; 1]>::try_from(named) {
        Ok([one]) => members.insert("type".into(), one),
        Err(_) => members.shift_remove("type"),
    };
    if nullable {
        members.insert("nullable".into(), true.into());
    }
}

/// The alternative `null` becomes a word beside the others; one alone needs no choice.
fn alternatives(members: &mut Map<String, Value>) {
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(forms)) = members.get_mut(keyword) else {
            continue;
        };
        let before = forms.len();
        forms.retain(|form| form["type"] != "null");
        let nullable = forms.len() < before;
        let single = (forms.len() == 1).then(|| forms.remove(0));
        if let Some(single) = single {
            members.shift_remove(keyword);
            members.insert("allOf".into(), json!([single]));
        }
        if nullable {
            members.insert("nullable".into(), true.into());
        }
    }
}

fn words(members: &mut Map<String, Value>) {
    if let Some(constant) = members.shift_remove("const") {
        members.insert("enum".into(), json!([constant]));
    }
    if let Some(Value::Array(mut examples)) = members.shift_remove("examples")
        && !examples.is_empty()
    {
        members.insert("example".into(), examples.remove(0));
    }
    for (exclusive, inclusive) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if let Some(limit) = members
            .get(exclusive)
            .filter(|limit| limit.is_number())
            .cloned()
        {
            members.insert(inclusive.into(), limit);
            members.insert(exclusive.into(), true.into());
        }
    }
    for unknown in [
        "$schema",
        "$comment",
        "contentEncoding",
        "contentMediaType",
        "patternProperties",
        "prefixItems",
        "propertyNames",
        "unevaluatedProperties",
    ] {
        members.shift_remove(unknown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn downgraded(mut value: Value) -> Value {
        schema(&mut value);
        value
    }

    /// D16
    #[test]
    fn schemas_are_said_in_the_older_words() {
        let cases = [
            (
                json!({ "type": ["string", "null"], "enum": ["a", null] }),
                json!({ "type": "string", "enum": ["a", null], "nullable": true }),
            ),
            (
                json!({ "anyOf": [{ "$ref": "#/x" }, { "type": "null" }], "description": "d" }),
                json!({ "description": "d", "allOf": [{ "$ref": "#/x" }], "nullable": true }),
            ),
            (
                json!({ "anyOf": [{ "type": "string" }, { "type": "number" }, { "type": "null" }] }),
                json!({ "anyOf": [{ "type": "string" }, { "type": "number" }], "nullable": true }),
            ),
            (json!({ "const": 1 }), json!({ "enum": [1] })),
            (json!({ "examples": [1, 2] }), json!({ "example": 1 })),
            (
                json!({ "exclusiveMinimum": 0 }),
                json!({ "minimum": 0, "exclusiveMinimum": true }),
            ),
            (
                json!({ "$ref": "#/x", "description": "d" }),
                json!({ "description": "d", "allOf": [{ "$ref": "#/x" }] }),
            ),
            (json!({ "$ref": "#/x" }), json!({ "$ref": "#/x" })),
            (
                json!({ "type": "object", "properties": { "type": { "type": ["integer", "null"] } } }),
                json!({ "type": "object", "properties": { "type": { "type": "integer", "nullable": true } } }),
            ),
        ];
        for (newer, older) in cases {
            assert_eq!(downgraded(newer.clone()), older, "{newer}");
        }
    }

    #[test]
    fn every_place_of_a_schema_is_found_and_no_other() {
        let nullable = json!({ "type": ["string", "null"] });
        let example = json!({ "type": ["string", "null"] });
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": "t", "version": "1", "license": { "name": "MIT", "identifier": "MIT" } },
            "paths": { "/a": { "get": {
                "parameters": [{ "name": "p", "in": "query", "schema": nullable }],
                "requestBody": { "content": { "application/json": { "schema": nullable, "example": example } } },
                "responses": { "200": {
                    "description": "d",
                    "headers": { "X": { "schema": nullable } },
                    "content": { "application/json": { "schema": nullable } },
                } },
            } } },
            "components": { "responses": { "E": { "content": { "application/json": { "schema": nullable } } } } },
        });
        let older = downgrade(document);
        let text = older.to_string();
        assert_eq!(older["openapi"], "3.0.3");
        assert_eq!(text.matches(r#""nullable":true"#).count(), 5);
        assert_eq!(
            text.matches(r#"["string","null"]"#).count(),
            1,
            "the example stays"
        );
        assert!(!text.contains("identifier"));
    }
}
