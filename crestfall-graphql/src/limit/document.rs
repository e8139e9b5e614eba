//! What a document asks by its form alone: how deep, how much, how often.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::Exceeded;
use crate::config::Limits;
use crate::document::{Directive, Document, Field, Operation, Selection, Value};
use crate::value::Variables;

/// Refuses an operation beyond the limits. Fragments must be known to be without cycles.
///
/// # Errors
/// The limit that it is beyond.
pub(crate) fn check_operation(
    document: &Document,
    operation: &Operation,
    limits: &Limits,
) -> Result<(), Exceeded> {
    let fragments = document.fragments.len();
    let what = "the document has too many fragments";
    Exceeded::check(fragments, limits.fragments, what, "max_fragments")?;

    let mut values = Values { limits, count: 0 };
    for default in operation.variables.values().flatten() {
        values.check(default)?;
    }
    let mut measure = Measure {
        document,
        values,
        directives: 0,
        fragments: HashMap::new(),
    };
    let total = measure.selections(&operation.selections)?;
    let directives = measure.directives;
    for (found, most, what, setting) in [
        (
            total.depth,
            limits.depth,
            "the operation is nested too deep",
            "max_depth",
        ),
        (
            total.top_fields,
            limits.root_fields,
            "the operation has too many fields at its root",
            "max_root_fields",
        ),
        (
            total.aliases,
            limits.aliases,
            "the operation has too many aliases",
            "max_aliases",
        ),
        (
            directives,
            limits.directives,
            "the operation has too many directives",
            "max_directives",
        ),
        (
            total.selections,
            limits.selections,
            "the operation selects too many fields",
            "max_selections",
        ),
    ] {
        Exceeded::check(found, most, what, setting)?;
    }
    Ok(())
}

/// What a selection amounts to with fragments put in place. Numbers stop at the largest there is.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    /// Levels of fields.
    depth: usize,
    selections: usize,
    aliases: usize,
    /// Fields of the topmost level.
    top_fields: usize,
}

impl Total {
    /// With what stands beside it.
    fn and(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            selections: self.selections.saturating_add(other.selections),
            aliases: self.aliases.saturating_add(other.aliases),
            top_fields: self.top_fields.saturating_add(other.top_fields),
        }
    }
}

struct Measure<'a> {
    document: &'a Document,
    values: Values<'a>,
    directives: usize,
    /// Each fragment is measured once, however often it is spread.
    fragments: HashMap<&'a str, Total>,
}

impl<'a> Measure<'a> {
    fn selections(&mut self, selections: &'a [Selection]) -> Result<Total, Exceeded> {
        let mut total = Total::default();
        for selection in selections {
            self.directives(selection.directives())?;
            let mut one = match selection {
                Selection::Field(field) => self.field(field)?,
                Selection::Inline(inline) => self.selections(&inline.selections)?,
                Selection::Spread(spread) => self.fragment(&spread.name)?,
            };
            one.selections = one.selections.saturating_add(1);
            total = total.and(one);
        }
        Ok(total)
    }

    fn field(&mut self, field: &'a Field) -> Result<Total, Exceeded> {
        for (_, value) in &field.arguments {
            self.values.check(value)?;
        }
        let below = self.selections(&field.selections)?;
        Ok(Total {
            depth: below.depth + 1,
            aliases: below
                .aliases
                .saturating_add(usize::from(field.alias.is_some())),
            top_fields: 1,
            ..below
        })
    }

    fn fragment(&mut self, name: &str) -> Result<Total, Exceeded> {
        if let Some(total) = self.fragments.get(name) {
            return Ok(*total);
        }
        let document = self.document;
        let Some(fragment) = document.fragment(name) else {
            return Ok(Total::default());
        };
        let total = self.selections(&fragment.selections)?;
        self.fragments.insert(&fragment.name, total);
        Ok(total)
    }

    fn directives(&mut self, directives: &'a [Directive]) -> Result<(), Exceeded> {
        self.directives += directives.len();
        for (_, value) in directives.iter().flat_map(|each| &each.arguments) {
            self.values.check(value)?;
        }
        Ok(())
    }
}

/// Values that stand in the document.
struct Values<'a> {
    limits: &'a Limits,
    count: usize,
}

impl Values<'_> {
    /// Nested no deeper than the parser allows.
    fn check(&mut self, value: &Value) -> Result<(), Exceeded> {
        self.count += 1;
        let what = "the request holds too many values";
        Exceeded::check(self.count, self.limits.values, what, "max_values")?;
        match value {
            Value::List(items) => {
                check_list(items.len(), self.limits)?;
                items.iter().try_for_each(|item| self.check(item))
            }
            Value::Object(members) => members.iter().try_for_each(|(_, value)| self.check(value)),
            _ => Ok(()),
        }
    }
}

/// Refuses variables with a list that is too long.
///
/// # Errors
/// The limit that they are beyond.
pub(crate) fn check_variables(variables: &Variables, limits: &Limits) -> Result<(), Exceeded> {
    variables
        .values()
        .try_for_each(|value| check_json(value, limits))
}

/// JSON is nested no deeper than its reader allows.
fn check_json(value: &Json, limits: &Limits) -> Result<(), Exceeded> {
    match value {
        Json::Array(items) => {
            check_list(items.len(), limits)?;
            items.iter().try_for_each(|item| check_json(item, limits))
        }
        Json::Object(members) => members
            .values()
            .try_for_each(|value| check_json(value, limits)),
        _ => Ok(()),
    }
}

/// Refuses a list that is too long.
fn check_list(items: usize, limits: &Limits) -> Result<(), Exceeded> {
    let what = "a list is too long";
    Exceeded::check(items, limits.list_items, what, "max_list_items")
}
