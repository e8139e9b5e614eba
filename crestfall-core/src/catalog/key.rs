//! Keys of tables with shared names, and the index by which the rest finds them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::interner::Interner;
use super::rows::{KeyKind, KeyRow, RelationRow};
use crate::name::QualifiedName;

/// A column's number and name.
pub(super) type NumberedColumn = (i16, Arc<str>);

/// Columns of one relation.
#[derive(Debug, Clone)]
pub(super) struct KeyEnd {
    pub(super) relation: u32,
    pub(super) table: QualifiedName,
    /// In the order of the key.
    pub(super) columns: Vec<NumberedColumn>,
}

impl KeyEnd {
    fn numbers(&self) -> Vec<i16> {
        let mut numbers: Vec<i16> = self.columns.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// A foreign key as declared, not as partitions inherit it.
#[derive(Debug)]
pub(super) struct ForeignKey {
    pub(super) name: Arc<str>,
    pub(super) source: KeyEnd,
    pub(super) target: KeyEnd,
    /// The source's columns are exactly those of a primary key or a unique constraint.
    pub(super) is_unique: bool,
}

/// All keys of a database.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// By the table's OID.
    pub(super) primary: HashMap<u32, KeyEnd>,
    pub(super) foreign: Vec<ForeignKey>,
}

impl Keys {
    pub(super) fn new(rows: Vec<KeyRow>, interner: &mut Interner) -> Self {
        let mut keys = Self::default();
        let mut unique: HashSet<(u32, Vec<i16>)> = HashSet::new();
        for row in rows {
            let inherited = row.inherited;
            let source = end(&row.table, &row.columns, interner);
            match (row.kind, &row.foreign_table) {
                (KeyKind::Foreign, Some(target)) if !inherited => keys.foreign.push(ForeignKey {
                    name: interner.text(&row.name),
                    source,
                    target: end(target, &row.foreign_columns, interner),
                    is_unique: false,
                }),
                (KeyKind::Foreign, _) => {}
                (KeyKind::Unique, _) => {
                    unique.insert((source.relation, source.numbers()));
                }
                (KeyKind::Primary, _) => {
                    unique.insert((source.relation, source.numbers()));
                    keys.primary.insert(source.relation, source);
                }
            }
        }
        for key in &mut keys.foreign {
            key.is_unique = unique.contains(&(key.source.relation, key.source.numbers()));
        }
        keys
    }

    /// The columns of a table's primary key, alphabetical.
    pub(super) fn primary_columns(&self, table: u32) -> Vec<Arc<str>> {
        let key = self.primary.get(&table);
        let columns = key.map(|key| key.columns.as_slice()).unwrap_or_default();
        let mut names: Vec<Arc<str>> = columns.iter().map(|(_, name)| name.clone()).collect();
        names.sort_unstable();
        names
    }
}

fn end(row: &RelationRow, columns: &[(i16, String)], interner: &mut Interner) -> KeyEnd {
    let (relation, schema, name) = row;
    KeyEnd {
        relation: *relation,
        table: interner.name(schema, name),
        columns: columns
            .iter()
            .map(|(number, name)| (*number, interner.text(name)))
            .collect(),
    }
}
