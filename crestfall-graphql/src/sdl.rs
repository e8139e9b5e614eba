//! The schema of a role in the schema definition language, for code generators and editors.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::{Field, Input, Kind, Object, Schema, Type, TypeId, TypeRef};

/// Scalars that every GraphQL schema has.
const BUILT_IN: [&str; 5] = ["ID", "Int", "Float", "String", "Boolean"];

/// Everything that can be reached from the roots, by name.
pub(crate) fn document(schema: &Schema) -> String {
    let mut reachable = BTreeSet::new();
    let roots = [Some(schema.query), schema.mutation];
    for root in roots.into_iter().flatten() {
        reach(schema, root, &mut reachable);
    }
    let mut types: Vec<&Type> = reachable.iter().map(|&id| schema.type_of(id)).collect();
    types.sort_by(|one, other| one.name.cmp(&other.name));
    types.dedup_by(|one, other| one.name == other.name);
    let mut writer = Writer {
        schema,
        text: String::new(),
    };
    for of in types {
        writer.definition(of);
    }
    writer.text
}

fn reach(schema: &Schema, from: TypeId, reachable: &mut BTreeSet<TypeId>) {
    let mut waiting = vec![from];
    while let Some(id) = waiting.pop() {
        if schema.type_of(id).name.starts_with("__") || !reachable.insert(id) {
            continue;
        }
        let inputs = |inputs: &[Input], waiting: &mut Vec<TypeId>| {
            waiting.extend(inputs.iter().map(|input| input.of.named()));
        };
        match &schema.type_of(id).kind {
            Kind::Object(object) | Kind::Interface(object) => {
                for field in &object.fields {
                    waiting.push(field.of.named());
                    inputs(&field.arguments, &mut waiting);
                }
                if object.is_node {
                    waiting.push(schema.node_interface);
                }
            }
            Kind::Input(object) => inputs(&object.members, &mut waiting),
            Kind::Scalar(_) | Kind::Enum(_) => {}
        }
    }
}

struct Writer<'a> {
    schema: &'a Schema,
    text: String,
}

impl Writer<'_> {
    fn definition(&mut self, of: &Type) {
        if BUILT_IN.contains(&&*of.name) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.description("", of.description.as_deref());
        let name = &of.name;
        match &of.kind {
            Kind::Scalar(_) => self.line(&format!("scalar {name}")),
            Kind::Enum(values) => {
                self.line(&format!("enum {name} {{"));
                for value in &values.values {
                    self.description("  ", value.description.as_deref());
                    self.line(&format!("  {}", value.name));
                }
                self.line("}");
            }
            Kind::Object(object) => {
                let node = if object.is_node {
                    " implements Node"
                } else {
                    ""
                };
                self.line(&format!("type {name}{node} {{"));
                self.fields(object);
            }
            Kind::Interface(object) => {
                self.line(&format!("interface {name} {{"));
                self.fields(object);
            }
            Kind::Input(object) => {
                self.line(&format!("input {name} {{"));
                for member in &object.members {
                    self.description("  ", member.description.as_deref());
                    let member = self.input(member);
                    self.line(&format!("  {member}"));
                }
                self.line("}");
            }
        }
    }

    fn fields(&mut self, object: &Object) {
        let shown = |field: &&Field| !field.name.starts_with("__");
        for field in object.fields.iter().filter(shown) {
            self.description("  ", field.description.as_deref());
            let arguments: Vec<String> = field
                .arguments
                .iter()
                .map(|argument| self.input(argument))
                .collect();
            let arguments = match arguments.as_slice() {
                [] => String::new(),
                given => format!("({})", given.join(", ")),
            };
            let of = self.reference(&field.of);
            self.line(&format!("  {}{arguments}: {of}", field.name));
        }
        self.line("}");
    }

    fn input(&self, input: &Input) -> String {
        let mut text = format!("{}: {}", input.name, self.reference(&input.of));
        if let Some(default) = &input.default {
            let _ = write!(text, " = {default}");
        }
        text
    }

    fn reference(&self, of: &TypeRef) -> String {
        match of {
            TypeRef::Named(id) => self.schema.type_of(*id).name.to_string(),
            TypeRef::List(inner) => format!("[{}]", self.reference(inner)),
            TypeRef::NonNull(inner) => format!("{}!", self.reference(inner)),
        }
    }

    fn description(&mut self, indentation: &str, text: Option<&str>) {
        if let Some(text) = text {
            // A JSON text is a GraphQL text.
            let quoted = serde_json::Value::from(text).to_string();
            self.line(&format!("{indentation}{quoted}"));
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }
}
