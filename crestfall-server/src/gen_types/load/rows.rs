//! Rows of the queries.

use std::collections::HashSet;

use crestfall_core::catalog::comment;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::model::Name;
use super::Error;

#[derive(Debug, Deserialize)]
pub(super) struct TypeRow {
    pub(super) oid: i64,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) element: Option<i64>,
    pub(super) base: Option<i64>,
    pub(super) not_null: bool,
    pub(super) is_row_of_relation: bool,
    #[serde(deserialize_with = "comment::deserialize")]
    pub(super) comment: Option<String>,
    pub(super) labels: Option<Vec<String>>,
    pub(super) attributes: Option<Vec<AttributeRow>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AttributeRow {
    pub(super) name: String,
    pub(super) kind: i64,
    #[serde(deserialize_with = "comment::deserialize")]
    pub(super) comment: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RelationRow {
    pub(super) oid: i64,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) is_view: bool,
    pub(super) row_security: bool,
    #[serde(deserialize_with = "comment::deserialize")]
    pub(super) comment: Option<String>,
    pub(super) insertable: bool,
    pub(super) updatable: bool,
    pub(super) columns: Vec<ColumnRow>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ColumnRow {
    pub(super) number: i16,
    pub(super) name: String,
    pub(super) kind: i64,
    pub(super) dimensions: u32,
    pub(super) not_null: bool,
    pub(super) has_default: bool,
    pub(super) always: bool,
    pub(super) writable: bool,
    #[serde(deserialize_with = "comment::deserialize")]
    pub(super) comment: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FunctionRow {
    pub(super) schema: String,
    pub(super) name: String,
    #[serde(deserialize_with = "comment::deserialize")]
    pub(super) comment: Option<String>,
    pub(super) reads: bool,
    pub(super) set_of: bool,
    pub(super) returns: i64,
    /// How many of the last arguments have a default.
    pub(super) defaults: usize,
    pub(super) names: Vec<String>,
    pub(super) modes: Vec<String>,
    pub(super) kinds: Vec<i64>,
}

macro_rules! named {
    ($($row:ty),+) => { $(
        impl $row {
            pub(super) fn name(&self) -> Name {
                Name { schema: self.schema.clone(), name: self.name.clone() }
            }
        }
    )+ };
}

named!(TypeRow, RelationRow, FunctionRow);

pub(super) fn read<R: DeserializeOwned>(
    query: &'static str,
    texts: &[String],
) -> Result<Vec<R>, Error> {
    let rows = texts.iter().map(|text| serde_json::from_str(text));
    rows.collect::<Result<_, _>>()
        .map_err(|error| Error::Row(query, error))
}

/// `relation column`
pub(super) fn numbers(texts: &[String]) -> Option<HashSet<(i64, i16)>> {
    let pairs = texts.iter().map(|text| {
        let (relation, column) = text.split_once(' ')?;
        Some((relation.parse().ok()?, column.parse().ok()?))
    });
    pairs.collect()
}

/// `view tree`
pub(super) fn views(texts: &[String]) -> Option<Vec<(i64, &str)>> {
    let pairs = texts.iter().map(|text| {
        let (view, tree) = text.split_once(' ')?;
        Some((view.parse().ok()?, tree))
    });
    pairs.collect()
}
