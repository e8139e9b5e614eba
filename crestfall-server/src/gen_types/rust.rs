//! Rust, for `crestfall-client`: each relation a module of row, columns and relationships.

mod relation;
mod types;

use std::fmt::Write as _;

use super::Overrides;
use super::model::{Model, Schema};
use super::names::{Scope, comment_line, pascal, snake};
use types::Paths;

const HEAD: &str = "\
// The types of the database for crestfall-client.
// Made by `crestfall gen types --lang rust`: changes are lost when it is made again.
";

/// What generated code may look like that hand-written code should not.
const ALLOW: &str = "#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, \
non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]";

/// The file's text.
pub(super) fn generate(model: &Model, overrides: &Overrides) -> String {
    let paths = Paths::new(model, overrides);
    let mut out = Writer::default();
    out.text.push_str(HEAD);
    for schema in &model.schemas {
        match model.is_main(&schema.name) {
            true => contents(&mut out, schema, &paths),
            false => {
                out.blank();
                out.say(&format!("The schema {}.", code(&schema.name)));
                out.line(ALLOW);
                out.line("#[rustfmt::skip]");
                out.open(&format!("pub mod {}", paths.schema(&schema.name)));
                contents(&mut out, schema, &paths);
                out.close();
            }
        }
    }
    out.text
}

fn contents(out: &mut Writer, schema: &Schema, paths: &Paths<'_>) {
    for one in &schema.relations {
        relation::write(out, one, paths);
    }
    if !schema.functions.is_empty() {
        module(
            out,
            "Functions, each by its arguments.",
            "functions",
            |out| {
                relation::functions(out, schema, paths);
            },
        );
    }
    if !schema.enums.is_empty() {
        module(out, "Enums.", "enums", |out| {
            schema
                .enums
                .iter()
                .for_each(|one| types::write_enum(out, one, paths));
        });
    }
    if !schema.composites.is_empty() {
        module(out, "Composite types.", "types", |out| {
            for composite in &schema.composites {
                types::write_composite(out, composite, paths);
            }
        });
    }
}

fn module(out: &mut Writer, doc: &str, name: &str, contents: impl FnOnce(&mut Writer)) {
    out.blank();
    out.doc(Some(doc), doc);
    out.line(ALLOW);
    out.line("#[rustfmt::skip]");
    out.open(&format!("pub mod {name}"));
    contents(out);
    out.close();
}

/// Names of a relation's module, which must not clash with those of the others.
fn module_names(schema: &Schema) -> Vec<String> {
    let mut scope = Scope::with(&["functions", "enums", "types"]);
    let names = schema.relations.iter();
    names
        .map(|relation| keyword(scope.take(snake(&relation.name.name))))
        .collect()
}

/// Names that generated code says without a path where it declares structs.
const SAID: [&str; 8] = [
    "Default", "Into", "None", "Option", "Self", "Some", "String", "Vec",
];

/// A name as documentation shows it.
fn code(name: &str) -> String {
    match name.contains('`') {
        true => format!("`` {} ``", name.replace("```", "'''")),
        false => format!("`{name}`"),
    }
}

/// The name of a type.
fn type_name(scope: &mut Scope, name: &str) -> String {
    match pascal(name).as_str() {
        "Self" => scope.take("Self_".to_owned()),
        name => scope.take(name.to_owned()),
    }
}

/// A name that is a word of the language.
fn keyword(name: String) -> String {
    const WORDS: [&str; 47] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where", "while",
    ];
    match name.as_str() {
        "self" | "super" | "crate" | "yield" => format!("{name}_"),
        word if WORDS.contains(&word) => format!("r#{name}"),
        _ => name,
    }
}

/// Text with indentation.
#[derive(Default)]
struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:1$}{line}", "", self.depth * 4);
    }

    /// An empty line, but none at the beginning of a block.
    fn blank(&mut self) {
        if !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
    }

    fn open(&mut self, line: &str) {
        self.line(&format!("{line} {{"));
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.line("}");
    }

    /// The database's comment, or what there is to say without.
    fn doc(&mut self, comment: Option<&str>, otherwise: &str) {
        match comment.map(str::trim).filter(|comment| !comment.is_empty()) {
            Some(comment) => comment.lines().for_each(|line| self.say(&markdown(line))),
            None => self.say(otherwise),
        }
    }

    /// One line of documentation.
    fn say(&mut self, line: &str) {
        let line = comment_line(line);
        self.line(format!("/// {line}").trim_end());
    }
}

/// A line of a comment that documentation shows as it is: no code to test, no links.
fn markdown(line: &str) -> String {
    line.trim()
        .replace("```", "'''")
        .replace('[', "\\[")
        .replace('<', "\\<")
}

/// A Rust string.
fn string(text: &str) -> String {
    format!("{text:?}")
}
