//! What APIs with a type system of their own want to know besides: types, row security, unique keys,
//! foreign keys with their comments, functions by OID. Loaded when
//! [`CatalogOptions::details`](super::CatalogOptions::details) asks for it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Volatility;
use super::load::{CatalogError, CatalogStatement};
use super::rows::from_json;
use crate::name::QualifiedName;

/// The second half of a catalogue, of the same moment as the first.
#[derive(Debug, Default, Serialize)]
pub struct Details {
    /// The exposed schemas that exist, with their comments.
    pub schemas: HashMap<Arc<str>, Option<String>>,
    /// One for each table of the catalogue, in the order of creation.
    pub tables: Vec<TableDetails>,
    /// The types that are used, by OID.
    pub types: HashMap<u32, TypeDetails>,
    /// Foreign keys between exposed relations, in the order of creation.
    pub foreign_keys: Vec<ForeignKeyDetails>,
    /// Plain functions of the exposed schemas, in the order of creation.
    pub functions: Vec<FunctionDetails>,
}

/// What [`Table`](super::Table) does not say.
#[derive(Debug, Serialize)]
pub struct TableDetails {
    /// Its OID.
    pub oid: u32,
    /// Schema and name, as in the catalogue.
    pub name: QualifiedName,
    /// OID of the type of its rows.
    pub row_type: u32,
    /// Row-level security is switched on.
    pub row_security: bool,
    /// One for each column of the table, in the same order.
    pub columns: Vec<ColumnDetails>,
    /// Unique indexes over plain columns without a condition, the primary key first.
    pub unique_keys: Vec<UniqueKey>,
    /// What `ON CONFLICT` may name: every unique index that is checked at once, the primary key first.
    pub conflict_targets: Vec<ConflictTarget>,
}

/// What [`Column`](super::Column) does not say.
#[derive(Debug, Serialize)]
pub struct ColumnDetails {
    /// OID of the declared type, which may be a domain.
    pub type_oid: u32,
    /// `GENERATED ALWAYS AS (…) STORED`.
    pub generated: bool,
    /// It owns a sequence: `serial`, or an identity.
    pub serial: bool,
    /// `GENERATED ALWAYS AS IDENTITY`: no statement gives it a value.
    pub always_identity: bool,
}

/// Columns of which no two rows have the same values.
#[derive(Debug, Serialize)]
pub struct UniqueKey {
    /// It is the primary key.
    pub primary: bool,
    /// In the order of the index.
    pub columns: Vec<Arc<str>>,
}

/// A unique index as `ON CONFLICT` infers it, so that partial ones and those of expressions can be
/// meant too.
#[derive(Debug, Serialize)]
pub struct ConflictTarget {
    /// The name of the index, which is that of its constraint if it has one.
    pub name: Arc<str>,
    /// SQL as PostgreSQL prints it, every name with its schema: `(lower(email)) where (deleted is null)`.
    pub target: Arc<str>,
    /// The columns that the index looks at, also in expressions and conditions.
    pub columns: Vec<Arc<str>>,
}

/// A type.
#[derive(Debug, Serialize)]
pub struct TypeDetails {
    /// Schema and name.
    pub name: QualifiedName,
    /// What kind of type it is.
    pub category: TypeCategory,
    /// OID of the type of its elements, for arrays.
    pub element: Option<u32>,
    /// `COMMENT ON TYPE`.
    pub description: Option<String>,
    /// Labels in their order, for enums.
    pub labels: Vec<String>,
}

/// Kinds of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TypeCategory {
    /// An array.
    Array,
    /// `CREATE TYPE … AS ENUM`.
    Enum,
    /// `CREATE TYPE … AS (…)`.
    Composite,
    /// The rows of a relation.
    Row,
    /// `void`, `record`, `trigger` and other names for what is no value.
    Pseudo,
    /// Any other.
    Other,
}

/// A foreign key between exposed relations.
#[derive(Debug, Serialize)]
pub struct ForeignKeyDetails {
    /// `COMMENT ON CONSTRAINT`.
    pub description: Option<String>,
    /// The relation that refers.
    pub table: QualifiedName,
    /// Its columns, in the key's order.
    pub columns: Vec<Arc<str>>,
    /// The relation referred to.
    pub foreign_table: QualifiedName,
    /// Its columns, in the same order.
    pub foreign_columns: Vec<Arc<str>>,
}

/// A plain function of an exposed schema, with or without names for its parameters.
#[derive(Debug, Serialize)]
pub struct FunctionDetails {
    /// Its OID.
    pub oid: u32,
    /// Schema and name.
    pub name: QualifiedName,
    /// `COMMENT ON FUNCTION`.
    pub description: Option<String>,
    /// OID of the type it returns, or returns a set of.
    pub returns: u32,
    /// `SETOF` or `TABLE`.
    pub set_of: bool,
    /// `ROWS 1`.
    pub one_row: bool,
    /// As declared.
    pub volatility: Volatility,
    /// The last parameter is `VARIADIC`.
    pub variadic: bool,
    /// Input parameters in order.
    pub parameters: Vec<ParameterDetails>,
}

/// An input parameter.
#[derive(Debug, Serialize)]
pub struct ParameterDetails {
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// OID of its type.
    pub type_oid: u32,
    /// The type as PostgreSQL prints it, with its schema.
    pub type_name: Arc<str>,
    /// It may be left out.
    pub has_default: bool,
    /// The expression of its default.
    pub default: Option<String>,
}

/// The queries of this half, in the order in which [`read`] takes their answers.
pub(super) fn statements(schemas: &str) -> [CatalogStatement; 5] {
    [
        include_str!("details/schemas.sql"),
        include_str!("details/tables.sql"),
        include_str!("details/types.sql"),
        include_str!("details/foreign_keys.sql"),
        include_str!("details/functions.sql"),
    ]
    .map(|sql| CatalogStatement {
        sql,
        params: vec![schemas.to_owned()],
    })
}

/// Reads what the queries answered.
pub(super) fn read(answers: [Vec<String>; 5]) -> Result<Details, CatalogError> {
    let [schemas, tables, types, foreign_keys, functions] = answers;
    let schemas: Vec<(String, Option<String>)> = from_json("details/schemas", schemas)?;
    let tables: Vec<TableRow> = from_json("details/tables", tables)?;
    let types: Vec<TypeRow> = from_json("details/types", types)?;
    let foreign_keys: Vec<ForeignKeyRow> = from_json("details/foreign_keys", foreign_keys)?;
    let functions: Vec<FunctionRow> = from_json("details/functions", functions)?;
    Ok(Details {
        schemas: schemas
            .into_iter()
            .map(|(name, comment)| (name.into(), comment))
            .collect(),
        tables: tables.into_iter().map(TableRow::details).collect(),
        types: types
            .into_iter()
            .map(|row| (row.oid, row.details()))
            .collect(),
        foreign_keys: foreign_keys
            .into_iter()
            .map(ForeignKeyRow::details)
            .collect(),
        functions: functions.into_iter().map(FunctionRow::details).collect(),
    })
}

fn texts(texts: Vec<String>) -> Vec<Arc<str>> {
    texts.into_iter().map(Arc::from).collect()
}

#[derive(Deserialize)]
struct TableRow {
    oid: u32,
    schema: String,
    name: String,
    row_type: u32,
    row_security: bool,
    /// Name, type, generated, serial, always an identity.
    columns: Vec<(String, u32, bool, bool, bool)>,
    unique_keys: Vec<(bool, Vec<String>)>,
    /// Name, target, columns.
    conflict_targets: Vec<(String, String, Vec<String>)>,
}

impl TableRow {
    fn details(self) -> TableDetails {
        let column = |(_, type_oid, generated, serial, always_identity)| ColumnDetails {
            type_oid,
            generated,
            serial,
            always_identity,
        };
        TableDetails {
            oid: self.oid,
            name: QualifiedName::new(self.schema, self.name),
            row_type: self.row_type,
            row_security: self.row_security,
            columns: self.columns.into_iter().map(column).collect(),
            unique_keys: self
                .unique_keys
                .into_iter()
                .map(|(primary, columns)| UniqueKey {
                    primary,
                    columns: texts(columns),
                })
                .collect(),
            conflict_targets: self
                .conflict_targets
                .into_iter()
                .map(|(name, target, columns)| ConflictTarget {
                    name: name.into(),
                    target: target.into(),
                    columns: texts(columns),
                })
                .collect(),
        }
    }
}

#[derive(Deserialize)]
struct TypeRow {
    oid: u32,
    schema: String,
    name: String,
    category: TypeCategory,
    element: Option<u32>,
    description: Option<String>,
    labels: Option<Vec<String>>,
}

impl TypeRow {
    fn details(self) -> TypeDetails {
        TypeDetails {
            name: QualifiedName::new(self.schema, self.name),
            category: self.category,
            element: self.element,
            description: self.description,
            labels: self.labels.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct ForeignKeyRow {
    description: Option<String>,
    table: (String, String),
    columns: Vec<String>,
    foreign_table: (String, String),
    foreign_columns: Vec<String>,
}

impl ForeignKeyRow {
    fn details(self) -> ForeignKeyDetails {
        ForeignKeyDetails {
            description: self.description,
            table: QualifiedName::new(self.table.0, self.table.1),
            columns: texts(self.columns),
            foreign_table: QualifiedName::new(self.foreign_table.0, self.foreign_table.1),
            foreign_columns: texts(self.foreign_columns),
        }
    }
}

/// Name, type, the type's name, whether there is a default, which.
type ParameterRow = (Option<String>, u32, String, bool, Option<String>);

#[derive(Deserialize)]
struct FunctionRow {
    oid: u32,
    schema: String,
    name: String,
    description: Option<String>,
    returns: u32,
    set_of: bool,
    one_row: bool,
    volatility: char,
    variadic: bool,
    parameters: Vec<ParameterRow>,
}

impl FunctionRow {
    fn details(self) -> FunctionDetails {
        let parameter = |row: ParameterRow| {
            let (name, type_oid, type_name, has_default, default) = row;
            ParameterDetails {
                name: name.map(Arc::from),
                type_oid,
                type_name: type_name.into(),
                has_default,
                default,
            }
        };
        FunctionDetails {
            oid: self.oid,
            name: QualifiedName::new(self.schema, self.name),
            description: self.description,
            returns: self.returns,
            set_of: self.set_of,
            one_row: self.one_row,
            volatility: Volatility::from_code(self.volatility),
            variadic: self.variadic,
            parameters: self.parameters.into_iter().map(parameter).collect(),
        }
    }
}
