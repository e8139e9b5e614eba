//! What SQL sees of a request, and how its transaction ends (PR-130 to PR-138).

use std::collections::HashMap;

use axum::http::Method;
use crestfall_core::QualifiedName;
use crestfall_rest::{RoleSettings, TxEnd};
use serde_json::{Value, json};

use crate::api::{Api, config, refusal, token};

#[tokio::test]
async fn sql_sees_who_asks_and_how_pr_132() {
    let api = Api::with(|config| {
        config.app_settings = vec![("app.settings.motto".into(), "onward 'n up".into())];
    })
    .await;
    let response = api
        .app
        .get("/rpc/settings")
        .bearer(&token("authenticated", "alice"))
        .header("x-custom", "one \"quoted\" \\ é")
        .header("cookie", "a=1; b=two; c=x=y")
        .header("prefer", "timezone=America/Lima")
        .await;
    let seen = response.json();
    assert_eq!(seen["user"], "authenticated");
    assert_eq!(seen["role"], "authenticated");
    let claims: Value = serde_json::from_str(seen["claims"].as_str().unwrap()).unwrap();
    assert_eq!(claims, json!({ "role": "authenticated", "sub": "alice" }));
    assert_eq!(seen["method"], "GET");
    assert_eq!(seen["path"], "/rpc/settings");
    assert_eq!(seen["headers"]["x-custom"], "one \"quoted\" \\ é");
    assert_eq!(seen["headers"].get("cookie"), None);
    assert_eq!(seen["cookies"], json!({ "a": "1", "b": "two", "c": "x=y" }));
    assert_eq!(seen["search_path"], "\"cinema\", \"extras\"");
    assert_eq!(seen["timezone"], "America/Lima");
    assert_eq!(seen["motto"], "onward 'n up");
    assert_eq!(
        response.header("preference-applied"),
        "timezone=America/Lima"
    );

    let anonymous = api.app.get("/rpc/settings").await.json();
    assert_eq!(anonymous["user"], "anon");
    let claims: Value = serde_json::from_str(anonymous["claims"].as_str().unwrap()).unwrap();
    assert_eq!(claims, json!({ "role": "anon" }));
    assert_eq!(anonymous["cookies"], json!({}));
    assert_ne!(anonymous["timezone"], "America/Lima");
    for handling in ["lenient", "strict"] {
        let response = api
            .app
            .get("/rpc/settings")
            .header(
                "prefer",
                &format!("handling={handling}, timezone=Nowhere/Land"),
            )
            .await;
        assert_eq!(refusal(&response), (400, "22023".into()), "{handling}");
    }
}

#[tokio::test]
async fn only_requests_that_write_may_write_pr_130() {
    let api = Api::new().await;
    let read_only = async |method: Method, function: &str| {
        let response = api
            .app
            .request(method, &format!("/rpc/{function}"))
            .json(&json!({}))
            .await;
        response.json()["read_only"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(read_only(Method::GET, "settings").await, "on");
    assert_eq!(read_only(Method::POST, "settings").await, "on");
    assert_eq!(read_only(Method::GET, "settings_for_write").await, "on");
    assert_eq!(read_only(Method::POST, "settings_for_write").await, "off");
}

#[tokio::test]
async fn a_function_runs_before_every_request_pr_135() {
    let api = Api::with(|config| {
        config.pre_request = Some(QualifiedName::new("cinema", "check_request"));
    })
    .await;
    let seen = api.app.get("/rpc/settings").await.json();
    assert_eq!(seen["seen"], "/rpc/settings by anon");
    for path in ["/films", "/rpc/settings", "/genres?select=id"] {
        let response = api.app.get(path).header("x-bad", "1").await;
        assert_eq!(
            response.status_and_json(),
            (
                429,
                json!({
                    "code": "PT429", "message": "Slow down", "details": null, "hint": "Wait a little"
                })
            ),
            "{path}"
        );
    }
    let response = api
        .app
        .post("/remarks", &json!({ "body": "never" }))
        .header("x-bad", "1")
        .await;
    assert_eq!(response.status.as_u16(), 429);
    assert_eq!(api.sql("select count(*) from cinema.remarks").await, "1");
}

#[tokio::test]
async fn sql_sets_status_and_headers_pr_136() {
    let api = Api::new().await;
    let answer = async |status: &str, headers: &str| {
        let body = json!({ "status": status, "headers": headers });
        api.app.post("/rpc/answer_with", &body).await
    };
    let response = answer(
        "418",
        r#"[{"X-One":"1"},{"Set-Cookie":"a=1"},{"Set-Cookie":"b=2"},{"Content-Type":"text/x-own"}]"#,
    )
    .await;
    assert_eq!(
        (response.status.as_u16(), response.text().as_str()),
        (418, "\"body\"")
    );
    assert_eq!(response.header("x-one"), "1");
    assert_eq!(response.header("content-type"), "text/x-own");
    let cookies: Vec<_> = response.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    let refused = [
        ("teapot", "[]", "PGRST112"),
        ("99999", "[]", "PGRST112"),
        ("200", "{}", "PGRST111"),
        ("200", "not json", "PGRST111"),
        ("200", r#"[{"a":1}]"#, "PGRST111"),
        ("200", r#"[{"a":"1","b":"2"}]"#, "PGRST111"),
        ("200", r#"[{"X-Split":"a\r\nX-Evil: 1"}]"#, "PGRST111"),
    ];
    for (status, headers, code) in refused {
        let response = answer(status, headers).await;
        assert_eq!(
            refusal(&response),
            (500, code.to_owned()),
            "{status} {headers}"
        );
        assert_eq!(response.header("x-evil"), "");
    }
    // Reads say it as well, whether or not their rows are written by PostgreSQL.
    let api = Api::over(
        "create function cinema.head_all() returns void language sql as $$
           select set_config('response.headers', '[{\"X-All\":\"yes\"}]', true) $$;",
        |config| config.pre_request = Some(QualifiedName::new("cinema", "head_all")),
    )
    .await;
    for path in [
        "/films?select=id",
        "/films?select=count()",
        "/rpc/add?a=1&b=1",
    ] {
        assert_eq!(api.app.get(path).await.header("x-all"), "yes", "{path}");
    }
    for prefer in ["return=minimal", "return=representation"] {
        let response = api
            .app
            .post("/remarks", &json!({ "body": "x" }))
            .header("prefer", prefer)
            .await;
        assert_eq!(
            (response.status.as_u16(), response.header("x-all")),
            (201, "yes")
        );
    }
}

#[tokio::test]
async fn roles_bring_settings_of_their_own_pr_131_pr_133_pr_138() {
    let api = Api::new().await;
    let roles = HashMap::from([(
        "authenticated".to_owned(),
        RoleSettings {
            isolation: Some("repeatable read".into()),
            settings: vec![("statement_timeout".into(), "1234ms".into())],
        },
    )]);
    api.rest.reconfigure(config(), roles);
    let of = async |request: crestfall_core::testing::TestRequest| {
        let seen = request.await.json();
        (
            seen["isolation"].as_str().unwrap_or_default().to_owned(),
            seen["statement_timeout"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let alice = token("authenticated", "alice");
    for _ in 0..3 {
        assert_eq!(
            of(api.app.get("/rpc/settings").bearer(&alice)).await,
            ("repeatable read".into(), "1234ms".into())
        );
        assert_eq!(
            of(api.app.get("/rpc/settings")).await,
            ("read committed".into(), "0".into())
        );
    }
    // What the function says comes last.
    let response = api.app.get("/rpc/strict_isolation").bearer(&alice).await;
    assert_eq!(response.json(), json!("serializable"));
}

#[tokio::test]
async fn transactions_end_as_settings_and_request_say_pr_106_pr_137() {
    for (end, prefer, kept, applied) in [
        (TxEnd::Commit, "", true, ""),
        (TxEnd::Commit, "tx=rollback", true, ""),
        (TxEnd::CommitAllowOverride, "", true, ""),
        (
            TxEnd::CommitAllowOverride,
            "tx=rollback",
            false,
            "tx=rollback",
        ),
        (TxEnd::CommitAllowOverride, "tx=commit", true, "tx=commit"),
        (TxEnd::Rollback, "", false, ""),
        (TxEnd::Rollback, "tx=commit", false, ""),
        (TxEnd::RollbackAllowOverride, "", false, ""),
        (TxEnd::RollbackAllowOverride, "tx=commit", true, "tx=commit"),
    ] {
        let api = Api::with(|config| config.tx_end = end).await;
        let add = |path: &str, body: Value| {
            let request = api.app.post(path, &body);
            if prefer.is_empty() {
                request
            } else {
                request.header("prefer", prefer)
            }
        };
        let response = add("/remarks?select=body", json!({ "body": "by table" }))
            .header("prefer", "return=representation")
            .await;
        // The answer is the same either way.
        assert_eq!(
            response.status_and_json(),
            (201, json!([{ "body": "by table" }]))
        );
        let said = response.header("preference-applied");
        assert_eq!(
            said.contains("tx="),
            !applied.is_empty(),
            "{end:?} {prefer} {said}"
        );
        assert!(said.contains(applied), "{end:?} {prefer} {said}");
        let response = add("/rpc/add_remark", json!({ "words": "by call" })).await;
        assert_eq!(response.status.as_u16(), 204);
        let rows = api.sql("select count(*) from cinema.remarks").await;
        assert_eq!(rows, if kept { "3" } else { "1" }, "{end:?} {prefer}");
    }
}

#[tokio::test]
async fn transactions_that_collide_are_tried_again_pr_014() {
    let api = std::sync::Arc::new(
        Api::over(
            "create function cinema.raise_points() returns void language sql
               set default_transaction_isolation = 'serializable' as
               $$ update cinema.members set points = points + 1 where id = 1 $$;",
            |_| {},
        )
        .await,
    );
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { api.app.post("/rpc/raise_points", &json!({})).await })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        let response = task.await.unwrap();
        match response.status.as_u16() {
            204 => done += 1,
            _ => assert_eq!(refusal(&response).1, "40001"),
        }
    }
    assert!(done >= 1);
    assert_eq!(
        api.sql("select points from cinema.members where id = 1")
            .await,
        (10 + done).to_string()
    );
}
