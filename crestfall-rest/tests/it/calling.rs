//! Calling functions (PR-090 to PR-098).

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::{Api, refusal};

#[tokio::test]
async fn arguments_come_by_name_from_body_or_query_pr_090_pr_091() {
    let api = Api::new().await;
    let cases = [
        ("add", json!({ "a": 1, "b": 2 }), "a=1&b=2", json!(3)),
        (
            "describe",
            json!({ "thing": "box" }),
            "thing=box",
            json!("box:3"),
        ),
        (
            "describe",
            json!({ "thing": "b", "size": 9 }),
            "thing=b&size=9",
            json!("b:9"),
        ),
        (
            "greet",
            json!({ "name": "Bo" }),
            "name=Bo",
            json!("hello Bo"),
        ),
        (
            "greet",
            json!({ "name": "Bo", "warmly": true }),
            "name=Bo&warmly=true",
            json!("dear Bo"),
        ),
        (
            "largest",
            json!({ "numbers": [4, 9, 2] }),
            "numbers={4,9,2}",
            json!(9),
        ),
        (
            "add_all",
            json!({ "numbers": [1, 2, 3] }),
            "numbers=1&numbers=2&numbers=3",
            json!(6),
        ),
        ("add_all", json!({ "numbers": [5] }), "numbers=5", json!(5)),
    ];
    for (function, body, query, expected) in cases {
        let posted = api.app.post(&format!("/rpc/{function}"), &body).await;
        assert_eq!(
            posted.status_and_json(),
            (200, expected.clone()),
            "{function} {body}"
        );
        let got = api.app.get(&format!("/rpc/{function}?{query}")).await;
        assert_eq!(got.status_and_json(), (200, expected), "{function} {query}");
    }
    let form = api
        .app
        .request(Method::POST, "/rpc/add")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("a=20&b=22")
        .await;
    assert_eq!(form.json(), json!(42));
    let composite = api
        .app
        .post("/rpc/city_of", &json!({ "place": { "city": "Turku" } }))
        .await;
    assert_eq!(composite.json(), json!("Turku"));
    let column_wise = api
        .app
        .post(
            "/rpc/add?columns=a,b",
            &json!({ "a": 1, "b": 1, "noise": true }),
        )
        .await;
    assert_eq!(column_wise.json(), json!(2));
}

#[tokio::test]
async fn only_functions_that_promise_not_to_write_answer_get_pr_091_pr_130() {
    let api = Api::new().await;
    let response = api.app.get("/rpc/add_remark?words=x").await;
    assert_eq!(refusal(&response), (405, "25006".into()));
    let response = api
        .app
        .post("/rpc/add_remark", &json!({ "words": "x" }))
        .await;
    assert_eq!(
        (response.status.as_u16(), response.text()),
        (204, String::new())
    );
    assert_eq!(api.sql("select count(*) from cinema.remarks").await, "2");
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let response = api.app.request(method.clone(), "/rpc/add").await;
        assert_eq!(refusal(&response), (405, "PGRST101".into()), "{method}");
    }
    let head = api.app.request(Method::HEAD, "/rpc/add?a=1&b=2").await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn one_unnamed_parameter_takes_the_whole_body_pr_092_pr_125() {
    let api = Api::new().await;
    let post = async |function: &str, content_type: &str, body: &'static [u8]| {
        api.app
            .request(Method::POST, &format!("/rpc/{function}"))
            .header("content-type", content_type)
            .body(body)
            .await
    };
    let response = post("take_json", "application/json", br#"[{"a":1},{"a":[2]}]"#).await;
    assert_eq!(
        response.status_and_json(),
        (200, json!([{ "a": 1 }, { "a": [2] }]))
    );
    let response = post(
        "take_text",
        "text/plain",
        "ein 'Text' \"so\" \u{fc}".as_bytes(),
    )
    .await;
    assert_eq!(response.json(), json!("ein 'Text' \"so\" ü"));
    let response = post("take_xml", "text/xml", b"<a>1</a>").await;
    assert_eq!(response.json(), json!("<a>1</a>"));
    let response = post("take_bytes", "application/octet-stream", b"\x00\xff'\\").await;
    assert_eq!(response.json(), json!("00ff275c"));
    let response = post("take_text", "text/xml", b"x").await;
    assert_eq!(refusal(&response), (404, "PGRST202".into()));
}

#[tokio::test]
async fn overloads_are_told_apart_by_names_alone_pr_094() {
    let api = Api::new().await;
    let response = api.app.get("/rpc/measure?x=1").await;
    assert_eq!(
        response.status_and_json(),
        (
            300,
            json!({
                "code": "PGRST203",
                "message": "Could not choose the best candidate function between: cinema.measure(x => integer), cinema.measure(x => text)",
                "details": null,
                "hint": "Try renaming the parameters or the function itself in the database so function overloading can be resolved"
            })
        )
    );
    for path in [
        "/rpc/greet",
        "/rpc/greet?nome=x",
        "/rpc/no_such?x=1",
        "/rpc/not_callable",
    ] {
        let response = api.app.get(path).await;
        assert_eq!(refusal(&response), (404, "PGRST202".into()), "{path}");
    }
}

#[tokio::test]
async fn results_have_the_shape_of_their_type_pr_096() {
    let api = Api::new().await;
    api.each_gives(&[
        ("/rpc/add?a=1&b=1", json!(2)),
        ("/rpc/array_of", json!([1, 2])),
        ("/rpc/numbers", json!([1, 2, 3])),
        ("/rpc/pair", json!({ "first": 1, "second": "two" })),
        ("/rpc/tongue", json!("fr")),
        ("/rpc/season", json!("[2024-01-01,2024-02-01)")),
        ("/rpc/share", json!(50)),
        (
            "/rpc/whereabouts",
            json!({ "street": "1 Quay St", "city": "Oslo" }),
        ),
        (
            "/rpc/one_film?film_id=2&select=title",
            json!({ "title": "Harbour Lights II" }),
        ),
        (
            "/rpc/film_sizes?order=id&limit=2",
            json!([{ "id": 1, "size": 112 }, { "id": 2, "size": 98 }]),
        ),
    ])
    .await;
    // The NULL that a function gives is a row of NULLs; the row that a filter drops is none.
    api.each_gives(&[
        (
            "/rpc/no_film?select=id,title",
            json!({ "id": null, "title": null }),
        ),
        ("/rpc/one_film?film_id=2&id=eq.3", json!(null)),
    ])
    .await;
    let response = api.app.post("/rpc/nothing", &json!({})).await;
    assert_eq!(
        (response.status.as_u16(), response.text()),
        (204, String::new())
    );
}

#[tokio::test]
async fn results_are_read_like_tables_pr_095_pr_097() {
    let api = Api::new().await;
    api.each_gives(&[
        (
            "/rpc/films_since?since=1990&select=id&year=lt.2005&order=id.desc",
            json!([{ "id": 3 }, { "id": 2 }]),
        ),
        (
            "/rpc/films_since?since=1990&select=count()",
            json!([{ "count": 4 }]),
        ),
        (
            "/rpc/films_since?since=1990&select=id&or=(id.eq.2,id.eq.5)&order=id",
            json!([{ "id": 2 }, { "id": 5 }]),
        ),
        (
            "/rpc/film_sizes?size=gt.110&select=id&order=id",
            json!([{ "id": 1 }, { "id": 3 }]),
        ),
        (
            "/rpc/films_since?since=2020&select=age",
            json!([{ "age": 9 }]),
        ),
    ])
    .await;
    let response = api
        .app
        .post(
            "/rpc/films_since?select=id&order=id&limit=1",
            &json!({ "since": 1990 }),
        )
        .header("prefer", "count=exact")
        .await;
    assert_eq!(response.json(), json!([{ "id": 2 }]));
    assert_eq!(
        (response.status.as_u16(), response.header("content-range")),
        (206, "0-0/4")
    );
}

#[tokio::test]
async fn settings_of_a_function_hold_for_the_transaction_pr_098_pr_131_pr_134() {
    let api = Api::new().await;
    let response = api.app.post("/rpc/too_long", &json!({})).await;
    assert_eq!(refusal(&response), (500, "57014".into()));
    let response = api.app.get("/rpc/strict_isolation").await;
    assert_eq!(response.json(), json!("serializable"));
    let settings = api.app.get("/rpc/settings").await.json();
    assert_eq!(settings["isolation"], "read committed");
    assert_eq!(settings["statement_timeout"], "0");
}

#[tokio::test]
async fn errors_raised_in_sql_shape_the_answer_pr_142_pr_143() {
    let api = Api::new().await;
    let fail = async |body: Value| api.app.post("/rpc/fail", &body).await;
    let response = fail(json!({
        "state": "PT402", "words": "Payment needed", "more": "Quota spent", "advice": "Pay up"
    }))
    .await;
    assert_eq!(
        response.status_and_json(),
        (
            402,
            json!({
                "code": "PT402", "message": "Payment needed", "details": "Quota spent", "hint": "Pay up"
            })
        )
    );
    let response = fail(json!({
        "state": "PGRST",
        "words": r#"{"code":"M1","message":"Moved","details":"Elsewhere","hint":"Look there"}"#,
        "more": r#"{"status":307,"headers":{"Location":"/new","X-Why":"moved"}}"#
    }))
    .await;
    assert_eq!(
        response.status_and_json(),
        (
            307,
            json!({
                "code": "M1", "message": "Moved", "details": "Elsewhere", "hint": "Look there"
            })
        )
    );
    assert_eq!(
        (response.header("location"), response.header("x-why")),
        ("/new", "moved")
    );
    assert_eq!(response.header("proxy-status"), "PostgREST; error=M1");
    for (words, more) in [
        ("no json", r#"{"status":300,"headers":{}}"#),
        (r#"{"code":"1","message":"m"}"#, "no json"),
        (r#"{"message":"m"}"#, r#"{"status":300,"headers":{}}"#),
    ] {
        let response = fail(json!({ "state": "PGRST", "words": words, "more": more })).await;
        assert_eq!(
            refusal(&response),
            (500, "PGRST121".into()),
            "{words} {more}"
        );
    }
    let response = api
        .app
        .post(
            "/rpc/fail_bare",
            &json!({ "state": "PGRST", "words": r#"{"code":"1","message":"m"}"# }),
        )
        .await;
    assert_eq!(refusal(&response), (500, "PGRST121".into()));
    // A function cannot break the answer, whatever it says.
    let response = fail(json!({
        "state": "PGRST",
        "words": r#"{"code":"a\r\nX-Evil: 1","message":"m"}"#,
        "more": r#"{"status":200,"headers":{"A\r\nB":"1","X-Evil":"a\r\nSet-Cookie: b"}}"#
    }))
    .await;
    assert_eq!(response.header("x-evil"), "");
    assert_eq!(response.header("set-cookie"), "");
    let response = fail(json!({ "state": "PT999", "words": "x" })).await;
    assert!(response.status.as_u16() >= 500, "{}", response.status);
}
