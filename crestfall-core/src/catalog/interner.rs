//! One allocation for each distinct name: the columns of a large database share few of them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::name::QualifiedName;

/// Names seen so far.
#[derive(Debug, Default)]
pub(super) struct Interner {
    seen: HashSet<Arc<str>>,
}

impl Interner {
    /// The shared form of a text.
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.seen.get(text) {
            return known.clone();
        }
        let shared: Arc<str> = text.into();
        self.seen.insert(shared.clone());
        shared
    }

    /// A qualified name of shared parts.
    pub(super) fn name(&mut self, schema: &str, name: &str) -> QualifiedName {
        QualifiedName {
            schema: self.text(schema),
            name: self.text(name),
        }
    }
}
