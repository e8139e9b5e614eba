//! Relations and functions.

use super::super::load::quoted;
use super::super::model::{Cardinality, Column, Function, Insert, Relation, Schema, Type};
use super::super::names::{Scope, snake};
use super::types::{Paths, Place, SERDE, fields, rename};
use super::{ALLOW, SAID, Writer, code, keyword, string, type_name};

const REST: &str = "::crestfall_client::rest";

/// The module of a relation.
pub(super) fn write(out: &mut Writer, relation: &Relation, paths: &Paths<'_>) {
    let full = code(&relation.name.to_string());
    let what = if relation.is_view {
        "The view"
    } else {
        "The table"
    };
    out.blank();
    out.doc(relation.comment.as_deref(), &format!("{what} {full}."));
    out.line(ALLOW);
    out.line("#[rustfmt::skip]");
    out.open(&format!("pub mod {}", paths.relation(&relation.name)));
    out.say(&format!("{what} {full}, for the compiler."));
    out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq)]");
    out.line("pub struct Table;");
    out.blank();
    out.say(&format!("{what} {full}."));
    out.line("pub const TABLE: Table = Table;");
    out.blank();
    traits(out, relation);
    rows(out, relation, paths);
    members(out, relation, paths);
    out.close();
}

/// The structs stand in a module of their own: what a constant is called, such as a column's, no
/// parameter near it can be.
fn rows(out: &mut Writer, relation: &Relation, paths: &Paths<'_>) {
    let mut names = vec!["Row"];
    names.extend(is_insertable(relation).then_some("Insert"));
    names.extend(is_updatable(relation).then_some("Update"));
    out.blank();
    out.line(&format!("pub use rows::{{{}}};", names.join(", ")));
    out.blank();
    out.open("mod rows");
    out.say(&format!("A row of {}.", code(&relation.name.to_string())));
    fields(out, &relation.name, "Row", &relation.columns, paths, 2);
    if is_insertable(relation) {
        insert(out, relation, paths);
    }
    if is_updatable(relation) {
        update(out, relation, paths);
    }
    out.close();
}

fn is_insertable(relation: &Relation) -> bool {
    relation.insertable
        && relation
            .columns
            .iter()
            .any(|column| column.insert != Insert::Never)
}

fn is_updatable(relation: &Relation) -> bool {
    relation.updatable && relation.columns.iter().any(|column| column.updatable)
}

fn traits(out: &mut Writer, relation: &Relation) {
    let columns: Vec<String> = relation
        .columns
        .iter()
        .map(|column| quoted(&column.name))
        .collect();
    out.line(&format!("impl {REST}::Table for Table {{}}"));
    out.blank();
    out.open(&format!("impl {REST}::Relation for Table"));
    out.line(&format!(
        "const SCHEMA: &'static str = {};",
        string(&relation.name.schema)
    ));
    out.line(&format!(
        "const NAME: &'static str = {};",
        string(&relation.name.name)
    ));
    out.line(&format!(
        "const COLUMNS: &'static str = {};",
        string(&columns.join(","))
    ));
    out.line("type Row = Row;");
    out.close();
    if is_insertable(relation) {
        out.blank();
        out.open(&format!("impl {REST}::Insertable for Table"));
        out.line("type Insert = Insert;");
        out.close();
    }
    if is_updatable(relation) {
        out.blank();
        out.open(&format!("impl {REST}::Updatable for Table"));
        out.line("type Update = Update;");
        out.close();
    }
}

/// A field that is written: its name, its column, its type without null.
struct Field<'a> {
    name: String,
    column: &'a Column,
    kind: String,
}

fn written<'a>(
    relation: &'a Relation,
    paths: &Paths<'_>,
    is_written: impl Fn(&Column) -> bool,
) -> Vec<Field<'a>> {
    let mut scope = Scope::with(&["new"]);
    let columns = relation.columns.iter().filter(|column| is_written(column));
    columns
        .map(|column| Field {
            name: keyword(scope.take(snake(&column.name))),
            kind: paths.column(&relation.name, column, 2),
            column,
        })
        .collect()
}

fn insert(out: &mut Writer, relation: &Relation, paths: &Paths<'_>) {
    let fields = written(relation, paths, |column| column.insert != Insert::Never);
    let is_required = |field: &&Field<'_>| field.column.insert == Insert::Required;
    out.blank();
    out.line("/// A new row. What is not set gets its default.");
    out.line(if fields.iter().any(|field| is_required(&field)) {
        "#[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]"
    } else {
        "#[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]"
    });
    out.line(SERDE);
    out.open("pub struct Insert");
    for field in &fields {
        declare(out, field, is_required(&field));
    }
    out.close();
    out.blank();
    out.open("impl Insert");
    constructor(
        out,
        fields
            .iter()
            .filter(is_required)
            .map(|field| (&*field.name, &*field.kind)),
        fields
            .iter()
            .filter(|field| !is_required(field))
            .map(|field| &*field.name),
    );
    for field in fields.iter().filter(|field| !is_required(field)) {
        setter(out, field);
    }
    out.close();
}

fn update(out: &mut Writer, relation: &Relation, paths: &Paths<'_>) {
    let fields = written(relation, paths, |column| column.updatable);
    out.blank();
    out.line("/// New values of some columns. What is not set stays.");
    out.line("#[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]");
    out.line(SERDE);
    out.open("pub struct Update");
    for field in &fields {
        declare(out, field, false);
    }
    out.close();
    out.blank();
    out.open("impl Update");
    out.line("/// Nothing yet.");
    out.open("pub fn new() -> Self");
    out.line("Self::default()");
    out.close();
    for field in &fields {
        setter(out, field);
    }
    out.close();
}

fn declare(out: &mut Writer, field: &Field<'_>, required: bool) {
    let Field { name, column, kind } = field;
    out.doc(column.comment.as_deref(), &code(&column.name));
    rename(out, name, &column.name);
    if required {
        out.line(&format!("pub {name}: {kind},"));
        return;
    }
    out.line("#[serde(skip_serializing_if = \"Option::is_none\")]");
    match column.nullable {
        true => out.line(&format!("pub {name}: Option<Option<{kind}>>,")),
        false => out.line(&format!("pub {name}: Option<{kind}>,")),
    }
}

fn setter(out: &mut Writer, field: &Field<'_>) {
    let Field { name, column, kind } = field;
    let (bound, value) = match column.nullable {
        true => (format!("{REST}::Nullable<{kind}>"), "value.nullable()"),
        false => (
            String::new(),
            if converts(kind) {
                "value.into()"
            } else {
                "value"
            },
        ),
    };
    let value_type = if bound.is_empty() {
        taken(kind)
    } else {
        format!("impl {bound}")
    };
    out.blank();
    out.doc(
        column.comment.as_deref(),
        &format!("Sets {}.", code(&column.name)),
    );
    out.line("#[must_use]");
    out.open(&format!(
        "pub fn {name}(mut self, value: {value_type}) -> Self"
    ));
    out.line(&format!("self.{name} = Some({value});"));
    out.line("self");
    out.close();
}

/// Whether a setter takes what can become the type: numbers in literals would not know theirs.
fn converts(kind: &str) -> bool {
    kind == "String" || kind.ends_with("::Value") || kind.ends_with("::Numeric")
}

fn taken(kind: &str) -> String {
    match converts(kind) {
        true => format!("impl Into<{kind}>"),
        false => kind.to_owned(),
    }
}

fn constructor<'f>(
    out: &mut Writer,
    required: impl Iterator<Item = (&'f str, &'f str)> + Clone,
    optional: impl Iterator<Item = &'f str>,
) {
    let parameters = required
        .clone()
        .map(|(name, kind)| format!("{name}: {}", taken(kind)));
    let parameters = parameters.collect::<Vec<_>>().join(", ");
    out.line("/// With all that has no default.");
    out.open(&format!("pub fn new({parameters}) -> Self"));
    out.open("Self");
    for (name, kind) in required {
        match converts(kind) {
            true => out.line(&format!("{name}: {name}.into(),")),
            false => out.line(&format!("{name},")),
        }
    }
    for name in optional {
        out.line(&format!("{name}: None,"));
    }
    out.close();
    out.close();
}

/// Columns and relationships, which share one space of names.
fn members(out: &mut Writer, relation: &Relation, paths: &Paths<'_>) {
    let mut scope = Scope::with(&["TABLE", "Table"]);
    for column in relation.columns.iter().chain(&relation.computed) {
        let name = keyword(scope.take(snake(&column.name)));
        let kind = paths.column(&relation.name, column, 1);
        let kind = if column.nullable {
            format!("Option<{kind}>")
        } else {
            kind
        };
        let text = string(&quoted(&column.name));
        out.blank();
        out.doc(column.comment.as_deref(), &code(&column.name));
        out.line(&format!(
            "pub const {name}: {REST}::Column<Table, {kind}> = {REST}::Column::new({text});"
        ));
    }
    for link in &relation.links {
        let name = keyword(scope.take(snake(&link.label)));
        let module = paths.relation(&link.target);
        let target = paths.path(
            Place::new(&relation.name.schema, 1),
            &link.target.schema,
            &format!("{module}::Table"),
        );
        let (count, what) = match link.cardinality {
            Cardinality::One => ("One", "The row"),
            Cardinality::Maybe => ("Maybe", "The row, if there is one,"),
            Cardinality::Many => ("Many", "Rows"),
        };
        let key = name.strip_prefix("r#").unwrap_or(&name);
        out.blank();
        let to = code(&link.target.name);
        out.say(&format!("{what} of {to} over {}.", link.over));
        out.open(&format!(
            "pub fn {name}() -> {REST}::Embed<Table, {target}, {REST}::{count}>"
        ));
        out.line(&format!(
            "{REST}::Embed::new({}, {})",
            string(key),
            string(&link.spelling)
        ));
        out.close();
    }
}

/// The functions of a schema.
pub(super) fn functions(out: &mut Writer, schema: &Schema, paths: &Paths<'_>) {
    let mut scope = Scope::with(&SAID);
    for one in &schema.functions {
        let name = type_name(&mut scope, &one.name.name);
        function(out, one, &name, &mut scope, paths);
    }
}

fn function(out: &mut Writer, one: &Function, name: &str, scope: &mut Scope, paths: &Paths<'_>) {
    let from = &one.name.schema;
    let element = match &*one.returns {
        Type::Record(columns) => {
            let row = scope.take(format!("{name}Row"));
            out.blank();
            out.say(&format!("A row of what {} returns.", code(&one.name.name)));
            fields(out, &one.name, &row, columns, paths, 1);
            row
        }
        kind => paths.kind(Place::new(from, 1), kind),
    };
    let output = match (one.set_of, &*one.returns) {
        (true, Type::Row(_) | Type::Record(_)) => format!("Vec<{element}>"),
        (true, _) => format!("Vec<Option<{element}>>"),
        (false, Type::Void) => element,
        (false, _) => format!("Option<{element}>"),
    };
    let mut names = Scope::with(&["new"]);
    let arguments: Vec<(String, String, &super::super::model::Argument)> = one
        .arguments
        .iter()
        .map(|argument| {
            let field = keyword(names.take(snake(&argument.name)));
            (
                field,
                paths.kind(Place::new(from, 1), &argument.kind),
                argument,
            )
        })
        .collect();
    out.blank();
    let full = format!("The function {}.", code(&one.name.to_string()));
    out.doc(one.comment.as_deref(), &full);
    out.line("#[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]");
    out.line(SERDE);
    // The only argument without a name is the whole body.
    if matches!(one.arguments.as_slice(), [only] if only.name.is_empty()) {
        out.line(&format!(
            "pub struct {name}(pub ::crestfall_client::serde_json::Value);"
        ));
    } else {
        out.open(&format!("pub struct {name}"));
        for (field, kind, argument) in &arguments {
            out.say(&code(&argument.name));
            rename(out, field, &argument.name);
            match argument.required {
                true => out.line(&format!("pub {field}: {kind},")),
                false => {
                    out.line("#[serde(skip_serializing_if = \"Option::is_none\")]");
                    out.line(&format!("pub {field}: Option<{kind}>,"));
                }
            }
        }
        out.close();
        out.blank();
        out.open(&format!("impl {name}"));
        let required = arguments
            .iter()
            .filter(|(_, _, argument)| argument.required);
        let optional = arguments
            .iter()
            .filter(|(_, _, argument)| !argument.required);
        constructor(
            out,
            required.map(|(field, kind, _)| (&**field, &**kind)),
            optional.clone().map(|(field, _, _)| &**field),
        );
        for (field, kind, argument) in optional {
            out.blank();
            out.say(&format!("Sets {}.", code(&argument.name)));
            out.line("#[must_use]");
            out.open(&format!(
                "pub fn {field}(mut self, value: {}) -> Self",
                taken(kind)
            ));
            out.line(&format!(
                "self.{field} = Some({});",
                if converts(kind) {
                    "value.into()"
                } else {
                    "value"
                },
            ));
            out.line("self");
            out.close();
        }
        out.close();
    }
    out.blank();
    out.open(&format!("impl {REST}::Function for {name}"));
    out.line(&format!("const SCHEMA: &'static str = {};", string(from)));
    out.line(&format!(
        "const NAME: &'static str = {};",
        string(&one.name.name)
    ));
    // An argument without name has no place in a query.
    out.line(&format!("const READS: bool = {};", one.by_query()));
    out.line(&format!("type Output = {output};"));
    out.close();
}
