//! Whole requests to values, without a database.

use http::StatusCode;
use proptest::prelude::*;

use super::prefer::{Count, Handling, Missing, Representation, Resolution, Transaction};
use super::*;
use crate::config::TxEnd;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
        map.append(*name, value);
    }
    map
}

pub(super) fn request(
    method: &str,
    target: &str,
    pairs: &[(&'static str, &str)],
    body: &str,
) -> Result<ApiRequest, Error> {
    let config = Config {
        schemas: vec!["api".into(), "v2".into()],
        ..Config::default()
    };
    request_with(&config, method, target, pairs, body)
}

fn request_with(
    config: &Config,
    method: &str,
    target: &str,
    pairs: &[(&'static str, &str)],
    body: &str,
) -> Result<ApiRequest, Error> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let body = Bytes::copy_from_slice(body.as_bytes());
    ApiRequest::parse(config, method, path, query, &headers(pairs), body)
}

fn get(target: &str) -> ApiRequest {
    request("GET", target, &[], "").expect(target)
}

/// Status, code, message and details of a refusal.
fn refusal(result: Result<ApiRequest, Error>) -> (StatusCode, String, String, String) {
    let error = result.expect_err("a refusal");
    let details = error
        .details()
        .map(|it| it.as_str().unwrap_or("").to_owned());
    (
        error.status(),
        error.code().into_owned(),
        error.message().into_owned(),
        details.unwrap_or_default(),
    )
}

fn texts<'t>(names: impl IntoIterator<Item = &'t Text>) -> Vec<&'t str> {
    names.into_iter().map(|name| &**name).collect()
}

/// PR-090, PR-148
#[test]
fn a_path_and_a_method_make_an_action() {
    let films = QualifiedName::new("api", "fil ms");
    assert_eq!(
        get("/fil%20ms").action,
        Action::Read {
            relation: films.clone(),
            headers_only: false
        }
    );
    let deleted = request("DELETE", "/fil%20ms", &[], "not even json").expect("a request");
    assert_eq!(
        deleted.action,
        Action::Mutate {
            relation: films,
            mutation: Mutation::Delete
        }
    );
    assert_eq!(deleted.payload, None);
    assert!(matches!(get("/rpc/f").action, Action::Call { .. }));
    assert!(matches!(get("/").action, Action::Inspect { .. }));
    assert!(matches!(
        request("OPTIONS", "", &[], "").expect("a request").action,
        Action::SchemaInfo
    ));
    for path in ["/a/b", "/rpc/f/g", "/a/", "//"] {
        let (status, code, message, _) = refusal(request("GET", path, &[], ""));
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(code, "PGRST125");
        assert_eq!(message, "Invalid path specified in request URL");
    }
    let (status, code, message, _) = refusal(request("PATCH", "/rpc/f", &[], "{}"));
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(code, "PGRST101");
    assert_eq!(message, "Cannot use the PATCH method on RPC");
    for (method, path) in [("TRACE", "/films"), ("POST", "/"), ("CONNECT", "/")] {
        let (_, code, message, _) = refusal(request(method, path, &[], ""));
        assert_eq!(code, "PGRST117");
        assert_eq!(message, format!("Unsupported HTTP method: {method}"));
    }
}

/// PR-148
#[test]
fn the_root_can_be_a_function_or_nothing() {
    let function = Config {
        root_spec: Some(QualifiedName::new("other", "home")),
        ..Config::default()
    };
    let root = request_with(&function, "GET", "/", &[], "").expect("a request");
    assert!(matches!(
        root.action,
        Action::Call { routine, .. } if routine == QualifiedName::new("public", "home")
    ));
    let disabled = Config {
        openapi_mode: OpenApiMode::Disabled,
        ..function
    };
    let (status, code, ..) = refusal(request_with(&disabled, "GET", "/", &[], ""));
    assert_eq!((status, &*code), (StatusCode::NOT_FOUND, "PGRST126"));
}

/// PR-110
#[test]
fn a_profile_header_chooses_the_schema() {
    let first = get("/films");
    assert_eq!((&*first.schema, first.negotiated_by_profile), ("api", true));
    let single = request_with(&Config::default(), "GET", "/films", &[], "").expect("a request");
    assert!(!single.negotiated_by_profile);
    let profiles = [("accept-profile", "v2"), ("content-profile", "api")];
    let read = request("GET", "/films", &profiles, "").expect("a request");
    assert_eq!(&*read.schema, "v2");
    let write = request("POST", "/films", &profiles, "{}").expect("a request");
    assert_eq!(&*write.schema, "api");
    let error = request("GET", "/films", &[("accept-profile", "secret")], "").expect_err("refused");
    assert_eq!(error.status(), StatusCode::NOT_ACCEPTABLE);
    assert_eq!(error.code(), "PGRST106");
    assert_eq!(error.message(), "Invalid schema: secret");
    assert_eq!(
        error.hint().expect("a hint"),
        "Only the following schemas are exposed: api, v2"
    );
}

/// PR-036
#[test]
fn parameters_are_sorted_into_their_kinds() {
    let query = get(
        "/films?select=id,title&id=eq.1&title=like.a+b%2B*&a.order=x&not.and=(a.eq.1)\
         &b.or=(c.eq.2)&e&on_conflict=p,q&columns=z,y&f.g->h=eq.3",
    )
    .query;
    assert_eq!(query.select.len(), 2);
    assert_eq!(query.order.len(), 1);
    assert_eq!(texts(&query.order[0].0), ["a"]);
    assert_eq!(query.logic.len(), 2);
    assert!(query.logic[0].0.is_empty());
    assert_eq!(texts(&query.logic[1].0), ["b"]);
    assert_eq!(texts(&query.on_conflict.expect("given")), ["p", "q"]);
    assert_eq!(texts(&query.columns.expect("given")), ["y", "z"]);
    assert_eq!(texts(&query.filter_names), ["f.g->h", "id", "title"]);
    let filters: Vec<_> = query
        .filters
        .iter()
        .map(|(path, filter)| (texts(path), &*filter.field.name))
        .collect();
    assert_eq!(
        filters,
        [(vec![], "id"), (vec![], "title"), (vec!["f"], "g")]
    );
    assert!(format!("{:?}", query.filters[1]).contains("a b+*"));
}

/// PR-111
#[test]
fn the_canonical_query_is_sorted_and_encoded_anew() {
    for (query, expected) in [
        ("a=1&c=3&b=2&d", "a=1&b=2&c=3&d="),
        ("b=eq.x+y&a=eq.%c3%a9", "a=eq.%C3%A9&b=eq.x%20y"),
        ("a=1&b=2&a=3", "a=1,3&b=2"),
        ("a=in.(1,2);b=~_-.*", "a=in.%281%2C2%29&b=~_-.%2A"),
        ("", ""),
        ("a=100%&b=%zz", "a=100%25&b=%25zz"),
    ] {
        let params = QueryParams::parse(query, true, 8).expect(query).params;
        assert_eq!(params.canonical, expected);
    }
}

/// PR-091, PR-097
#[test]
fn arguments_of_a_call_by_get_have_no_operator() {
    let query = get("/rpc/f?a=1&b=eq.2&a=4&d=").query;
    let arguments: Vec<_> = query.arguments.iter().map(|(n, v)| (&**n, &**v)).collect();
    assert_eq!(arguments, [("a", "1"), ("a", "4"), ("d", "")]);
    assert_eq!(query.filters.len(), 1);
    assert_eq!(texts(&query.filter_names), ["a", "b", "d"]);
    // An operator that begins must go on as one.
    assert!(request("GET", "/rpc/f?a=is.it", &[], "").is_err());
}

/// PR-145
#[test]
fn what_does_not_parse_is_refused_with_its_place() {
    for (query, message, details) in [
        (
            "a.b=noop.0",
            r#""failed to parse filter (noop.0)" (line 1, column 1)"#,
            r#"unexpected "o" expecting "not" or operator (eq, gt, ...)"#,
        ),
        (
            "order=id.asc.nullslasttt",
            r#""failed to parse order (id.asc.nullslasttt)" (line 1, column 17)"#,
            r#"unexpected 't' expecting "," or end of input"#,
        ),
        (
            "or=()",
            r#""failed to parse logic tree (())" (line 1, column 4)"#,
            r#"unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)"#,
        ),
        (
            "columns=",
            r#""failed to parse columns parameter ()" (line 1, column 1)"#,
            "unexpected end of input expecting field name (* or [a..z0..9_$])",
        ),
        (
            "select=data->(x",
            r#""failed to parse select parameter (data->(x)" (line 1, column 7)"#,
            r#"unexpected "(" expecting "-", digit or any non reserved character different from: .,>()"#,
        ),
        (
            "!x=eq.1",
            r#""failed to parse tree path (!x)" (line 1, column 1)"#,
            r#"unexpected "!" expecting field name (* or [a..z0..9_$])"#,
        ),
        (
            "on_conflict=!",
            r#""failed to parse on_conflict parameter (!)" (line 1, column 1)"#,
            r#"unexpected "!" expecting field name (* or [a..z0..9_$])"#,
        ),
        (
            "a=eq.%ff",
            r#""failed to parse query string" (line 1, column 1)"#,
            "the query string is not UTF-8 once it is percent-decoded",
        ),
    ] {
        let result = request("GET", &format!("/films?{query}"), &[], "");
        let expected = (
            StatusCode::BAD_REQUEST,
            "PGRST100".into(),
            message.into(),
            details.into(),
        );
        assert_eq!(refusal(result), expected);
    }
}

/// PR-052, PR-053
#[test]
fn rows_are_those_of_limit_offset_and_range() {
    let rows = |offset, limit| RowRange { offset, limit };
    for (query, range, expected) in [
        ("", "", RowRange::ALL),
        ("limit=3", "", rows(0, Some(3))),
        ("offset=2", "", rows(2, None)),
        ("limit=3&offset=2", "", rows(2, Some(3))),
        ("limit=1&limit=5", "", rows(0, Some(5))),
        ("limit=x", "", RowRange::ALL),
        ("offset=-4", "", rows(0, None)),
        ("limit=10&offset=-4", "", rows(0, Some(6))),
        ("limit=0", "", rows(0, Some(0))),
        ("limit=0", "5-9", rows(0, Some(0))),
        ("limit=0&offset=3", "", rows(3, Some(0))),
        ("", "0-9", rows(0, Some(10))),
        ("", "10-", rows(10, None)),
        ("", "items=0-9", RowRange::ALL),
        ("", "-9", RowRange::ALL),
        ("limit=100", "5-9", rows(5, Some(5))),
        ("limit=7", "5-9", rows(5, Some(2))),
        (
            "limit=1&offset=99999999999999999999999999999999999999999999",
            "",
            rows(u64::MAX, Some(1)),
        ),
    ] {
        let header = [("range", range)];
        let header = if range.is_empty() { &[][..] } else { &header };
        let parsed = request("GET", &format!("/films?{query}"), header, "").expect(query);
        assert_eq!(parsed.top_level_range, expected, "{query} {range}");
    }
    let head = request("HEAD", "/films", &[("range", "9-0")], "").expect("ignored");
    assert_eq!(head.top_level_range, RowRange::ALL);
    let embeds = get("/films?a.limit=2&a.b.offset=1&a.b.limit=3&a.offset=-1").ranges;
    let embeds: Vec<_> = embeds
        .iter()
        .map(|(path, rows)| (texts(path), *rows))
        .collect();
    assert_eq!(
        embeds,
        [
            (vec!["a"], rows(0, Some(2))),
            (vec!["a", "b"], rows(1, Some(3)))
        ]
    );
}

/// PR-052, PR-084, PR-145
#[test]
fn rows_that_cannot_be_are_refused() {
    let negative = "Limit should be greater than or equal to zero.";
    let header =
        "The lower boundary must be lower than or equal to the upper boundary in the Range header.";
    for (query, range, details) in [
        ("limit=-1", "0-9", negative),
        ("limit=2", "5-9", negative),
        ("a.limit=-1", "0-9", negative),
        ("", "9-5", header),
    ] {
        let result = request("GET", &format!("/films?{query}"), &[("range", range)], "");
        let expected = (
            StatusCode::RANGE_NOT_SATISFIABLE,
            "PGRST103".into(),
            "Requested range not satisfiable".into(),
            details.into(),
        );
        assert_eq!(refusal(result), expected);
    }
    let (status, code, message, _) = refusal(request("PUT", "/films?limit=1", &[], "{}"));
    assert_eq!((status, &*code), (StatusCode::BAD_REQUEST, "PGRST114"));
    assert_eq!(
        message,
        "limit/offset querystring parameters are not allowed for PUT"
    );
}

/// PR-100 to PR-109
#[test]
fn preferences_are_read_from_every_header() {
    let headers = headers(&[
        (
            "prefer",
            "count=exact,    tx=commit   ,return=representation , missing=default",
        ),
        (
            "prefer",
            "tx=rollback, handling=strict, resolution=merge-duplicates",
        ),
        ("prefer", "count=planned, odd,, timezone=America/Lima"),
        ("prefer", "max-affected=12, max-affected=13"),
    ]);
    let preferences = Preferences::parse(&headers, true);
    let expected = Preferences {
        resolution: Some(Resolution::MergeDuplicates),
        representation: Some(Representation::Full),
        count: Some(Count::Exact),
        transaction: Some(Transaction::Commit),
        missing: Some(Missing::Default),
        handling: Some(Handling::Strict),
        timezone: Some("America/Lima".into()),
        max_affected: Some(12),
        explains: false,
        invalid: vec!["odd".into(), String::new()],
    };
    assert_eq!(preferences, expected);
    assert_eq!(
        preferences.applied().as_deref(),
        Some(
            "resolution=merge-duplicates, missing=default, return=representation, count=exact, \
             tx=commit, handling=strict, timezone=America/Lima, max-affected=12"
        )
    );
    let forbidden = Preferences::parse(&headers, false);
    assert_eq!(forbidden.transaction, None);
    assert_eq!(forbidden.invalid, preferences.invalid);
    let lenient = Preferences {
        handling: Some(Handling::Lenient),
        ..preferences
    };
    assert!(!lenient.applied().expect("some").contains("max-affected"));
    assert_eq!(Preferences::default().applied(), None);
}

/// PR-106, PR-137
#[test]
fn tx_is_preferred_only_where_settings_allow() {
    for (tx_end, expected) in [
        (TxEnd::Commit, None),
        (TxEnd::CommitAllowOverride, Some(Transaction::Rollback)),
    ] {
        let config = Config {
            tx_end,
            ..Config::default()
        };
        let prefer = [("prefer", "tx=rollback")];
        let parsed = request_with(&config, "GET", "/films", &prefer, "").expect("a request");
        assert_eq!(parsed.preferences.transaction, expected);
    }
}

/// Prints what a typical query string costs; run with `--release --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_typical_query_string_takes_microseconds() {
    for query in [
        "select=id,title&id=eq.1",
        "select=id,title,directors(id,name)&year=gte.2000&order=year.desc&limit=10",
    ] {
        let rounds = 1_000_000;
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            let parsed = QueryParams::parse(std::hint::black_box(query), false, 64);
            assert!(std::hint::black_box(parsed).is_ok());
        }
        println!("{query}: {:?}", start.elapsed() / rounds);
    }
    let rows: Vec<String> = (0..1000)
        .map(|i| format!(r#"{{"id":{i},"title":"row {i}","tags":["a","b"]}}"#))
        .collect();
    let json = Bytes::from(format!("[{}]", rows.join(",")));
    let start = std::time::Instant::now();
    for _ in 0..1000 {
        let checked = Payload::check(json.clone(), &MediaType::Json, None, false);
        assert!(std::hint::black_box(checked).is_ok());
    }
    println!("{} bytes of JSON: {:?}", json.len(), start.elapsed() / 1000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_query_panics(query in "([a-z.&=;%+!()*,:>\"\\\\ é0-9-]|and|or|eq|in|limit|offset|select){0,40}") {
        for is_call in [false, true] {
            let _ = QueryParams::parse(&query, is_call, 8);
        }
    }

    #[test]
    fn no_path_or_header_panics(
        path in "\\PC{0,30}",
        value in prop::collection::vec(prop_oneof![32u8..127, 128u8..=255], 0..40),
        method in prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X"]),
    ) {
        let value = HeaderValue::from_bytes(&value).expect("visible bytes");
        let mut headers = HeaderMap::new();
        for name in ["accept", "content-type", "cookie", "prefer", "range"] {
            headers.insert(name, value.clone());
        }
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let _ = ApiRequest::parse(&Config::default(), method, &path, &path, &headers, Bytes::new());
    }
}
