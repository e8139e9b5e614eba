//! How much of the schema an operation may have told.

use std::cell::Cell;

use super::Exceeded;
use crate::model::{Kind, Schema};

/// How many values introspection may still answer with: so many for each part of the schema, which is
/// more than tools ask, and less than a flood of aliases or of types within types.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<Option<usize>>,
    each: usize,
}

impl Budget {
    /// For one operation.
    pub(crate) fn new(schema: &Schema, each: usize) -> Self {
        let parts: usize = schema.types.iter().map(|of| 1 + parts(&of.kind)).sum();
        Self {
            left: Cell::new(Some(parts.saturating_mul(each))),
            each,
        }
    }

    /// Takes values; false once there are too many.
    pub(crate) fn take(&self, values: usize) -> bool {
        let left = self.left.get().and_then(|left| left.checked_sub(values));
        self.left.set(left);
        left.is_some()
    }

    /// Refuses an answer for which there were too few.
    pub(crate) fn check(&self) -> Result<(), Exceeded> {
        let what = "introspection asks for too many values of each part of the schema";
        match self.left.get() {
            None => Err(Exceeded::new(what, self.each, "max_introspection")),
            Some(_) => Ok(()),
        }
    }
}

fn parts(kind: &Kind) -> usize {
    match kind {
        Kind::Object(object) | Kind::Interface(object) => object
            .fields
            .iter()
            .map(|field| 1 + field.arguments.len())
            .sum(),
        Kind::Input(input) => input.members.len(),
        Kind::Enum(values) => values.values.len(),
        Kind::Scalar(_) => 0,
    }
}
