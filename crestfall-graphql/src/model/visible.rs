//! What a role may use of what the catalogue holds.

use std::collections::{HashMap, HashSet};

use crestfall_core::Catalog;
use crestfall_core::catalog::Details;
use crestfall_core::db::{Param, Rows, Statement};

/// Privileges of one role, by OID.
#[derive(Debug, Default)]
pub(crate) struct Visible {
    pub(super) tables: HashMap<u32, TablePrivileges>,
    /// Types of schemas it may use, and whether it may use the type.
    pub(super) types: HashMap<u32, bool>,
    pub(super) functions: HashSet<u32>,
}

/// What may be done with a relation.
#[derive(Debug, Default, Clone)]
pub(crate) struct TablePrivileges {
    /// All columns may be read.
    pub(super) select: bool,
    pub(super) delete: bool,
    /// A sum for each column: 1 select, 2 insert, 4 update.
    columns: Vec<u8>,
}

impl TablePrivileges {
    pub(super) fn column(&self, position: usize) -> [bool; 3] {
        let sum = self.columns.get(position).copied().unwrap_or(0);
        [sum & 1 != 0, sum & 2 != 0, sum & 4 != 0]
    }
}

/// An answer that the statements do not give.
#[derive(Debug, thiserror::Error)]
#[error("the database told of privileges in a form that is not understood")]
pub(crate) struct NotUnderstood;

/// What to ask as the role.
pub(crate) fn statements(details: &Details) -> [Statement; 3] {
    let tables = array(details.tables.iter().map(|table| table.oid));
    let types = array(details.types.keys().copied());
    let functions = array(details.functions.iter().map(|function| function.oid));
    [
        Statement::new(include_str!("visible.sql")).bind(tables),
        Statement::new(include_str!("visible_types.sql")).bind(types),
        Statement::new(include_str!("visible_functions.sql")).bind(functions),
    ]
}

fn array(oids: impl Iterator<Item = u32>) -> Param {
    let oids: Vec<String> = oids.map(|oid| oid.to_string()).collect();
    format!("{{{}}}", oids.join(",")).into()
}

impl Visible {
    /// Reads what [`statements`] were answered with.
    pub(crate) fn read(answers: &[Rows]) -> Result<Self, NotUnderstood> {
        let [tables, types, functions] = answers else {
            return Err(NotUnderstood);
        };
        let mut visible = Self::default();
        for text in texts(tables) {
            let (oid, select, delete, columns): (u32, bool, bool, String) =
                serde_json::from_str(text).map_err(|_| NotUnderstood)?;
            let columns = columns.bytes().map(|digit| digit.wrapping_sub(b'0'));
            let privileges = TablePrivileges {
                select,
                delete,
                columns: columns.collect(),
            };
            visible.tables.insert(oid, privileges);
        }
        for text in texts(types) {
            let (oid, usable) = serde_json::from_str(text).map_err(|_| NotUnderstood)?;
            visible.types.insert(oid, usable);
        }
        for text in texts(functions) {
            let oid = text.parse().map_err(|_| NotUnderstood)?;
            visible.functions.insert(oid);
        }
        Ok(visible)
    }

    /// All of it, or all that only reads.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn all(catalog: &Catalog, details: &Details, writes: bool) -> Self {
        let tables = details.tables.iter().map(|table| {
            let known = catalog.tables.get(&table.name);
            let columns = known.map_or(0, |known| known.columns.len());
            let privileges = TablePrivileges {
                select: true,
                delete: writes,
                columns: vec![if writes { 7 } else { 1 }; columns],
            };
            (table.oid, privileges)
        });
        let functions = details.functions.iter().map(|function| function.oid);
        Self {
            tables: tables.collect(),
            types: details.types.keys().map(|oid| (*oid, true)).collect(),
            functions: functions.collect(),
        }
    }

    /// Leaves out the relations that no policy holds.
    pub(crate) fn hide_unprotected(&mut self, catalog: &Catalog, details: &Details) {
        for table in &details.tables {
            let known = catalog.tables.get(&table.name);
            if known.is_some_and(|known| !known.is_protected) {
                self.tables.remove(&table.oid);
            }
        }
    }
}

fn texts(rows: &Rows) -> impl Iterator<Item = &str> {
    (0..rows.len()).filter_map(|index| rows.row(index)?.get_str(0))
}
