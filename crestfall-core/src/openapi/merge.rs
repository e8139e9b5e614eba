//! Two documents as one.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::object;

/// Adds `other` to `document`.
pub(super) fn merge(document: &mut Value, mut other: Value) {
    rename_components(document, &mut other);
    rename_operations(document, &mut other);
    let document = object(document);
    for (kind, components) in members(other["components"].take()) {
        let mine = object(document.entry("components").or_insert_with(|| json!({})));
        let mine = object(mine.entry(kind).or_insert_with(|| json!({})));
        for (name, component) in members(components) {
            mine.entry(name).or_insert(component);
        }
    }
    for (path, item) in members(other["paths"].take()) {
        let mine = object(document.entry("paths").or_insert_with(|| json!({})));
        let mine = object(mine.entry(path).or_insert_with(|| json!({})));
        for (method, operation) in members(item) {
            mine.entry(method).or_insert(operation);
        }
    }
    if let Value::Array(tags) = other["tags"].take() {
        let mine = document.entry("tags").or_insert_with(|| json!([]));
        if let Some(mine) = mine.as_array_mut() {
            for tag in tags {
                if !mine.iter().any(|known| known["name"] == tag["name"]) {
                    mine.push(tag);
                }
            }
        }
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Components of one name and two meanings: the other's get a number. Names that differ in case or
/// in underscores alone count as one, because generators make one type of them. Security schemes
/// are left alone: who merges two services means the same by the same name.
fn rename_components(document: &Value, other: &mut Value) {
    let mut renamed = HashMap::new();
    for kind in ["schemas", "parameters", "responses"] {
        let Some(theirs) = other["components"][kind].as_object_mut() else {
            continue;
        };
        let mine = document["components"][kind].as_object();
        let is_same =
            |name: &str, value: &Value| mine.and_then(|mine| mine.get(name)) == Some(value);
        let mut taken: HashSet<String> = mine
            .into_iter()
            .flat_map(|mine| mine.keys())
            .map(|name| folded(name))
            .collect();
        let clashing: Vec<String> = theirs
            .iter()
            .filter(|(name, value)| taken.contains(&folded(name)) && !is_same(name, value))
            .map(|(name, _)| name.clone())
            .collect();
        taken.extend(theirs.keys().map(|name| folded(name)));
        for name in clashing {
            let free = free_name(&name, &mut taken);
            if let Some(value) = theirs.shift_remove(&name) {
                theirs.insert(free.clone(), value);
            }
            let reference = |name| format!("#/components/{kind}/{name}");
            renamed.insert(reference(&*name), reference(&*free));
        }
    }
    if !renamed.is_empty() {
        follow(other, &renamed);
    }
}

/// Names of operations must be unique in a document.
fn rename_operations(document: &Value, other: &mut Value) {
    let mut taken: HashSet<String> = operations(document)
        .filter_map(|operation| operation["operationId"].as_str())
        .map(folded)
        .collect();
    let Some(paths) = other["paths"].as_object_mut() else {
        return;
    };
    let items = paths.values_mut().filter_map(Value::as_object_mut);
    for operation in items.flat_map(|item| item.values_mut()) {
        let Some(id) = operation["operationId"].as_str().map(str::to_owned) else {
            continue;
        };
        if !taken.insert(folded(&id)) {
            operation["operationId"] = free_name(&id, &mut taken).into();
        }
    }
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().into_iter();
    let items = paths.flat_map(Map::values).filter_map(Value::as_object);
    items
        .flat_map(Map::values)
        .filter(|value| value.is_object())
}

/// A name as generators compare it.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The name with the first number that makes it free, which it then no longer is.
fn free_name(name: &str, taken: &mut HashSet<String>) -> String {
    let mut number = 2_u32;
    loop {
        let free = format!("{name}{number}");
        if taken.insert(folded(&free)) {
            return free;
        }
        number += 1;
    }
}

fn follow(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        if let Some(new) = renamed.get(target) {
                            target.clone_from(new);
                        }
                    }
                    member => follow(member, renamed),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|one| follow(one, renamed)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::{Document, Operation, Schema};
    use http::Method;

    fn service(title: &str, schema: Schema) -> Document {
        let mut document = Document::new(title, "1");
        document.tag("things", title);
        let thing = document.schema("Thing", schema);
        let list = Operation::new("list", "Lists").answer(200, "All", Some(Schema::array(thing)));
        document.operation(Method::GET, "/things", list);
        document
    }

    #[test]
    fn names_with_two_meanings_are_told_apart() {
        let mut one = service("One", Schema::string()).mounted("/one");
        one.merge(service("Two", Schema::number()).mounted("/two"));
        let value = one.into_value();
        assert_eq!(value["info"]["title"], "One");
        assert_eq!(value["components"]["schemas"]["Thing"]["type"], "string");
        assert_eq!(value["components"]["schemas"]["Thing2"]["type"], "number");
        let two = &value["paths"]["/two/things"]["get"];
        assert_eq!(two["operationId"], "list2");
        let items = &two["responses"]["200"]["content"]["application/json"]["schema"]["items"];
        assert_eq!(items["$ref"], "#/components/schemas/Thing2");
        assert_eq!(value["tags"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn what_is_the_same_is_there_once() {
        let mut one = service("One", Schema::string());
        one.merge(service("Two", Schema::string()).mounted("/two"));
        let value = one.into_value();
        assert_eq!(
            value["components"]["schemas"],
            json!({ "Thing": { "type": "string" } })
        );
    }

    #[test]
    fn a_document_of_any_kind_takes_another() {
        let mut mine = json!({ "openapi": "3.1.0", "info": {}, "paths": null });
        service("One", Schema::string()).merge_into(&mut mine);
        assert!(mine["paths"]["/things"]["get"].is_object());
        assert!(mine["components"]["schemas"]["Thing"].is_object());
    }
}
