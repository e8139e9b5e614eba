//! How many rows an operation may lead to: rows of a page times rows of the pages in each of them.

use super::Exceeded;
use crate::model::Schema;
use crate::plan::{
    AggregateField, Condition, Connection, ConnectionField, EdgeField, GroupField, Groups, Key,
    Operand, Order, ResponseField, Root, Row, RowField,
};

/// What one root field costs: the rows it may lead to, none of them counted as 0. Counting and
/// aggregating cost a full page, since they look at every row.
fn of_root(schema: &Schema, root: &Root) -> u64 {
    match root {
        Root::Typename(_) | Root::Schema(_) | Root::Type(..) => 0,
        Root::Connection(connection) => of_connection(schema, connection),
        Root::ByKey { row, .. } | Root::CalledRow(_, row) => of_row(schema, row),
        Root::Value(_) | Root::Own(_) => 1,
        Root::Insert(insert) => {
            let rows = insert.rows.len() as u64;
            let conflict = insert.conflict.as_ref();
            let filter = conflict.map_or(0, |conflict| of_conditions(schema, &conflict.filter));
            rows.saturating_mul(of_answer(schema, &insert.fields).saturating_add(filter))
        }
        Root::InsertNested(insert) => {
            let rows = insert.rows.rows.len() as u64;
            let answer = rows.saturating_mul(of_answer(schema, &insert.fields));
            answer
                .saturating_add(insert.size().rows as u64)
                .saturating_add(of_filters(schema, insert.filters()))
        }
        Root::UpdateNested(update) => {
            let rows = schema.entity(update.change.entity).max_rows;
            let written = rows.saturating_mul(update.size().rows as u64);
            of_change(schema, rows, &update.change.filter, &update.fields)
                .saturating_add(written)
                .saturating_add(of_filters(schema, update.filters()))
        }
        Root::Update(update) => of_change(
            schema,
            schema.entity(update.entity).max_rows,
            &update.filter,
            &update.fields,
        ),
        Root::Delete(delete) => of_change(
            schema,
            schema.entity(delete.entity).max_rows,
            &delete.filter,
            &delete.fields,
        ),
    }
}

/// Those of rows that are written with others.
fn of_filters(schema: &Schema, filters: Vec<&[Condition]>) -> u64 {
    sum(filters
        .into_iter()
        .map(|filter| of_conditions(schema, filter)))
}

/// `atMost` is known only when the statement runs; a page is what is told of it.
fn of_change(
    schema: &Schema,
    rows: u64,
    filter: &[Condition],
    fields: &[(Key, ResponseField)],
) -> u64 {
    let rows = rows.saturating_mul(of_answer(schema, fields));
    rows.saturating_add(of_conditions(schema, filter))
}

fn of_answer(schema: &Schema, fields: &[(Key, ResponseField)]) -> u64 {
    let below = fields.iter().map(|(_, field)| match field {
        ResponseField::Records(row) => of_row(schema, row),
        ResponseField::Typename(_) | ResponseField::AffectedCount => 0,
    });
    sum(below).max(1)
}

fn of_connection(schema: &Schema, connection: &Connection) -> u64 {
    let page = schema.entity(connection.entity).max_rows;
    let fields = connection.fields.iter().map(|(_, field)| match field {
        ConnectionField::Typename(_) => 0,
        ConnectionField::PageInfo(_) => 1,
        ConnectionField::TotalCount => page,
        ConnectionField::Aggregate(fields) => of_aggregate(page, fields),
        ConnectionField::Groups(groups) => of_groups(page, groups),
        ConnectionField::Edges(fields) => {
            let row = sum(fields.iter().map(|(_, field)| match field {
                EdgeField::Typename(_) | EdgeField::Cursor => 0,
                EdgeField::Node(row) => of_row(schema, row),
            }));
            connection.limit.saturating_mul(row.max(1))
        }
    });
    let order = connection.order.iter().map(|item| of_order(schema, item));
    sum(fields)
        .saturating_add(of_conditions(schema, &connection.filter))
        .saturating_add(sum(order))
}

/// A page of each relation that is led to: PostgreSQL joins them, whatever leads through which.
fn of_conditions(schema: &Schema, conditions: &[Condition]) -> u64 {
    sum(conditions.iter().map(|condition| match condition {
        Condition::Compare { left, .. } | Condition::IsNull { left, .. } => {
            of_operand(schema, left)
        }
        Condition::Related {
            relation, filter, ..
        } => {
            let page = schema.entity(relation.target).max_rows;
            page.saturating_add(of_conditions(schema, filter))
        }
        Condition::And(inner) | Condition::Or(inner) | Condition::Not(inner) => {
            of_conditions(schema, inner)
        }
        Condition::Key(_) => 0,
    }))
}

fn of_order(schema: &Schema, order: &Order) -> u64 {
    let pages = order.path.iter();
    let pages = pages.map(|relation| schema.entity(relation.target).max_rows);
    sum(pages).saturating_add(of_operand(schema, &order.by))
}

fn of_operand(schema: &Schema, operand: &Operand) -> u64 {
    match operand {
        Operand::Related(relation, _) => schema.entity(relation.target).max_rows,
        Operand::Column(_) | Operand::Measure(_) | Operand::GroupKey(_) => 0,
    }
}

fn of_groups(page: u64, groups: &Groups) -> u64 {
    let fields = groups.fields.iter().map(|(_, field)| match field {
        GroupField::Typename(_) => 0,
        GroupField::Keys(_) | GroupField::Aggregate(_) => 1,
    });
    page.saturating_mul(sum(fields).max(1))
}

fn of_aggregate(page: u64, fields: &[(Key, AggregateField)]) -> u64 {
    page.saturating_mul(fields.len() as u64)
}

/// The row itself and what hangs on it.
fn of_row(schema: &Schema, row: &Row) -> u64 {
    let below = row.fields.iter().map(|(_, field)| match field {
        RowField::Typename(_) | RowField::NodeId | RowField::Column(_) => 0,
        RowField::ComputedValue(_) => 1,
        RowField::One(_, row) | RowField::ComputedRow(_, row) => of_row(schema, row),
        RowField::Many(connection) => of_connection(schema, connection),
    });
    sum(below).saturating_add(1)
}

fn sum(costs: impl Iterator<Item = u64>) -> u64 {
    costs.fold(0, u64::saturating_add)
}

/// Refuses filters and orders that lead to related rows more often than the most: each is a subselect
/// that PostgreSQL plans.
///
/// # Errors
/// The limit.
pub(crate) fn check_related(found: usize, most: usize) -> Result<(), Exceeded> {
    let what = "filters and orders lead to related rows too often";
    Exceeded::check(found, most, what, "max_related")
}

/// Refuses root fields that cost more than the most, together.
///
/// # Errors
/// The limit, with what they cost.
pub(crate) fn check_cost<'a>(
    schema: &Schema,
    roots: impl IntoIterator<Item = &'a Root>,
    most: u64,
) -> Result<(), Exceeded> {
    let cost = sum(roots.into_iter().map(|root| of_root(schema, root)));
    match cost > most {
        true => Err(Exceeded::new(
            &format!("the operation may lead to {cost} rows"),
            most,
            "max_cost",
        )),
        false => Ok(()),
    }
}
