//! The JSON Schema of the settings, made simple enough to walk: no references, nothing but tables
//! and values, and beside every secret a setting for the file that holds it.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::sections::Settings;

/// The schema.
pub(crate) fn schema() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Settings>()
        .to_value();
    simplify(&mut schema);
    schema
}

/// Whether it describes a table whose keys are known.
pub(super) fn is_section(schema: &Value) -> bool {
    schema.get("properties").is_some()
}

/// Whether its value must not be shown.
pub(super) fn is_secret(schema: &Value) -> bool {
    schema["writeOnly"] == true
}

/// The schema of what stands at a path such as `auth.tokens.secret`.
pub(crate) fn at<'a>(schema: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(schema, below)
}

/// The schema of one key of a table.
pub(super) fn below<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    let known = schema["properties"].get(key);
    known.or_else(|| {
        let any = schema.get("additionalProperties");
        any.filter(|schema| schema.is_object())
    })
}

fn simplify(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    or_nothing(object);
    if let Some(each) = object.get_mut("additionalProperties") {
        simplify(each);
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        *properties = with_files(std::mem::take(properties));
    }
}

/// `X or null` becomes X that may be null.
fn or_nothing(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else {
        return;
    };
    choices.retain(|choice| choice["type"] != "null");
    let [Value::Object(only)] = choices.as_mut_slice() else {
        return;
    };
    let only = std::mem::take(only);
    object.remove("anyOf");
    for (key, value) in only {
        object.entry(key).or_insert(value);
    }
    if let Some(Value::String(kind)) = object.get("type") {
        let kind = json!([kind, "null"]);
        object.insert("type".to_owned(), kind);
    }
}

fn with_files(properties: Map<String, Value>) -> Map<String, Value> {
    let mut all = Map::new();
    for (key, mut schema) in properties {
        simplify(&mut schema);
        let secret = is_secret(&schema);
        let file = format!("{key}_file");
        all.insert(key.clone(), schema);
        if secret {
            let description = format!("A file that holds `{key}`.");
            let schema =
                json!({ "description": description, "type": ["string", "null"], "default": null });
            all.insert(file, schema);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_through_tables_of_any_name() {
        let schema = schema();
        assert!(is_secret(at(&schema, "auth.tokens.secret").unwrap()));
        assert!(is_section(at(&schema, "auth.tokens").unwrap()));
        assert_eq!(at(&schema, "auth.tokens.sekret"), None);
        assert!(at(&schema, "auth.mail.subjects.recovery").is_some());
        assert_eq!(at(&schema, "server.port.x"), None);
    }

    #[test]
    fn nothing_or_a_value_is_a_value_that_may_be_nothing() {
        let mut schema = json!({
            "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "null" }],
            "description": "outer"
        });
        simplify(&mut schema);
        let simple = json!({ "description": "outer", "type": ["string", "null"], "enum": ["a"] });
        assert_eq!(schema, simple);
    }
}
