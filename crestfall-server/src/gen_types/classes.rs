//! What classes and structs of one file are called.

use std::cell::RefCell;
use std::collections::HashMap;

use super::model::{Model, Name};
use super::names::Scope;

/// Names of a file, each given once. What others refer to has its name before all else.
#[derive(Debug)]
pub(super) struct Classes {
    scope: RefCell<Scope>,
    given: HashMap<Name, String>,
}

impl Classes {
    /// Names enums, composite types and relations, by what one of them would be called alone.
    pub(super) fn new(model: &Model, reserved: &[&str], spell: impl Fn(&Name) -> String) -> Self {
        let mut scope = Scope::with(reserved);
        let mut given = HashMap::new();
        let mut give = |name: &Name| {
            given.insert(name.clone(), scope.take(spell(name)));
        };
        for schema in &model.schemas {
            schema.enums.iter().for_each(|one| give(&one.name));
        }
        for schema in &model.schemas {
            schema.composites.iter().for_each(|one| give(&one.name));
            schema.relations.iter().for_each(|one| give(&one.name));
        }
        let scope = RefCell::new(scope);
        Self { scope, given }
    }

    /// What it is called.
    pub(super) fn of(&self, name: &Name) -> &str {
        self.given.get(name).map_or("", String::as_str)
    }

    /// A name for something that nothing refers to.
    pub(super) fn take(&self, name: String) -> String {
        self.scope.borrow_mut().take(name)
    }
}
