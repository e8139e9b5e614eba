//! Types and where they stand.

use std::collections::HashMap;

use super::super::Overrides;
use super::super::model::{Column, Composite, Enum, Model, Name, Type};
use super::super::names::{Scope, snake};
use super::{SAID, Writer, code, keyword, module_names, string, type_name};

/// Derives of everything that is read and written.
const DERIVE: &str = "#[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, \
::crestfall_client::serde::Deserialize)]";
pub(super) const SERDE: &str = "#[serde(crate = \"::crestfall_client::serde\")]";

/// A module of a schema, and how many steps lead up to the schema's own.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    schema: &'a str,
    depth: usize,
}

impl<'a> Place<'a> {
    pub(super) fn new(schema: &'a str, depth: usize) -> Self {
        Self { schema, depth }
    }
}

/// Where each item stands, and under which name.
pub(super) struct Paths<'a> {
    overrides: &'a Overrides,
    schemas: HashMap<String, Option<String>>,
    relations: HashMap<Name, String>,
    enums: HashMap<Name, String>,
    composites: HashMap<Name, String>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(model: &Model, overrides: &'a Overrides) -> Self {
        let mut paths = Self {
            overrides,
            schemas: HashMap::new(),
            relations: HashMap::new(),
            enums: HashMap::new(),
            composites: HashMap::new(),
        };
        let mut roots = Scope::with(&["functions", "enums", "types"]);
        for schema in &model.schemas {
            let modules = module_names(schema);
            if model.is_main(&schema.name) {
                for module in &modules {
                    roots.take(module.clone());
                }
                paths.schemas.insert(schema.name.clone(), None);
            } else {
                let module = keyword(roots.take(snake(&schema.name)));
                paths.schemas.insert(schema.name.clone(), Some(module));
            }
            let names = schema
                .relations
                .iter()
                .map(|relation| relation.name.clone());
            paths.relations.extend(names.zip(modules));
            let mut scope = Scope::default();
            for one in &schema.enums {
                let name = type_name(&mut scope, &one.name.name);
                paths.enums.insert(one.name.clone(), name);
            }
            let mut scope = Scope::with(&SAID);
            for one in &schema.composites {
                let name = type_name(&mut scope, &one.name.name);
                paths.composites.insert(one.name.clone(), name);
            }
        }
        paths
    }

    /// The module of a schema that is not the main one.
    pub(super) fn schema(&self, schema: &str) -> &str {
        let module = self.schemas.get(schema).and_then(Option::as_deref);
        module.unwrap_or_default()
    }

    pub(super) fn relation(&self, name: &Name) -> &str {
        self.relations.get(name).map_or("", String::as_str)
    }

    fn composite(&self, name: &Name) -> &str {
        self.composites.get(name).map_or("", String::as_str)
    }

    /// From a place to an item of a schema.
    pub(super) fn path(&self, from: Place<'_>, schema: &str, item: &str) -> String {
        let is_nested = |schema| matches!(self.schemas.get(schema), Some(Some(_)));
        let up = "super::".repeat(from.depth);
        if from.schema == schema {
            return format!("{up}{item}");
        }
        let out = if is_nested(from.schema) {
            "super::"
        } else {
            ""
        };
        match self.schemas.get(schema) {
            Some(Some(module)) => format!("{up}{out}{module}::{item}"),
            _ => format!("{up}{out}{item}"),
        }
    }

    /// A type, seen from a place.
    pub(super) fn kind(&self, from: Place<'_>, kind: &Type) -> String {
        match kind {
            Type::Scalar(name) => match self.overrides.get(name) {
                Some(chosen) => chosen.to_owned(),
                None => scalar(name).to_owned(),
            },
            Type::Enum(name) => match self.enums.get(name) {
                Some(item) => self.path(from, &name.schema, &format!("enums::{item}")),
                None => "String".to_owned(),
            },
            Type::Composite(name) => match self.composites.get(name) {
                Some(item) => self.path(from, &name.schema, &format!("types::{item}")),
                None => JSON.to_owned(),
            },
            Type::Row(name) => match self.relations.get(name) {
                Some(module) => self.path(from, &name.schema, &format!("{module}::Row")),
                None => JSON.to_owned(),
            },
            // An array's elements may be null, which is seldom meant.
            Type::Array(element) => format!("Vec<{}>", self.kind(from, element)),
            Type::Record(_) => JSON.to_owned(),
            Type::Void => "()".to_owned(),
        }
    }

    /// The type of a column without null, seen from so deep in the schema.
    pub(super) fn column(&self, relation: &Name, column: &Column, depth: usize) -> String {
        let name = format!("{}.{}.{}", relation.schema, relation.name, column.name);
        match self.overrides.get(&name) {
            Some(chosen) => chosen.to_owned(),
            None => self.kind(Place::new(&relation.schema, depth), &column.kind),
        }
    }
}

const JSON: &str = "::crestfall_client::serde_json::Value";

/// PostgreSQL's types as they come in JSON.
fn scalar(name: &str) -> &'static str {
    match name {
        "bool" => "bool",
        "int2" => "i16",
        "int4" => "i32",
        "int8" => "i64",
        "float4" => "f32",
        "float8" => "f64",
        "numeric" => "::crestfall_client::Numeric",
        "uuid" => "::crestfall_client::uuid::Uuid",
        "date" => "::crestfall_client::chrono::NaiveDate",
        "time" => "::crestfall_client::chrono::NaiveTime",
        "timestamp" => "::crestfall_client::chrono::NaiveDateTime",
        "timestamptz" => "::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>",
        "json" | "jsonb" | "record" | "unknown" | "anyelement" | "geometry" | "geography"
        | "hstore" => JSON,
        _ => "String",
    }
}

/// An enum with a label for each variant.
pub(super) fn write_enum(out: &mut Writer, one: &Enum, paths: &Paths<'_>) {
    let name = paths.enums.get(&one.name).map_or("", String::as_str);
    let mut variants = Scope::default();
    let variants: Vec<(String, &String)> = one
        .labels
        .iter()
        .map(|label| (type_name(&mut variants, label), label))
        .collect();
    out.blank();
    let full = format!("The enum {}.", code(&one.name.to_string()));
    out.doc(one.comment.as_deref(), &full);
    out.line(
        "#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, \
         ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]",
    );
    out.line(SERDE);
    out.open(&format!("pub enum {name}"));
    for (variant, label) in &variants {
        out.say(&code(label));
        out.line(&format!("#[serde(rename = {})]", string(label)));
        out.line(&format!("{variant},"));
    }
    out.close();
    out.blank();
    out.open(&format!("impl {name}"));
    out.line("/// Every value, in the database's order.");
    let all: Vec<String> = variants
        .iter()
        .map(|(variant, _)| format!("Self::{variant}"))
        .collect();
    out.line(&format!(
        "pub const ALL: [Self; {}] = [{}];",
        all.len(),
        all.join(", ")
    ));
    out.blank();
    out.line("/// The label.");
    out.open("pub fn as_str(self) -> &'static str");
    out.open("match self");
    for (variant, label) in &variants {
        out.line(&format!("Self::{variant} => {},", string(label)));
    }
    if variants.is_empty() {
        out.line("_ => \"\",");
    }
    out.close();
    out.close();
    out.close();
    out.blank();
    out.open(&format!("impl ::crestfall_client::rest::Scalar for {name}"));
    out.line("type Base = Self;");
    out.close();
    out.blank();
    out.open(&format!(
        "impl ::crestfall_client::rest::Literal for {name}"
    ));
    out.open("fn literal(&self) -> ::std::borrow::Cow<'_, str>");
    out.line("::std::borrow::Cow::Borrowed(self.as_str())");
    out.close();
    out.close();
}

/// A composite type: its attributes may each be null.
pub(super) fn write_composite(out: &mut Writer, one: &Composite, paths: &Paths<'_>) {
    out.blank();
    let full = format!("The type {}.", code(&one.name.to_string()));
    out.doc(one.comment.as_deref(), &full);
    fields(
        out,
        &one.name,
        paths.composite(&one.name),
        &one.attributes,
        paths,
        1,
    );
    out.blank();
    let name = paths.composite(&one.name).to_owned();
    out.open(&format!("impl ::crestfall_client::rest::Scalar for {name}"));
    out.line("type Base = Self;");
    out.close();
}

/// A struct of columns.
pub(super) fn fields(
    out: &mut Writer,
    of: &Name,
    name: &str,
    columns: &[Column],
    paths: &Paths<'_>,
    depth: usize,
) {
    out.line(DERIVE);
    out.line(SERDE);
    out.open(&format!("pub struct {name}"));
    let mut scope = Scope::default();
    for column in columns {
        let field = keyword(scope.take(snake(&column.name)));
        let kind = paths.column(of, column, depth);
        out.doc(column.comment.as_deref(), &code(&column.name));
        rename(out, &field, &column.name);
        match column.nullable {
            true => out.line(&format!("pub {field}: Option<{kind}>,")),
            false => out.line(&format!("pub {field}: {kind},")),
        }
    }
    out.close();
}

/// Where the field's name is not the column's.
pub(super) fn rename(out: &mut Writer, field: &str, column: &str) {
    if field.strip_prefix("r#").unwrap_or(field) != column {
        out.line(&format!("#[serde(rename = {})]", string(column)));
    }
}
