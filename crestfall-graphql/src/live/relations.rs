//! Which relations an operation reads.

use crestfall_core::QualifiedName;

use crate::model::{EntityId, Schema};
use crate::plan::{Connection, ConnectionField, EdgeField, Root, Row, RowField, reads};

/// The relations that these fields read, each once.
pub(crate) fn relations<'a>(
    schema: &Schema,
    roots: impl IntoIterator<Item = &'a Root>,
) -> Vec<QualifiedName> {
    let mut found = Vec::new();
    for root in roots {
        match root {
            Root::Connection(connection) => of_connection(connection, &mut found),
            Root::ByKey { row, .. } | Root::CalledRow(_, row) => of_row(row, &mut found),
            // Nothing is known of what functions and the program read; what changes rows is no query.
            _ => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    let name = |entity: EntityId| schema.entity(entity).name().clone();
    found.into_iter().map(name).collect()
}

fn of_connection(connection: &Connection, found: &mut Vec<EntityId>) {
    found.push(connection.entity);
    reads(&connection.filter, &connection.order, found);
    for (_, field) in &connection.fields {
        let ConnectionField::Edges(fields) = field else {
            continue;
        };
        for (_, field) in fields {
            if let EdgeField::Node(row) = field {
                of_row(row, found);
            }
        }
    }
}

fn of_row(row: &Row, found: &mut Vec<EntityId>) {
    found.push(row.entity);
    for (_, field) in &row.fields {
        match field {
            RowField::One(_, row) | RowField::ComputedRow(_, row) => of_row(row, found),
            RowField::Many(connection) => of_connection(connection, found),
            _ => {}
        }
    }
}
