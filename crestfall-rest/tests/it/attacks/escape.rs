//! Roles and settings that a function changes are gone with its request (SEC-44).

use serde_json::{Value, json};

use crate::api::{Api, refusal, token};

async fn on_one_connection() -> Api {
    Api::on(1, "", |_| {}).await
}

/// What the next one sees on the same connection.
async fn is_clean(api: &Api, after: &str) {
    for method in ["GET", "POST"] {
        let path = if method == "GET" {
            "/rpc/settings"
        } else {
            "/rpc/settings_for_write"
        };
        let method = axum::http::Method::from_bytes(method.as_bytes()).unwrap();
        let seen = api.app.request(method, path).json(&json!({})).await.json();
        assert_eq!(
            (&seen["user"], &seen["role"]),
            (&json!("anon"), &json!("anon")),
            "{after}"
        );
        assert_eq!(seen["claims"], "{\"role\":\"anon\"}", "{after}");
        assert_eq!(seen["search_path"], "\"cinema\", \"extras\"", "{after}");
        assert_eq!(seen["path"], path, "{after}");
        assert_eq!(seen["cookies"], json!({}), "{after}");
        assert_eq!(seen["headers"].get("x-evil"), None, "{after}");
    }
    let response = api.app.get("/ledger").await;
    assert_eq!(refusal(&response), (401, "42501".into()), "{after}");
    let response = api.app.get("/tickets").await;
    assert_eq!(response.status_and_json(), (200, json!([])), "{after}");
    let response = api
        .app
        .get("/tickets?select=owner&order=id")
        .bearer(&token("authenticated", "alice"))
        .await;
    assert_eq!(
        response.json(),
        json!([{ "owner": "alice" }, { "owner": "alice" }]),
        "{after}"
    );
}

#[tokio::test]
async fn a_role_taken_by_a_function_ends_with_its_request_sec_44() {
    let api = on_one_connection().await;
    let mut calls = Vec::new();
    for role in [
        "service_role",
        "authenticated",
        "authenticator",
        "postgres",
        "none",
        "anon",
    ] {
        for for_transaction in [true, false] {
            calls.push((
                "become",
                json!({ "role_name": role, "for_transaction": for_transaction }),
            ));
        }
        calls.push(("become_by_statement", json!({ "role_name": role })));
    }
    calls.push(("reset_role", json!({})));
    calls.push((
        "leave_behind",
        json!({ "setting": "session_authorization", "value": "postgres" }),
    ));
    calls.push((
        "leave_behind",
        json!({ "setting": "session_authorization", "value": "authenticator" }),
    ));
    for (function, body) in calls {
        for accept in ["application/json", "application/vnd.pgrst.object+json"] {
            let response = api
                .app
                .post(&format!("/rpc/{function}"), &body)
                .header("accept", accept)
                .await;
            let after = format!("{function} {body} {}", response.status);
            let superuser = body.to_string().contains("postgres");
            assert!(!superuser || !response.status.is_success(), "{after}");
            is_clean(&api, &after).await;
        }
    }
}

#[tokio::test]
async fn rows_read_beside_a_function_are_read_as_the_caller_sec_44() {
    let api = on_one_connection().await;
    let body = json!({ "role_name": "service_role" });
    for query in [
        "select=id,tickets(owner)",
        "select=tickets(owner)&tickets.limit=5",
        "select=...tickets(owner)",
        "select=tickets!inner(owner)",
        "select=id,genres(name),tickets(count())",
    ] {
        let response = api
            .app
            .post(&format!("/rpc/films_after_becoming?{query}"), &body)
            .header("prefer", "count=exact")
            .await;
        let text = response.text();
        assert!(
            !text.contains("alice") && !text.contains("bob\""),
            "{query}: {text}"
        );
        assert!(
            !text.contains("\"count\":1") && !text.contains("\"count\": 1"),
            "{query}: {text}"
        );
    }
    is_clean(&api, "becoming").await;
}

#[tokio::test]
async fn what_a_request_is_told_does_not_outlive_it_sec_44() {
    let api = on_one_connection().await;
    for (setting, value) in [
        ("role", "service_role"),
        (
            "request.jwt.claims",
            "{\"role\":\"service_role\",\"sub\":\"bob\"}",
        ),
        ("request.headers", "{\"x-evil\":\"1\"}"),
        ("request.cookies", "{\"session\":\"stolen\"}"),
        ("request.method", "DELETE"),
        ("request.path", "/elsewhere"),
        ("search_path", "vault"),
    ] {
        let body = json!({ "setting": setting, "value": value });
        let response = api.app.post("/rpc/leave_behind", &body).await;
        assert_eq!(
            response.status.as_u16(),
            200,
            "{setting} {}",
            response.text()
        );
        is_clean(&api, setting).await;
    }
}

#[tokio::test]
async fn what_a_function_says_of_its_answer_is_of_no_other_sec_44() {
    let api = on_one_connection().await;
    for (setting, value) in [
        ("response.status", "299"),
        (
            "response.headers",
            "[{\"Set-Cookie\":\"session=of-another\"}]",
        ),
    ] {
        let body = json!({ "setting": setting, "value": value });
        let response = api.app.post("/rpc/leave_behind", &body).await;
        assert!(
            response.status.is_success(),
            "{setting} {}",
            response.text()
        );
        for path in ["/genres", "/genres?select=count()", "/rpc/add?a=1&b=1"] {
            let response = api.app.get(path).await;
            assert_eq!(response.status.as_u16(), 200, "{setting} {path}");
            assert_eq!(response.header("set-cookie"), "", "{setting} {path}");
        }
        let response = api.app.post("/remarks", &json!({ "body": "x" })).await;
        assert_eq!(
            (response.status.as_u16(), response.header("set-cookie")),
            (201, "")
        );
    }
}

#[tokio::test]
async fn settings_of_the_session_that_a_function_changes_are_of_no_other_sec_44() {
    let api = on_one_connection().await;
    let before = api.app.get("/rpc/settings").await.json();
    let mut kept = Vec::new();
    for (setting, value, shown) in [
        ("app.left_over", "secret of another", "left_over"),
        ("timezone", "America/Lima", "timezone"),
        ("statement_timeout", "77s", "statement_timeout"),
        ("default_transaction_isolation", "serializable", "isolation"),
    ] {
        let body = json!({ "setting": setting, "value": value });
        api.app.post("/rpc/leave_behind", &body).await;
        let after: Value = api.app.get("/rpc/settings").await.json();
        if after[shown] != before[shown] && !after[shown].as_str().unwrap_or_default().is_empty() {
            kept.push(format!("{setting}: {}", after[shown]));
        }
    }
    assert!(kept.is_empty(), "{}", kept.join(", "));
}
