//! What passwords must be (GT-081, GT-082), over HTTP.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use crestfall_auth::Auth;
use http::StatusCode;
use serde_json::json;

use crate::service::{TestAuth, open_config};

/// The SHA-1 of `password` is 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8.
const LISTED: &str =
    "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:52\r\n";

/// Knows `password`, and gets five digits of a hash each time.
async fn breaches() -> String {
    let range = async |Path(prefix): Path<String>| {
        assert_eq!(prefix.len(), 5);
        if prefix == "5BAA6" { LISTED } else { "" }
    };
    let app = Router::new().route("/range/{prefix}", get(range));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!(
        "http://{}/range/",
        listener.local_addr().expect("an address")
    );
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn app(url: String, fail_closed: bool) -> TestAuth {
    TestAuth::with(|config| {
        config.password.breach_check = true;
        config.password.breach_url = url;
        config.password.breach_fail_closed = fail_closed;
    })
    .await
}

#[tokio::test]
async fn gt_082_a_password_known_from_a_breach_is_refused_everywhere() {
    let app = app(breaches().await, false).await;
    let body = json!({ "email": "ada@example.org", "password": "password" });
    let refused = app.post("/signup", "", body.clone()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "weak_password")
    );
    assert_eq!(
        refused.body["weak_password"],
        json!({ "reasons": ["pwned"] })
    );
    let key = crate::service::key("service_role");
    assert_eq!(
        app.post("/admin/users", &key, body).await.code(),
        "weak_password"
    );
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let changed = app
        .put("/user", &token, json!({ "password": "password" }))
        .await;
    assert_eq!(changed.code(), "weak_password");
}

#[tokio::test]
async fn gt_082_a_silent_breach_check_accepts_unless_it_is_told_to_refuse() {
    let nobody = "http://127.0.0.1:1/range/";
    let body = json!({ "email": "ada@example.org", "password": "password" });
    let open = app(nobody.to_owned(), false).await;
    assert_eq!(
        open.post("/signup", "", body.clone()).await.status,
        StatusCode::OK
    );
    let closed = app(nobody.to_owned(), true).await;
    let refused = closed.post("/signup", "", body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (500, "unexpected_failure")
    );
}

#[tokio::test]
async fn gt_081_who_signs_in_with_a_weak_password_is_told_so() {
    let mut app = TestAuth::new().await;
    app.sign_up("ada@example.org", "password").await;
    app.sign_up("bob@example.org", "correct horse").await;
    // The same users, of whom more is asked from now on.
    let mut config = open_config();
    config.password.min_length = 10;
    config.password.breach_check = true;
    config.password.breach_url = breaches().await;
    let stricter = Auth::new(app.pool.clone(), config)
        .await
        .expect("a service");
    app.router = stricter.router();
    let weak = app.sign_in("ada@example.org", "password").await;
    assert_eq!(weak.status, StatusCode::OK);
    assert_eq!(
        weak.body["weak_password"]["reasons"],
        json!(["length", "pwned"])
    );
    let strong = app.sign_in("bob@example.org", "correct horse").await;
    assert_eq!(strong.status, StatusCode::OK);
    assert!(strong.body.get("weak_password").is_none());
}
