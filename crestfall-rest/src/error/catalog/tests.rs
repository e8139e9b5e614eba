//! Unknown and ambiguous names, and what may have been meant.

use crestfall_core::catalog::{
    Cardinality, Junction, Parameter, Relationship, ReturnType, Routine, Table, Volatility,
};

use super::*;
use crate::error::Error;

fn name(name: &str) -> QualifiedName {
    QualifiedName::new("api", name)
}

fn routine(function: &str, parameters: &[&str]) -> Arc<Routine> {
    let parameter = |name: &&str| Parameter {
        name: (*name).into(),
        data_type: "integer".into(),
        unbounded_type: "integer".into(),
        required: true,
        variadic: false,
    };
    Arc::new(Routine {
        name: name(function),
        description: None,
        parameters: parameters.iter().map(parameter).collect(),
        returns: ReturnType {
            set_of: false,
            composite: false,
            domain_of_composite: false,
            type_name: QualifiedName::new("pg_catalog", "int4"),
            type_oid: 23,
        },
        volatility: Volatility::Stable,
        is_variadic: false,
        isolation: None,
        settings: Vec::new(),
    })
}

fn keyed(from: &str, to: &str, cardinality: Cardinality) -> Arc<Relationship> {
    Arc::new(Relationship::Keyed {
        table: name(from),
        foreign_table: name(to),
        is_self: from == to,
        cardinality,
        table_is_view: false,
        foreign_table_is_view: false,
    })
}

fn many_to_one(constraint: &str) -> Cardinality {
    Cardinality::ManyToOne {
        constraint: constraint.into(),
        columns: vec![("a".into(), "id".into()), ("b".into(), "key".into())],
    }
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    for table in ["harbours", "vessels", "crew"] {
        let table = Table {
            name: name(table),
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
            columns: Vec::new(),
            column_index: Default::default(),
        };
        catalog.tables.insert(table.name.clone(), Arc::new(table));
    }
    let relationships = ["harbours", "voyages", "sailors"]
        .map(|to| keyed("vessels", to, many_to_one("fk")))
        .to_vec();
    let key = (name("vessels"), Arc::<str>::from("api"));
    catalog.relationships.insert(key, relationships);
    for overloads in [
        vec![routine("greeting", &["name"])],
        vec![
            routine("mix", &["x", "y"]),
            routine("mix", &["first", "second", "third"]),
        ],
    ] {
        catalog
            .routines
            .insert(overloads[0].name.clone(), overloads);
    }
    catalog
}

fn hint(error: CatalogError) -> Option<String> {
    let hint = Error::from(error).hint()?;
    Some(hint.as_str().expect("text").to_owned())
}

/// PR-149
#[test]
fn an_unknown_table_gets_a_likely_name() {
    let catalog = catalog();
    let not_found = |table: &str| CatalogError::table_not_found(&name(table), &catalog);
    let error = Error::from(not_found("vesselz"));
    assert_eq!(
        (error.status(), &*error.code()),
        (StatusCode::NOT_FOUND, "PGRST205")
    );
    assert_eq!(
        error.message(),
        "Could not find the table 'api.vesselz' in the schema cache"
    );
    let expected = Some("Perhaps you meant the table 'api.vessels'".to_owned());
    for close in ["vesselz", "VESSEL", "vezsels"] {
        assert_eq!(hint(not_found(close)), expected, "{close}");
    }
    for far in ["ships", "vess", "", &"v".repeat(100_000)] {
        assert_eq!(hint(not_found(far)), None);
    }
    let elsewhere = QualifiedName::new("other", "vesselz");
    assert_eq!(
        hint(CatalogError::table_not_found(&elsewhere, &catalog)),
        None
    );
}

/// PR-149: comparing with very many tables would cost too much.
#[test]
fn a_schema_of_many_tables_gets_no_hints() {
    let mut catalog = catalog();
    let table = catalog.tables[&name("crew")].clone();
    for i in 0..496 {
        catalog.tables.insert(name(&format!("t{i}")), table.clone());
    }
    let not_found =
        |catalog: &Catalog| hint(CatalogError::table_not_found(&name("vesselz"), catalog));
    assert!(not_found(&catalog).is_some());
    catalog.tables.insert(name("one_more"), table);
    assert_eq!(not_found(&catalog), None);
}

/// PR-077, PR-149
#[test]
fn an_unknown_relationship_names_who_may_have_been_meant() {
    let catalog = catalog();
    let none = |parent: &str, child: &str, given: Option<&str>| {
        CatalogError::no_relationship(parent, child, given, "api", &catalog)
    };
    for (parent, child, expected) in [
        (
            "vessel",
            "voyages",
            Some("Perhaps you meant 'vessels' instead of 'vessel'."),
        ),
        (
            "vessels",
            "voyage",
            Some("Perhaps you meant 'voyages' instead of 'voyage'."),
        ),
        ("vessels", "sailors", None),
        ("nothing_alike", "voyages", None),
        ("vessels", "qqqqq", None),
    ] {
        assert_eq!(hint(none(parent, child, None)).as_deref(), expected);
    }
    let error = Error::from(none("vessels", "sailors", Some("by")));
    assert_eq!(
        (error.status(), &*error.code()),
        (StatusCode::BAD_REQUEST, "PGRST200")
    );
    assert_eq!(
        error.message(),
        "Could not find a relationship between 'vessels' and 'sailors' in the schema cache"
    );
    assert_eq!(
        error.details(),
        Some("Searched for a foreign key relationship between 'vessels' and 'sailors' using the hint 'by' in the schema 'api', but no matches were found.".into())
    );
}

/// PR-064
#[test]
fn several_relationships_are_listed() {
    let columns = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|&(a, b)| (a.into(), b.into()));
        pairs.collect::<Vec<(Arc<str>, Arc<str>)>>()
    };
    let junction = Cardinality::ManyToMany(Junction {
        table: name("visits"),
        source_constraint: "visits_vessel".into(),
        target_constraint: "visits_harbour".into(),
        source_columns: columns(&[("id", "vessel")]),
        target_columns: columns(&[("id", "harbour")]),
    });
    let error = Error::from(CatalogError::ambiguous_relationship(
        "vessels",
        "harbours",
        &[
            keyed("vessels", "harbours", many_to_one("home")),
            keyed("vessels", "harbours", junction),
        ],
    ));
    assert_eq!(
        (error.status(), &*error.code()),
        (StatusCode::MULTIPLE_CHOICES, "PGRST201")
    );
    assert_eq!(
        error.details(),
        Some(json!([
            {
                "cardinality": "many-to-one",
                "embedding": "vessels with harbours",
                "relationship": "home using vessels(a, b) and harbours(id, key)",
            },
            {
                "cardinality": "many-to-many",
                "embedding": "vessels with harbours",
                "relationship": "visits using visits_vessel(vessel) and visits_harbour(harbour)",
            },
        ]))
    );
    assert_eq!(
        error.hint(),
        Some("Try changing 'harbours' to one of the following: 'harbours!home', 'harbours!visits'. Find the desired relationship in the 'details' key.".into())
    );
}

/// PR-094
#[test]
fn an_unknown_function_says_what_was_searched_for() {
    let catalog = catalog();
    let none = |function: &str, arguments: &[&str], content_type: MediaType, by_post| {
        let name = name(function);
        let error = CatalogError::no_routine(&name, arguments, &content_type, by_post, &catalog);
        let error = Error::from(error);
        assert_eq!(
            (error.status(), &*error.code()),
            (StatusCode::NOT_FOUND, "PGRST202")
        );
        let text = |value: Option<Value>| value.map(|it| it.as_str().unwrap_or("").to_owned());
        (
            error.message().into_owned(),
            text(error.details()).expect("details"),
            text(error.hint()),
        )
    };
    let meant = |what: &str| Some(format!("Perhaps you meant to call the function api.{what}"));
    for (function, arguments, content_type, by_post, called, searched, expected) in [
        (
            "greetin",
            &[][..],
            MediaType::Json,
            false,
            "api.greetin without parameters",
            "api.greetin without parameters",
            meant("greeting"),
        ),
        (
            "greeting",
            &["nam"],
            MediaType::Json,
            false,
            "api.greeting(nam)",
            "api.greeting with parameter nam",
            meant("greeting(name)"),
        ),
        (
            "mix",
            &["x", "z"],
            MediaType::Csv,
            true,
            "api.mix(x, z)",
            "api.mix with parameters x, z",
            meant("mix(x, y)"),
        ),
        (
            "mix",
            &["first", "third"],
            MediaType::Json,
            true,
            "api.mix(first, third)",
            "api.mix with parameters first, third or with a single unnamed json/jsonb parameter",
            meant("mix(first, second, third)"),
        ),
        (
            "mix",
            &["unlike"],
            MediaType::Json,
            false,
            "api.mix(unlike)",
            "api.mix with parameter unlike",
            None,
        ),
        (
            "greetin",
            &[],
            MediaType::Text,
            true,
            "api.greetin",
            "api.greetin with a single unnamed text parameter",
            None,
        ),
        (
            "greetin",
            &[],
            MediaType::Xml,
            true,
            "api.greetin",
            "api.greetin with a single unnamed xml parameter",
            None,
        ),
        (
            "greetin",
            &[],
            MediaType::OctetStream,
            true,
            "api.greetin",
            "api.greetin with a single unnamed bytea parameter",
            None,
        ),
        (
            "greetin",
            &[],
            MediaType::OctetStream,
            false,
            "api.greetin without parameters",
            "api.greetin without parameters",
            meant("greeting"),
        ),
        (
            "qqqq",
            &[],
            MediaType::Json,
            true,
            "api.qqqq without parameters",
            "api.qqqq without parameters or with a single unnamed json/jsonb parameter",
            None,
        ),
    ] {
        let (message, details, hint) = none(function, arguments, content_type, by_post);
        assert_eq!(
            message,
            format!("Could not find the function {called} in the schema cache")
        );
        assert_eq!(
            details,
            format!(
                "Searched for the function {searched}, but no matches were found in the schema cache."
            )
        );
        assert_eq!(hint, expected, "{function} {arguments:?}");
    }
}

/// PR-079, PR-094
#[test]
fn ambiguous_functions_and_unknown_columns_are_named() {
    let several = [routine("mix", &["x", "y"]), routine("mix", &[])];
    let error = Error::from(CatalogError::ambiguous_routine(&several));
    assert_eq!(
        (error.status(), &*error.code()),
        (StatusCode::MULTIPLE_CHOICES, "PGRST203")
    );
    assert_eq!(
        error.message(),
        "Could not choose the best candidate function between: api.mix(x => integer, y => integer), api.mix()"
    );
    let error = Error::from(CatalogError::column_not_found("vessels", "lenght"));
    assert_eq!(
        (error.status(), &*error.code()),
        (StatusCode::BAD_REQUEST, "PGRST204")
    );
    assert_eq!(
        error.message(),
        "Could not find the 'lenght' column of 'vessels' in the schema cache"
    );
}
