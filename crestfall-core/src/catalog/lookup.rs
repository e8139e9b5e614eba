//! Finding things in a catalogue by what a request names, without an allocation.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Catalog, Relationship, Routine, Table};
use crate::name::QualifiedName;

impl Catalog {
    /// The relation of that name.
    pub fn find_table(&self, name: &QualifiedName) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }

    /// The relation of that schema and name.
    pub fn table(&self, schema: &str, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(&(schema, name) as &dyn Named)
    }

    /// The names of a schema's relations, in no order.
    pub fn table_names<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a Arc<str>> {
        names_in(schema, self.tables.keys())
    }

    /// The relationships that a request may name when it stands at `table` and names a relation, key or
    /// function of `foreign_schema`; ordered.
    pub fn relationships_from(
        &self,
        table: &QualifiedName,
        foreign_schema: &str,
    ) -> &[Arc<Relationship>] {
        // Nearly always both are in one schema, and this copies no text.
        let schema = if *foreign_schema == *table.schema {
            table.schema.clone()
        } else {
            foreign_schema.into()
        };
        let found = self.relationships.get(&(table.clone(), schema));
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// The overloads of a function, fewest parameters first.
    pub fn routine(&self, name: &QualifiedName) -> &[Arc<Routine>] {
        let found = self.routines.get(name);
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// The overloads of the function of that schema and name.
    pub fn routine_named(&self, schema: &str, name: &str) -> &[Arc<Routine>] {
        let found = self.routines.get(&(schema, name) as &dyn Named);
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// The names of a schema's functions, in no order.
    pub fn routine_names<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a Arc<str>> {
        names_in(schema, self.routines.keys())
    }
}

fn names_in<'a>(
    schema: &'a str,
    names: impl Iterator<Item = &'a QualifiedName>,
) -> impl Iterator<Item = &'a Arc<str>> {
    names
        .filter(move |name| *name.schema == *schema)
        .map(|name| &name.name)
}

/// What is equal to a [`QualifiedName`] and hashes like one, so that a map by those can be asked with
/// two borrowed texts.
trait Named {
    fn parts(&self) -> (&str, &str);
}

impl Named for QualifiedName {
    fn parts(&self) -> (&str, &str) {
        (&self.schema, &self.name)
    }
}

impl Named for (&str, &str) {
    fn parts(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn Named + 'a> for QualifiedName {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

impl Hash for dyn Named + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Named + '_ {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Table;

    fn catalog() -> Catalog {
        let names = [("api", "films"), ("api", "actors"), ("other", "films")];
        let tables = names.map(|(schema, name)| {
            let name = QualifiedName::new(schema, name);
            let table = Table {
                name: name.clone(),
                description: None,
                is_view: false,
                insertable: true,
                updatable: true,
                deletable: true,
                runs_functions: false,
                writes_run_functions: false,
                is_protected: true,
                row_security: false,
                primary_key: vec![],
                columns: vec![],
                column_index: Default::default(),
            };
            (name, Arc::new(table))
        });
        Catalog {
            tables: tables.into(),
            ..Catalog::default()
        }
    }

    #[test]
    fn borrowed_names_find_what_owned_names_find() {
        let catalog = catalog();
        let films = catalog.table("api", "films").unwrap();
        assert_eq!(films.name, QualifiedName::new("api", "films"));
        assert!(Arc::ptr_eq(films, catalog.find_table(&films.name).unwrap()));
        assert!(catalog.table("apif", "ilms").is_none());
    }

    #[test]
    fn names_are_those_of_one_schema() {
        let catalog = catalog();
        let mut names: Vec<&str> = catalog.table_names("api").map(|name| &**name).collect();
        names.sort_unstable();
        assert_eq!(names, ["actors", "films"]);
    }

    #[test]
    fn what_is_not_there_is_an_empty_list() {
        let nowhere = QualifiedName::new("api", "nothing");
        assert!(catalog().routine(&nowhere).is_empty());
        assert!(catalog().relationships_from(&nowhere, "other").is_empty());
    }
}
