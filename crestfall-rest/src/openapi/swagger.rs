//! The parts of a Swagger 2.0 document that the API needs, as they are written to JSON: what is
//! absent or empty is left out. <https://swagger.io/specification/v2/>

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::parameter::{Parameter, ParameterName};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    pub(super) swagger: &'static str,
    pub(super) info: Info<'a>,
    pub(super) host: String,
    pub(super) base_path: &'a str,
    pub(super) schemes: [&'static str; 1],
    pub(super) consumes: &'a [&'a str],
    pub(super) produces: &'a [&'a str],
    pub(super) paths: BTreeMap<String, PathItem<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) definitions: BTreeMap<&'a str, Schema<'a>>,
    pub(super) parameters: BTreeMap<String, Parameter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) security_definitions: Option<SecurityDefinitions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) security: Option<[SecurityRequirement; 1]>,
    pub(super) external_docs: ExternalDocs<'a>,
}

#[derive(Serialize)]
pub(super) struct Info<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) version: &'a str,
}

#[derive(Serialize)]
pub(super) struct ExternalDocs<'a> {
    pub(super) description: &'a str,
    pub(super) url: &'a str,
}

/// The one way in, by its name.
#[derive(Serialize)]
pub(super) struct SecurityDefinitions {
    #[serde(rename = "JWT")]
    token: SecurityScheme,
}

/// The scopes asked of the one way in: none.
#[derive(Default, Serialize)]
pub(super) struct SecurityRequirement {
    #[serde(rename = "JWT")]
    scopes: [&'static str; 0],
}

#[derive(Serialize)]
pub(super) struct SecurityScheme {
    description: &'static str,
    r#in: &'static str,
    name: &'static str,
    r#type: &'static str,
}

impl SecurityScheme {
    /// Swagger 2.0 knows no bearer tokens; a key in the header they travel in comes nearest.
    pub(super) fn bearer_token() -> SecurityDefinitions {
        SecurityDefinitions {
            token: Self {
                description: "Add the token prepending \"Bearer \" (without quotes) to it",
                r#in: "header",
                name: "Authorization",
                r#type: "apiKey",
            },
        }
    }
}

/// What can be done at one path.
#[derive(Default, Serialize)]
pub(super) struct PathItem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) get: Option<Operation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) post: Option<Operation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patch: Option<Operation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delete: Option<Operation<'a>>,
}

impl PathItem<'_> {
    /// The path of the document itself.
    pub(super) fn root(produces: &'static [&'static str]) -> Self {
        Self {
            get: Some(Operation {
                tags: ["Introspection".into()],
                summary: Some("OpenAPI description (this document)"),
                description: None,
                produces,
                parameters: Vec::new(),
                responses: Responses::ok(),
            }),
            ..Self::default()
        }
    }
}

/// What a method does.
#[derive(Serialize)]
pub(super) struct Operation<'a> {
    pub(super) tags: [String; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) produces: &'static [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parameters: Vec<OperationParameter<'a>>,
    pub(super) responses: Responses<'a>,
}

/// A parameter of an operation, spelt out or shared with others.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum OperationParameter<'a> {
    Inline(Box<Parameter<'a>>),
    Shared(SharedParameter<'a>),
}

#[derive(Serialize)]
pub(super) struct SharedParameter<'a> {
    #[serde(rename = "$ref", serialize_with = "parameter_pointer")]
    name: ParameterName<'a>,
}

impl<'a> From<ParameterName<'a>> for OperationParameter<'a> {
    fn from(name: ParameterName<'a>) -> Self {
        Self::Shared(SharedParameter { name })
    }
}

/// Responses by status.
#[derive(Serialize)]
pub(super) struct Responses<'a>(
    #[serde(serialize_with = "entries")] Vec<(&'static str, Response<'a>)>,
);

#[derive(Serialize)]
struct Response<'a> {
    description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Schema<'a>>,
}

impl<'a> Responses<'a> {
    /// One without a body that matters.
    pub(super) fn one(status: &'static str, description: &'static str) -> Self {
        let response = Response {
            description,
            schema: None,
        };
        Self(vec![(status, response)])
    }

    /// It went well.
    pub(super) fn ok() -> Self {
        Self::one("200", "OK")
    }

    /// All rows of a relation, or a part of them.
    pub(super) fn rows(relation: &'a str) -> Self {
        let rows = Schema {
            r#type: Some(Type::Array),
            items: Some(Box::new(Schema::reference(relation))),
            ..Schema::default()
        };
        let all = Response {
            description: "OK",
            schema: Some(rows),
        };
        let mut responses = Self::one("206", "Partial Content");
        responses.0.insert(0, ("200", all));
        responses
    }
}

/// What a value looks like.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schema<'a> {
    #[serde(
        rename = "$ref",
        serialize_with = "definition_pointer",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) definition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<Type>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default: Option<Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) r#enum: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Box<Schema<'a>>>,
    /// In the order of the columns or parameters.
    #[serde(serialize_with = "entries", skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<(&'a str, Schema<'a>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) required: Vec<&'a str>,
}

impl<'a> Schema<'a> {
    /// The definition of that name.
    pub(super) fn reference(definition: &'a str) -> Self {
        Self {
            definition: Some(definition),
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Type {
    Array,
    Boolean,
    Integer,
    Number,
    Object,
    String,
}

/// Pairs as a JSON object that keeps their order.
fn entries<K: Serialize, V: Serialize, S: Serializer>(
    pairs: &[(K, V)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

fn parameter_pointer<S: Serializer>(name: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("#/parameters/{name}"))
}

fn definition_pointer<S: Serializer>(
    definition: &Option<&str>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match definition {
        Some(name) => serializer.collect_str(&format_args!("#/definitions/{name}")),
        None => serializer.serialize_none(),
    }
}
