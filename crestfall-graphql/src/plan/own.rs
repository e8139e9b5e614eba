//! Fields that the embedding program answers.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{Key, Planner, TYPENAME, allow_arguments};
use crate::document::Value;
use crate::model::{Field as FieldType, Kind, Meaning, TypeRef};
use crate::refusal::Refusal;
use crate::selection::Selected;
use crate::value::{Data, Given, Use};

/// A field with its arguments, and what is wanted of its answer.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) field: Arc<str>,
    pub(crate) arguments: Map<String, Json>,
    pub(crate) wanted: Wanted,
    pub(crate) is_never_null: bool,
}

/// What is wanted of a value.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// These members, under these keys.
    Members(Vec<(Key, Member)>),
}

#[derive(Debug)]
pub(crate) enum Member {
    Typename(Arc<str>),
    Named(Arc<str>, Wanted),
}

impl<'d> Planner<'_, 'd> {
    pub(super) fn own(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
    ) -> Result<Own, Refusal> {
        allow_arguments(selected.field, field)?;
        let mut arguments = Map::new();
        for input in field.arguments.iter() {
            for (_, value) in selected
                .field
                .arguments
                .iter()
                .filter(|(name, _)| *name == input.name)
            {
                self.note_variables(value);
            }
            let given = self.argument(selected.field, field, &input.name)?;
            if !given.is_absent() {
                arguments.insert(input.name.to_string(), json(&given));
            }
        }
        Ok(Own {
            field: field.name.clone(),
            arguments,
            wanted: self.wanted(selected, &field.of)?,
            is_never_null: matches!(field.of, TypeRef::NonNull(_)),
        })
    }

    /// The program gets the values themselves: a plan is good for these and no others.
    fn note_variables(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => self.selector.reads.note(name.clone(), Use::Literal),
            Value::List(items) => items.iter().for_each(|item| self.note_variables(item)),
            Value::Object(members) => {
                members
                    .iter()
                    .for_each(|(_, value)| self.note_variables(value));
            }
            _ => {}
        }
    }

    fn wanted(&mut self, selected: &Selected<'d>, of: &TypeRef) -> Result<Wanted, Refusal> {
        let schema = self.schema;
        let of = schema.named(of);
        let Kind::Object(object) = &of.kind else {
            return match selected.below.iter().all(|set| set.is_empty()) {
                true => Ok(Wanted::Whole),
                false => Err(Refusal::new(format!(
                    "Field \"{}\" of type \"{}\" has no subfields",
                    selected.name(),
                    of.name
                ))),
            };
        };
        let mut members = Vec::new();
        for each in self.below(selected, object, &of.name)? {
            let key = each.key().clone();
            if each.name() == TYPENAME {
                members.push((key, Member::Typename(of.name.clone())));
                continue;
            }
            let field = object.field(each.name());
            let field = field.filter(|field| matches!(field.meaning, Meaning::Own));
            let field = field.ok_or_else(|| {
                let message = format!("Unknown field {:?} on type {}", each.name(), of.name);
                Refusal::new(message).at(each.field.at)
            })?;
            let wanted = self.wanted(&each, &field.of)?;
            members.push((key, Member::Named(field.name.clone(), wanted)));
        }
        Ok(Wanted::Members(members))
    }
}

impl Wanted {
    /// What is wanted of an answer.
    pub(crate) fn of(&self, value: Json) -> Json {
        let Self::Members(members) = self else {
            return value;
        };
        match value {
            Json::Array(items) => items.into_iter().map(|item| self.of(item)).collect(),
            Json::Object(object) => {
                let member = |(key, member): &(Key, Member)| {
                    let value = match member {
                        Member::Typename(name) => Json::from(&**name),
                        Member::Named(name, wanted) => {
                            // A member may be wanted twice, in two forms.
                            wanted.of(object.get(&**name).cloned().unwrap_or_default())
                        }
                    };
                    (key.to_string(), value)
                };
                Json::Object(members.iter().map(member).collect())
            }
            _ => Json::Null,
        }
    }
}

fn json(given: &Given) -> Json {
    match &given.data {
        Data::Absent | Data::Null => Json::Null,
        Data::Bool(truth) => (*truth).into(),
        Data::Int(number) => (*number).into(),
        Data::Float(number) => (*number).into(),
        Data::Text(text) => Json::from(&**text),
        Data::List(items) => items.iter().map(json).collect(),
        Data::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.to_string(), json(value)));
            Json::Object(members.collect())
        }
    }
}
