//! Filters (RFC 7644, section 3.4.2.2): which users, or which elements of a list.

mod parse;

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::schema::{Attribute, ENTERPRISE_URN, Kind, Place, truth};
pub(crate) use parse::Parser;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare(Field, Operator, Literal),
    Present(Field),
    /// Of one element of a list: the condition is about its parts.
    Element(Place, &'static Attribute, Box<Filter>),
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) place: Place,
    pub(crate) attribute: &'static Attribute,
    /// Of a complex one.
    pub(crate) part: Option<&'static Attribute>,
    /// It is about an element that is at hand, not about a user.
    pub(crate) is_of_element: bool,
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// With what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Boolean(bool),
    Time(DateTime<Utc>),
}

impl Field {
    /// What its values are.
    pub(crate) fn kind(&self) -> &'static Kind {
        &self.part.unwrap_or(self.attribute).kind
    }
}

impl Operator {
    const ALL: [(&'static str, Self); 9] = [
        ("eq", Self::Equal),
        ("ne", Self::NotEqual),
        ("co", Self::Contains),
        ("sw", Self::StartsWith),
        ("ew", Self::EndsWith),
        ("gt", Self::Greater),
        ("ge", Self::GreaterOrEqual),
        ("lt", Self::Less),
        ("le", Self::LessOrEqual),
    ];

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(known, operator)| known.eq_ignore_ascii_case(name).then_some(operator))
    }

    fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(name, operator)| (operator == self).then_some(name))
            .unwrap_or_default()
    }
}

impl Filter {
    /// Whether an element of a list is meant; the filter is one about elements.
    pub(crate) fn matches(&self, element: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|filter| filter.matches(element)),
            Self::Any(any) => any.iter().any(|filter| filter.matches(element)),
            Self::Not(filter) => !filter.matches(element),
            Self::Present(field) => !member(element, field).is_null(),
            Self::Compare(field, operator, literal) => {
                is_true(member(element, field), *operator, literal, field.kind())
            }
            // A filter about elements has none within.
            Self::Element(..) => false,
        }
    }

    /// The texts and booleans that an element has if it matches; nothing where that is not said by
    /// `eq` and `and` alone.
    pub(crate) fn implied(&self) -> Option<Vec<(&'static Attribute, Value)>> {
        match self {
            Self::All(all) => {
                let parts: Option<Vec<_>> = all.iter().map(Self::implied).collect();
                parts.map(|parts| parts.into_iter().flatten().collect())
            }
            Self::Compare(field, Operator::Equal, literal) => {
                let value = match literal {
                    Literal::Text(text) => Value::from(text.as_str()),
                    Literal::Boolean(truth) => Value::Bool(*truth),
                    Literal::Time(_) => return None,
                };
                Some(vec![(field.part?, value)])
            }
            _ => None,
        }
    }
}

fn member<'a>(element: &'a Value, field: &Field) -> &'a Value {
    static NOTHING: Value = Value::Null;
    let part = field.part.and_then(|part| element.get(part.name));
    part.unwrap_or(&NOTHING)
}

/// One value, as the database compares it too (`store::scim_users`).
fn is_true(value: &Value, operator: Operator, literal: &Literal, kind: &Kind) -> bool {
    match (value, literal) {
        (Value::Bool(value), Literal::Boolean(wanted)) => match operator {
            Operator::NotEqual => value != wanted,
            _ => value == wanted,
        },
        (Value::String(value), Literal::Text(wanted)) => {
            let folded = |text: &str| match kind {
                Kind::ExactText => text.to_owned(),
                _ => text.to_lowercase(),
            };
            let (value, wanted) = (folded(value), folded(wanted));
            match operator {
                Operator::Equal => value == wanted,
                Operator::NotEqual => value != wanted,
                Operator::Contains => value.contains(&wanted),
                Operator::StartsWith => value.starts_with(&wanted),
                Operator::EndsWith => value.ends_with(&wanted),
                Operator::Greater => value > wanted,
                Operator::GreaterOrEqual => value >= wanted,
                Operator::Less => value < wanted,
                Operator::LessOrEqual => value <= wanted,
            }
        }
        _ => operator == Operator::NotEqual,
    }
}

/// As it is written.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, filters: &[Self], word: &str| {
            for (at, filter) in filters.iter().enumerate() {
                if at > 0 {
                    write!(f, " {word} ")?;
                }
                match filter {
                    Self::All(_) | Self::Any(_) => write!(f, "({filter})")?,
                    _ => write!(f, "{filter}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::All(all) => list(f, all, "and"),
            Self::Any(any) => list(f, any, "or"),
            Self::Not(filter) => write!(f, "not ({filter})"),
            Self::Compare(field, operator, literal) => {
                write!(f, "{field} {} {literal}", operator.name())
            }
            Self::Present(field) => write!(f, "{field} pr"),
            Self::Element(place, attribute, filter) => {
                write_place(f, *place)?;
                write!(f, "{}[{filter}]", attribute.name)
            }
        }
    }
}

fn write_place(f: &mut fmt::Formatter<'_>, place: Place) -> fmt::Result {
    match place {
        Place::User => Ok(()),
        Place::Enterprise => write!(f, "{ENTERPRISE_URN}:"),
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_of_element, self.part) {
            (true, Some(part)) => f.write_str(part.name),
            (_, part) => {
                write_place(f, self.place)?;
                f.write_str(self.attribute.name)?;
                match part {
                    Some(part) => write!(f, ".{}", part.name),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", Value::from(text.as_str())),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Time(time) => write!(f, "\"{}\"", time.to_rfc3339()),
        }
    }
}

impl Literal {
    /// A JSON value as what such an attribute is compared with; nothing where it cannot be.
    fn of(value: &Value, kind: &Kind) -> Option<Self> {
        match (kind, value) {
            (Kind::Boolean, Value::Bool(truth)) => Some(Self::Boolean(*truth)),
            (Kind::Boolean, Value::String(text)) => truth(text).map(Self::Boolean),
            (Kind::Time, Value::String(text)) => {
                let time = DateTime::parse_from_rfc3339(text).ok()?;
                Some(Self::Time(time.with_timezone(&Utc)))
            }
            (Kind::Text | Kind::ExactText | Kind::Reference, Value::String(text)) => {
                Some(Self::Text(text.clone()))
            }
            (Kind::Text | Kind::ExactText, Value::Number(number)) => {
                Some(Self::Text(number.to_string()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
