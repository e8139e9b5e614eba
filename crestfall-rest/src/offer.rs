//! What a role may use, as an OpenAPI 3.1 document.
//!
//! [`STATEMENTS`] ask the database as that role; [`document`] joins the answers with the catalogue.
//! Only the statements need a database, and somebody else runs them. Everything here is said of
//! requests that ask for what they change (`Prefer: return=representation`), because of those alone
//! a program knows what comes back.

mod names;
mod relation;
mod routine;
mod rows;
mod shared;
mod types;

use crestfall_core::catalog::Column;
use crestfall_core::openapi::{Document, Operation, Parameter, Schema};
use crestfall_core::{Catalog, QualifiedName};
use serde::de::DeserializeOwned;

use crate::config::OpenApiMode;
use crate::openapi::Statement;
use names::Names;
use relation::Relation;
use rows::{Kind, OfferedRelation, OfferedRoutine, TypeRow};
use types::Types;

/// The media type of the document, for which a request may ask the root.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.oai.openapi+json;version=3.1";

const SCHEMA_COMMENT: &str = include_str!("openapi/schema_comment.sql");
const RELATIONS: &str = include_str!("offer/relations.sql");
const ROUTINES: &str = include_str!("offer/routines.sql");
const TYPES: &str = include_str!("offer/types.sql");

/// The name of the bearer token among the document's security schemes.
const BEARER: &str = "bearer";

/// What to ask the database, as the caller's role.
pub(crate) fn statements(mode: OpenApiMode, schema: &str) -> Vec<Statement> {
    let whose = match mode {
        OpenApiMode::FollowPrivileges => "role",
        OpenApiMode::IgnorePrivileges => "all",
        OpenApiMode::Disabled => return Vec::new(),
    };
    let statement = |sql, params: &[&str]| Statement {
        sql,
        params: params.iter().map(|param| (*param).to_owned()).collect(),
    };
    vec![
        statement(SCHEMA_COMMENT, &[schema]),
        statement(RELATIONS, &[schema, whose]),
        statement(ROUTINES, &[schema, whose]),
        statement(TYPES, &[]),
    ]
}

/// Which schema, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) schema: &'a str,
    /// Requests name no schema when they mean this one.
    pub(crate) is_default: bool,
    /// The role is one that needs no credential.
    pub(crate) anonymous: bool,
}

/// The document, from one list of rows for each of the [`statements`].
///
/// # Errors
/// When a row is not what its statement answers with.
pub(crate) fn document<Row: AsRef<str>>(
    catalog: &Catalog,
    scope: Scope<'_>,
    answers: &[Vec<Row>],
) -> serde_json::Result<Document> {
    let rows = |index: usize| answers.get(index).map_or(&[][..], Vec::as_slice);
    let relations: Vec<OfferedRelation> = parse(rows(1))?;
    let routines: Vec<OfferedRoutine> = parse(rows(2))?;
    let types: Vec<TypeRow> = parse(rows(3))?;
    let mut document = Document::new("REST API", env!("CARGO_PKG_VERSION"));
    if let Some(comment) = rows(0).first() {
        let (title, details) = comment
            .as_ref()
            .split_once('\n')
            .unwrap_or((comment.as_ref(), ""));
        document.set_title(title);
        if !details.trim().is_empty() {
            document.describe(details.trim());
        }
    }
    document.security_scheme(
        BEARER,
        serde_json::json!({
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token that names a role of the database.",
        }),
    );
    shared::write(&mut document);
    let mut writer = Writer {
        catalog,
        scope,
        types: Types::new(types),
        names: Names::default(),
        operations: Names::default(),
    };
    writer.names.unique("RestError".to_owned());
    let relations: Vec<Relation<'_>> = relations
        .iter()
        .filter_map(|offered| {
            let name = QualifiedName::new(scope.schema, offered.name.as_str());
            let table = catalog.tables.get(&name)?;
            let component = writer.names.pascal(&offered.name);
            writer
                .types
                .name_relation(scope.schema, &offered.name, &component);
            Some(Relation::new(table, offered, component))
        })
        .collect();
    for relation in &relations {
        relation.write(&mut document, &mut writer);
    }
    for overloads in routines.chunk_by(|one, other| one.name == other.name) {
        routine::write(overloads, &mut document, &mut writer);
    }
    for (name, schema) in writer.types.into_components() {
        document.schema(&name, schema);
    }
    Ok(document)
}

fn parse<T: DeserializeOwned, Row: AsRef<str>>(rows: &[Row]) -> serde_json::Result<Vec<T>> {
    let parsed = rows.iter().map(|row| serde_json::from_str(row.as_ref()));
    parsed.collect()
}

/// What is needed to write a document.
struct Writer<'a> {
    catalog: &'a Catalog,
    scope: Scope<'a>,
    types: Types,
    /// Of schemas.
    names: Names,
    /// Of operations.
    operations: Names,
}

impl Writer<'_> {
    fn operation(&self, id: &str, summary: &str) -> Operation {
        let operation = Operation::new(id, summary);
        match self.scope.anonymous {
            true => operation.security(&[BEARER, ""]),
            false => operation.security(&[BEARER]),
        }
    }

    /// A schema other than the default one is named by every request.
    fn profile(&self, operation: Operation, header: &str) -> Operation {
        if self.scope.is_default {
            return operation;
        }
        let parameter = Parameter::header(header, Schema::one_of([self.scope.schema]))
            .required()
            .describe("The schema of the database.");
        operation.parameter(parameter)
    }

    /// A cast of the column's domain makes its JSON.
    fn is_represented(&self, column: &Column) -> bool {
        let key = (column.nominal_type.clone(), "json".into());
        column.is_domain && self.catalog.representations.contains_key(&key)
    }

    fn is_enum(&self, oid: u32) -> bool {
        let row = self.types.below_domains(oid);
        row.is_some_and(|row| row.kind == Kind::Enum)
    }

    /// A filter that makes sense for the column.
    fn filter_example(&self, column: &Column) -> &'static str {
        match &*column.data_type {
            "boolean" => "is.true",
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "gte.1",
            "date" | "timestamp with time zone" | "timestamp without time zone" => "gte.2000-01-01",
            "text" | "character varying" | "character" => "ilike.*a*",
            _ => "not.is.null",
        }
    }
}
