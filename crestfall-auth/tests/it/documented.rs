//! The OpenAPI document is true: each route of the source is in it and nothing else, and every answer
//! that any test gets is one that it names, in the form that it gives.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::matrix;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| crestfall_auth::openapi().into_value());

#[test]
fn every_route_is_documented_and_nothing_else() {
    let mut written = BTreeSet::new();
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            written.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let served: BTreeSet<String> = matrix::routes()
        .into_iter()
        // The same where the issuer's path stands behind it (RFC 8414).
        .filter(|(path, _)| !path.ends_with("{path}"))
        .flat_map(|(path, methods)| {
            let line = move |method| format!("{method} {path}");
            methods.into_iter().map(line).collect::<Vec<_>>()
        })
        .collect();
    let missing: Vec<_> = served.difference(&written).collect();
    let invented: Vec<_> = written.difference(&served).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "not documented: {missing:?}; not served: {invented:?}"
    );
}

/// Panics when an answer is none that the document gives for its operation. What is no operation of
/// the document is nobody's business.
pub(crate) fn check(
    (method, path): (&Method, &str),
    names_version: bool,
    status: StatusCode,
    headers: &HeaderMap,
    body: &Value,
) {
    let Some(operation) = operation(method, path) else {
        return;
    };
    let of = || format!("{method} {path}: {status}");
    let answers = &operation["responses"];
    let answer = resolve(&answers[status.as_u16().to_string()]);
    assert!(answer.is_object(), "{} is not documented: {body}", of());
    let content_type = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    let Some(content) = answer["content"].as_object() else {
        let empty = body.as_str().is_some_and(str::is_empty);
        assert!(empty, "{} has a body: {body}", of());
        return;
    };
    let form = content.get(content_type);
    assert!(form.is_some(), "{} is {content_type:?}: {body}", of());
    // A caller that names a version gets errors in another form.
    if status.as_u16() >= 400 && names_version || content_type != "application/json" {
        return;
    }
    let schema = form.map(|form| &form["schema"]).unwrap_or(&Value::Null);
    if let Err(why) = fits(body, schema) {
        panic!("{}: {why}, in {body}", of());
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let asked = segments(path);
    let paths = DOCUMENT["paths"].as_object()?.iter();
    let mut matching: Vec<(usize, &Value)> = paths
        .filter_map(|(template, item)| {
            let template = segments(template);
            let fits = template.len() == asked.len()
                && template
                    .iter()
                    .zip(&asked)
                    .all(|(one, other)| one.starts_with('{') || one == other);
            let holes = template.iter().filter(|one| one.starts_with('{')).count();
            fits.then_some((holes, item))
        })
        .collect();
    matching.sort_by_key(|(holes, _)| *holes);
    let (_, item) = matching.first()?;
    item.get(method.as_str().to_lowercase())
}

fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(target) => DOCUMENT
            .pointer(&target[1..])
            .unwrap_or_else(|| panic!("{target} leads nowhere")),
        None => value,
    }
}

/// Whether a value has the form of a schema; members that the schema does not name are a mistake.
fn fits(value: &Value, schema: &Value) -> Result<(), String> {
    let schema = resolve(schema);
    if let Some(forms) = schema["anyOf"].as_array() {
        let misfits: Vec<String> = forms
            .iter()
            .map_while(|form| fits(value, form).err())
            .collect();
        return match misfits.len() == forms.len() {
            true => Err(misfits.join(", or ")),
            false => Ok(()),
        };
    }
    has_type(value, &schema["type"])?;
    if let Some(labels) = schema["enum"].as_array()
        && !labels.contains(value)
    {
        return Err(format!("{value} is none of {labels:?}"));
    }
    match value {
        Value::Array(elements) => elements
            .iter()
            .try_for_each(|element| fits(element, &schema["items"])),
        Value::Object(members) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                if !members.contains_key(name) {
                    return Err(format!("`{name}` is missing"));
                }
            }
            for (name, member) in members {
                match &schema["properties"][name] {
                    Value::Null if schema["properties"].is_null() => {}
                    Value::Null if !schema["additionalProperties"].is_null() => {}
                    Value::Null => return Err(format!("`{name}` is not documented")),
                    form => fits(member, form).map_err(|why| format!("`{name}`: {why}"))?,
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn has_type(value: &Value, types: &Value) -> Result<(), String> {
    let types: Vec<&str> = match types {
        Value::Null => return Ok(()),
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let fits = types.iter().any(|name| match *name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    });
    match fits {
        true => Ok(()),
        false => Err(format!("{value} is no {types:?}")),
    }
}
