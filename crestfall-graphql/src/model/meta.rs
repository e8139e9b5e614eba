//! The types of introspection itself, in the wording of graphql-js and pg_graphql, whose users'
//! tools compare it.

use std::sync::Arc;

use super::build::{Builder, plain_enum};
use super::{Field, Input, InputMeaning, Kind, Meaning, Object, Scalar, TypeId, TypeRef};

/// Where they are.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) of_schema: TypeId,
    pub(crate) of_type: TypeId,
    of_field: TypeId,
    of_input: TypeId,
    of_enum_value: TypeId,
    of_directive: TypeId,
    of_kind: TypeId,
    of_location: TypeId,
}

const KINDS: [(&str, Option<&str>); 8] = [
    ("SCALAR", None),
    ("OBJECT", None),
    ("INTERFACE", None),
    ("UNION", None),
    ("ENUM", None),
    ("INPUT_OBJECT", None),
    ("LIST", None),
    ("NON_NULL", None),
];

const LOCATIONS: [(&str, Option<&str>); 19] = [
    ("QUERY", Some("Location adjacent to a query operation.")),
    (
        "MUTATION",
        Some("Location adjacent to a mutation operation."),
    ),
    (
        "SUBSCRIPTION",
        Some("Location adjacent to a subscription operation."),
    ),
    ("FIELD", Some("Location adjacent to a field.")),
    (
        "FRAGMENT_DEFINITION",
        Some("Location adjacent to a fragment definition."),
    ),
    (
        "FRAGMENT_SPREAD",
        Some("Location adjacent to a fragment spread."),
    ),
    (
        "INLINE_FRAGMENT",
        Some("Location adjacent to an inline fragment."),
    ),
    (
        "VARIABLE_DEFINITION",
        Some("Location adjacent to a variable definition."),
    ),
    ("SCHEMA", Some("Location adjacent to a schema definition.")),
    ("SCALAR", Some("Location adjacent to a scalar definition.")),
    (
        "OBJECT",
        Some("Location adjacent to an object type definition."),
    ),
    (
        "FIELD_DEFINITION",
        Some("Location adjacent to a field definition."),
    ),
    (
        "ARGUMENT_DEFINITION",
        Some("Location adjacent to an argument definition."),
    ),
    (
        "INTERFACE",
        Some("Location adjacent to an interface definition."),
    ),
    ("UNION", Some("Location adjacent to a union definition.")),
    ("ENUM", Some("Location adjacent to an enum definition.")),
    (
        "ENUM_VALUE",
        Some("Location adjacent to an enum value definition."),
    ),
    (
        "INPUT_OBJECT",
        Some("Location adjacent to an input object type definition."),
    ),
    (
        "INPUT_FIELD_DEFINITION",
        Some("Location adjacent to an input object field definition."),
    ),
];

const SCHEMA: &str = "A GraphQL Schema defines the capabilities of a GraphQL server. It exposes all available types and directives on the server, as well as the entry points for query, mutation, and subscription operations.";
const TYPE: &str = "The fundamental unit of any GraphQL Schema is the type. There are many kinds of types in GraphQL as represented by the `__TypeKind` enum.\\n\\nDepending on the kind of a type, certain fields describe information about that type. Scalar types provide no information beyond a name, description and optional `specifiedByURL`, while Enum types provide their values. Object and Interface types provide the fields they describe. Abstract types, Union and Interface, provide the Object types possible at runtime. List and NonNull types compose other types ";
const FIELD: &str = "Object and Interface types are described by a list of Fields, each of which has a name, potentially a list of arguments, and a return type.";
const INPUT: &str = "Arguments provided to Fields or Directives and the input fields of an InputObject are represented as Input Values which describe their type and optionally a default value.";
const ENUM_VALUE: &str = "One possible value for a given Enum. Enum values are unique values, not a placeholder for a string or numeric value. However an Enum value is returned in a JSON response as a string.";
const DIRECTIVE: &str = "A Directive provides a way to describe alternate runtime execution and type validation behavior in a GraphQL document.\\n\\nIn some cases, you need to provide options to alter GraphQL execution behavior in ways field arguments will not suffice, such as conditionally including or skipping a field. Directives provide this by describing additional information to the executor.";
const LOCATION: &str = "A Directive can be adjacent to many parts of the GraphQL language, a __DirectiveLocation describes one such possible adjacencies.";

/// Adds the types, filled in.
pub(super) fn add(builder: &mut Builder<'_>) -> Ids {
    let ids = Ids {
        of_schema: builder.reserve("__Schema", Some(SCHEMA)),
        of_type: builder.reserve("__Type", Some(TYPE)),
        of_field: builder.reserve("__Field", Some(FIELD)),
        of_input: builder.reserve("__InputValue", Some(INPUT)),
        of_enum_value: builder.reserve("__EnumValue", Some(ENUM_VALUE)),
        of_directive: builder.reserve("__Directive", Some(DIRECTIVE)),
        of_kind: builder.add(
            "__TypeKind",
            Some("An enum describing what kind of type a given `__Type` is."),
            Kind::Enum(Arc::new(plain_enum(&KINDS))),
        ),
        of_location: builder.add(
            "__DirectiveLocation",
            Some(LOCATION),
            Kind::Enum(Arc::new(plain_enum(&LOCATIONS))),
        ),
    };
    let text = || builder.scalar(Scalar::String);
    let truth = || builder.scalar(Scalar::Boolean);
    let one = TypeRef::Named;
    let many = |id| one(id).non_null().list();
    let field = |name: &'static str, of| Field::new(name, of, Meaning::Meta);
    let filtered = |name: &'static str, of| {
        let deprecated = Input::new("includeDeprecated", truth(), InputMeaning::Plain);
        field(name, of).taking([deprecated.defaulting("false")])
    };
    let deprecation = || {
        [
            field("deprecationReason", text()),
            field("description", text()),
            field("isDeprecated", truth().non_null()),
            field("name", text().non_null()),
        ]
    };
    let mutation =
        "If this server supports mutation, the type that mutation operations will be rooted at.";
    let subscription = "If this server support subscription, the type that subscription operations will be rooted at.";
    let schema = vec![
        field("description", text()),
        filtered("directives", many(ids.of_directive).non_null())
            .described("A list of all directives supported by this server."),
        field("mutationType", one(ids.of_type)).described(mutation),
        field("queryType", one(ids.of_type).non_null())
            .described("The type that query operations will be rooted at."),
        field("subscriptionType", one(ids.of_type)).described(subscription),
        field("types", many(ids.of_type).non_null())
            .described("A list of all types supported by this server."),
    ];
    let of_type = vec![
        field("description", text()),
        filtered("enumValues", many(ids.of_enum_value)),
        filtered("fields", many(ids.of_field)),
        filtered("inputFields", many(ids.of_input)),
        field("interfaces", many(ids.of_type)),
        field("kind", one(ids.of_kind).non_null()),
        field("name", text()),
        field("ofType", one(ids.of_type)),
        field("possibleTypes", many(ids.of_type)),
        field("specifiedByURL", text()),
    ];
    let mut of_field = deprecation().to_vec();
    of_field.push(filtered("args", many(ids.of_input).non_null()));
    of_field.push(field("type", one(ids.of_type).non_null()));
    let mut input = deprecation().to_vec();
    input.push(field("type", one(ids.of_type).non_null()));
    input.push(field("defaultValue", text()).described(
        "A GraphQL-formatted string representing the default value for this input value.",
    ));
    let directive = vec![
        filtered("args", many(ids.of_input).non_null()),
        field("description", text()),
        field("isRepeatable", truth().non_null()),
        field("locations", many(ids.of_location).non_null()),
        field("name", text().non_null()),
    ];
    let objects = [
        (ids.of_schema, schema),
        (ids.of_type, of_type),
        (ids.of_field, of_field),
        (ids.of_input, input),
        (ids.of_enum_value, deprecation().to_vec()),
        (ids.of_directive, directive),
    ];
    for (id, mut fields) in objects {
        fields.sort_by(|one, other| one.name.cmp(&other.name));
        builder.fill(id, Kind::Object(Object::new(fields)));
    }
    ids
}
