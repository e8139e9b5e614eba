//! How the value of a statement's parameter is made from the variables of a request.

use std::sync::Arc;

use crestfall_core::db::Param;
use serde_json::Value as Json;

use super::{Data, Given, Source, Step, Variables, cursor, node_id, scalar};
use crate::refusal::Refusal;

/// Where a parameter's value comes from.
#[derive(Debug, Clone)]
pub(crate) enum Recipe {
    /// The document.
    Constant(Param),
    /// A variable, or a part of one.
    Variable(Source),
    /// A list in the document, some of whose items are variables.
    List(Vec<Item>),
    /// The value at that position of a cursor.
    Cursor(Source, usize),
    /// The value at that position of a node id's key.
    NodeId(Source, usize),
    /// The value at that position of what another statement gave.
    Handed(usize),
}

/// An item of a list.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Constant(Option<Arc<str>>),
    Variable(Source),
}

impl Recipe {
    /// The recipe for a value.
    ///
    /// # Errors
    /// When PostgreSQL has no form for it.
    pub(crate) fn of(given: &Given) -> Result<Self, Refusal> {
        // What cannot be is found out now, for all values of the same shape.
        let param = given.data.param()?;
        if let Some(source) = given.from.as_ref().filter(|from| !from.is_default) {
            return Ok(Self::Variable(source.clone()));
        }
        if let Data::List(items) = &given.data
            && items.iter().any(|item| item.from.is_some())
        {
            let item = |item: &Given| match &item.from {
                Some(source) => Ok(Item::Variable(source.clone())),
                None => Ok(Item::Constant(item.data.text()?)),
            };
            let items: Result<Vec<Item>, Refusal> = items.iter().map(item).collect();
            return Ok(Self::List(items?));
        }
        Ok(Self::Constant(param))
    }

    /// The value for these variables, which have the shape of those it was made for.
    pub(crate) fn param(&self, variables: &Variables) -> Param {
        self.param_with(variables, &[])
    }

    /// The same, in a statement that is handed what others gave.
    pub(crate) fn param_with(&self, variables: &Variables, handed: &[Param]) -> Param {
        match self {
            Self::Handed(position) => handed.get(*position).cloned().unwrap_or(Param::Null),
            Self::Constant(param) => param.clone(),
            Self::Variable(source) => match source.find(variables) {
                Some(Json::Array(items)) => {
                    let items = items.iter().map(text_of);
                    Param::from(array(items))
                }
                Some(value) => Param::from(text_of(value).map(|text| text.to_string())),
                None => Param::Null,
            },
            Self::List(items) => Param::from(array(items.iter().map(|item| match item {
                Item::Constant(text) => text.clone(),
                Item::Variable(source) => source.find(variables).and_then(text_of),
            }))),
            Self::Cursor(source, index) => {
                let values = source.text(variables).and_then(|text| cursor(text).ok());
                key_param(values, *index)
            }
            Self::NodeId(source, index) => {
                let id = source.text(variables).and_then(|text| node_id(text).ok());
                key_param(id.map(|id| id.key), *index)
            }
        }
    }
}

fn key_param(values: Option<Vec<Given>>, index: usize) -> Param {
    let value = values.and_then(|values| values.into_iter().nth(index));
    value.map_or(Param::Null, |value| {
        value.data.param().unwrap_or(Param::Null)
    })
}

impl Source {
    /// What stands there.
    pub(crate) fn find<'v>(&self, variables: &'v Variables) -> Option<&'v Json> {
        let variable = variables.get(&*self.variable)?;
        self.path
            .iter()
            .try_fold(variable, |value, step| match step {
                Step::Member(name) => value.get(&**name),
                Step::Item(index) => value.get(index),
            })
    }

    fn text<'v>(&self, variables: &'v Variables) -> Option<&'v str> {
        self.find(variables)?.as_str()
    }
}

fn text_of(value: &Json) -> Option<Arc<str>> {
    scalar::<Given>(value).text().ok().flatten()
}

impl Data {
    /// The value as PostgreSQL reads it.
    pub(crate) fn param(&self) -> Result<Param, Refusal> {
        match self {
            Self::List(items) => {
                let item = |item: &Given| match &item.data {
                    Self::List(_) => Err("Unexpected array in input value array".into()),
                    Self::Object(_) => Err("Unexpected object in input value array".into()),
                    other => other.text(),
                };
                let items: Result<Vec<_>, Refusal> = items.iter().map(item).collect();
                Ok(Param::from(array(items?.into_iter())))
            }
            Self::Object(_) => Err("Unexpected object in input value".into()),
            other => Ok(Param::from(other.text()?.map(|text| text.to_string()))),
        }
    }

    fn text(&self) -> Result<Option<Arc<str>>, Refusal> {
        Ok(match self {
            Self::Absent | Self::Null => None,
            Self::Bool(truth) => Some(truth.to_string().into()),
            Self::Int(number) => Some(number.to_string().into()),
            Self::Float(number) => Some(Json::from(*number).to_string().into()),
            Self::Text(text) => Some(text.clone()),
            Self::List(_) | Self::Object(_) => return Err("Unexpected value".into()),
        })
    }
}

/// An array as PostgreSQL reads it.
pub(crate) fn array(items: impl Iterator<Item = Option<Arc<str>>>) -> String {
    let mut array = String::from("{");
    for (index, item) in items.enumerate() {
        if index > 0 {
            array.push(',');
        }
        let Some(item) = item else {
            array.push_str("NULL");
            continue;
        };
        array.push('"');
        for character in item.chars() {
            if matches!(character, '"' | '\\') {
                array.push('\\');
            }
            array.push(character);
        }
        array.push('"');
    }
    array.push('}');
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_written_so_that_postgresql_reads_every_item() {
        let items = [Some("a"), None, Some(r#"b"\"#), Some(""), Some("NULL")];
        let text = array(items.into_iter().map(|item| item.map(Into::into)));
        assert_eq!(text, r#"{"a",NULL,"b\"\\","","NULL"}"#);
    }
}
