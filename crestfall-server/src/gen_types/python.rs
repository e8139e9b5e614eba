//! Python (3.11 and newer): dictionaries with types, as the clients give and take them.

use std::fmt::Write as _;

use super::Overrides;
use super::model::{Column, Insert, Model, Name, Type};
use super::names::{Scope, pascal};

const HEAD: &str = "\
\"\"\"The types of the database.

Made by `crestfall gen types --lang python`: changes are lost when it is made again.
\"\"\"

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

";

/// A class: what it is called in the database, its keys with their types, its comment.
struct Class {
    name: String,
    comment: Option<String>,
    keys: Vec<(String, String, Option<String>)>,
}

/// The file's text.
pub(super) fn generate(model: &Model, overrides: &Overrides) -> String {
    let python = Python { model, overrides };
    let mut text = HEAD.to_owned();
    let mut scope = Scope::with(&["Any", "Literal", "NotRequired", "TypeAlias", "TypedDict"]);
    for schema in &model.schemas {
        for one in &schema.enums {
            let name = scope.take(python.class(&one.name, ""));
            let labels: Vec<String> = one.labels.iter().map(|label| string(label)).collect();
            let kind = if labels.is_empty() {
                "str".to_owned()
            } else {
                format!("Literal[{}]", labels.join(", "))
            };
            let _ = write!(text, "\n{name}: TypeAlias = {kind}\n");
            doc(&mut text, one.comment.as_deref(), "");
        }
    }
    for class in classes(&python) {
        let name = scope.take(class.name.clone());
        write_class(&mut text, &name, &class);
    }
    text
}

fn classes(python: &Python<'_>) -> Vec<Class> {
    let mut classes = Vec::new();
    for schema in &python.model.schemas {
        for one in &schema.composites {
            let keys = one.attributes.iter();
            classes.push(Class {
                name: python.class(&one.name, ""),
                comment: one.comment.clone(),
                keys: keys
                    .map(|column| python.key(&one.name, column, false))
                    .collect(),
            });
        }
        for one in &schema.relations {
            let columns = one.columns.iter();
            classes.push(Class {
                name: python.class(&one.name, ""),
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
                    name: python.class(&one.name, "Insert"),
                    comment: Some(format!("A new row of `{}`.", one.name.name)),
                    keys: keys.collect(),
                });
            }
            if one.updatable {
                let written = columns.filter(|column| column.updatable);
                classes.push(Class {
                    name: python.class(&one.name, "Update"),
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
            classes.push(Class {
                name: python.class(&one.name, "Args"),
                comment: one
                    .comment
                    .clone()
                    .or_else(|| Some(format!("Arguments of `{}`.", one.name.name))),
                keys: keys.collect(),
            });
            if let Type::Record(columns) = &*one.returns {
                classes.push(Class {
                    name: python.class(&one.name, "Row"),
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

fn write_class(text: &mut String, name: &str, class: &Class) {
    let plain = class.keys.iter().all(|(key, _, _)| is_identifier(key));
    if !plain {
        let _ = write!(
            text,
            "\n\n{name} = TypedDict(\n    {},\n    {{\n",
            string(name)
        );
        for (key, kind, _) in &class.keys {
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
        let _ = writeln!(text, "    {key}: {kind}");
        doc(text, comment.as_deref(), "    ");
    }
}

struct Python<'a> {
    model: &'a Model,
    overrides: &'a Overrides,
}

impl Python<'_> {
    /// The name of a class; what is not in the main schema has the schema's before it.
    fn class(&self, name: &Name, suffix: &str) -> String {
        let prefix = if self.model.is_main(&name.schema) {
            String::new()
        } else {
            pascal(&name.schema)
        };
        format!("{prefix}{}{suffix}", pascal(&name.name))
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
            Type::Enum(name) | Type::Composite(name) | Type::Row(name) => self.class(name, ""),
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
        "int2" | "int4" | "int8" | "oid" | "xid" | "cid" => "int",
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
    // A quotation mark at the end would be one of four.
    let comment = match comment.strip_suffix('"') {
        Some(rest) => format!("{rest}\\\""),
        None => comment,
    };
    let lines: Vec<&str> = comment.lines().collect();
    let _ = match lines.as_slice() {
        [line] => writeln!(text, "{indent}\"\"\"{line}\"\"\""),
        lines => {
            let body: Vec<String> = lines
                .iter()
                .enumerate()
                .map(|(index, line)| match index {
                    0 => (*line).to_owned(),
                    _ => format!("{indent}{line}").trim_end().to_owned(),
                })
                .collect();
            writeln!(text, "{indent}\"\"\"{}\n{indent}\"\"\"", body.join("\n"))
        }
    };
}

fn is_identifier(name: &str) -> bool {
    const WORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "try", "while", "with", "yield",
    ];
    let mut characters = name.chars();
    let first = characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_');
    // Two underscores would be changed by the class around.
    first
        && characters.all(|character| character.is_alphanumeric() || character == '_')
        && !name.starts_with("__")
        && !WORDS.contains(&name)
}

/// A string in double quotes.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
