//! What a write does to its relation.

use std::collections::BTreeSet;

use bytes::Bytes;
use crestfall_core::catalog::Table;
use crestfall_core::{Catalog, QualifiedName};

use super::column::{ColumnRef, Resolver};
use super::read::{Condition, ReadNode, filter_condition, logic_condition};
use crate::error::{ApiError, CatalogError, Error};
use crate::request::filter::{Operation, QuantOperator};
use crate::request::prefer::{Missing, Representation, Resolution};
use crate::request::{ApiRequest, Mutation, Payload, Text};

/// An insert, update or delete.
#[derive(Debug, PartialEq)]
pub(crate) struct Write {
    pub(crate) relation: QualifiedName,
    pub(crate) change: Change,
    /// Which rows; for a single upsert, what the payload has to agree with.
    pub(crate) conditions: Vec<Condition>,
    /// Columns to give back; none counts the rows only.
    pub(crate) returning: Vec<Text>,
    pub(crate) primary_key: Vec<Text>,
}

/// What happens to rows.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    Insert {
        body: Body,
        conflict: Option<Conflict>,
    },
    Update(Body),
    Delete,
}

/// What is written.
#[derive(Debug, PartialEq)]
pub(crate) struct Body {
    /// JSON: an object or an array of them.
    pub(crate) json: Bytes,
    pub(crate) columns: Vec<ColumnRef>,
    /// Keys that are absent take the column's default rather than NULL.
    pub(crate) apply_defaults: bool,
}

/// What happens to a row that is there already.
#[derive(Debug, PartialEq)]
pub(crate) struct Conflict {
    pub(crate) resolution: Resolution,
    /// The unique columns; none means any conflict.
    pub(crate) columns: Vec<Text>,
}

impl Write {
    /// Plans a write.
    ///
    /// # Errors
    /// A column the table does not have; a `PUT` whose filters are not exactly its primary key.
    pub(crate) fn plan(
        request: &ApiRequest,
        mutation: Mutation,
        table: &Table,
        catalog: &Catalog,
        read: &ReadNode,
    ) -> Result<Self, Error> {
        let resolver = Resolver {
            catalog,
            table: Some(table),
        };
        let change = match mutation {
            Mutation::Insert => Change::Insert {
                body: body(request, resolver, table)?,
                conflict: conflict(request, table),
            },
            Mutation::Update => Change::Update(body(request, resolver, table)?),
            Mutation::SingleUpsert => {
                if !names_primary_key(request, table) {
                    return Err(ApiError::InvalidFilters.into());
                }
                let conflict = Conflict {
                    resolution: Resolution::MergeDuplicates,
                    columns: table.primary_key.clone(),
                };
                let body = Body {
                    apply_defaults: false,
                    ..body(request, resolver, table)?
                };
                Change::Insert {
                    body,
                    conflict: Some(conflict),
                }
            }
            Mutation::Delete => Change::Delete,
        };
        let conditions = if mutation == Mutation::Insert {
            Vec::new()
        } else {
            conditions(request, resolver)
        };
        Ok(Self {
            relation: table.name.clone(),
            change,
            conditions,
            returning: returning(request, read, table),
            primary_key: table.primary_key.clone(),
        })
    }

    /// Rows may be merged into ones that are there, so inserted ones are crestfall_count apart.
    pub(crate) fn merges(&self) -> bool {
        let Change::Insert {
            conflict: Some(conflict),
            ..
        } = &self.change
        else {
            return false;
        };
        conflict.resolution == Resolution::MergeDuplicates
    }
}

fn body(request: &ApiRequest, resolver: Resolver<'_>, table: &Table) -> Result<Body, Error> {
    let json = match &request.payload {
        Some(Payload::Json(json) | Payload::RawJson(json) | Payload::Raw(json)) => json.clone(),
        Some(Payload::Form(_)) | None => Bytes::new(),
    };
    let column = |name: &Text| {
        let unknown = || Error::from(CatalogError::column_not_found(&table.name.name, name));
        resolver.input(name).ok_or_else(unknown)
    };
    Ok(Body {
        json,
        columns: request
            .columns
            .iter()
            .map(column)
            .collect::<Result<_, _>>()?,
        apply_defaults: request.preferences.missing == Some(Missing::Default),
    })
}

fn conflict(request: &ApiRequest, table: &Table) -> Option<Conflict> {
    let columns = request
        .query
        .on_conflict
        .clone()
        .unwrap_or_else(|| table.primary_key.clone());
    Some(Conflict {
        resolution: request.preferences.resolution?,
        columns,
    })
}

fn conditions(request: &ApiRequest, resolver: Resolver<'_>) -> Vec<Condition> {
    let filters = request
        .query
        .filters
        .iter()
        .filter(|(path, _)| path.is_empty());
    let filters = filters.map(|(_, filter)| filter_condition(filter, resolver, &[]));
    let logic = request
        .query
        .logic
        .iter()
        .filter(|(path, _)| path.is_empty());
    filters
        .chain(logic.map(|(_, tree)| logic_condition(tree, resolver, &[])))
        .collect()
}

/// The filters are `eq` on every primary key column and nothing else.
fn names_primary_key(request: &ApiRequest, table: &Table) -> bool {
    let key: BTreeSet<Text> = table.primary_key.iter().cloned().collect();
    let is_equality = |operation: &Operation| {
        matches!(
            operation,
            Operation::Quantified(QuantOperator::Equal, None, _)
        )
    };
    let mut root = request
        .query
        .filters
        .iter()
        .filter(|(path, _)| path.is_empty());
    !key.is_empty()
        && request.query.logic.is_empty()
        && request.query.filter_names == key
        && root.all(|(_, filter)| !filter.negated && is_equality(&filter.operation))
}

fn returning(request: &ApiRequest, read: &ReadNode, table: &Table) -> Vec<Text> {
    match request.preferences.representation {
        None | Some(Representation::Minimal) => Vec::new(),
        Some(Representation::Full | Representation::HeadersOnly) => read
            .needed_columns(&table.primary_key)
            .into_iter()
            .collect(),
    }
}
