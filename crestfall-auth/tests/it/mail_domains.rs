//! Addresses that mail cannot go to (GT-090).

mod by_dns;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use crestfall_core::Secret;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::service::TestAuth;

type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// A service that refuses what begins with `bad` and breaks for what begins with `odd`.
async fn service() -> (SocketAddr, Asked) {
    async fn judge(
        State(asked): State<Asked>,
        headers: HeaderMap,
        Json(body): Json<Value>,
    ) -> (StatusCode, Json<Value>) {
        let email = body["email"].as_str().expect("an address").to_owned();
        let key = headers["x-key"].to_str().expect("text").to_owned();
        asked.lock().expect("asked").push((email.clone(), key));
        match email.as_str() {
            email if email.starts_with("bad") => (StatusCode::OK, Json(json!({ "valid": false }))),
            email if email.starts_with("odd") => (StatusCode::BAD_GATEWAY, Json(Value::Null)),
            _ => (StatusCode::OK, Json(json!({ "valid": true }))),
        }
    }
    let asked = Asked::default();
    let app = Router::new()
        .route("/check", post(judge))
        .with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, asked)
}

#[tokio::test]
async fn a_service_of_the_operators_says_which_addresses_are_none_gt_090() {
    let (address, asked) = service().await;
    let app = TestAuth::with(|config| {
        config.email.autoconfirm = false;
        config.email.max_frequency = crestfall_core::units::Duration::seconds(0);
        config.email.validation.service_url = format!("http://{address}/check");
        let key = vec![Secret::new("a key")];
        config.email.validation.service_headers = [("x-key".to_owned(), key)].into();
    })
    .await;
    for path in ["/signup", "/otp", "/recover"] {
        let body = json!({ "email": "Bad@acme.net", "password": "correct horse" });
        let refused = app.post(path, "", body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "email_address_invalid"),
            "{path} {refused:?}"
        );
        assert_eq!(
            refused.text("/message"),
            "Email address \"bad@acme.net\" is invalid"
        );
    }
    for name in ["good", "odd"] {
        let body = json!({ "email": format!("{name}@acme.net"), "password": "correct horse" });
        assert_eq!(app.post("/signup", "", body).await.status, 200, "{name}");
    }
    let asked = asked.lock().expect("asked").clone();
    assert_eq!(
        asked.last(),
        Some(&("odd@acme.net".to_owned(), "a key".to_owned()))
    );
    let users: i64 = sqlx::query_scalar("select count(*) from auth.users")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(users, 2);
}

#[tokio::test]
async fn known_mistakes_are_told_before_anything_is_sent_gt_090() {
    let app = TestAuth::with(|config| {
        config.email.autoconfirm = false;
        config.email.validation.extended = true;
    })
    .await;
    for (email, status) in [
        ("ada@gamil.com", 400),
        ("ada@acme.test", 400),
        ("ada@gmail.com", 400),
        ("ada.lovelace@gmail.com", 200),
    ] {
        let body = json!({ "email": email, "password": "correct horse" });
        let answer = app.post("/signup", "", body).await;
        assert_eq!(answer.status.as_u16(), status, "{email} {answer:?}");
    }
}

#[tokio::test]
async fn headers_that_are_none_stop_the_start() {
    let mut config = crate::service::open_config();
    let values = vec![Secret::new("two\nlines")];
    config.email.validation.service_headers = [("x-key".to_owned(), values)].into();
    let pool = sqlx::PgPool::connect_lazy("postgres://nobody@localhost/none").expect("a pool");
    let error = crestfall_auth::Auth::new(pool, config)
        .await
        .expect_err("a refusal");
    assert!(error.to_string().contains("service_headers"), "{error}");
}

#[tokio::test]
async fn name_servers_that_are_none_stop_the_start() {
    let mut config = crate::service::open_config();
    config.email.validation.nameservers = vec!["dns.example.org".to_owned()];
    let pool = sqlx::PgPool::connect_lazy("postgres://nobody@localhost/none").expect("a pool");
    let error = crestfall_auth::Auth::new(pool, config)
        .await
        .expect_err("a refusal");
    assert!(error.to_string().contains("nameservers"), "{error}");
}
