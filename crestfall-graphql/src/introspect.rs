//! `__schema` and `__type`: the schema of a role, told by itself.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::document::Selection;
use crate::limit::Budget;
use crate::model::{EnumValue, Field, Input, Kind, Object, Schema, Type, TypeId, TypeRef};
use crate::plan::{Planner, TYPENAME};
use crate::refusal::Refusal;

/// How often lists of fields or types may be nested in each other: each level multiplies the answer
/// by the size of the schema, and no tool needs more.
const MAX_LISTS: usize = 3;

/// A field of introspection with what is selected below it.
#[derive(Debug)]
pub(crate) struct MetaItem {
    key: Arc<str>,
    name: Arc<str>,
    below: Vec<MetaItem>,
    /// The type that `__typename` tells.
    of: Arc<str>,
}

impl<'d> Planner<'_, 'd> {
    /// The fields selected of a type of introspection.
    pub(crate) fn meta(
        &mut self,
        of: TypeId,
        sets: &[&'d [Selection]],
    ) -> Result<Vec<MetaItem>, Refusal> {
        self.meta_within(of, sets, 0)
    }

    fn meta_within(
        &mut self,
        of: TypeId,
        sets: &[&'d [Selection]],
        lists: usize,
    ) -> Result<Vec<MetaItem>, Refusal> {
        let schema = self.schema;
        let of = schema.type_of(of);
        let Kind::Object(object) = &of.kind else {
            return Ok(Vec::new());
        };
        let mut items = Vec::new();
        for each in self.selector.select(sets, &of.name, false)? {
            let field = object.field(each.name());
            let below = match field {
                None if each.name() == TYPENAME => Vec::new(),
                None => {
                    let message = unknown(&of.name, each.name());
                    return Err(Refusal::new(message).at(each.field.at));
                }
                Some(field) => {
                    let multiplies = matches!(
                        each.name(),
                        "fields" | "inputFields" | "interfaces" | "possibleTypes"
                    );
                    let lists = lists + usize::from(multiplies);
                    if lists > MAX_LISTS {
                        return Err(
                            Refusal::new("introspection is nested too deep").at(each.field.at)
                        );
                    }
                    self.meta_within(field.of.named(), &each.below, lists)?
                }
            };
            items.push(MetaItem {
                key: each.key().clone(),
                name: each.field.name.clone(),
                below,
                of: of.name.clone(),
            });
        }
        Ok(items)
    }
}

fn unknown(of: &str, field: &str) -> String {
    match of {
        "__Type" => format!("unknown field on __Type: {field}"),
        "__Field" => format!("unknown field in __Field {field}"),
        "__Directive" => format!("unknown field {field} in __Directive"),
        other => format!("unknown field in {other}: {field}"),
    }
}

/// What `__schema` answers.
pub(crate) fn schema(schema: &Schema, items: &[MetaItem], budget: &Budget) -> Json {
    Teller { schema, budget }.schema(items)
}

/// What `__type` answers.
pub(crate) fn type_named(
    schema: &Schema,
    name: Option<&str>,
    items: &[MetaItem],
    budget: &Budget,
) -> Json {
    let id = name.and_then(|name| schema.by_name.get(name));
    match id.filter(|&&id| !schema.type_of(id).hidden) {
        Some(&id) => Teller { schema, budget }.reference(&TypeRef::Named(id), items),
        None => Json::Null,
    }
}

struct Teller<'a> {
    schema: &'a Schema,
    budget: &'a Budget,
}

fn object(items: &[MetaItem], tell: impl Fn(&MetaItem) -> Json) -> Json {
    let members = items.iter().map(|item| {
        let value = match &*item.name {
            TYPENAME => Json::from(&*item.of),
            _ => tell(item),
        };
        (item.key.to_string(), value)
    });
    Json::Object(members.collect::<Map<_, _>>())
}

fn text(text: Option<&Arc<str>>) -> Json {
    text.map_or(Json::Null, |text| Json::from(&**text))
}

impl Teller<'_> {
    fn schema(&self, items: &[MetaItem]) -> Json {
        object(items, |item| match &*item.name {
            "description" => "Represents the GraphQL schema of the database".into(),
            "types" => {
                let mut types: Vec<(&Type, TypeId)> = self.schema.types.iter().zip(0..).collect();
                types.retain(|(of, _)| !of.hidden);
                types.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
                types.dedup_by(|(one, _), (other, _)| one.name == other.name);
                let told = types
                    .into_iter()
                    .map(|(_, id)| self.reference(&TypeRef::Named(id), &item.below));
                told.collect()
            }
            "queryType" => self.reference(&TypeRef::Named(self.schema.query), &item.below),
            "mutationType" => match self.schema.mutation {
                Some(id) => self.reference(&TypeRef::Named(id), &item.below),
                None => Json::Null,
            },
            "subscriptionType" => match self.schema.subscription {
                Some(id) => self.reference(&TypeRef::Named(id), &item.below),
                None => Json::Null,
            },
            "directives" => directives()
                .iter()
                .map(|directive| self.directive(directive, &item.below))
                .collect(),
            _ => Json::Null,
        })
    }

    fn reference(&self, of: &TypeRef, items: &[MetaItem]) -> Json {
        if !self.budget.take(items.len()) {
            return Json::Null;
        }
        object(items, |item| {
            let named = match of {
                TypeRef::Named(id) => self.schema.type_of(*id),
                TypeRef::List(inner) => return self.wrapper("LIST", inner, item),
                TypeRef::NonNull(inner) => return self.wrapper("NON_NULL", inner, item),
            };
            self.named(named, item)
        })
    }

    /// A list, or what is never null.
    fn wrapper(&self, kind: &str, inner: &TypeRef, item: &MetaItem) -> Json {
        match &*item.name {
            "kind" => kind.into(),
            "ofType" => self.reference(inner, &item.below),
            "interfaces" | "enumValues" => Json::Array(Vec::new()),
            _ => Json::Null,
        }
    }

    fn named(&self, of: &Type, item: &MetaItem) -> Json {
        let fields = match &of.kind {
            Kind::Object(object) | Kind::Interface(object) => Some(&object.fields),
            _ => None,
        };
        match &*item.name {
            "kind" => kind(&of.kind).into(),
            "name" => Json::from(&*of.name),
            "description" => text(of.description.as_ref()),
            "fields" => fields.map_or(Json::Null, |fields| self.fields(fields, item)),
            "inputFields" => match &of.kind {
                Kind::Input(input) => self.inputs(&input.members, item),
                _ => Json::Null,
            },
            // Never null: tools read a list.
            "interfaces" => match &of.kind {
                Kind::Object(Object { is_node: true, .. }) => {
                    let node = TypeRef::Named(self.schema.node_interface);
                    json!([self.reference(&node, &item.below)])
                }
                _ => Json::Array(Vec::new()),
            },
            "enumValues" => match &of.kind {
                Kind::Enum(values) if self.budget.take(values.values.len() * item.below.len()) => {
                    let values = values.values.iter();
                    values.map(|value| enum_value(value, &item.below)).collect()
                }
                _ => Json::Array(Vec::new()),
            },
            "possibleTypes" => match &of.kind {
                Kind::Interface(_) => self.possible_types(item),
                _ => Json::Null,
            },
            _ => Json::Null,
        }
    }

    fn fields(&self, fields: &[Field], item: &MetaItem) -> Json {
        let shown = fields
            .iter()
            .filter(|field| !field.hidden && !field.name.starts_with("__"));
        shown.map(|field| self.field(field, &item.below)).collect()
    }

    fn field(&self, field: &Field, items: &[MetaItem]) -> Json {
        if !self.budget.take(items.len()) {
            return Json::Null;
        }
        object(items, |item| match &*item.name {
            "name" => Json::from(&*field.name),
            "description" => text(field.description.as_ref()),
            "args" => self.inputs(&field.arguments, item),
            "type" => self.reference(&field.of, &item.below),
            "isDeprecated" => false.into(),
            _ => Json::Null,
        })
    }

    fn inputs(&self, inputs: &[Input], item: &MetaItem) -> Json {
        if !self.budget.take(inputs.len() * item.below.len()) {
            return Json::Null;
        }
        let shown = inputs.iter().filter(|input| !input.hidden);
        shown
            .map(|input| {
                object(&item.below, |item| match &*item.name {
                    "name" => Json::from(&*input.name),
                    "description" => text(input.description.as_ref()),
                    "type" => self.reference(&input.of, &item.below),
                    "defaultValue" => text(input.default.as_ref()),
                    "isDeprecated" => false.into(),
                    _ => Json::Null,
                })
            })
            .collect()
    }

    fn possible_types(&self, item: &MetaItem) -> Json {
        let mut nodes: Vec<(&Type, TypeId)> = self.schema.types.iter().zip(0..).collect();
        nodes.retain(|(of, _)| matches!(&of.kind, Kind::Object(object) if object.is_node));
        nodes.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        let shown = nodes.into_iter().filter(|(of, _)| !of.hidden);
        shown
            .map(|(_, id)| self.reference(&TypeRef::Named(id), &item.below))
            .collect()
    }

    fn directive(&self, directive: &Directive, items: &[MetaItem]) -> Json {
        object(items, |item| match &*item.name {
            "name" => directive.name.into(),
            "description" => directive.description.into(),
            "locations" => json!(["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"]),
            "args" => {
                let truth = self.schema.by_name.get("Boolean").copied();
                let of = TypeRef::Named(truth.unwrap_or_default()).non_null();
                let input = Input::new("if", of, crate::model::InputMeaning::Plain)
                    .described(directive.argument);
                self.inputs(&[input], item)
            }
            "isRepeatable" => false.into(),
            _ => Json::Null,
        })
    }
}

fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Scalar(_) => "SCALAR",
        Kind::Enum(_) => "ENUM",
        Kind::Object(_) => "OBJECT",
        Kind::Interface(_) => "INTERFACE",
        Kind::Input(_) => "INPUT_OBJECT",
    }
}

fn enum_value(value: &EnumValue, items: &[MetaItem]) -> Json {
    object(items, |item| match &*item.name {
        "name" => Json::from(&*value.name),
        "description" => text(value.description.as_ref()),
        "isDeprecated" => false.into(),
        _ => Json::Null,
    })
}

struct Directive {
    name: &'static str,
    description: &'static str,
    argument: &'static str,
}

fn directives() -> [Directive; 2] {
    [
        Directive {
            name: "include",
            description: "This field or fragment will be included only when the `if` argument is true.",
            argument: "Included when true",
        },
        Directive {
            name: "skip",
            description: "This field or fragment will be skipped when the `if` argument is true.",
            argument: "Skipped when true",
        },
    ]
}
