//! Requests that are too big or too deep are refused, and soon (SEC-33, SEC-34).

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Method;
use crestfall_core::testing::{TestRequest, TestResponse};
use serde_json::json;

use crate::api::{Api, refusal};

/// How long the machine, which may be busy, has for any of them.
const SOON: Duration = Duration::from_secs(20);

async fn soon(what: &str, request: TestRequest) -> TestResponse {
    let begun = Instant::now();
    let answer = std::future::IntoFuture::into_future(request);
    let Ok(response) = tokio::time::timeout(SOON, answer).await else {
        panic!("{what} takes longer than {SOON:?}");
    };
    eprintln!("{what}: {} in {:?}", response.status, begun.elapsed());
    response
}

/// Fits what a URI may hold.
const LONG: usize = 60_000;

#[tokio::test]
async fn deep_queries_are_refused_sec_33() {
    let api = Api::new().await;
    let deep = 10_000;
    let nested = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(deep), close.repeat(deep))
    };
    let cases = [
        format!("/films?select={}", nested("a(", "id", ")")),
        format!("/films?select={}", nested("...a(", "", ")")),
        format!("/films?select={}", "a(".repeat(deep)),
        format!("/films?or=({})", nested("or(", "id.eq.1", ")")),
        format!("/films?or=({})", nested("and(", "id.eq.1,id.eq.2", ")")),
        format!("/films?or=({})", "not.and(".repeat(deep / 2)),
        format!("/films?{}.id=eq.1", ["a"; 10_000].join(".")),
        format!("/films?order={}", nested("a(", "id", ")")),
        format!("/films?id=in.({})", "(".repeat(deep)),
        format!("/films?id={}eq.1", "not.".repeat(deep)),
    ];
    for path in cases {
        let what = &path[..40];
        let response = soon(what, api.app.get(&path)).await;
        assert!(
            response.status.is_client_error(),
            "{what}: {} {:.300}",
            response.status,
            response.text()
        );
    }
    // As deep as it goes, of relations that are there.
    let mut select = String::from("id");
    for level in 0..30 {
        select = format!(
            "id,{}({select})",
            if level % 2 == 0 { "films" } else { "studios" }
        );
    }
    let response = soon(
        "30 embeds deep",
        api.app.get(&format!("/films?limit=1&select={select}")),
    )
    .await;
    assert!(
        !response.status.is_server_error(),
        "{} {:.300}",
        response.status,
        response.text()
    );
    let path = format!("/films?select=details{}", "->a".repeat(10_000));
    let response = soon("a long JSON path", api.app.get(&path)).await;
    assert!(
        clean(&response),
        "{} {:.300}",
        response.status,
        response.text()
    );
}

/// An answer, or a refusal that says why: PostgreSQL's own limits have the SQLSTATEs 54xxx.
fn clean(response: &TestResponse) -> bool {
    let (status, code) = refusal(response);
    status < 500 || code.starts_with("54")
}

#[tokio::test]
async fn long_queries_are_answered_or_refused_sec_34() {
    let api = Api::new().await;
    let repeated = |begin: &str, piece: &str| {
        let count = (LONG - begin.len()) / piece.len();
        format!("{begin}{}", piece.repeat(count))
    };
    // PostgreSQL 14 compiles longer ones for minutes, until `statement_timeout` or the caller's end.
    let version: i32 = api
        .sql("current_setting('server_version_num')")
        .await
        .parse()
        .expect("a number");
    let patterns = if version < 150_000 {
        100
    } else {
        LONG / "(a*)*".len()
    };
    let cases = [
        ("in", repeated("/films?id=in.(1", ",1") + ")"),
        (
            "in of texts",
            repeated("/films?title=in.(a", ",%22b%22") + ")",
        ),
        ("any", repeated("/films?id=eq(any).{1", ",2") + "}"),
        ("filters", repeated("/films?id=eq.1", "&id=lt.9")),
        (
            "unlike filters",
            (0..4000)
                .map(|n| format!("&id=lt.{n}"))
                .fold("/films?id=eq.1".into(), |a: String, b| a + &b),
        ),
        ("or", repeated("/films?or=(id.eq.1", ",id.eq.2") + ")"),
        ("order", repeated("/films?order=id", ",id")),
        ("columns", repeated("/films?select=id", ",id")),
        ("a long name", repeated("/films?select=", "a")),
        ("a long table", repeated("/", "a")),
        ("a long value", repeated("/films?title=eq.", "a")),
        ("a long function", repeated("/rpc/", "a")),
        ("arguments", repeated("/rpc/add?a=1", "&a=2") + "&b=1"),
        (
            "variadic arguments",
            repeated("/rpc/add_all?numbers=1", "&numbers=2"),
        ),
        ("quotes", repeated("/films?select=", "%22")),
        ("escapes", repeated("/films?title=eq.", "%25")),
        ("dots", repeated("/films?select=", ".")),
        ("aliases", repeated("/films?select=", "a:")),
        ("casts", repeated("/films?select=id", "::a")),
        ("a cast", repeated("/films?select=id::", "a")),
        ("hints", repeated("/films?select=studios", "!a") + "(id)"),
        (
            "a pattern",
            format!("/films?title=match.{}", "(a*)*".repeat(patterns)),
        ),
        ("like", repeated("/films?title=like.", "*a")),
        ("fts", repeated("/films?plot=fts.a", "%26a")),
        ("unknown parameters", repeated("/films?", "&")),
    ];
    for (what, path) in cases {
        let response = soon(what, api.app.get(&path)).await;
        assert!(
            clean(&response),
            "{what}: {} {:.300}",
            response.status,
            response.text()
        );
    }
    let columns: String = (0..1700).map(|n| format!(",c{n}:id")).collect();
    let response = soon(
        "more columns than fit",
        api.app.get(&format!("/films?select=id{columns}")),
    )
    .await;
    assert!(
        clean(&response),
        "{} {:.300}",
        response.status,
        response.text()
    );
    let digits = "9".repeat(8000);
    for (name, value) in [
        ("range", format!("0-{digits}")),
        ("range", format!("{digits}-{digits}")),
        ("prefer", "a,".repeat(20_000)),
        ("prefer", format!("max-affected={digits}, handling=strict")),
        ("prefer", format!("timezone={digits}")),
        ("accept", "a/b;q=0.1,".repeat(5_000)),
        (
            "accept",
            format!("application/json;{}", "a=b;".repeat(10_000)),
        ),
        ("cookie", "a=b;".repeat(10_000)),
        ("accept-profile", digits.clone()),
        ("authorization", format!("Bearer {digits}")),
        ("authorization", format!("Bearer {}", "a.".repeat(10_000))),
    ] {
        let response = soon(name, api.app.get("/films?select=id").header(name, &value)).await;
        assert!(
            clean(&response),
            "{name}: {} {:.300}",
            response.status,
            response.text()
        );
    }
}

#[tokio::test]
async fn wide_embeds_do_not_keep_the_database_busy_sec_33() {
    let api = Api::new().await;
    let embeds: Vec<_> = (0..100).map(|n| format!("e{n}:studios(id)")).collect();
    let path = format!("/films?select={}", embeds.join(","));
    let response = soon("100 embeds", api.app.get(&path)).await;
    assert!(
        clean(&response),
        "{} {:.300}",
        response.status,
        response.text()
    );
    let embeds: Vec<_> = (0..2500).map(|n| format!("e{n}:studios(id)")).collect();
    let path = format!("/films?select={}", embeds.join(","));
    let response = soon("2500 embeds", api.app.get(&path)).await;
    assert!(
        clean(&response),
        "{} {:.300}",
        response.status,
        response.text()
    );
}

#[tokio::test]
async fn deep_and_odd_bodies_are_refused_sec_34() {
    let api = Api::new().await;
    let deep = 100_000;
    let arrays = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let objects = format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep));
    let value = format!("{{\"title\":\"x\",\"details\":{arrays}}}");
    let post = |path: &str, body: &str| {
        api.app
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .header("prefer", "tx=rollback, return=representation")
            .body(body.to_owned())
    };
    for path in [
        "/films",
        "/films?columns=title,details",
        "/rpc/take_json",
        "/rpc/describe",
        "/rpc/describe?columns=thing",
    ] {
        for (what, body) in [
            ("arrays", &arrays),
            ("objects", &objects),
            ("value", &value),
        ] {
            for body in [body.as_str(), &body[..deep]] {
                let what = format!("{path} {what} {}", body.len());
                let response = soon(&what, post(path, body)).await;
                // Keys that `columns=` does not name are passed over, however deep they go.
                let passed_over =
                    path == "/rpc/describe?columns=thing" && response.text() == "null";
                assert!(
                    clean(&response) && (passed_over || !response.status.is_success()),
                    "{what}: {} {:.300}",
                    response.status,
                    response.text()
                );
            }
        }
    }
    let keys: Vec<_> = (0..100_000).map(|n| format!("\"k{n}\":1")).collect();
    let response = soon(
        "100,000 keys",
        post("/films", &format!("{{{}}}", keys.join(","))),
    )
    .await;
    assert_eq!(refusal(&response), (400, "PGRST204".into()));
    for (what, body) in [
        (
            "a number beyond all",
            "{\"title\":\"x\",\"minutes\":1e999999999}".to_owned(),
        ),
        (
            "a long number",
            format!("{{\"title\":\"x\",\"minutes\":{}}}", "9".repeat(300_000)),
        ),
        ("half a surrogate", "{\"title\":\"\\ud800\"}".to_owned()),
        ("a NUL", "{\"title\":\"a\\u0000b\"}".to_owned()),
        (
            "the same key often",
            format!("{{{}}}", vec!["\"title\":\"x\""; 50_000].join(",")),
        ),
    ] {
        let response = soon(what, post("/films", &body)).await;
        assert!(
            clean(&response),
            "{what}: {} {:.300}",
            response.status,
            response.text()
        );
    }
    for bytes in [
        &b"\xff\xfe"[..],
        b"{\"title\":\"\xc3\x28\"}",
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"\0",
    ] {
        for path in [
            "/films",
            "/films?columns=title",
            "/rpc/take_json",
            "/rpc/take_json?columns=x",
        ] {
            let request = api
                .app
                .request(Method::POST, path)
                .header("content-type", "application/json")
                .header("prefer", "tx=rollback")
                .body(bytes);
            let response = soon(path, request).await;
            assert!(
                response.status.is_client_error(),
                "{path} {bytes:?}: {} {}",
                response.status,
                response.text()
            );
        }
        for content_type in [
            "text/csv",
            "application/x-www-form-urlencoded",
            "text/plain",
            "text/xml",
        ] {
            let request = api
                .app
                .request(Method::POST, "/rpc/take_text")
                .header("content-type", content_type)
                .body(bytes);
            let response = soon(content_type, request).await;
            assert!(
                !response.status.is_server_error(),
                "{content_type} {bytes:?}: {} {}",
                response.status,
                response.text()
            );
        }
    }
    let rows: Vec<_> = (0..100_000)
        .map(|n| json!({ "body": format!("{n}") }))
        .collect();
    let response = soon(
        "100,000 rows",
        api.app
            .post("/remarks", &json!(rows))
            .header("prefer", "tx=rollback, count=exact"),
    )
    .await;
    assert_eq!(
        (response.status.as_u16(), response.header("content-range")),
        (201, "*/100000")
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read_sec_34() {
    let api = Api::with(|config| config.max_body_bytes = 1_000_000).await;
    let big = vec![b' '; 50_000_000];
    for path in [
        "/films",
        "/rpc/take_json",
        "/rpc/add",
        "/films?columns=title",
    ] {
        let request = api
            .app
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .body(big.clone());
        let response = soon(path, request).await;
        assert_eq!(response.status.as_u16(), 413, "{path}");
        assert_eq!(response.json()["message"], "The request body is too large");
    }
    // One that never ends is cut off at the limit.
    let chunks = endless();
    let request = api
        .app
        .request(Method::POST, "/films")
        .header("content-type", "application/json")
        .body(chunks);
    let response = soon("an endless body", request).await;
    assert_eq!(response.status.as_u16(), 413);
    let fits = format!("{{\"title\":\"{}\"}}", "x".repeat(900_000));
    let request = api
        .app
        .request(Method::POST, "/films")
        .header("content-type", "application/json")
        .body(fits);
    assert_eq!(soon("one that fits", request).await.status.as_u16(), 201);
}

/// A body without an end.
fn endless() -> Body {
    struct Endless;
    impl http_body::Body for Endless {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
            let chunk = bytes::Bytes::from_static(&[b' '; 4096]);
            std::task::Poll::Ready(Some(Ok(http_body::Frame::data(chunk))))
        }
    }
    Body::new(Endless)
}
