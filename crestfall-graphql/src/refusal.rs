//! Why a request, or a field of it, is not answered.

use crate::document::Position;

/// A message for the client, and what in the document it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) at: Option<Position>,
    /// Where in an argument, from the inside out.
    path: Vec<String>,
    /// The path is told: pg_graphql's own messages have none.
    is_path_told: bool,
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at: None,
            path: Vec::new(),
            is_path_told: false,
        }
    }

    /// Says where, unless that is known more precisely.
    pub(crate) fn at(mut self, at: Position) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// It is about something inside of this: a member, or an item such as `[3]`.
    pub(crate) fn below(mut self, step: impl Into<String>) -> Self {
        self.path.push(step.into());
        self
    }

    pub(crate) fn has_no_path(&self) -> bool {
        self.path.is_empty()
    }

    /// The client is told the path.
    pub(crate) fn with_path(mut self) -> Self {
        self.is_path_told = true;
        self
    }

    /// The path to what it is about, when the client is told: `objects[2].director.data`.
    pub(crate) fn input(&self) -> Option<String> {
        let mut input = String::new();
        for step in self.path.iter().rev() {
            if !input.is_empty() && !step.starts_with('[') {
                input.push('.');
            }
            input.push_str(step);
        }
        Some(input).filter(|input| self.is_path_told && !input.is_empty())
    }
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_the_outside_in_when_it_is_asked_for() {
        let refusal = Refusal::new("no")
            .below("title")
            .below("[0]")
            .below("films")
            .below("[2]")
            .below("objects");
        assert_eq!(refusal.input(), None);
        let told = refusal.with_path().input();
        assert_eq!(told.as_deref(), Some("objects[2].films[0].title"));
    }
}
