//! The schema of a role as a document, for tools that do not ask a server.

use std::fmt::Write as _;

use crate::model::{Field, Input, Kind, Schema, Type, TypeId, TypeRef};

/// Scalars that every GraphQL implementation knows.
const KNOWN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

/// What introspection shows, and whatever else can be asked for, because who asks here holds the
/// database: in the order of names.
pub(crate) fn document(schema: &Schema) -> String {
    let reachable = reachable(schema);
    let mut types: Vec<&Type> = schema
        .types
        .iter()
        .zip(reachable)
        .filter(|(of, is_reachable)| *is_reachable || !of.hidden)
        .map(|(of, _)| of)
        .filter(|of| !of.name.starts_with("__") && !KNOWN.contains(&&*of.name))
        .collect();
    types.sort_by(|one, other| one.name.cmp(&other.name));
    types.dedup_by(|one, other| one.name == other.name);
    let printer = Printer { schema };
    let mut document = printer.roots();
    for of in types {
        document.push('\n');
        printer.named(&mut document, of);
    }
    document
}

/// Which types a root leads to.
fn reachable(schema: &Schema) -> Vec<bool> {
    let mut found = vec![false; schema.types.len()];
    let roots = [Some(schema.query), schema.mutation, schema.subscription];
    let mut next: Vec<TypeId> = roots.into_iter().flatten().collect();
    while let Some(id) = next.pop() {
        if std::mem::replace(&mut found[id], true) {
            continue;
        }
        match &schema.type_of(id).kind {
            Kind::Object(object) | Kind::Interface(object) => {
                let inputs = object
                    .fields
                    .iter()
                    .flat_map(|field| field.arguments.iter());
                next.extend(inputs.map(|input| input.of.named()));
                next.extend(object.fields.iter().map(|field| field.of.named()));
            }
            Kind::Input(input) => next.extend(input.members.iter().map(|one| one.of.named())),
            Kind::Scalar(_) | Kind::Enum(_) => {}
        }
    }
    found
}

struct Printer<'a> {
    schema: &'a Schema,
}

impl Printer<'_> {
    fn roots(&self) -> String {
        let roots = [
            ("query", Some(self.schema.query)),
            ("mutation", self.schema.mutation),
            ("subscription", self.schema.subscription),
        ];
        let mut document = String::from("schema {\n");
        for (root, id) in roots {
            if let Some(id) = id {
                line(
                    &mut document,
                    format_args!("  {root}: {}", self.schema.type_of(id).name),
                );
            }
        }
        document.push_str("}\n");
        document
    }

    fn named(&self, document: &mut String, of: &Type) {
        describe(document, of.description.as_deref(), "");
        let name = &of.name;
        match &of.kind {
            Kind::Scalar(_) => line(document, format_args!("scalar {name}")),
            Kind::Enum(values) => {
                line(document, format_args!("enum {name} {{"));
                for value in &values.values {
                    describe(document, value.description.as_deref(), "  ");
                    line(document, format_args!("  {}", value.name));
                }
                document.push_str("}\n");
            }
            Kind::Object(object) => {
                let node = &self.schema.type_of(self.schema.node_interface).name;
                match object.is_node {
                    true => line(document, format_args!("type {name} implements {node} {{")),
                    false => line(document, format_args!("type {name} {{")),
                }
                self.fields(document, &object.fields);
            }
            Kind::Interface(object) => {
                line(document, format_args!("interface {name} {{"));
                self.fields(document, &object.fields);
            }
            Kind::Input(input) => {
                line(document, format_args!("input {name} {{"));
                for member in &input.members {
                    describe(document, member.description.as_deref(), "  ");
                    line(document, format_args!("  {}", self.input(member)));
                }
                document.push_str("}\n");
            }
        }
    }

    fn fields(&self, document: &mut String, fields: &[Field]) {
        for field in fields.iter().filter(|field| !field.name.starts_with("__")) {
            describe(document, field.description.as_deref(), "  ");
            let arguments: Vec<String> = field
                .arguments
                .iter()
                .map(|argument| self.input(argument))
                .collect();
            let arguments = match arguments.as_slice() {
                [] => String::new(),
                some => format!("({})", some.join(", ")),
            };
            let (name, of) = (&field.name, self.reference(&field.of));
            line(document, format_args!("  {name}{arguments}: {of}"));
        }
        document.push_str("}\n");
    }

    fn input(&self, input: &Input) -> String {
        let (name, of) = (&input.name, self.reference(&input.of));
        match &input.default {
            Some(default) => format!("{name}: {of} = {default}"),
            None => format!("{name}: {of}"),
        }
    }

    fn reference(&self, of: &TypeRef) -> String {
        match of {
            TypeRef::Named(id) => self.schema.type_of(*id).name.to_string(),
            TypeRef::List(inner) => format!("[{}]", self.reference(inner)),
            TypeRef::NonNull(inner) => format!("{}!", self.reference(inner)),
        }
    }
}

fn line(document: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = writeln!(document, "{text}");
}

/// A description as a text on one line, where everything has an escape.
fn describe(document: &mut String, text: Option<&str>, indent: &str) {
    if let Some(text) = text {
        let text = serde_json::Value::from(text);
        line(document, format_args!("{indent}{text}"));
    }
}
