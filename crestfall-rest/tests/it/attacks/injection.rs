//! SQL injection through every position of a request. The oracle is PostgreSQL's parser: whoever
//! makes it stumble has put something of their own into a statement's text.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, Method};
use crestfall_core::testing::{TestApp, TestRequest, TestResponse};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::corpus::{HEADERS, PAYLOADS, PIECES, READS};
use crate::api::Api;

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The inside of a quoted name.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A template with the payload in it, as a path.
fn path(template: &str, payload: &str) -> String {
    template
        .replace('"', "%22")
        .replace("{q}", &encoded(&quoted(payload)))
        .replace("{}", &encoded(payload))
}

fn with_header(request: TestRequest, name: &str, value: &str) -> Option<TestRequest> {
    // Other bytes do not get past the HTTP parser.
    HeaderValue::try_from(value)
        .ok()
        .and_then(|value| value.to_str().ok().map(|value| request.header(name, value)))
}

fn reads(app: &TestApp, payload: &str) -> Vec<(String, TestRequest)> {
    let by_path = READS.iter().map(|template| {
        let path = path(template, payload);
        (format!("GET {template}"), app.get(&path))
    });
    let by_header = HEADERS.iter().filter_map(|(name, template)| {
        let value = template.replace("{}", payload);
        let request = with_header(app.get("/films?select=id,details"), name, &value)?;
        Some((format!("GET with {name}: {template}"), request))
    });
    by_path.chain(by_header).collect()
}

fn writes(app: &TestApp, payload: &str) -> Vec<(String, TestRequest)> {
    let object =
        |key: &str, value: Value| Value::Object([(key.to_owned(), value)].into_iter().collect());
    let post = |path: String, body: Value| app.post(&path, &body);
    let form = format!("{}={}", encoded(payload), encoded(payload));
    let cell = payload.replace('"', "\"\"");
    let mut all = vec![
        ("keys", post("/members".into(), object(payload, json!(1)))),
        (
            "values",
            post(
                "/members".into(),
                json!({ "name": payload, "level": payload }),
            ),
        ),
        (
            "typed values",
            post(
                "/films".into(),
                json!({ "title": payload, "year": payload }),
            ),
        ),
        (
            "json values",
            post(
                "/films".into(),
                json!({ "title": "x", "details": { payload: payload } }),
            ),
        ),
        (
            "array values",
            post("/films".into(), json!({ "title": "x", "tags": [payload] })),
        ),
        (
            "range values",
            post("/films".into(), json!({ "title": "x", "run": payload })),
        ),
        (
            "domain values",
            post("/posters".into(), json!({ "id": 77, "shade": payload })),
        ),
        (
            "columns",
            post(
                path("/members?columns=name,{}", payload),
                object(payload, json!("x")),
            ),
        ),
        (
            "quoted columns",
            post(
                path("/members?columns=name,\"{q}\"", payload),
                object(payload, json!("x")),
            ),
        ),
        (
            "on_conflict",
            post(
                path("/members?on_conflict={}", payload),
                json!({ "name": "x" }),
            ),
        ),
        (
            "quoted on_conflict",
            post(
                path("/members?on_conflict=\"{q}\"", payload),
                json!({ "name": "x" }),
            ),
        ),
        (
            "select of a write",
            post(
                path("/members?select=\"{q}\",\"{q}\":name,id::{}", payload),
                json!({ "name": "y" }),
            ),
        ),
        (
            "order of a write",
            post(
                path("/members?order=\"{q}\"", payload),
                json!({ "name": "y" }),
            ),
        ),
        (
            "filter of a patch",
            app.patch(
                &path("/members?\"{q}\"=eq.1", payload),
                &json!({ "name": "z" }),
            ),
        ),
        (
            "keys of a patch",
            app.patch("/members?id=eq.1", &object(payload, json!("z"))),
        ),
        (
            "value of a patch",
            app.patch(
                &path("/members?name=eq.{}", payload),
                &json!({ "name": payload }),
            ),
        ),
        (
            "filter of a delete",
            app.delete(&path("/members?\"{q}\"=eq.1", payload)),
        ),
        (
            "tree of a delete",
            app.delete(&path("/members?or=({},id.eq.1)", payload)),
        ),
        (
            "filter of a put",
            app.put(
                &path("/stock?theatre_id=eq.1&item=eq.{}", payload),
                &json!({
                    "theatre_id": 1, "item": payload, "amount": 1
                }),
            ),
        ),
        ("table of a write", post(path("/{}", payload), json!({}))),
        ("function", post(path("/rpc/{}", payload), json!({}))),
        (
            "names of arguments",
            post("/rpc/describe".into(), object(payload, json!("x"))),
        ),
        (
            "arguments",
            post(
                "/rpc/describe".into(),
                json!({ "thing": payload, "size": 1 }),
            ),
        ),
        (
            "list arguments",
            post("/rpc/add_all".into(), json!({ "numbers": payload })),
        ),
        (
            "composite arguments",
            post(
                "/rpc/city_of".into(),
                json!({ "place": { "city": payload } }),
            ),
        ),
        (
            "composite as text",
            post("/rpc/city_of".into(), json!({ "place": payload })),
        ),
        ("whole body", post("/rpc/take_json".into(), json!(payload))),
        (
            "select of a call",
            post(
                path("/rpc/films_since?select=\"{q}\",id::{}", payload),
                json!({ "since": 1 }),
            ),
        ),
        (
            "form",
            app.request(Method::POST, "/members")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.clone()),
        ),
        (
            "form of a call",
            app.request(Method::POST, "/rpc/describe")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form),
        ),
        (
            "csv header",
            app.request(Method::POST, "/members")
                .header("content-type", "text/csv")
                .body(format!("\"{cell}\"\nx\n")),
        ),
        (
            "csv cell",
            app.request(Method::POST, "/members")
                .header("content-type", "text/csv")
                .body(format!("name\n\"{cell}\"\n")),
        ),
        (
            "text body",
            app.request(Method::POST, "/rpc/take_text")
                .header("content-type", "text/plain")
                .body(payload.to_owned()),
        ),
        (
            "xml body",
            app.request(Method::POST, "/rpc/take_xml")
                .header("content-type", "text/xml")
                .body(payload.to_owned()),
        ),
        (
            "json as it is",
            app.request(Method::POST, "/members?columns=name")
                .header("content-type", "application/json")
                .body(payload.to_owned()),
        ),
    ];
    for (name, template) in [
        ("content-profile", "{}"),
        ("content-type", "{}"),
        ("prefer", "resolution={}"),
    ] {
        let request = app.post("/members", &json!({ "name": "h" }));
        if let Some(request) = with_header(request, name, &template.replace("{}", payload)) {
            all.push((name, request));
        }
    }
    all.into_iter()
        .map(|(what, request)| {
            let prefer = if what.contains("on_conflict") {
                "tx=rollback, return=representation, resolution=merge-duplicates"
            } else {
                "tx=rollback, return=representation"
            };
            (format!("write: {what}"), request.header("prefer", prefer))
        })
        .collect()
}

/// Why an answer shows that something got out, if it does.
fn broken_by(response: &TestResponse) -> Option<&'static str> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = body["code"].as_str().unwrap_or_default();
    let message = body["message"].as_str().unwrap_or_default();
    if response.text().contains("canary-4711") {
        return Some("the canary");
    }
    if !response.header("x-evil").is_empty() {
        return Some("a header");
    }
    match code {
        // Of the text search's own language, which is a value.
        "42601" if message.contains("tsquery") || message.starts_with("there is no escaped") => {
            None
        }
        "42601" => Some("a syntax error"),
        "42P02" => Some("a parameter that is none"),
        "PGRST000" | "PGRST001" | "PGRSTX00" => Some("a broken connection"),
        _ if code.starts_with("XX") || code.starts_with("08") => Some("an internal error"),
        _ if response.status.is_server_error() => Some("a server error"),
        _ => None,
    }
}

async fn intact(api: &Api) {
    assert_eq!(api.sql("select count(*) from cinema.films").await, "5");
    assert_eq!(api.sql("select count(*) from cinema.members").await, "2");
    assert_eq!(
        api.sql("select string_agg(word, ',') from vault.secrets")
            .await,
        "canary-4711"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_a_request_gets_into_the_text_of_a_statement_sec_29_sec_31() {
    let api = Arc::new(Api::new().await);
    let tasks: Vec<_> = (0..4)
        .map(|worker| {
            let api = api.clone();
            tokio::spawn(async move {
                let mut broken = Vec::new();
                let mut sent = 0;
                for payload in PAYLOADS.iter().skip(worker).step_by(4) {
                    let requests = reads(&api.app, payload).into_iter();
                    for (what, request) in requests.chain(writes(&api.app, payload)) {
                        let begun = Instant::now();
                        let response = request.await;
                        sent += 1;
                        let slow = begun.elapsed() > Duration::from_secs(4);
                        let why = broken_by(&response).or(slow.then_some("time"));
                        if let Some(why) = why {
                            broken.push(format!(
                                "{payload:?} in {what} gave {why}: {} {}",
                                response.status,
                                response.text()
                            ));
                        }
                    }
                }
                (sent, broken)
            })
        })
        .collect();
    let (mut sent, mut broken) = (0, Vec::new());
    for task in tasks {
        let (some, worse) = task.await.unwrap();
        sent += some;
        broken.extend(worse);
    }
    assert!(sent > 10_000, "{sent}");
    assert!(
        broken.is_empty(),
        "{} of {sent}:\n{}",
        broken.len(),
        broken.join("\n")
    );
    intact(&api).await;
}

#[test]
fn no_string_of_pieces_breaks_a_statement_sec_29() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let api = runtime.block_on(Api::new());
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 1..24);
    let begin = proptest::sample::select(vec![
        "/films?select=",
        "/films?order=",
        "/films?",
        "/films?or=(",
        "/studios?select=films(",
        "/rpc/films_since?since=1&select=",
        "/rpc/films_since?since=1&",
        "/genres?select=id,films!inner(",
        "/films?select=id,studios(",
        "/films?title=",
        "/films?select=id&",
        "/films?select=count(),",
    ]);
    let cases = std::env::var("CRESTFALL_ATTACK_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(2_000);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&(begin, pieces), |(begin, pieces)| {
            let query: String = pieces
                .iter()
                .map(|piece| {
                    if *piece == "&" {
                        "&".to_owned()
                    } else {
                        encoded(piece).replace("%3D", "=")
                    }
                })
                .collect();
            let path = format!("{begin}{query}");
            let response =
                runtime.block_on(std::future::IntoFuture::into_future(api.app.get(&path)));
            match broken_by(&response) {
                Some(why) => Err(TestCaseError::fail(format!(
                    "{begin}{} gave {why}: {} {}",
                    pieces.concat(),
                    response.status,
                    response.text()
                ))),
                None => Ok(()),
            }
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
