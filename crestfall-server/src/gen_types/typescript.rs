//! TypeScript: the type `Database` that supabase-js takes.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use unicode_ident::{is_xid_continue, is_xid_start};

use super::Overrides;
use super::model::{Column, Function, Insert, Link, Model, Name, Relation, Schema, Type};
use super::names::{comment_line, is_unsafe};

const HEAD: &str = "\
// The types of the database, for supabase-js: createClient<Database>(url, key).
// Made by `crestfall gen types --lang typescript`: changes are lost when it is made again.

export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[];

";

/// As far as prettier lets a line go.
const WIDTH: usize = 80;

/// Short names for what applications use most; the schema is the first one.
const TAIL: &str = r#"
type Main = Database[{main}];
type Readable = Main["Tables"] & Main["Views"];

/** A row of a table or view. */
export type Tables<Name extends keyof Readable> = Readable[Name] extends {
  Row: infer Row;
}
  ? Row
  : never;

/** A new row of a table or view. */
export type TablesInsert<Name extends keyof Readable> = Readable[Name] extends {
  Insert: infer Insert;
}
  ? Insert
  : never;

/** New values of some columns of a table or view. */
export type TablesUpdate<Name extends keyof Readable> = Readable[Name] extends {
  Update: infer Update;
}
  ? Update
  : never;

/** An enum. */
export type Enums<Name extends keyof Main["Enums"]> = Main["Enums"][Name];

/** A composite type. */
export type CompositeTypes<Name extends keyof Main["CompositeTypes"]> =
  Main["CompositeTypes"][Name];
"#;

/// The file's text.
pub(super) fn generate(model: &Model, overrides: &Overrides) -> String {
    let relations = model.schemas.iter().flat_map(|schema| &schema.relations);
    let views = relations.filter(|one| one.is_view).map(|one| &one.name);
    let mut out = Writer {
        text: HEAD.to_owned(),
        depth: 0,
        overrides,
        views: views.collect(),
    };
    out.open("export type Database = ");
    for schema in &model.schemas {
        out.open(&format!("{}: ", key(&schema.name)));
        contents(&mut out, schema);
        out.close();
    }
    out.close();
    let main = model
        .schemas
        .first()
        .map_or("public", |schema| &schema.name);
    out.text.push_str(&TAIL.replace("{main}", &string(main)));
    constants(&mut out, model);
    out.text
}

fn contents(out: &mut Writer<'_>, schema: &Schema) {
    let of_kind = |views: bool| {
        schema
            .relations
            .iter()
            .filter(move |one| one.is_view == views)
    };
    out.block("Tables", of_kind(false).count() == 0, |out| {
        of_kind(false).for_each(|one| relation(out, one));
    });
    out.block("Views", of_kind(true).count() == 0, |out| {
        of_kind(true).for_each(|one| relation(out, one));
    });
    out.block("Functions", schema.functions.is_empty(), |out| {
        functions(out, &schema.functions)
    });
    out.block("Enums", schema.enums.is_empty(), |out| {
        for one in &schema.enums {
            out.doc(one.comment.as_deref());
            let labels: Vec<String> = one.labels.iter().map(|label| string(label)).collect();
            match labels.is_empty() {
                true => out.member(&key(&one.name.name), &["never".to_owned()]),
                false => out.member(&key(&one.name.name), &labels),
            }
        }
    });
    out.block("CompositeTypes", schema.composites.is_empty(), |out| {
        for one in &schema.composites {
            out.doc(one.comment.as_deref());
            out.open(&format!("{}: ", key(&one.name.name)));
            for attribute in &one.attributes {
                out.column(&one.name, attribute, "", true);
            }
            out.close();
        }
    });
}

fn relation(out: &mut Writer<'_>, one: &Relation) {
    out.doc(one.comment.as_deref());
    out.open(&format!("{}: ", key(&one.name.name)));
    let readable = one.columns.iter().chain(&one.computed);
    out.block_or("Row", "{}", readable.clone().count() == 0, |out| {
        readable.for_each(|column| out.column(&one.name, column, "", true));
    });
    let is_empty = one.columns.is_empty();
    if one.insertable {
        out.block_or("Insert", "{}", is_empty, |out| {
            for column in &one.columns {
                match column.insert {
                    Insert::Required => out.column(&one.name, column, "", false),
                    Insert::Optional => out.column(&one.name, column, "?", false),
                    Insert::Never => out.line(&format!("{}?: never;", key(&column.name))),
                }
            }
        });
    }
    if one.updatable {
        out.block_or("Update", "{}", is_empty, |out| {
            for column in &one.columns {
                match column.updatable {
                    true => out.column(&one.name, column, "?", false),
                    false => out.line(&format!("{}?: never;", key(&column.name))),
                }
            }
        });
    }
    let keys: Vec<&Link> = one.links.iter().filter(|link| link.key.is_some()).collect();
    if keys.is_empty() {
        out.line("Relationships: [];");
    } else {
        out.line("Relationships: [");
        out.depth += 1;
        let mut keys = keys;
        keys.sort_by_key(|link| link.key.as_ref().map(|key| (&key.constraint, &link.target)));
        keys.into_iter().for_each(|link| relationship(out, link));
        out.depth -= 1;
        out.line("];");
    }
    out.close();
}

fn relationship(out: &mut Writer<'_>, link: &Link) {
    let Some(foreign) = &link.key else {
        return;
    };
    out.line("{");
    out.depth += 1;
    out.line(&format!("foreignKeyName: {};", string(&foreign.constraint)));
    out.list("columns", &foreign.columns, ";");
    out.line(&format!("isOneToOne: {};", foreign.one_to_one));
    out.line(&format!(
        "referencedRelation: {};",
        string(&link.target.name)
    ));
    out.list("referencedColumns", &foreign.target_columns, ";");
    out.depth -= 1;
    out.line("},");
}

/// Overloads of one name are a union.
fn functions(out: &mut Writer<'_>, functions: &[Function]) {
    let mut by_name: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in functions {
        by_name
            .entry(&function.name.name)
            .or_default()
            .push(function);
    }
    for (name, overloads) in by_name {
        out.doc(overloads.iter().find_map(|one| one.comment.as_deref()));
        match overloads.as_slice() {
            [one] => {
                out.open(&format!("{}: ", key(name)));
                function(out, one);
                out.close();
            }
            several => {
                out.line(&format!("{}:", key(name)));
                out.depth += 1;
                for (index, one) in several.iter().enumerate() {
                    out.line("| {");
                    out.depth += 2;
                    function(out, one);
                    out.depth -= 1;
                    out.line(if index + 1 == several.len() {
                        "};"
                    } else {
                        "}"
                    });
                    out.depth -= 1;
                }
                out.depth -= 1;
            }
        }
    }
}

fn function(out: &mut Writer<'_>, one: &Function) {
    match one.arguments.as_slice() {
        [] => out.line("Args: never;"),
        arguments => {
            out.open("Args: ");
            for argument in arguments {
                let mark = if argument.required { "" } else { "?" };
                let kind = out.kind(&argument.kind);
                out.member(&format!("{}{mark}", key(&argument.name)), &[kind]);
            }
            out.close();
        }
    }
    let many = if one.set_of { "[]" } else { "" };
    match &*one.returns {
        Type::Record(columns) => {
            out.open("Returns: ");
            for column in columns {
                let kind = out.kind(&column.kind);
                out.member(&key(&column.name), &[kind]);
            }
            out.depth -= 1;
            out.line(&format!("}}{many};"));
        }
        kind => {
            let text = out.kind(kind);
            let text = if one.set_of && text.contains(" | ") {
                format!("({text})")
            } else {
                text
            };
            out.line(&format!("Returns: {text}{many};"));
        }
    }
    if let Type::Row(name) = &*one.returns {
        out.open("SetofOptions: ");
        out.line("from: \"*\";");
        out.line(&format!("to: {};", string(&name.name)));
        out.line(&format!("isOneToOne: {};", !one.set_of));
        out.line(&format!("isSetofReturn: {};", one.set_of));
        out.close();
    }
}

/// The labels of enums, at run time.
fn constants(out: &mut Writer<'_>, model: &Model) {
    out.text.push_str("\n/** The labels of enums. */\n");
    out.open("export const Constants = ");
    for schema in &model.schemas {
        out.open(&format!("{}: ", key(&schema.name)));
        if schema.enums.is_empty() {
            out.line("Enums: {},");
        } else {
            out.open("Enums: ");
            for one in &schema.enums {
                out.list(&key(&one.name.name), &one.labels, ",");
            }
            out.end("},");
        }
        out.end("},");
    }
    out.end("} as const;");
}

struct Writer<'a> {
    text: String,
    depth: usize,
    overrides: &'a Overrides,
    views: HashSet<&'a Name>,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:1$}{line}", "", self.depth * 2);
    }

    fn open(&mut self, line: &str) {
        self.line(&format!("{line}{{"));
        self.depth += 1;
    }

    fn close(&mut self) {
        self.end("};");
    }

    fn end(&mut self, line: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(line);
    }

    fn fits(&self, line: &str) -> bool {
        self.depth * 2 + line.chars().count() <= WIDTH
    }

    /// A member whose type is one of these.
    fn member(&mut self, head: &str, union: &[String]) {
        let line = format!("{head}: {};", union.join(" | "));
        let [first @ .., last] = union else {
            return;
        };
        if first.is_empty() || self.fits(&line) {
            return self.line(&line);
        }
        self.line(&format!("{head}:"));
        self.depth += 1;
        first.iter().for_each(|one| self.line(&format!("| {one}")));
        self.line(&format!("| {last};"));
        self.depth -= 1;
    }

    /// A list of texts.
    fn list(&mut self, head: &str, texts: &[String], end: &str) {
        let texts: Vec<String> = texts.iter().map(|text| string(text)).collect();
        let line = format!("{head}: [{}]{end}", texts.join(", "));
        if self.fits(&line) {
            return self.line(&line);
        }
        self.line(&format!("{head}: ["));
        self.depth += 1;
        texts.iter().for_each(|text| self.line(&format!("{text},")));
        self.end(&format!("]{end}"));
    }

    fn block(&mut self, name: &str, empty: bool, contents: impl FnOnce(&mut Self)) {
        self.block_or(name, "{ [_ in never]: never }", empty, contents);
    }

    fn block_or(
        &mut self,
        name: &str,
        nothing: &str,
        empty: bool,
        contents: impl FnOnce(&mut Self),
    ) {
        if empty {
            return self.line(&format!("{name}: {nothing};"));
        }
        self.open(&format!("{name}: "));
        contents(self);
        self.close();
    }

    fn doc(&mut self, comment: Option<&str>) {
        let Some(comment) = comment.map(str::trim).filter(|comment| !comment.is_empty()) else {
            return;
        };
        let comment = comment.replace("*/", "* /");
        let lines: Vec<String> = comment.lines().map(comment_line).collect();
        match lines.as_slice() {
            [line] => self.line(&format!("/** {line} */")),
            lines => {
                self.line("/**");
                for line in lines {
                    self.line(format!(" * {line}").trim_end());
                }
                self.line(" */");
            }
        }
    }

    fn column(&mut self, of: &Name, column: &Column, mark: &str, documented: bool) {
        let name = format!("{}.{}.{}", of.schema, of.name, column.name);
        let kind = match self.overrides.get(&name) {
            Some(chosen) => chosen.to_owned(),
            None => self.kind(&column.kind),
        };
        if documented {
            self.doc(column.comment.as_deref());
        }
        let mut union = vec![kind];
        union.extend(column.nullable.then(|| "null".to_owned()));
        self.member(&format!("{}{mark}", key(&column.name)), &union);
    }

    fn kind(&self, kind: &Type) -> String {
        let of = |part: &str, name: &Name| {
            format!(
                "Database[{}][\"{part}\"][{}]",
                string(&name.schema),
                string(&name.name)
            )
        };
        match kind {
            Type::Scalar(name) => match self.overrides.get(name) {
                Some(chosen) => chosen.to_owned(),
                None => scalar(name).to_owned(),
            },
            Type::Enum(name) => of("Enums", name),
            Type::Composite(name) => of("CompositeTypes", name),
            Type::Row(name) => {
                let part = match self.views.contains(name) {
                    true => "Views",
                    false => "Tables",
                };
                format!("{}[\"Row\"]", of(part, name))
            }
            Type::Array(element) => match self.kind(element) {
                union if union.contains(" | ") => format!("({union})[]"),
                element => format!("{element}[]"),
            },
            Type::Record(_) => "Json".to_owned(),
            Type::Void => "undefined".to_owned(),
        }
    }
}

/// PostgreSQL's types as they come in JSON.
fn scalar(name: &str) -> &'static str {
    match name {
        "bool" => "boolean",
        "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" => "number",
        "json" | "jsonb" | "hstore" => "Json",
        "record" => "Record<string, unknown>",
        "unknown" | "anyelement" | "geometry" | "geography" => "unknown",
        _ => "string",
    }
}

fn key(name: &str) -> String {
    let mut characters = name.chars();
    let begins = |one: char| is_xid_start(one) || matches!(one, '_' | '$');
    let is_plain = characters.next().is_some_and(begins)
        && characters.all(|one| is_xid_continue(one) || one == '$');
    match is_plain {
        true => name.to_owned(),
        false => string(name),
    }
}

/// A string, in the quotes that need fewer escapes.
fn string(text: &str) -> String {
    let count = |mark: char| text.chars().filter(|one| *one == mark).count();
    let mark = if count('"') > count('\'') { '\'' } else { '"' };
    let mut quoted = String::from(mark);
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            odd if is_unsafe(odd) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(odd));
            }
            quote if quote == mark => quoted.extend(['\\', quote]),
            other => quoted.push(other),
        }
    }
    quoted.push(mark);
    quoted
}
