//! Asks a database, and puts the model together.

mod links;

mod rows;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogError, CatalogOptions, CatalogSource, CatalogStatement};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::sync::Mutex;

use super::model::{
    Argument, Column, Composite, Enum, Function, Insert, Model, Name, Relation, Schema, Type,
};
use super::view_nulls::NotNull;
pub(super) use links::quoted;
use rows::{ColumnRow, FunctionRow, RelationRow, TypeRow};

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The database does not answer, or refuses.
    #[error("the database could not be asked")]
    Database(#[from] sqlx::Error),
    /// Nor for its relationships.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A query gave something that it was not written for.
    #[error("the query `{0}` gave a row that is not understood")]
    Row(&'static str, #[source] serde_json::Error),
    /// The query of the views did.
    #[error("the query `views` gave a row that is not understood")]
    ViewRow,
    /// A schema does not exist.
    #[error("there is no schema `{0}`")]
    NoSchema(String),
}

impl Error {
    /// There is no database where it was looked for.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Io(_)))
    }
}

/// All that schemas of a database show.
pub(super) async fn model(url: &str, schemas: &[String]) -> Result<Model, Error> {
    let options: PgConnectOptions = url.parse()?;
    let connection = PgConnection::connect_with(&options).await?;
    let source = Source(Mutex::new(connection));
    let statement = |sql| CatalogStatement {
        sql,
        params: vec![],
    };
    let of_schemas = |sql| CatalogStatement {
        sql,
        params: vec![array(schemas)],
    };
    let answers = source
        .fetch(vec![
            of_schemas(
                "select name from unnest($1::text[]) name
                 where name not in (select nspname from pg_namespace)",
            ),
            statement(include_str!("types.sql")),
            of_schemas(include_str!("relations.sql")),
            statement(include_str!("not_null.sql")),
            statement(include_str!("views.sql")),
            of_schemas(include_str!("functions.sql")),
        ])
        .await?;
    let [missing, types, relations, not_null, views, functions] =
        <[Vec<String>; 6]>::try_from(answers).map_err(|_| Error::ViewRow)?;
    if let Some(schema) = missing.into_iter().next() {
        return Err(Error::NoSchema(schema));
    }
    let options = CatalogOptions {
        schemas: schemas.to_vec(),
        ..CatalogOptions::default()
    };
    let catalog = Catalog::load(&source, &options).await?;
    let rows = Rows {
        types: rows::read("types", &types)?,
        relations: rows::read("relations", &relations)?,
        functions: rows::read("functions", &functions)?,
        not_null: rows::numbers(&not_null).ok_or(Error::ViewRow)?,
        views: rows::views(&views).ok_or(Error::ViewRow)?,
    };
    Ok(assemble(&rows, &catalog, schemas))
}

/// One connection, asked by one after another.
struct Source(Mutex<PgConnection>);

impl CatalogSource for Source {
    type Error = sqlx::Error;

    async fn fetch(
        &self,
        statements: Vec<CatalogStatement>,
    ) -> Result<Vec<Vec<String>>, sqlx::Error> {
        let mut connection = self.0.lock().await;
        let begin = "begin isolation level repeatable read read only";
        let mut transaction = connection.begin_with(begin).await?;
        let mut answers = Vec::with_capacity(statements.len());
        for statement in statements {
            let mut query = sqlx::query(AssertSqlSafe(statement.sql));
            for parameter in statement.params {
                query = query.bind(parameter);
            }
            let rows = query.fetch_all(&mut *transaction).await?;
            let texts = rows.iter().map(|row| row.try_get(0));
            answers.push(texts.collect::<Result<_, _>>()?);
        }
        transaction.rollback().await?;
        Ok(answers)
    }
}

/// What the queries gave.
struct Rows<'a> {
    types: Vec<TypeRow>,
    relations: Vec<RelationRow>,
    functions: Vec<FunctionRow>,
    not_null: HashSet<(i64, i16)>,
    views: Vec<(i64, &'a str)>,
}

fn assemble(rows: &Rows<'_>, catalog: &Catalog, schemas: &[String]) -> Model {
    let types = Types::new(rows);
    let not_null = NotNull::new(rows.not_null.clone(), rows.views.iter().copied());
    let mut parts: BTreeMap<&str, Schema> = BTreeMap::new();
    for row in &rows.relations {
        let part = parts.entry(&row.schema).or_default();
        part.relations.push(relation(row, &types, &not_null));
    }
    for row in &rows.functions {
        let function = function(row, &types);
        let part = parts.entry(&row.schema).or_default();
        match computed(&function) {
            Some(of) => {
                let column = computed_column(&function);
                let relation = part
                    .relations
                    .iter_mut()
                    .find(|relation| relation.name == of);
                if let (Some(relation), Some(column)) = (relation, column) {
                    relation.computed.push(column);
                }
            }
            None if is_callable(&function) => part.functions.push(function),
            None => {}
        }
    }
    for row in &rows.types {
        let part = parts.entry(&row.schema).or_default();
        part.enums.extend(row.as_enum());
        part.composites.extend(composite(row, &types));
    }
    for part in parts.values_mut() {
        part.enums.sort_by(|a, b| a.name.cmp(&b.name));
        part.composites.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let mut model = Model::default();
    for schema in schemas {
        let mut part = parts.remove(schema.as_str()).unwrap_or_default();
        part.name.clone_from(schema);
        model.schemas.push(part);
    }
    add_used(&mut model, parts);
    links::add(&mut model, catalog, &rows.relations);
    model
}

/// Enums and composites of other schemas that something exposed uses, by way of others perhaps.
fn add_used(model: &mut Model, others: BTreeMap<&str, Schema>) {
    let mut used = HashSet::new();
    for schema in &model.schemas {
        for relation in &schema.relations {
            let columns = relation.columns.iter().chain(&relation.computed);
            columns.for_each(|column| names_in(&column.kind, &mut used));
        }
        for function in &schema.functions {
            names_in(&function.returns, &mut used);
            let arguments = function.arguments.iter();
            arguments.for_each(|argument| names_in(&argument.kind, &mut used));
        }
        add_attributes(&schema.composites, |_| true, &mut used);
    }
    let mut before = 0;
    while before < used.len() {
        before = used.len();
        let reached = used.clone();
        for other in others.values() {
            add_attributes(
                &other.composites,
                |one| reached.contains(&one.name),
                &mut used,
            );
        }
    }
    for (name, mut other) in others {
        other.enums.retain(|one| used.contains(&one.name));
        other.composites.retain(|one| used.contains(&one.name));
        if !other.enums.is_empty() || !other.composites.is_empty() {
            model.schemas.push(Schema {
                name: name.to_owned(),
                enums: other.enums,
                composites: other.composites,
                ..Schema::default()
            });
        }
    }
}

/// The types of attributes.
fn add_attributes(
    composites: &[Composite],
    counts: impl Fn(&Composite) -> bool,
    used: &mut HashSet<Name>,
) {
    let composites = composites.iter().filter(|one| counts(one));
    let attributes = composites.flat_map(|one| &one.attributes);
    attributes.for_each(|attribute| names_in(&attribute.kind, used));
}

fn names_in(kind: &Type, names: &mut HashSet<Name>) {
    match kind {
        Type::Enum(name) | Type::Composite(name) => {
            names.insert(name.clone());
        }
        Type::Array(element) => names_in(element, names),
        Type::Record(columns) => columns
            .iter()
            .for_each(|column| names_in(&column.kind, names)),
        Type::Scalar(_) | Type::Row(_) | Type::Void => {}
    }
}

fn relation(row: &RelationRow, types: &Types<'_>, not_null: &NotNull<'_>) -> Relation {
    let column = |column: &ColumnRow| Column {
        name: column.name.clone(),
        comment: column.comment.clone(),
        kind: types.of_dimensions(column.kind, column.dimensions),
        nullable: !(column.not_null
            || types.is_not_null(column.kind)
            || row.is_view && not_null.is_never_null(row.oid, column.number)),
        insert: match column {
            column if column.always || !column.writable => Insert::Never,
            column if column.has_default || row.is_view => Insert::Optional,
            column if column.not_null || types.is_not_null(column.kind) => Insert::Required,
            _ => Insert::Optional,
        },
        updatable: column.writable && !column.always,
    };
    Relation {
        name: row.name(),
        comment: row.comment.clone(),
        is_view: row.is_view,
        insertable: row.insertable,
        updatable: row.updatable,
        columns: row.columns.iter().map(column).collect(),
        computed: Vec::new(),
        links: Vec::new(),
    }
}

fn composite(row: &TypeRow, types: &Types<'_>) -> Option<Composite> {
    let attributes = row.attributes.as_ref()?;
    let attributes = attributes.iter().map(|attribute| Column {
        name: attribute.name.clone(),
        comment: attribute.comment.clone(),
        kind: types.get(attribute.kind),
        nullable: true,
        insert: Insert::Optional,
        updatable: true,
    });
    Some(Composite {
        name: row.name(),
        comment: row.comment.clone(),
        attributes: attributes.collect(),
    })
}

fn function(row: &FunctionRow, types: &Types<'_>) -> Function {
    let mode = |index: usize| row.modes.get(index).map_or("i", String::as_str);
    let name = |index: usize| row.names.get(index).cloned().unwrap_or_default();
    let goes_in = |index: &usize| matches!(mode(*index), "i" | "b" | "v");
    let inputs: Vec<usize> = (0..row.kinds.len()).filter(goes_in).collect();
    let required = inputs.len().saturating_sub(row.defaults);
    let arguments = inputs
        .iter()
        .enumerate()
        .map(|(position, &index)| Argument {
            name: name(index),
            kind: types.get(row.kinds[index]),
            required: position < required,
        });
    let outputs: Vec<Column> = (0..row.kinds.len())
        .filter(|&index| matches!(mode(index), "o" | "b" | "t"))
        .map(|index| Column {
            name: name(index),
            comment: None,
            kind: types.get(row.kinds[index]),
            nullable: true,
            insert: Insert::Optional,
            updatable: false,
        })
        .collect();
    let returns = match outputs.as_slice() {
        [] => types.get(row.returns),
        [only] if mode_of_only(row) != "t" => Rc::clone(&only.kind),
        _ => Rc::new(Type::Record(outputs)),
    };
    Function {
        name: row.name(),
        comment: row.comment.clone(),
        arguments: arguments.collect(),
        returns,
        set_of: row.set_of,
        reads: row.reads,
        variadic: row.modes.iter().any(|mode| mode == "v"),
    }
}

/// `returns table` with one column gives rows, an only `OUT` parameter its value.
fn mode_of_only(row: &FunctionRow) -> &str {
    let mode = row
        .modes
        .iter()
        .find(|mode| matches!(mode.as_str(), "o" | "b" | "t"));
    mode.map_or("o", String::as_str)
}

/// The relation whose rows the function computes something of.
fn computed(function: &Function) -> Option<Name> {
    match function.arguments.as_slice() {
        [argument] => match &*argument.kind {
            Type::Row(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A column that a function computes; one that gives rows is a relationship.
fn computed_column(function: &Function) -> Option<Column> {
    let is_value = !function.set_of && !matches!(&*function.returns, Type::Row(_) | Type::Void);
    is_value.then(|| Column {
        name: function.name.name.clone(),
        comment: function.comment.clone(),
        kind: Rc::clone(&function.returns),
        nullable: true,
        insert: Insert::Never,
        updatable: false,
    })
}

/// Requests name arguments; a single one without name takes the whole body.
fn is_callable(function: &Function) -> bool {
    let named = function
        .arguments
        .iter()
        .all(|argument| !argument.name.is_empty());
    let scalar = |argument: &Argument| matches!(&*argument.kind, Type::Scalar(name) if name == "json" || name == "jsonb");
    named || function.arguments.len() == 1 && function.arguments.iter().all(scalar)
}

/// Types by OID.
struct Types<'a> {
    rows: HashMap<i64, &'a TypeRow>,
    /// The relations that have types of their own.
    shown: HashSet<Name>,
}

impl<'a> Types<'a> {
    fn new(rows: &'a Rows<'a>) -> Self {
        Self {
            rows: rows.types.iter().map(|row| (row.oid, row)).collect(),
            shown: rows.relations.iter().map(RelationRow::name).collect(),
        }
    }

    fn get(&self, oid: i64) -> Rc<Type> {
        Rc::new(self.of(oid))
    }

    /// `int[][]` is an array of arrays where it was declared so.
    fn of_dimensions(&self, oid: i64, dimensions: u32) -> Rc<Type> {
        let kind = self.get(oid);
        match *kind {
            Type::Array(_) => (1..dimensions).fold(kind, |kind, _| Rc::new(Type::Array(kind))),
            _ => kind,
        }
    }

    fn of(&self, oid: i64) -> Type {
        let Some(row) = self.rows.get(&oid) else {
            return Type::Scalar("unknown".to_owned());
        };
        if let Some(base) = row.base {
            return self.of(base);
        }
        if let Some(element) = row.element {
            return Type::Array(self.get(element));
        }
        match row.kind.as_str() {
            "e" => Type::Enum(row.name()),
            "c" if row.is_row_of_relation => match row.name() {
                name if self.shown.contains(&name) => Type::Row(name),
                // A row of a relation that is not exposed.
                _ => Type::Scalar("record".to_owned()),
            },
            "c" => Type::Composite(row.name()),
            "p" if row.name == "void" => Type::Void,
            // Whatever the caller gives, such as `anyelement` or `anyarray`.
            "p" if row.name != "record" => Type::Scalar("unknown".to_owned()),
            _ => Type::Scalar(row.name.clone()),
        }
    }

    /// Whether a domain forbids null.
    fn is_not_null(&self, oid: i64) -> bool {
        let row = self.rows.get(&oid);
        row.is_some_and(|row| row.kind == "d" && row.not_null)
    }
}

impl TypeRow {
    fn as_enum(&self) -> Option<Enum> {
        Some(Enum {
            name: self.name(),
            comment: self.comment.clone(),
            labels: self.labels.clone()?,
        })
    }
}

/// An array of texts the way PostgreSQL reads it.
fn array(elements: &[String]) -> String {
    let quoted = elements.iter().map(|element| {
        let escaped = element.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    });
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}
