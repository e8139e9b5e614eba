//! A hand-made catalogue for tests, and what it is made of.

use std::sync::Arc;

use crestfall_core::QualifiedName;
use crestfall_core::catalog::{
    Cardinality, Catalog, Column, Parameter, Relationship, ReturnType, Routine, Table, Volatility,
};

pub(super) fn column(name: &str, data_type: &str) -> Column {
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

pub(super) fn table(schema: &str, name: &str, columns: Vec<Column>) -> Table {
    let positions = columns.iter().enumerate();
    Table {
        name: QualifiedName::new(schema, name),
        description: None,
        is_view: false,
        insertable: true,
        updatable: true,
        deletable: true,
        runs_functions: false,
        writes_run_functions: false,
        is_protected: true,
        row_security: false,
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

pub(super) fn one_to_one(from: &str, to: &str, column: &str, is_parent: bool) -> Relationship {
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

pub(super) fn catalog(
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
pub(super) fn shop() -> Catalog {
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
