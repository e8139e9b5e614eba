//! What a user is made of (RFC 7643, sections 4.1 and 4.3), and the one form of what clients send:
//! names as the schema spells them, values of their types, nothing that is empty or unknown.

mod table;

use serde_json::{Map, Value};

use super::error::{ScimError, ScimResult};
pub(crate) use table::{ENTERPRISE_USER, EXTERNAL_ID, ID, META, USER, VALUE};

/// The schema of users.
pub(crate) const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of what firms know of users.
pub(crate) const ENTERPRISE_URN: &str =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Elements that a list may have.
const MAX_ELEMENTS: usize = 100;
/// Bytes that a text may have.
const MAX_TEXT: usize = 4096;

/// Something that is known of a user.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// A list of them.
    pub(crate) is_many: bool,
    pub(crate) about: &'static str,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Kind {
    Text,
    /// A text in which capitals count.
    ExactText,
    /// A text that is never shown.
    Hidden,
    Reference,
    Boolean,
    Time,
    Complex(&'static [Attribute]),
}

/// There is one of each in the tables.
impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Attribute {
    /// The parts of a complex one.
    pub(crate) fn parts(&self) -> &'static [Attribute] {
        match self.kind {
            Kind::Complex(parts) => parts,
            _ => &[],
        }
    }

    /// The part that stands for all of it (RFC 7643, section 2.4).
    pub(crate) fn value_part(&self) -> Option<&'static Attribute> {
        find(self.parts(), VALUE)
    }
}

/// By its name, in which capitals do not count.
pub(crate) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    let mut attributes = attributes.iter();
    attributes.find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// A name without the address of its schema, and the attributes that it may be one of.
pub(crate) fn resolve(name: &str) -> Option<(Place, &str)> {
    if let Some(rest) = behind(name, ENTERPRISE_URN) {
        return Some((Place::Enterprise, rest));
    }
    match behind(name, USER_URN) {
        Some(rest) => Some((Place::User, rest)),
        None if is_urn(name) => None,
        None => Some((Place::User, name)),
    }
}

fn is_urn(name: &str) -> bool {
    name.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// What comes after a schema and its colon; nothing, of the schema alone.
fn behind<'a>(name: &'a str, urn: &str) -> Option<&'a str> {
    let start = name.get(..urn.len())?;
    let rest = &name[urn.len()..];
    match start.eq_ignore_ascii_case(urn) {
        true if rest.is_empty() => Some(rest),
        true => rest.strip_prefix(':'),
        false => None,
    }
}

/// Which of the schemas something is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    User,
    Enterprise,
}

impl Place {
    /// What may be written.
    pub(crate) fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::User => USER,
            Self::Enterprise => ENTERPRISE_USER,
        }
    }

    /// The attribute of this name that may be written, or be kept with the user.
    pub(crate) fn writable(self, name: &str) -> Option<&'static Attribute> {
        let external_id = (self == Self::User && EXTERNAL_ID.name.eq_ignore_ascii_case(name))
            .then_some(&EXTERNAL_ID);
        external_id.or_else(|| find(self.attributes(), name))
    }
}

/// A whole user in the one form. What the schema does not know, and what clients cannot write, is
/// left out.
///
/// # Errors
/// `invalidValue` for a value of another type, or one that is too long.
pub(crate) fn user(sent: &Map<String, Value>) -> ScimResult<Map<String, Value>> {
    let mut user = Map::new();
    for (name, value) in sent {
        if name.eq_ignore_ascii_case(ENTERPRISE_URN) {
            let parts = object(value, ENTERPRISE_USER)?;
            if let Some(parts) = parts {
                user.insert(ENTERPRISE_URN.to_owned(), parts);
            }
        } else if let Some(attribute) = Place::User.writable(name)
            && let Some(value) = shape(attribute, value)?
        {
            user.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(user)
}

/// A value in the one form. None: there is none.
///
/// # Errors
/// `invalidValue` for a value of another type, or one that is too long.
pub(crate) fn shape(attribute: &'static Attribute, value: &Value) -> ScimResult<Option<Value>> {
    if !attribute.is_many {
        return shape_one(attribute, unwrapped(value));
    }
    let sent = match value {
        Value::Array(sent) => sent.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    if sent.len() > MAX_ELEMENTS {
        let message = format!("`{}` has more than {MAX_ELEMENTS} values", attribute.name);
        return Err(ScimError::invalid_value(message));
    }
    let mut elements = Vec::with_capacity(sent.len());
    for element in sent {
        elements.extend(shape_one(attribute, element)?);
    }
    keep_one_primary(&mut elements);
    Ok((!elements.is_empty()).then_some(Value::Array(elements)))
}

/// Some clients send lists of one for what is no list: `[{"value": "False"}]`.
fn unwrapped(value: &Value) -> &Value {
    match value.as_array().map(Vec::as_slice) {
        Some([one]) => one.get(VALUE).unwrap_or(one),
        _ => value,
    }
}

/// Of a list, one element may be the primary one: the first that says so.
fn keep_one_primary(elements: &mut [Value]) {
    let mut is_taken = false;
    for element in elements {
        if element.get("primary") == Some(&Value::Bool(true)) {
            if is_taken {
                element["primary"] = Value::Bool(false);
            }
            is_taken = true;
        }
    }
}

fn shape_one(attribute: &'static Attribute, value: &Value) -> ScimResult<Option<Value>> {
    let wrong = |wanted: &str| {
        let message = format!("`{}` is {wanted}", attribute.name);
        Err(ScimError::invalid_value(message))
    };
    match (&attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        (Kind::Boolean, Value::String(text)) => match truth(text) {
            Some(truth) => Ok(Some(Value::Bool(truth))),
            None => wrong("true or false"),
        },
        (Kind::Boolean, _) => wrong("true or false"),
        (Kind::Complex(parts), Value::Object(_)) => object(value, parts),
        // The value alone, for what else it may say: a manager, an address.
        (Kind::Complex(parts), Value::String(_)) => match find(parts, VALUE) {
            Some(part) => Ok(shape_one(part, value)?
                .map(|value| Value::Object(Map::from_iter([(part.name.to_owned(), value)])))),
            None => wrong("an object"),
        },
        (Kind::Complex(_), _) => wrong("an object"),
        (_, Value::String(text)) if text.len() > MAX_TEXT => {
            wrong(&format!("longer than {MAX_TEXT} bytes"))
        }
        (_, Value::String(text)) => Ok((!text.is_empty()).then(|| Value::String(text.clone()))),
        (_, Value::Number(number)) => Ok(Some(Value::String(number.to_string()))),
        (_, Value::Bool(_) | Value::Array(_) | Value::Object(_)) => wrong("a text"),
    }
}

/// Booleans as some clients write them.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The parts that the schema knows. None: there are none.
fn object(value: &Value, parts: &'static [Attribute]) -> ScimResult<Option<Value>> {
    let Some(sent) = value.as_object() else {
        return match value {
            Value::Null => Ok(None),
            _ => Err(ScimError::invalid_value("an object is expected")),
        };
    };
    let mut object = Map::new();
    for (name, value) in sent {
        if let Some(part) = find(parts, name)
            && let Some(value) = shape(part, value)?
        {
            object.insert(part.name.to_owned(), value);
        }
    }
    Ok((!object.is_empty()).then_some(Value::Object(object)))
}

#[cfg(test)]
mod tests;
