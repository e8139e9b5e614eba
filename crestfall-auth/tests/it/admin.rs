//! Administration of users (GT-044 to GT-046).

use http::StatusCode;
use serde_json::json;

use crate::service::{TestAuth, key};

#[tokio::test]
async fn an_administrator_makes_changes_and_removes_users() {
    let app = TestAuth::new().await;
    let admin = key("service_role");
    let made = app.post("/admin/users", &admin, json!({ "email": "Bob@example.org", "password": "correct horse", "email_confirm": false, "app_metadata": { "plan": "free" } })).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    assert!(made.body.get("email_confirmed_at").is_none());
    assert_eq!(
        made.body["app_metadata"],
        json!({ "plan": "free", "provider": "email", "providers": ["email"] })
    );
    assert_eq!(
        app.sign_in("bob@example.org", "correct horse").await.code(),
        "email_not_confirmed"
    );
    let path = format!("/admin/users/{}", made.text("/id"));
    let confirmed = app
        .put(&path, &admin, json!({ "email_confirm": true }))
        .await;
    assert!(confirmed.body["email_confirmed_at"].is_string());
    let token = app
        .sign_in("bob@example.org", "correct horse")
        .await
        .text("/access_token");
    let banned = app
        .put(&path, &admin, json!({ "ban_duration": "24h" }))
        .await;
    assert!(banned.body["banned_until"].is_string(), "{banned:?}");
    assert_eq!(app.get("/user", &token).await.code(), "session_not_found");
    assert_eq!(
        app.sign_in("bob@example.org", "correct horse").await.code(),
        "user_banned"
    );
    let gone = app
        .delete(&path, &admin, json!({ "should_soft_delete": false }))
        .await;
    assert_eq!((gone.status, gone.body), (StatusCode::OK, json!({})));
    let unknown = app.get(&path, &admin).await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.code()),
        (404, "user_not_found")
    );
}

#[tokio::test]
async fn users_are_listed_newest_first() {
    let app = TestAuth::new().await;
    for name in ["a", "b", "c"] {
        app.sign_up(&format!("{name}@example.org"), "correct horse")
            .await;
    }
    let page = app
        .get("/admin/users?page=1&per_page=2", &key("service_role"))
        .await;
    assert_eq!(page.body["users"][0]["email"], "c@example.org");
    assert_eq!(page.body["users"].as_array().map(Vec::len), Some(2));
    assert_eq!(page.headers["x-total-count"], "3");
    assert!(
        page.headers["link"]
            .to_str()
            .expect("text")
            .contains("page=2&per_page=2>; rel=\"next\"")
    );
    assert_eq!(
        app.get("/admin/users?page=-1", &key("service_role"))
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
    let audit = app
        .get("/admin/audit?query=action:login", &key("service_role"))
        .await;
    assert_eq!(audit.body.as_array().map(Vec::len), Some(3), "{audit:?}");
}

#[tokio::test]
async fn only_administrators_administer() {
    let app = TestAuth::new().await;
    let user = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    for token in [user, key("anon")] {
        let answer = app.get("/admin/users", &token).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "not_admin"));
    }
    assert_eq!(
        app.get("/admin/users", "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn what_cannot_be_stored_or_read_again_is_the_callers_mistake() {
    let app = TestAuth::new().await;
    let service = key("service_role");
    for (path, token, body) in [
        (
            "/invite",
            &*service,
            json!({ "email": "ada@example.org", "data": { "a": "\0" } }),
        ),
        (
            "/admin/generate_link",
            &*service,
            json!({ "type": "invite", "email": "ada@example.org", "data": { "\0": 1 } }),
        ),
        (
            "/signup",
            "",
            json!({ "email": "ada@example.org", "password": "correct horse", "data": { "a": ["\0"] } }),
        ),
        (
            "/signup",
            "",
            json!({ "email": "ada@example.org", "password": "correct horse", "data": { "a": f64::MAX } }),
        ),
    ] {
        let answer = app.post(path, token, body).await;
        let found = (answer.status.as_u16(), answer.code());
        assert_eq!(found, (400, "validation_failed"), "{path}: {answer:?}");
    }
}
