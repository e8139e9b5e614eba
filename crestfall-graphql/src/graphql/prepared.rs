//! An operation between planning and execution, and how it was asked for.

use std::sync::Arc;

use super::Settings;
use crate::compile;
use crate::compiled::{Compiled, Known};
use crate::document::OperationKind;
use crate::request::Response;
use crate::value::Variables;

/// An operation ready to run.
pub(crate) struct Prepared {
    pub(super) settings: Arc<Settings>,
    pub(super) known: Arc<Known>,
    pub(super) compiled: Arc<Compiled>,
    pub(super) variables: Variables,
}

impl Prepared {
    pub(crate) fn kind(&self) -> OperationKind {
        let operation = self.known.operation();
        operation.map_or(OperationKind::Query, |operation| operation.kind)
    }

    /// With every variable that the operation says must be given.
    ///
    /// # Errors
    /// The answer, when one is not. What is wrong with the fields is told first, as pg_graphql has it.
    pub(super) fn complete(self) -> Result<Self, Response> {
        if self.compiled.errors.is_empty() {
            compile::check_required(self.known.operation(), &self.variables)?;
        }
        Ok(self)
    }
}

/// Which operations a request may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    /// Those that only read.
    Query,
    /// All but subscriptions.
    Execute,
}

/// Whether variables that must be given may be missing all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// They may not.
    Refused,
    /// With [`drop_in`](crate::Config::drop_in), pg_graphql's: what is missing counts as null.
    MayBeNull,
}
