//! Which fields are selected: fragments put in place, `@skip` and `@include` heeded, fields of one
//! name merged.

use std::collections::HashMap;
use std::sync::Arc;

use crate::document::{Definitions, Directive, Document, Field, Selection, Value, same_members};
use crate::refusal::Refusal;
use crate::value::{Reads, Use, Variables};

/// A field as it is to be answered.
#[derive(Debug)]
pub(crate) struct Selected<'d> {
    pub(crate) field: &'d Field,
    /// What is selected below it, by each of the fields that were merged.
    pub(crate) below: Vec<&'d [Selection]>,
}

impl<'d> Selected<'d> {
    pub(crate) fn key(&self) -> &'d Arc<str> {
        self.field.key()
    }

    pub(crate) fn name(&self) -> &'d str {
        &self.field.name
    }
}

/// What a selection is made from.
pub(crate) struct Selector<'d> {
    pub(crate) document: &'d Document,
    pub(crate) definitions: &'d Definitions,
    pub(crate) variables: &'d Variables,
    pub(crate) reads: Reads,
    /// How many more fields and fragments may be looked at.
    pub(crate) budget: usize,
}

/// Fields in their order, found by their key.
#[derive(Default)]
struct Merged<'d> {
    fields: Vec<Selected<'d>>,
    index: HashMap<&'d str, usize>,
    /// Fragments that are in already.
    spread: Vec<&'d str>,
}

impl<'d> Selector<'d> {
    /// The fields selected of a type. `is_node` types are also meant by fragments on `Node`.
    pub(crate) fn select(
        &mut self,
        sets: &[&'d [Selection]],
        type_name: &str,
        is_node: bool,
    ) -> Result<Vec<Selected<'d>>, Refusal> {
        let mut merged = Merged::default();
        let on = Condition { type_name, is_node };
        for set in sets {
            self.take(set, &on, &mut merged)?;
        }
        Ok(merged.fields)
    }

    fn take(
        &mut self,
        set: &'d [Selection],
        on: &Condition<'_>,
        merged: &mut Merged<'d>,
    ) -> Result<(), Refusal> {
        for selection in set {
            self.budget = self
                .budget
                .checked_sub(1)
                .ok_or("the operation selects too many fields")?;
            if self.is_left_out(selection.directives())? {
                continue;
            }
            match selection {
                Selection::Field(field) => merged.add(field)?,
                Selection::Spread(spread) => {
                    let fragment = self.document.fragment(&spread.name);
                    let fragment = fragment.filter(|fragment| on.met(&fragment.on));
                    let Some(fragment) = fragment else {
                        return Err(Refusal::new(format!(
                            "no fragment named {} on type {}",
                            spread.name, on.type_name
                        )));
                    };
                    if !merged.spread.contains(&&*fragment.name) {
                        merged.spread.push(&fragment.name);
                        self.take(&fragment.selections, on, merged)?;
                    }
                }
                Selection::Inline(inline) => {
                    if inline.on.as_ref().is_none_or(|name| on.met(name)) {
                        self.take(&inline.selections, on, merged)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn is_left_out(&mut self, directives: &[Directive]) -> Result<bool, Refusal> {
        for directive in directives {
            let leaves_out_if = match &*directive.name {
                "skip" => true,
                "include" => false,
                other => return Err(Refusal::new(format!("Unknown directive {other}"))),
            };
            if self.truth(directive)? == Some(leaves_out_if) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The value of a directive's `if`; none when it is no truth value.
    fn truth(&mut self, directive: &Directive) -> Result<Option<bool>, Refusal> {
        let name = &directive.name;
        let [(argument, value)] = directive.arguments.as_slice() else {
            return Err(Refusal::new(format!(
                "Incorrect arguments to directive @{name}"
            )));
        };
        if &**argument != "if" {
            return Err(Refusal::new(format!(
                "Unknown argument to @{name}: {argument}"
            )));
        }
        let variable = match value {
            Value::Variable(variable) => variable,
            Value::Bool(truth) => return Ok(Some(*truth)),
            _ => return Ok(None),
        };
        self.reads.note(variable.clone(), Use::Literal);
        let given = match self.variables.get(&**variable) {
            Some(value) => value.as_bool(),
            None => match self.definitions.get(variable) {
                Some(Some(Value::Bool(truth))) => Some(*truth),
                _ => None,
            },
        };
        match given {
            Some(truth) => Ok(Some(truth)),
            None => Err(Refusal::new(format!(
                "Value for \"if\" in @{name} directive is required"
            ))),
        }
    }
}

/// The type whose fields are selected.
struct Condition<'a> {
    type_name: &'a str,
    is_node: bool,
}

impl Condition<'_> {
    fn met(&self, name: &str) -> bool {
        name == self.type_name || (self.is_node && name == "Node")
    }
}

impl<'d> Merged<'d> {
    fn add(&mut self, field: &'d Field) -> Result<(), Refusal> {
        let Some(&known) = self.index.get(&**field.key()) else {
            self.index.insert(field.key(), self.fields.len());
            self.fields.push(Selected {
                field,
                below: vec![&field.selections],
            });
            return Ok(());
        };
        let before = &mut self.fields[known];
        if before.field.name != field.name {
            return Err(Refusal::new(format!(
                "Fields `{}` and `{}` are different",
                field.name, before.field.name
            ))
            .at(field.at));
        }
        if !same_members(&before.field.arguments, &field.arguments) {
            return Err(Refusal::new(format!(
                "Two fields named `{}` have different arguments",
                field.name
            ))
            .at(field.at));
        }
        before.below.push(&field.selections);
        Ok(())
    }
}
