//! Errors as clients see them.

use axum::body::to_bytes;
use proptest::prelude::*;

use super::*;

fn refused(code: &str, message: &str) -> Error {
    let fields = PgErrorFields {
        code: code.into(),
        message: message.into(),
        ..PgErrorFields::default()
    };
    DatabaseError::refused(fields, false).into()
}

/// PR-113, PR-139
#[tokio::test]
async fn an_error_is_a_json_object_and_names_itself_in_a_header() {
    let error = || Error::from(ApiError::Singularity(3));
    for (verbosity, expected) in [
        (
            ErrorVerbosity::Verbose,
            r#"{"code":"PGRST116","details":"The result contains 3 rows","hint":null,"message":"Cannot coerce the result to a single JSON object"}"#,
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
