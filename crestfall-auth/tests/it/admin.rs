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

/// GT-044: pages that begin where the one before has ended.
#[tokio::test]
async fn users_are_listed_by_cursor() {
    let app = TestAuth::with(|config| config.cursor_pages = true).await;
    for name in ["a", "b", "c"] {
        app.sign_up(&format!("{name}@example.org"), "correct horse")
            .await;
    }
    let admin = key("service_role");
    for (sort, expected) in [("desc", ["c", "b", "a"]), ("asc", ["a", "b", "c"])] {
        let mut path = format!("/admin/users?limit=2&sort=created_at%20{sort}");
        let mut seen = Vec::new();
        loop {
            let page = app.get(&path, &admin).await;
            assert_eq!(page.status, StatusCode::OK, "{page:?}");
            let users = page.body["users"].as_array().expect("users");
            let emails = users.iter().filter_map(|user| user["email"].as_str());
            seen.extend(emails.map(|email| email[..1].to_owned()));
            let more = page.body["pagination"]["has_more"] == true;
            assert_eq!(more, page.headers.contains_key("link"), "{page:?}");
            if !more {
                assert!(page.body["pagination"].get("next_cursor").is_none());
                break;
            }
            let link = page.headers["link"].to_str().expect("text");
            let next = page.text("/pagination/next_cursor");
            assert!(link.contains(&format!("cursor={next}")), "{link}");
            let (_, query) = link.split_once('?').expect("a query");
            let (query, _) = query.split_once('>').expect("its end");
            path = format!("/admin/users?{query}");
        }
        assert_eq!(seen, expected);
    }
    // Who pages by number goes on to do so; who asks for nothing gets what the settings want.
    let numbered = app.get("/admin/users?page=1", &admin).await;
    assert!(
        numbered.body.get("pagination").is_none() && numbered.headers.contains_key("x-total-count")
    );
    let plain = app.get("/admin/users?page=&per_page=", &admin).await;
    assert_eq!(plain.body["pagination"]["has_more"], false);
    for wrong in ["cursor=x", "limit=0", "limit=x"] {
        let refused = app.get(&format!("/admin/users?{wrong}"), &admin).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "validation_failed")
        );
    }
}
