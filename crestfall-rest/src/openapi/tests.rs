//! The whole document, from a hand-made catalogue (PR-162, PR-163, PR-165).

use std::sync::Arc;

use crestfall_core::QualifiedName;
use crestfall_core::catalog::{
    Cardinality, Catalog, Column, Parameter, Relationship, ReturnType, Routine, Table, Volatility,
};
use serde_json::{Value, json};

use super::*;
use crate::config::OpenApiMode;

const NO_ROWS: [Vec<String>; 0] = [];

fn column(name: &str, data_type: &str) -> Column {
    Column {
        name: name.into(),
        description: None,
        nullable: true,
        data_type: data_type.into(),
        nominal_type: data_type.into(),
        base_type_oid: 0,
        is_domain: false,
        max_length: None,
        default: None,
        enum_labels: Vec::new(),
    }
}

fn table(schema: &str, name: &str, columns: Vec<Column>) -> Table {
    let positions = columns.iter().enumerate();
    Table {
        name: QualifiedName::new(schema, name),
        description: None,
        is_view: false,
        insertable: true,
        updatable: true,
        deletable: true,
        primary_key: Vec::new(),
        column_index: positions
            .map(|(at, column)| (column.name.clone(), at))
            .collect(),
        columns,
    }
}

fn many_to_one(from: &str, to: &str, columns: &[(&str, &str)], to_view: bool) -> Relationship {
    let pairs = columns.iter();
    Relationship::Keyed {
        table: QualifiedName::new("shop", from),
        foreign_table: QualifiedName::new("shop", to),
        is_self: false,
        cardinality: Cardinality::ManyToOne {
            constraint: "key".into(),
            columns: pairs
                .map(|&(one, other)| (one.into(), other.into()))
                .collect(),
        },
        table_is_view: false,
        foreign_table_is_view: to_view,
    }
}

fn one_to_one(from: &str, to: &str, column: &str, is_parent: bool) -> Relationship {
    Relationship::Keyed {
        table: QualifiedName::new("shop", from),
        foreign_table: QualifiedName::new("shop", to),
        is_self: false,
        cardinality: Cardinality::OneToOne {
            constraint: "key".into(),
            columns: vec![(column.into(), "id".into())],
            is_parent,
        },
        table_is_view: false,
        foreign_table_is_view: false,
    }
}

fn parameter(name: &str, data_type: &str, required: bool, variadic: bool) -> Parameter {
    Parameter {
        name: name.into(),
        data_type: data_type.into(),
        unbounded_type: data_type.into(),
        required,
        variadic,
    }
}

fn routine(name: &str, volatility: Volatility, parameters: Vec<Parameter>) -> Routine {
    Routine {
        name: QualifiedName::new("shop", name),
        description: None,
        is_variadic: parameters.iter().any(|parameter| parameter.variadic),
        parameters,
        returns: ReturnType {
            set_of: false,
            composite: false,
            domain_of_composite: false,
            type_name: QualifiedName::new("pg_catalog", "int4"),
            type_oid: 23,
        },
        volatility,
        isolation: None,
        settings: Vec::new(),
    }
}

fn catalog(
    tables: Vec<Table>,
    relationships: Vec<Relationship>,
    routines: Vec<Routine>,
) -> Catalog {
    let mut catalog = Catalog::default();
    for table in tables {
        catalog.tables.insert(table.name.clone(), Arc::new(table));
    }
    for relationship in relationships {
        let key = (
            relationship.table().clone(),
            relationship.foreign_table().schema.clone(),
        );
        let found = catalog.relationships.entry(key).or_default();
        found.push(Arc::new(relationship));
    }
    for routine in routines {
        let overloads = catalog.routines.entry(routine.name.clone()).or_default();
        overloads.push(Arc::new(routine));
    }
    catalog
}

/// `orders` refers to `customers` and back by a key of two columns; `prices` is read only.
fn shop() -> Catalog {
    let mut orders = table(
        "shop",
        "orders",
        vec![
            Column {
                nullable: false,
                description: Some("The number".into()),
                ..column("id", "bigint")
            },
            Column {
                nullable: false,
                ..column("customer_id", "integer")
            },
            Column {
                max_length: Some(8),
                default: Some("'new'::character varying".into()),
                description: Some("How far it is".into()),
                ..column("state", "character varying")
            },
            Column {
                enum_labels: vec!["slow".into(), "fast".into()],
                ..column("speed", "shop.speed")
            },
            column("tags", "text[]"),
            column("extra", "jsonb"),
        ],
    );
    orders.description = Some("Orders\n\nOpen and\nclosed".into());
    orders.primary_key = vec!["id".into()];
    let mut customers = table("shop", "customers", vec![column("id", "integer")]);
    customers.primary_key = vec!["id".into()];
    let mut prices = table("shop", "prices", vec![column("euro", "numeric")]);
    (prices.insertable, prices.updatable, prices.deletable) = (false, false, false);
    let secret = table("hidden", "secrets", vec![column("id", "integer")]);
    let relationships = vec![
        many_to_one("orders", "a_view", &[("customer_id", "id")], true),
        many_to_one("orders", "pairs", &[("id", "a"), ("state", "b")], false),
        many_to_one("orders", "customers", &[("customer_id", "id")], false),
        one_to_one("customers", "details", "id", true),
    ];
    let mut search = routine(
        "search",
        Volatility::Stable,
        vec![
            parameter("term", "text", true, false),
            parameter("limits", "integer[]", false, false),
            parameter("extra", "json", false, false),
            parameter("words", "text[]", false, true),
        ],
    );
    search.description = Some("Searches\nall orders".into());
    let routines = vec![
        search,
        routine("reset", Volatility::Volatile, Vec::new()),
        routine(
            "twice",
            Volatility::Immutable,
            vec![parameter("number", "numeric", true, false)],
        ),
        routine("twice", Volatility::Immutable, Vec::new()),
    ];
    catalog(
        vec![orders, customers, prices, secret],
        relationships,
        routines,
    )
}

fn written(config: &Config, catalog: &Catalog, visible: &Visible<'_>) -> Value {
    let address = ServerAddress {
        host: "!4".into(),
        port: 3000,
    };
    let bytes = document(config, catalog, visible, &address, &Branding::default()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The document of everything in the schema `shop`.
fn everything(config: &Config) -> Value {
    let catalog = shop();
    let mode = OpenApiMode::IgnorePrivileges;
    let visible = visible(&catalog, "shop", mode, &NO_ROWS).unwrap();
    written(config, &catalog, &visible)
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap();
    object.keys().map(String::as_str).collect()
}

fn pointers(names: &[&str]) -> Value {
    let pointer = |name: &&str| json!({ "$ref": format!("#/parameters/{name}") });
    names.iter().map(pointer).collect()
}

#[test]
fn the_frame_names_the_api_and_where_it_is() {
    let mut document = everything(&Config::default());
    let object = document.as_object_mut().unwrap();
    for part in ["paths", "definitions", "parameters"] {
        assert!(object.remove(part).is_some(), "{part}");
    }
    let media_types = json!([
        "application/json",
        "application/vnd.pgrst.object+json;nulls=stripped",
        "application/vnd.pgrst.object+json",
        "text/csv",
    ]);
    let expected = json!({
        "swagger": "2.0",
        "info": {
            "title": "PostgREST API",
            "description": "This is a dynamic API generated by PostgREST",
            "version": "16.2",
        },
        "host": "0.0.0.0:3000",
        "basePath": "/",
        "schemes": ["http"],
        "consumes": media_types,
        "produces": media_types,
        "externalDocs": {
            "description": "PostgREST Documentation",
            "url": "https://postgrest.org/en/v16/references/api.html",
        },
    });
    assert_eq!(document, expected);
}

#[test]
fn a_proxy_stands_for_the_server() {
    let config = Config {
        openapi_server_proxy_uri: Some("https://example.com/api".into()),
        ..Config::default()
    };
    let document = everything(&config);
    assert_eq!(document["host"], "example.com:443");
    assert_eq!(document["basePath"], "/api");
    assert_eq!(document["schemes"], json!(["https"]));
}

#[test]
fn security_names_the_bearer_token() {
    let config = Config {
        openapi_security_active: true,
        ..Config::default()
    };
    let document = everything(&config);
    assert_eq!(document["security"], json!([{ "JWT": [] }]));
    let expected = json!({ "JWT": {
        "description": "Add the token prepending \"Bearer \" (without quotes) to it",
        "in": "header",
        "name": "Authorization",
        "type": "apiKey",
    }});
    assert_eq!(document["securityDefinitions"], expected);
}

#[test]
fn a_schemas_comment_is_title_and_description() {
    let titled = |comment: &str| {
        let visible = Visible {
            schema_comment: Some(comment.into()),
            ..Visible::default()
        };
        let document = written(&Config::default(), &Catalog::default(), &visible);
        assert_eq!(document.get("definitions"), None);
        document["info"].clone()
    };
    let info = titled("Shop\n\nAll of\nit");
    assert_eq!(
        (&info["title"], &info["description"]),
        (&json!("Shop"), &json!("All of\nit"))
    );
    assert_eq!(titled("Shop")["description"], "");
}

#[test]
fn the_root_describes_itself() {
    let expected = json!({ "get": {
        "tags": ["Introspection"],
        "summary": "OpenAPI description (this document)",
        "produces": ["application/openapi+json", "application/json"],
        "responses": { "200": { "description": "OK" } },
    }});
    assert_eq!(everything(&Config::default())["paths"]["/"], expected);
}

#[test]
fn a_relation_is_read_and_written_at_its_path() {
    let document = everything(&Config::default());
    let path = &document["paths"]["/orders"];
    let filters: Vec<String> = ["id", "customer_id", "state", "speed", "tags", "extra"]
        .map(|column| format!("rowFilter.orders.{column}"))
        .into();
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    let with_filters = |others: &[&str]| pointers(&[&filters, others].concat());
    let read = [
        "select",
        "order",
        "range",
        "rangeUnit",
        "offset",
        "limit",
        "preferCount",
    ];
    let rows = json!({ "type": "array", "items": { "$ref": "#/definitions/orders" } });
    let operation = |parameters: Value, responses: Value| {
        json!({
            "tags": ["orders"],
            "summary": "Orders",
            "description": "Open and\nclosed",
            "parameters": parameters,
            "responses": responses,
        })
    };
    let expected = json!({
        "get": operation(
            with_filters(&read),
            json!({
                "200": { "description": "OK", "schema": rows },
                "206": { "description": "Partial Content" },
            }),
        ),
        "post": operation(
            pointers(&["body.orders", "select", "preferPost"]),
            json!({ "201": { "description": "Created" } }),
        ),
        "patch": operation(
            with_filters(&["body.orders", "preferReturn"]),
            json!({ "204": { "description": "No Content" } }),
        ),
        "delete": operation(
            with_filters(&["preferReturn"]),
            json!({ "204": { "description": "No Content" } }),
        ),
    });
    assert_eq!(path, &expected);
}

#[test]
fn a_relation_that_takes_no_writes_is_only_read() {
    let document = everything(&Config::default());
    let path = &document["paths"]["/prices"];
    assert_eq!(keys(path), ["get"]);
    assert_eq!(path["get"].get("summary"), None);
    assert_eq!(path["get"].get("description"), None);
}

#[test]
fn a_definition_shows_types_keys_and_constraints() {
    let document = everything(&Config::default());
    let expected = json!({
        "type": "object",
        "description": "Orders\n\nOpen and\nclosed",
        "properties": {
            "id": {
                "type": "integer",
                "format": "int64",
                "description": "The number\n\nNote:\nThis is a Primary Key.<pk/>",
            },
            "customer_id": {
                "type": "integer",
                "format": "int32",
                "description": "Note:\nThis is a Foreign Key to `customers.id`.\
                    <fk table='customers' column='id'/>",
            },
            "state": {
                "type": "string",
                "format": "character varying",
                "default": "new",
                "maxLength": 8,
                "description": "How far it is",
            },
            "speed": { "type": "string", "format": "shop.speed", "enum": ["slow", "fast"] },
            "tags": { "type": "array", "format": "text[]", "items": { "type": "string" } },
            "extra": { "format": "jsonb" },
        },
        "required": ["id", "customer_id"],
    });
    let definition = &document["definitions"]["orders"];
    assert_eq!(definition, &expected);
    let in_order = ["id", "customer_id", "state", "speed", "tags", "extra"];
    assert_eq!(keys(&definition["properties"]), in_order);
}

#[test]
fn the_parent_of_a_one_to_one_relationship_holds_no_foreign_key() {
    let document = everything(&Config::default());
    let id = &document["definitions"]["customers"]["properties"]["id"];
    assert_eq!(id["description"], "Note:\nThis is a Primary Key.<pk/>");
}

#[test]
fn a_key_column_can_be_a_foreign_key_too() {
    let mut details = table("shop", "details", vec![column("id", "integer")]);
    details.primary_key = vec!["id".into()];
    let catalog = catalog(
        vec![details],
        vec![one_to_one("details", "customers", "id", false)],
        Vec::new(),
    );
    let mode = OpenApiMode::IgnorePrivileges;
    let visible = visible(&catalog, "shop", mode, &NO_ROWS).unwrap();
    let document = written(&Config::default(), &catalog, &visible);
    assert_eq!(
        document["definitions"]["details"]["properties"]["id"]["description"],
        "Note:\nThis is a Primary Key.<pk/>\nThis is a Foreign Key to `customers.id`.\
            <fk table='customers' column='id'/>",
    );
}

#[test]
fn parameters_are_shared_by_operations() {
    let document = everything(&Config::default());
    let parameters = &document["parameters"];
    let expected = [
        (
            "preferPost",
            json!({
                "name": "Prefer", "description": "Preference", "required": false,
                "in": "header", "type": "string",
                "enum": [
                    "return=representation", "return=minimal", "return=none",
                    "resolution=ignore-duplicates", "resolution=merge-duplicates",
                ],
            }),
        ),
        (
            "preferParams",
            json!({
                "name": "Prefer", "description": "Preference", "required": false,
                "in": "header", "type": "string",
            }),
        ),
        (
            "rangeUnit",
            json!({
                "name": "Range-Unit", "description": "Limiting and Pagination",
                "required": false, "in": "header", "type": "string", "default": "items",
            }),
        ),
        (
            "body.orders",
            json!({
                "name": "orders", "description": "orders", "required": false,
                "in": "body", "schema": { "$ref": "#/definitions/orders" },
            }),
        ),
        (
            "rowFilter.orders.id",
            json!({
                "name": "id", "description": "The number", "required": false,
                "in": "query", "type": "string",
            }),
        ),
        (
            "rowFilter.orders.tags",
            json!({ "name": "tags", "required": false, "in": "query", "type": "string" }),
        ),
    ];
    for (name, parameter) in expected {
        assert_eq!(parameters[name], parameter, "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(part: &Value, document: &Value) {
        match part {
            Value::Object(object) => {
                if let Some(Value::String(pointer)) = object.get("$ref") {
                    let target = document.pointer(pointer.trim_start_matches('#'));
                    assert!(target.is_some(), "{pointer}");
                }
                object.values().for_each(|value| check(value, document));
            }
            Value::Array(list) => list.iter().for_each(|value| check(value, document)),
            _ => {}
        }
    }
    let document = everything(&Config::default());
    check(&document, &document);
}

#[test]
fn a_function_takes_arguments_in_the_query_and_in_a_body() {
    let document = everything(&Config::default());
    let operation = |parameters: Value| {
        json!({
            "tags": ["(rpc) search"],
            "summary": "Searches",
            "description": "all orders",
            "produces": [
                "application/json",
                "application/vnd.pgrst.object+json;nulls=stripped",
                "application/vnd.pgrst.object+json",
            ],
            "parameters": parameters,
            "responses": { "200": { "description": "OK" } },
        })
    };
    let in_query = json!([
        { "name": "term", "required": true, "in": "query", "type": "string", "format": "text" },
        {
            "name": "limits", "required": false, "in": "query",
            "type": "string", "format": "integer[]",
        },
        { "name": "extra", "required": false, "in": "query", "type": "string", "format": "json" },
        {
            "name": "words", "required": false, "in": "query", "type": "array",
            "collectionFormat": "multi", "items": { "type": "string", "format": "text" },
        },
    ]);
    let arguments = json!({
        "type": "object",
        "description": "Searches\nall orders",
        "properties": {
            "term": { "type": "string", "format": "text" },
            "limits": { "type": "array", "format": "integer[]", "items": { "type": "integer" } },
            "extra": { "format": "json" },
            "words": { "type": "array", "format": "text[]", "items": { "type": "string" } },
        },
        "required": ["term"],
    });
    let in_body = json!([
        { "name": "args", "required": true, "in": "body", "schema": arguments },
        { "$ref": "#/parameters/preferParams" },
    ]);
    let expected = json!({ "get": operation(in_query), "post": operation(in_body) });
    assert_eq!(document["paths"]["/rpc/search"], expected);
}

#[test]
fn a_volatile_function_is_only_posted() {
    let document = everything(&Config::default());
    let path = &document["paths"]["/rpc/reset"];
    assert_eq!(keys(path), ["post"]);
    let body = &path["post"]["parameters"][0];
    let expected = json!({
        "name": "args", "required": true, "in": "body", "schema": { "type": "object" },
    });
    assert_eq!(body, &expected);
}

#[test]
fn of_overloads_the_one_with_most_parameters_is_shown() {
    let document = everything(&Config::default());
    let get = &document["paths"]["/rpc/twice"]["get"];
    assert_eq!(get["parameters"][0]["name"], "number");
}

#[test]
fn only_the_asked_schema_is_shown() {
    let document = everything(&Config::default());
    assert_eq!(
        keys(&document["definitions"]),
        ["customers", "orders", "prices"]
    );
}

#[test]
fn the_same_catalogue_gives_the_same_bytes() {
    let write = || {
        let catalog = shop();
        let mode = OpenApiMode::IgnorePrivileges;
        let visible = visible(&catalog, "shop", mode, &NO_ROWS).unwrap();
        written(&Config::default(), &catalog, &visible).to_string()
    };
    assert_eq!(write(), write());
}
