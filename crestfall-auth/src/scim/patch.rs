//! `PATCH` (RFC 7644, section 3.5.2), as the RFC has it and as providers write it: operations in any
//! case, booleans as texts, names with dots as members, and a list's element that is to be made by
//! saying what it is.

mod path;

use serde_json::{Map, Value};

use super::error::{ScimError, ScimResult};
use super::schema::{self, Attribute, Place, VALUE};
use path::Target;

/// Operations of one request.
const MAX_OPERATIONS: usize = 500;

/// A user in the one form of [`schema`].
type User = Map<String, Value>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
}

/// Does what the request's body says, in its order.
///
/// # Errors
/// What RFC 7644 has for it; then the user is to be left as it was.
pub(crate) fn apply(user: &mut User, body: &Map<String, Value>) -> ScimResult<()> {
    let operations = member(body, "Operations").and_then(Value::as_array);
    let operations =
        operations.ok_or_else(|| ScimError::invalid_syntax("`Operations` is to be a list"))?;
    if operations.len() > MAX_OPERATIONS {
        let message = format!("there are more than {MAX_OPERATIONS} operations");
        return Err(ScimError::invalid_syntax(message));
    }
    for operation in operations {
        let operation = operation
            .as_object()
            .ok_or_else(|| ScimError::invalid_syntax("an operation is to be an object"))?;
        apply_one(user, operation)?;
    }
    Ok(())
}

/// By its name, in which capitals do not count.
pub(crate) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = object.get(name);
    exact.or_else(|| {
        let mut members = object.iter();
        members.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    })
}

fn apply_one(user: &mut User, operation: &Map<String, Value>) -> ScimResult<()> {
    let op = match member(operation, "op").and_then(Value::as_str) {
        Some(op) if op.eq_ignore_ascii_case("add") => Op::Add,
        Some(op) if op.eq_ignore_ascii_case("replace") => Op::Replace,
        Some(op) if op.eq_ignore_ascii_case("remove") => Op::Remove,
        _ => {
            let message = "`op` is to be add, replace or remove";
            return Err(ScimError::invalid_syntax(message));
        }
    };
    let value = member(operation, "value").unwrap_or(&Value::Null);
    match member(operation, "path") {
        None | Some(Value::Null) => apply_members(user, op, value),
        Some(Value::String(path)) => match Target::parse(path)? {
            Some(target) => change(user, op, &target, value),
            // What the schema does not know is passed over, as in a whole user.
            None => Ok(()),
        },
        Some(_) => Err(ScimError::invalid_path("`path` is to be a text")),
    }
}

/// Without a path: each member of the value is one.
fn apply_members(user: &mut User, op: Op, value: &Value) -> ScimResult<()> {
    if op == Op::Remove {
        return Err(ScimError::no_target("`remove` needs a path"));
    }
    let members = value
        .as_object()
        .ok_or_else(|| ScimError::invalid_value("without a path `value` is to be an object"))?;
    for (name, value) in members {
        if Target::is_read_only(name) {
            continue;
        }
        match (Target::parse(name)?, value) {
            // A whole extension.
            (None, Value::Object(members)) if name.eq_ignore_ascii_case(schema::ENTERPRISE_URN) => {
                for (name, value) in members {
                    if let Some(attribute) = Place::Enterprise.writable(name) {
                        change(user, op, &Target::of(Place::Enterprise, attribute), value)?;
                    }
                }
            }
            (Some(target), value) => change(user, op, &target, value)?,
            (None, _) => {}
        }
    }
    Ok(())
}

fn change(user: &mut User, op: Op, target: &Target, value: &Value) -> ScimResult<()> {
    let mut members = match target.place {
        Place::User => std::mem::take(user),
        Place::Enterprise => match user.remove(schema::ENTERPRISE_URN) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        },
    };
    let changed = change_member(&mut members, op, target, value);
    match target.place {
        Place::User => *user = members,
        Place::Enterprise if members.is_empty() => {}
        Place::Enterprise => {
            user.insert(schema::ENTERPRISE_URN.to_owned(), Value::Object(members));
        }
    }
    changed
}

fn change_member(
    members: &mut Map<String, Value>,
    op: Op,
    target: &Target,
    value: &Value,
) -> ScimResult<()> {
    let attribute = target.attribute;
    let before = members.remove(attribute.name);
    let after = match attribute.is_many {
        true => {
            let before = match before {
                Some(Value::Array(elements)) => elements,
                _ => Vec::new(),
            };
            Some(Value::Array(change_list(before, op, target, value)?))
        }
        false => change_one(before, op, target, value)?,
    };
    // In the one form again, and within its bounds.
    let after = match after {
        Some(after) => schema::shape(attribute, &after)?,
        None => None,
    };
    if let Some(after) = after {
        members.insert(attribute.name.to_owned(), after);
    }
    Ok(())
}

/// What is no list.
fn change_one(
    before: Option<Value>,
    op: Op,
    target: &Target,
    value: &Value,
) -> ScimResult<Option<Value>> {
    let attribute = target.attribute;
    if target.filter.is_some() {
        let message = format!("`{}` is no list", attribute.name);
        return Err(ScimError::invalid_path(message));
    }
    if let Some(part) = target.part {
        let mut whole = before.unwrap_or_else(|| Value::Object(Map::new()));
        set_part(&mut whole, part, op, value)?;
        return Ok(Some(whole));
    }
    if op == Op::Remove {
        return Ok(None);
    }
    Ok(match (before, schema::shape(attribute, value)?) {
        // The parts that are sent; the others stay.
        (Some(Value::Object(mut before)), Some(Value::Object(after))) => {
            before.extend(after);
            Some(Value::Object(before))
        }
        (_, after) => after,
    })
}

fn set_part(whole: &mut Value, part: &'static Attribute, op: Op, value: &Value) -> ScimResult<()> {
    let value = match op {
        Op::Remove => None,
        Op::Add | Op::Replace => schema::shape(part, value)?,
    };
    if let Some(whole) = whole.as_object_mut() {
        match value {
            Some(value) => whole.insert(part.name.to_owned(), value),
            None => whole.remove(part.name),
        };
    }
    Ok(())
}

fn change_list(
    mut list: Vec<Value>,
    op: Op,
    target: &Target,
    value: &Value,
) -> ScimResult<Vec<Value>> {
    let is_meant = |element: &Value| match &target.filter {
        Some(filter) => filter.matches(element),
        None => true,
    };
    if target.filter.is_none() && target.part.is_none() {
        return change_whole_list(list, op, target.attribute, value);
    }
    let mut found = false;
    let mut is_primary = None;
    for (at, element) in list.iter_mut().enumerate() {
        if !is_meant(element) {
            continue;
        }
        found = true;
        let was_primary = is_marked(element);
        match target.part {
            Some(part) => set_part(element, part, op, value)?,
            None => change_element(element, op, target.attribute, value)?,
        }
        if is_marked(element) && !was_primary {
            is_primary = Some(at);
        }
    }
    if !found && op != Op::Remove {
        let mut element = implied(target)?;
        match target.part {
            Some(part) => set_part(&mut element, part, op, value)?,
            None => change_element(&mut element, op, target.attribute, value)?,
        }
        is_primary = is_marked(&element).then_some(list.len());
        list.push(element);
    }
    mark_alone(&mut list, is_primary);
    list.retain(|element| !element.is_null() && !is_empty(element, target));
    Ok(list)
}

/// An element whose value was taken is no element.
fn is_empty(element: &Value, target: &Target) -> bool {
    let takes_value = target.part.is_some_and(|part| part.name == VALUE);
    takes_value && element.get(VALUE).is_none()
}

fn change_whole_list(
    mut list: Vec<Value>,
    op: Op,
    attribute: &'static Attribute,
    value: &Value,
) -> ScimResult<Vec<Value>> {
    let sent = match schema::shape(attribute, value)? {
        Some(Value::Array(sent)) => sent,
        _ => Vec::new(),
    };
    match op {
        Op::Replace => Ok(sent),
        Op::Add => {
            let before = list.len();
            let new = sent.into_iter().filter(|element| !list.contains(element));
            let new: Vec<Value> = new.collect();
            list.extend(new);
            let primary = (before..list.len()).find(|at| is_marked(&list[*at]));
            mark_alone(&mut list, primary);
            Ok(list)
        }
        // Some clients say in the value which elements they mean.
        Op::Remove => {
            let is_sent = |element: &Value| {
                let same = |sent: &Value| match sent.get(VALUE) {
                    Some(value) => element.get(VALUE) == Some(value),
                    None => element == sent,
                };
                sent.iter().any(same)
            };
            list.retain(|element| !sent.is_empty() && !is_sent(element));
            Ok(list)
        }
    }
}

/// An element as a whole: it goes, or gets the parts that are sent.
fn change_element(
    element: &mut Value,
    op: Op,
    attribute: &'static Attribute,
    value: &Value,
) -> ScimResult<()> {
    if op == Op::Remove {
        *element = Value::Null;
        return Ok(());
    }
    let Some(Value::Array(sent)) = schema::shape(attribute, value)? else {
        return Ok(());
    };
    if let (Some(element), [Value::Object(sent)]) = (element.as_object_mut(), sent.as_slice()) {
        element.extend(sent.clone());
        return Ok(());
    }
    let message = format!("one element of `{}` is to be an object", attribute.name);
    Err(ScimError::invalid_value(message))
}

/// The element that a condition describes: providers set `emails[type eq "work"].value` whether there
/// is one or not.
fn implied(target: &Target) -> ScimResult<Value> {
    let nothing = || {
        let message = format!(
            "no element of `{}` is meant by the path",
            target.attribute.name
        );
        ScimError::no_target(message)
    };
    let parts = match &target.filter {
        Some(filter) => filter.implied().ok_or_else(nothing)?,
        None => return Err(nothing()),
    };
    let parts = parts
        .into_iter()
        .map(|(part, value)| (part.name.to_owned(), value));
    Ok(Value::Object(parts.collect()))
}

fn is_marked(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// A new primary element takes that from the others.
fn mark_alone(list: &mut [Value], primary: Option<usize>) {
    let Some(primary) = primary else { return };
    for (at, element) in list.iter_mut().enumerate() {
        if at != primary && is_marked(element) {
            element["primary"] = Value::Bool(false);
        }
    }
}

#[cfg(test)]
mod tests;
