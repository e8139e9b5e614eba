//! Values that a client gives: in the document, or by variables.

mod check;
mod key;
mod recipe;
mod shape;

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::document::{Definitions, Value};

pub(crate) use check::check;
pub(crate) use key::{cursor, node_id};
pub(crate) use recipe::{Recipe, array};
pub(crate) use shape::{Reads, Use};

/// The variables of a request.
pub(crate) type Variables = Map<String, Json>;

/// A value and, if it came by a variable as it is, from where.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) data: Data,
    pub(crate) from: Option<Source>,
}

/// The value itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data<T = Given> {
    /// Not given at all, as a variable without value or default.
    Absent,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(Vec<T>),
    Object(Vec<(Arc<str>, T)>),
}

/// A place in the variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) variable: Arc<str>,
    pub(crate) path: Vec<Step>,
    /// The variable has no value: the document's default stands for it.
    pub(crate) is_default: bool,
}

/// One step into a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Member(Arc<str>),
    Item(usize),
}

/// Where the origin of a value does not matter.
impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Given {
    pub(crate) fn constant(data: Data) -> Self {
        Self { data, from: None }
    }

    pub(crate) fn absent() -> Self {
        Self::constant(Data::Absent)
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.data, Data::Absent)
    }

    /// The member of that name, if it is given and not null.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Data::Object(members) = &self.data else {
            return None;
        };
        let mut members = members.iter();
        let (_, value) = members.find(|(own, _)| &**own == name)?;
        Some(value).filter(|value| !value.is_nothing())
    }

    /// Neither given nor null.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self.data, Data::Absent | Data::Null)
    }

    /// A value of the document, its variables put in place.
    pub(crate) fn read(value: &Value, variables: &Variables, definitions: &Definitions) -> Self {
        let read = |value: &Value| Self::read(value, variables, definitions);
        Self::constant(match value {
            Value::Variable(name) => return Self::variable(name, variables, definitions),
            Value::Null => Data::Null,
            Value::Bool(truth) => Data::Bool(*truth),
            Value::Int(number) => Data::Int(*number),
            Value::Float(number) => Data::Float(*number),
            Value::String(text) | Value::Enum(text) => Data::Text(text.clone()),
            Value::List(items) => Data::List(items.iter().map(read).collect()),
            Value::Object(members) => Data::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), read(value)))
                    .collect(),
            ),
        })
    }

    fn variable(name: &Arc<str>, variables: &Variables, definitions: &Definitions) -> Self {
        let mut source = Source {
            variable: name.clone(),
            path: Vec::new(),
            is_default: false,
        };
        if let Some(value) = variables.get(&**name) {
            return Self::json(value, source);
        }
        let default = definitions.get(name).and_then(Option::as_ref);
        // Defaults hold no variables.
        let data = default.map_or(Data::Absent, |default| {
            Self::read(default, variables, &Definitions::new()).data
        });
        source.is_default = true;
        Self {
            data,
            from: Some(source),
        }
    }

    fn json(value: &Json, source: Source) -> Self {
        let below = |step: Step| {
            let mut path = source.path.clone();
            path.push(step);
            Source {
                variable: source.variable.clone(),
                path,
                is_default: false,
            }
        };
        let data = match value {
            Json::Array(items) => Data::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| Self::json(item, below(Step::Item(index))))
                    .collect(),
            ),
            Json::Object(members) => Data::Object(
                members
                    .iter()
                    .map(|(name, value)| {
                        let name: Arc<str> = name.as_str().into();
                        let given = Self::json(value, below(Step::Member(name.clone())));
                        (name, given)
                    })
                    .collect(),
            ),
            other => scalar(other),
        };
        Self {
            data,
            from: Some(source),
        }
    }
}

/// A JSON value that is neither array nor object.
fn scalar<T>(value: &Json) -> Data<T> {
    match value {
        Json::Bool(truth) => Data::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Data::Int(number),
            (None, Some(number)) => Data::Float(number),
            (None, None) => Data::Null,
        },
        Json::String(text) => Data::Text(text.as_str().into()),
        Json::Null | Json::Array(_) | Json::Object(_) => Data::Null,
    }
}
