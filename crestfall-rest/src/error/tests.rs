//! Errors as clients see them.

use std::sync::Arc;

use axum::body::to_bytes;
use crestfall_core::catalog::{
    Cardinality, Junction, Parameter, Relationship, ReturnType, Routine, Table, Volatility,
};
use crestfall_core::{Catalog, QualifiedName};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::media_type::MediaType;

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

fn refused(code: &str, message: &str) -> Error {
    let fields = PgErrorFields {
        code: code.into(),
        message: message.into(),
        ..PgErrorFields::default()
    };
    DatabaseError::refused(fields, false).into()
}

fn hint(error: CatalogError) -> Option<String> {
    let hint = Error::from(error).hint()?;
    Some(hint.as_str().expect("text").to_owned())
}

/// PR-113, PR-139
#[tokio::test]
async fn an_error_is_a_json_object_and_names_itself_in_a_header() {
    let error = || Error::from(ApiError::Singularity(3));
    for (verbosity, expected) in [
        (
            ErrorVerbosity::Verbose,
            r#"{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object","details":"The result contains 3 rows","hint":null}"#,
        ),
        (
            ErrorVerbosity::Minimal,
            r#"{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object"}"#,
        ),
    ] {
        let response = error().into_response(verbosity);
        assert_eq!(response.status(), StatusCode::NOT_ACCEPTABLE);
        let header = |name| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "application/json; charset=utf-8");
        assert_eq!(header("proxy-status"), "PostgREST; error=PGRST116");
        assert_eq!(header("content-length"), expected.len().to_string());
        let body = to_bytes(response.into_body(), 1 << 16)
            .await
            .expect("a body");
        assert_eq!(body, expected);
    }
}

/// PR-140, PR-141
#[test]
fn a_sqlstate_has_a_status() {
    for (code, message, status) in [
        ("08006", "", 503),
        ("09000", "", 500),
        ("0L000", "", 403),
        ("0P000", "", 403),
        ("23503", "", 409),
        ("23505", "", 409),
        ("23514", "", 400),
        ("25006", "", 405),
        ("25P02", "", 500),
        ("21000", "UPDATE requires a WHERE clause", 400),
        ("21000", "more than one row", 500),
        ("22023", "role \"x\" does not exist", 401),
        ("22023", "other", 400),
        ("28000", "", 403),
        ("2D000", "", 500),
        ("38000", "", 500),
        ("39000", "", 500),
        ("3B000", "", 500),
        ("40001", "", 500),
        ("53400", "", 500),
        ("53300", "", 503),
        ("54001", "", 500),
        ("55006", "", 500),
        ("57P01", "", 503),
        ("57014", "", 500),
        ("58000", "", 500),
        ("F0000", "", 500),
        ("HV000", "", 500),
        ("P0001", "", 400),
        ("P0002", "", 500),
        ("XX000", "", 500),
        ("42883", "function xmlagg(integer) does not exist", 406),
        ("42883", "function f() does not exist", 404),
        ("42P01", "", 404),
        ("42P17", "", 500),
        ("42703", "", 400),
        ("PT402", "", 402),
        ("PT000", "", 500),
        ("PTxxx", "", 500),
        ("", "", 400),
        ("é", "", 400),
    ] {
        assert_eq!(refused(code, message).status(), status, "{code} {message}");
    }
}

/// PR-115, PR-141
#[test]
fn a_missing_privilege_asks_only_the_anonymous_to_log_in() {
    let fields = PgErrorFields {
        code: "42501".into(),
        ..PgErrorFields::default()
    };
    let anonymous: Error = DatabaseError::refused(fields.clone(), false).into();
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        anonymous.headers(),
        [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))]
    );
    let known: Error = DatabaseError::refused(fields, true).into();
    assert_eq!(known.status(), StatusCode::FORBIDDEN);
    assert_eq!(known.headers(), []);
}

/// PR-142
#[test]
fn a_raised_status_takes_the_message_as_its_phrase() {
    let response = refused("PT402", "Pay first").into_response(ErrorVerbosity::Verbose);
    assert_eq!(response.status(), StatusCode::PAYMENT_REQUIRED);
    let reason = response.extensions().get::<ReasonPhrase>().expect("one");
    assert_eq!(reason.as_bytes(), b"Pay first");
    let plain = refused("P0001", "no").into_response(ErrorVerbosity::Verbose);
    assert!(plain.extensions().get::<ReasonPhrase>().is_none());
}

fn raise(message: &str, detail: Option<&str>) -> Error {
    let fields = PgErrorFields {
        code: "PGRST".into(),
        message: message.into(),
        detail: detail.map(str::to_owned),
        hint: None,
    };
    DatabaseError::refused(fields, false).into()
}

/// PR-143
#[test]
fn a_function_can_shape_the_whole_answer() {
    let error = raise(
        r#"{"code":"77","message":"Locked","hint":"Wait"}"#,
        Some(
            r#"{"status":423,"status_text":"Shut","headers":{"X-Key":"1","bad name":"2","X-Bad":"a\nb","Content-Length":"1"}}"#,
        ),
    );
    assert_eq!(error.status(), 423);
    assert_eq!(error.code(), "77");
    assert_eq!(error.message(), "Locked");
    assert_eq!((error.details(), error.hint()), (None, Some("Wait".into())));
    assert_eq!(
        error.headers(),
        [(
            HeaderName::from_static("x-key"),
            HeaderValue::from_static("1")
        )]
    );
    let response = error.into_response(ErrorVerbosity::Verbose);
    let reason = response.extensions().get::<ReasonPhrase>().expect("one");
    assert_eq!(reason.as_bytes(), b"Shut");
    for (message, detail, expected) in [
        ("plain", None, "Invalid JSON value for MESSAGE: 'plain'"),
        (
            r#"{"code":"1","message":"m"}"#,
            None,
            "DETAIL is missing in the RAISE statement",
        ),
        (
            r#"{"code":"1","message":"m"}"#,
            Some(r#"{"status":1}"#),
            r#"Invalid JSON value for DETAIL: '{"status":1}'"#,
        ),
    ] {
        let error = raise(message, detail);
        assert_eq!(
            (error.status(), &*error.code()),
            (StatusCode::INTERNAL_SERVER_ERROR, "PGRST121")
        );
        assert_eq!(
            error.message(),
            "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error"
        );
        assert_eq!(error.details(), Some(expected.into()));
        assert!(error.hint().is_some());
    }
}

/// PR-144, PR-151
#[test]
fn a_database_out_of_reach_has_codes_of_its_own() {
    for (error, status, code) in [
        (DatabaseError::Connection(None).into(), 503, "PGRST000"),
        (DatabaseError::Client(None).into(), 503, "PGRST001"),
        (Error::NoCatalog, 503, "PGRST002"),
        (DatabaseError::PoolTimeout.into(), 504, "PGRST003"),
        (Error::Internal, 500, "PGRSTX00"),
    ] {
        assert_eq!((error.status().as_u16(), &*error.code()), (status, code));
    }
}

/// PR-115, PR-150
#[test]
fn a_refused_token_says_so_in_a_header() {
    let error: Error = JwtRefusal {
        code: "PGRST303",
        status: StatusCode::UNAUTHORIZED,
        message: "JWT expired".into(),
        details: None,
        hint: None,
        www_authenticate: Some("Bearer error=\"invalid_token\"".into()),
    }
    .into();
    assert_eq!(error.headers()[0].0, WWW_AUTHENTICATE);
    assert_eq!(error.to_string(), "JWT expired");
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

#[test]
fn likeness_is_pieces_first_then_edits() {
    let closest = |names: &[&'static str], sought: &str, least: f64| {
        fuzzy::closest(names.iter().copied(), sought, least).map(|(_, name)| name)
    };
    assert_eq!(closest(&["abcd", "bcda"], "ABCD", 0.33), Some("abcd"));
    assert_eq!(
        closest(&["harbour", "harbours"], "harbourss", 0.33),
        Some("harbours")
    );
    // No piece in common, though half of the letters stand right.
    assert_eq!(closest(&["xaxbxcx"], "yaybycy", 0.0), None);
    // Too short for pieces of three: those of two decide.
    assert_eq!(closest(&["ab"], "ac", 0.33), Some("ab"));
    assert_eq!(closest(&["one1", "one2"], "one3", 0.33), Some("one2"));
    assert_eq!(closest(&[], "a", 0.33), None);
}

proptest! {
    #[test]
    fn likeness_never_panics(names in prop::collection::vec("\\PC{0,12}", 0..8), sought in "\\PC{0,12}") {
        let found = fuzzy::closest(names.iter().map(String::as_str), &sought, 0.33);
        if let Some((score, name)) = found {
            prop_assert!((0.33..=1.0).contains(&score));
            prop_assert!(names.iter().any(|other| other == name));
        }
    }

    #[test]
    fn no_database_error_panics(code in "\\PC{0,6}", message in "\\PC{0,20}", detail in prop::option::of("\\PC{0,20}")) {
        let fields = PgErrorFields { code, message, detail, hint: None };
        let error: Error = DatabaseError::refused(fields, true).into();
        let _ = error.into_response(ErrorVerbosity::Verbose);
    }
}
