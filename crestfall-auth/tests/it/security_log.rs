//! What happened to one's own account (GT-103, D31).

use http::StatusCode;
use serde_json::json;

use crate::service::TestAuth;

#[tokio::test]
async fn a_user_sees_what_happened_in_plain_words_and_nobody_elses() {
    let app = TestAuth::new().await;
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    app.sign_up("bob@example.org", "correct horse").await;
    app.sign_in("ada@example.org", "wrong").await;
    let body = json!({ "email": "ada@example.org", "password": "correct horse" });
    app.post_from("192.0.2.1", "/token?grant_type=password", body)
        .await;
    let log = app.get("/user/security-log", &token).await;
    assert_eq!(log.status, StatusCode::OK);
    assert_eq!(log.headers["x-total-count"], "4");
    let entries = log.body.as_array().expect("a list");
    let whats: Vec<_> = entries.iter().map(|e| e["what"].clone()).collect();
    assert_eq!(
        whats,
        [
            "Signed in",
            "A sign-in failed",
            "Signed in",
            "The account was created"
        ]
        .map(|what| json!(what))
        .to_vec()
    );
    assert_eq!(entries[0]["place"], "192.0.2.1");
    assert_eq!(entries[0]["device"], "Unknown device");
    let page = app
        .get("/user/security-log?page=2&per_page=3", &token)
        .await;
    assert_eq!(page.body.as_array().map(Vec::len), Some(1));
    assert_eq!(
        app.get("/user/security-log", "").await.code(),
        "no_authorization"
    );
}

/// Found by schemathesis. That it is JSON, the document's own check sees to.
#[tokio::test]
async fn a_parameter_that_is_named_twice_is_refused_as_anything_else_is() {
    let app = TestAuth::new().await;
    for path in ["/user/security-log?page=1&page=2", "/settings?x=1&x=2"] {
        let answer = app.get(path, "").await;
        assert!(answer.status.as_u16() < 500, "{answer:?}");
    }
    let answer = app
        .post(
            "/recover?redirect_to=a&redirect_to=b",
            "",
            json!({ "email": "ada@example.org" }),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "validation_failed")
    );
}
