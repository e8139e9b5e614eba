//! Which attributes are shown (RFC 7644, section 3.9).

use serde_json::{Map, Value};

use super::schema::{self, ENTERPRISE_URN, Place};

/// What is shown whatever is asked for.
const ALWAYS: [&str; 2] = ["schemas", "id"];

/// What is asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Projection {
    #[default]
    All,
    Only(Vec<Shown>),
    Without(Vec<Shown>),
}

/// An attribute, or a part of one, or a whole extension.
#[derive(Debug, PartialEq)]
pub(crate) struct Shown {
    place: Place,
    name: String,
    part: Option<String>,
}

impl Projection {
    /// From lists with commas. Names that nobody knows show nothing.
    pub(crate) fn new(attributes: &str, excluded: &str) -> Self {
        let list = |text: &str| {
            let names = text.split(',').map(str::trim);
            names
                .filter(|name| !name.is_empty())
                .filter_map(shown)
                .collect::<Vec<_>>()
        };
        match (attributes.trim(), excluded.trim()) {
            ("", "") => Self::All,
            ("", excluded) => Self::Without(list(excluded)),
            (attributes, _) => Self::Only(list(attributes)),
        }
    }

    /// What is left of a resource.
    pub(crate) fn apply(&self, resource: Value) -> Value {
        let Value::Object(resource) = resource else {
            return resource;
        };
        match self {
            Self::All => Value::Object(resource),
            Self::Only(shown) => Value::Object(only(&resource, shown)),
            Self::Without(hidden) => Value::Object(without(resource, hidden)),
        }
    }
}

fn shown(name: &str) -> Option<Shown> {
    let (place, plain) = schema::resolve(name)?;
    let (name, part) = match plain.split_once('.') {
        Some((name, part)) => (name, Some(part.to_owned())),
        None => (plain, None),
    };
    let name = name.to_owned();
    Some(Shown { place, name, part })
}

fn only(resource: &Map<String, Value>, shown: &[Shown]) -> Map<String, Value> {
    let mut left = Map::new();
    for name in ALWAYS {
        left.extend(
            resource
                .get(name)
                .map(|value| (name.to_owned(), value.clone())),
        );
    }
    for one in shown {
        let (from, extension) = match one.place {
            Place::User => (Some(resource), None),
            Place::Enterprise => {
                let members = resource.get(ENTERPRISE_URN).and_then(Value::as_object);
                (members, Some(ENTERPRISE_URN))
            }
        };
        let Some(from) = from else { continue };
        let to = match extension {
            None => &mut left,
            Some(urn) => {
                let to = left.entry(urn).or_insert_with(|| Value::Object(Map::new()));
                match to.as_object_mut() {
                    Some(to) => to,
                    None => continue,
                }
            }
        };
        copy(from, to, one);
    }
    left
}

fn copy(from: &Map<String, Value>, to: &mut Map<String, Value>, one: &Shown) {
    if one.name.is_empty() {
        to.extend(from.clone());
        return;
    }
    let mut members = from.iter();
    let Some((name, value)) = members.find(|(name, _)| name.eq_ignore_ascii_case(&one.name)) else {
        return;
    };
    let Some(part) = &one.part else {
        to.insert(name.clone(), value.clone());
        return;
    };
    let narrowed = |value: &Value| {
        let members = value.as_object().into_iter().flatten();
        let members = members.filter(|(name, _)| name.eq_ignore_ascii_case(part));
        Value::Object(
            members
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    };
    let narrowed = match value {
        Value::Array(elements) => Value::Array(elements.iter().map(narrowed).collect()),
        value => narrowed(value),
    };
    match (to.get_mut(name), narrowed) {
        // Another part of it is there already.
        (Some(Value::Object(before)), Value::Object(more)) => before.extend(more),
        (Some(Value::Array(before)), Value::Array(more)) => {
            for (before, more) in before.iter_mut().zip(more) {
                if let (Some(before), Value::Object(more)) = (before.as_object_mut(), more) {
                    before.extend(more);
                }
            }
        }
        (_, narrowed) => {
            to.insert(name.clone(), narrowed);
        }
    }
}

fn without(mut resource: Map<String, Value>, hidden: &[Shown]) -> Map<String, Value> {
    for one in hidden {
        let from = match one.place {
            Place::User => Some(&mut resource),
            Place::Enterprise if one.name.is_empty() => {
                resource.remove(ENTERPRISE_URN);
                None
            }
            Place::Enterprise => resource
                .get_mut(ENTERPRISE_URN)
                .and_then(Value::as_object_mut),
        };
        let Some(from) = from else { continue };
        let name = from
            .keys()
            .find(|name| name.eq_ignore_ascii_case(&one.name))
            .cloned();
        let Some(name) = name.filter(|name| !ALWAYS.contains(&name.as_str())) else {
            continue;
        };
        match &one.part {
            None => {
                from.remove(&name);
            }
            Some(part) => hide_part(from.get_mut(&name), part),
        }
    }
    resource
}

fn hide_part(value: Option<&mut Value>, part: &str) {
    let objects: Vec<&mut Value> = match value {
        Some(Value::Array(elements)) => elements.iter_mut().collect(),
        value => value.into_iter().collect(),
    };
    for object in objects.into_iter().filter_map(Value::as_object_mut) {
        object.retain(|name, _| !name.eq_ignore_ascii_case(part));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_asked_for_is_shown_gt_063() {
        let user = || {
            json!({
                "schemas": ["s"], "id": "1", "userName": "ada", "active": true,
                "name": { "givenName": "Ada", "familyName": "Lovelace" },
                "emails": [{ "value": "a@b.net", "type": "work" }],
                ENTERPRISE_URN: { "department": "Engines", "division": "North" },
            })
        };
        let apply =
            |attributes: &str, excluded: &str| Projection::new(attributes, excluded).apply(user());
        assert_eq!(apply("", " "), user());
        assert_eq!(
            apply("USERNAME, name.givenName,emails.value,nothing", "userName"),
            json!({
                "schemas": ["s"], "id": "1", "userName": "ada",
                "name": { "givenName": "Ada" }, "emails": [{ "value": "a@b.net" }],
            })
        );
        let department = format!("{ENTERPRISE_URN}:department");
        assert_eq!(
            apply(&department, ""),
            json!({ "schemas": ["s"], "id": "1", ENTERPRISE_URN: { "department": "Engines" } })
        );
        let hidden = format!("id,emails,name.familyName,{ENTERPRISE_URN},meta");
        assert_eq!(
            apply("", &hidden),
            json!({
                "schemas": ["s"], "id": "1", "userName": "ada", "active": true,
                "name": { "givenName": "Ada" },
            })
        );
    }
}
