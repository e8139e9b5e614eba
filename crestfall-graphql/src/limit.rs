//! What one operation may ask, checked before the database is asked anything. Every check is linear in
//! the length of what came: a limit that can be made to work hard is none.

mod body;
mod cost;
mod document;
mod introspection;
mod nesting;

use crate::request::Error;

pub(crate) use body::check_values;
pub(crate) use cost::{check_cost, check_related};
pub(crate) use document::{check_operation, check_variables};
pub(crate) use introspection::Budget;
pub(crate) use nesting::{check_nesting, too_many_rows};

/// The code of every refusal here.
pub(crate) const CODE: &str = "limit_exceeded";

/// A limit that something is beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exceeded {
    message: String,
}

impl Exceeded {
    /// `what` is told to have at most `most`; `setting` is the limit's name among the settings.
    pub(crate) fn new(what: &str, most: impl std::fmt::Display, setting: &str) -> Self {
        Self {
            message: format!("{what}: at most {most} (graphql.{setting})"),
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Refuses more than the most.
    pub(crate) fn check(
        found: usize,
        most: usize,
        what: &str,
        setting: &str,
    ) -> Result<(), Exceeded> {
        match found > most {
            true => Err(Self::new(what, most, setting)),
            false => Ok(()),
        }
    }
}

impl From<Exceeded> for Error {
    fn from(exceeded: Exceeded) -> Self {
        Self::new(exceeded.message).coded(CODE)
    }
}
