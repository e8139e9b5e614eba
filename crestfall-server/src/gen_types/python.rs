//! Python (3.11 and newer): dictionaries with types, as the clients give and take them.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::Overrides;
use super::classes::Classes;
use super::model::{Column, Insert, Model, Name, Type};
use super::names::{comment_line, is_unsafe, pascal};

const HEAD: &str = "\
\"\"\"The types of the database.

Made by `crestfall gen types --lang python`: changes are lost when it is made again.
\"\"\"
";

/// As far as formatters let a line go.
const WIDTH: usize = 88;

/// Words that no class may be called, and those that annotations say.
const RESERVED: [&str; 8] = [
    "Any",
    "False",
    "Literal",
    "None",
    "NotRequired",
    "True",
    "TypeAlias",
    "TypedDict",
];

/// A class: its keys with their types, its comment.
struct Class {
    name: String,
    comment: Option<String>,
    keys: Vec<(String, String, Option<String>)>,
}

/// The file's text.
pub(super) fn generate(model: &Model, overrides: &Overrides) -> String {
    let classes = Classes::new(model, &RESERVED, |name| spelt(model, name));
    let python = Python {
        model,
        overrides,
        classes,
    };
    let mut text = String::new();
    for schema in &model.schemas {
        for one in &schema.enums {
            text.push('\n');
            text.push_str(&alias(python.classes.of(&one.name), &one.labels));
            doc(&mut text, one.comment.as_deref(), "");
        }
    }
    for class in all(&python) {
        write_class(&mut text, &class);
    }
    format!("{HEAD}{}{text}", imports(&text))
}

/// What the text takes from `typing`.
fn imports(text: &str) -> String {
    let words: HashSet<&str> = text
        .split(|one: char| !one.is_alphanumeric() && one != '_')
        .collect();
    let names = ["Any", "Literal", "NotRequired", "TypeAlias", "TypedDict"];
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| words.contains(name))
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("\nfrom typing import {}\n", names.join(", ")),
    }
}

/// What a class is called where nothing else is: what is not in the main schema has the schema's name
/// before it.
fn spelt(model: &Model, name: &Name) -> String {
    match model.is_main(&name.schema) {
        true => pascal(&name.name),
        false => format!("{}{}", pascal(&name.schema), pascal(&name.name)),
    }
}

/// An enum.
fn alias(name: &str, labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| string(label)).collect();
    let line = match labels.as_slice() {
        [] => format!("{name}: TypeAlias = str\n"),
        labels => format!("{name}: TypeAlias = Literal[{}]\n", labels.join(", ")),
    };
    match labels.as_slice() {
        _ if line.chars().count() <= WIDTH + 1 => line,
        [label] => format!("{name}: TypeAlias = Literal[\n    {label}\n]\n"),
        labels => {
            let labels = labels.iter().map(|label| format!("    {label},\n"));
            format!(
                "{name}: TypeAlias = Literal[\n{}]\n",
                labels.collect::<String>()
            )
        }
    }
}

fn all(python: &Python<'_>) -> Vec<Class> {
    let mut classes = Vec::new();
    let model = python.model;
    for schema in &model.schemas {
        for one in &schema.composites {
            let keys = one.attributes.iter();
            classes.push(Class {
                name: python.classes.of(&one.name).to_owned(),
                comment: one.comment.clone(),
                keys: keys
                    .map(|column| python.key(&one.name, column, false))
                    .collect(),
            });
        }
        for one in &schema.relations {
            let columns = one.columns.iter();
            classes.push(Class {
                name: python.classes.of(&one.name).to_owned(),
                comment: one.comment.clone(),
                keys: columns
                    .clone()
                    .map(|column| python.key(&one.name, column, false))
                    .collect(),
            });
            if one.insertable {
                let written = columns
                    .clone()
                    .filter(|column| column.insert != Insert::Never);
                let keys = written
                    .map(|column| python.key(&one.name, column, column.insert == Insert::Optional));
                classes.push(Class {
                    name: python.beside(&one.name, "Insert"),
                    comment: Some(format!("A new row of `{}`.", one.name.name)),
                    keys: keys.collect(),
                });
            }
            if one.updatable {
                let written = columns.filter(|column| column.updatable);
                classes.push(Class {
                    name: python.beside(&one.name, "Update"),
                    comment: Some(format!(
                        "New values of some columns of `{}`.",
                        one.name.name
                    )),
                    keys: written
                        .map(|column| python.key(&one.name, column, true))
                        .collect(),
                });
            }
        }
        for one in &schema.functions {
            let keys = one.arguments.iter().map(|argument| {
                let kind = later(&argument.kind, python.kind(&argument.kind));
                let kind = if argument.required {
                    kind
                } else {
                    format!("NotRequired[{kind}]")
                };
                (argument.name.clone(), kind, None)
            });
            // The only argument without a name is the whole body.
            if one.is_named() {
                classes.push(Class {
                    name: python.beside(&one.name, "Args"),
                    comment: one
                        .comment
                        .clone()
                        .or_else(|| Some(format!("Arguments of `{}`.", one.name.name))),
                    keys: keys.collect(),
                });
            }
            if let Type::Record(columns) = &*one.returns {
                classes.push(Class {
                    name: python.beside(&one.name, "Row"),
                    comment: Some(format!("A row of what `{}` returns.", one.name.name)),
                    keys: columns
                        .iter()
                        .map(|column| python.key(&one.name, column, false))
                        .collect(),
                });
            }
        }
    }
    classes
}

fn write_class(text: &mut String, class: &Class) {
    let name = &class.name;
    let plain = class.keys.iter().all(|(key, _, _)| is_identifier(key));
    if !plain {
        let _ = write!(
            text,
            "\n\n{name} = TypedDict(\n    {},\n    {{\n",
            string(name)
        );
        for (key, kind, comment) in &class.keys {
            for line in comment.as_deref().unwrap_or_default().trim().lines() {
                let _ = writeln!(
                    text,
                    "{}",
                    format!("        # {}", comment_line(line)).trim_end()
                );
            }
            let _ = writeln!(text, "        {}: {kind},", string(key));
        }
        text.push_str("    },\n)\n");
        doc(text, class.comment.as_deref(), "");
        return;
    }
    let _ = write!(text, "\n\nclass {name}(TypedDict):\n");
    let has_comment = class
        .comment
        .as_deref()
        .is_some_and(|comment| !comment.trim().is_empty());
    doc(text, class.comment.as_deref(), "    ");
    if class.keys.is_empty() && !has_comment {
        text.push_str("    pass\n");
    }
    for (index, (key, kind, comment)) in class.keys.iter().enumerate() {
        if index == 0 && has_comment {
            text.push('\n');
        }
        text.push_str(&annotation(key, kind));
        doc(text, comment.as_deref(), "    ");
    }
}

/// A key of a class, on one line where that is not too long.
fn annotation(key: &str, kind: &str) -> String {
    let line = format!("    {key}: {kind}\n");
    let inner = kind.strip_suffix(']').and_then(|kind| kind.split_once('['));
    match inner {
        Some((outer, inner)) if line.chars().count() > WIDTH + 1 => {
            format!("    {key}: {outer}[\n        {inner}\n    ]\n")
        }
        _ => line,
    }
}

struct Python<'a> {
    model: &'a Model,
    overrides: &'a Overrides,
    classes: Classes,
}

impl Python<'_> {
    /// The name of a class that belongs to something.
    fn beside(&self, name: &Name, suffix: &str) -> String {
        let name = format!("{}{suffix}", spelt(self.model, name));
        self.classes.take(name)
    }

    fn key(&self, of: &Name, column: &Column, optional: bool) -> (String, String, Option<String>) {
        let name = format!("{}.{}.{}", of.schema, of.name, column.name);
        let kind = match self.overrides.get(&name) {
            Some(chosen) => chosen.to_owned(),
            None => self.kind(&column.kind),
        };
        let kind = match column.nullable {
            true => format!("{kind} | None"),
            false => kind,
        };
        let kind = later(&column.kind, kind);
        let kind = match optional {
            true => format!("NotRequired[{kind}]"),
            false => kind,
        };
        (column.name.clone(), kind, column.comment.clone())
    }

    fn kind(&self, kind: &Type) -> String {
        match kind {
            Type::Scalar(name) => match self.overrides.get(name) {
                Some(chosen) => chosen.to_owned(),
                None => scalar(name).to_owned(),
            },
            Type::Enum(name) | Type::Composite(name) | Type::Row(name) => {
                self.classes.of(name).to_owned()
            }
            Type::Array(element) => format!("list[{}]", self.kind(element)),
            Type::Record(_) => "dict[str, Any]".to_owned(),
            Type::Void => "None".to_owned(),
        }
    }
}

/// A class may stand further down: then its name is text.
fn later(kind: &Type, text: String) -> String {
    match kind {
        Type::Composite(_) | Type::Row(_) => string(&text),
        Type::Array(element) => later(element, text),
        Type::Scalar(_) | Type::Enum(_) | Type::Record(_) | Type::Void => text,
    }
}

/// PostgreSQL's types as they come in JSON.
fn scalar(name: &str) -> &'static str {
    match name {
        "bool" => "bool",
        "int2" | "int4" | "int8" => "int",
        "float4" | "float8" | "numeric" => "float",
        "json" | "jsonb" | "record" | "unknown" | "anyelement" | "geometry" | "geography"
        | "hstore" => "Any",
        _ => "str",
    }
}

fn doc(text: &mut String, comment: Option<&str>, indent: &str) {
    let Some(comment) = comment.map(str::trim).filter(|comment| !comment.is_empty()) else {
        return;
    };
    let comment = comment.replace('\\', "\\\\").replace("\"\"\"", "'''");
    // A quotation mark at either end would be one of four.
    let before = if comment.starts_with('"') { " " } else { "" };
    let behind = if comment.ends_with('"') { " " } else { "" };
    let comment = format!("{before}{comment}{behind}");
    let lines: Vec<String> = comment.lines().map(comment_line).collect();
    let _ = match lines.as_slice() {
        [line] => writeln!(text, "{indent}\"\"\"{line}\"\"\""),
        lines => {
            let body: Vec<String> = lines
                .iter()
                .enumerate()
                .map(|(index, line)| match index {
                    0 => line.trim_end().to_owned(),
                    _ => format!("{indent}{line}").trim_end().to_owned(),
                })
                .collect();
            writeln!(text, "{indent}\"\"\"{}\n{indent}\"\"\"", body.join("\n"))
        }
    };
}

/// Whether a class can have the key: Python reads some letters as others, such as `ﬁ` as `fi`, and what a key
/// is called no annotation below it can mean otherwise.
fn is_identifier(name: &str) -> bool {
    const WORDS: [&str; 41] = [
        "bool", "dict", "float", "int", "list", "str", "False", "None", "True", "and", "as",
        "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
        "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
        "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];
    let mut characters = name.chars();
    let first = characters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first == '_');
    // Two underscores would be changed by the class around.
    first
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !name.starts_with("__")
        && !WORDS.contains(&name)
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
            '\t' => quoted.push_str("\\t"),
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
