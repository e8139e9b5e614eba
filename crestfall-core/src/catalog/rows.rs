//! What the queries of the catalogue answer, before it is put together.

use serde::Deserialize;

use super::details::Details;
use super::load::CatalogError;

/// The answers of all queries.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) tables: Vec<TableRow>,
    pub(super) keys: Vec<KeyRow>,
    pub(super) views: Vec<ViewRow>,
    pub(super) routines: Vec<RoutineRow>,
    pub(super) computed: Vec<ComputedRow>,
    pub(super) representations: Vec<RepresentationRow>,
    pub(super) handlers: Vec<HandlerRow>,
    /// `roles.sql`, the names as they are.
    pub(super) all_seeing: Vec<String>,
    pub(super) details: Option<Details>,
}

/// A schema and a name in it.
pub(super) type NameRow = (String, String);

/// An OID, the schema and the name of a relation.
pub(super) type RelationRow = (u32, String, String);

/// `tables.sql`
#[derive(Debug, Deserialize)]
pub(super) struct TableRow {
    pub(super) oid: u32,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) is_view: bool,
    pub(super) insertable: bool,
    pub(super) updatable: bool,
    pub(super) deletable: bool,
    pub(super) runs_functions: bool,
    pub(super) writes_run_functions: bool,
    pub(super) is_protected: bool,
    pub(super) row_security: bool,
    pub(super) columns: Vec<ColumnRow>,
}

/// A column of `tables.sql`, an array there for the sake of size.
#[derive(Debug, Deserialize)]
pub(super) struct ColumnRow(
    pub(super) i16,
    pub(super) String,
    pub(super) Option<String>,
    pub(super) bool,
    pub(super) String,
    pub(super) String,
    pub(super) u32,
    pub(super) bool,
    pub(super) Option<i32>,
    pub(super) Option<String>,
    pub(super) Option<Vec<String>>,
);

/// `keys.sql`
#[derive(Debug, Deserialize)]
pub(super) struct KeyRow {
    pub(super) kind: KeyKind,
    pub(super) name: String,
    pub(super) inherited: bool,
    pub(super) table: RelationRow,
    pub(super) columns: Vec<(i16, String)>,
    pub(super) foreign_table: Option<RelationRow>,
    pub(super) foreign_columns: Vec<(i16, String)>,
}

/// What a key demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum KeyKind {
    #[serde(rename = "p")]
    Primary,
    #[serde(rename = "u")]
    Unique,
    #[serde(rename = "f")]
    Foreign,
}

/// `views.sql`
#[derive(Debug)]
pub(super) struct ViewRow {
    pub(super) oid: u32,
    pub(super) tree: String,
}

/// `routines.sql`
#[derive(Debug, Deserialize)]
pub(super) struct RoutineRow {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// Name, type, widened type, required, variadic.
    pub(super) parameters: Vec<(String, String, String, bool, bool)>,
    pub(super) set_of: bool,
    pub(super) composite: bool,
    pub(super) domain_of_composite: bool,
    pub(super) type_schema: String,
    pub(super) type_name: String,
    pub(super) type_oid: u32,
    pub(super) volatility: char,
    pub(super) is_variadic: bool,
    pub(super) isolation: Option<String>,
    pub(super) settings: Vec<(String, String)>,
}

/// `computed.sql`
#[derive(Debug, Deserialize)]
pub(super) struct ComputedRow {
    pub(super) function: NameRow,
    pub(super) table: NameRow,
    pub(super) foreign_table: NameRow,
    pub(super) to_one: bool,
}

/// `representations.sql`: source type, target type, function.
#[derive(Debug, Deserialize)]
pub(super) struct RepresentationRow(pub(super) String, pub(super) String, pub(super) String);

/// `handlers.sql`
#[derive(Debug, Deserialize)]
pub(super) struct HandlerRow {
    pub(super) function: NameRow,
    /// `None` is any row type.
    pub(super) target: Option<NameRow>,
    pub(super) media_type: String,
}

/// Reads a query's rows as JSON, letting go of each text as it is read.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    query: &'static str,
    rows: Vec<String>,
) -> Result<Vec<T>, CatalogError> {
    rows.into_iter()
        .map(|row| serde_json::from_str(&row))
        .collect::<Result<_, _>>()
        .map_err(|source| CatalogError::Row { query, source })
}

/// Reads the rows of `views.sql`.
pub(super) fn from_views(rows: Vec<String>) -> Result<Vec<ViewRow>, CatalogError> {
    rows.into_iter().map(view).collect()
}

fn view(mut row: String) -> Result<ViewRow, CatalogError> {
    let (oid, tree_at) = row
        .split_once(' ')
        .and_then(|(oid, _)| Some((oid.parse().ok()?, oid.len() + 1)))
        .ok_or(CatalogError::ViewRow)?;
    row.drain(..tree_at);
    Ok(ViewRow { oid, tree: row })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_row_is_its_oid_and_its_tree() {
        let rows = from_views(vec!["42 ({QUERY :a 1})".into()]).unwrap();
        assert_eq!((rows[0].oid, rows[0].tree.as_str()), (42, "({QUERY :a 1})"));
        assert!(from_views(vec!["x y".into()]).is_err());
        assert!(from_views(vec!["42".into()]).is_err());
    }

    #[test]
    fn an_unexpected_row_names_its_query() {
        let error = from_json::<ComputedRow>("computed", vec!["{}".into()]).unwrap_err();
        assert!(error.to_string().contains("computed"), "{error}");
    }
}
