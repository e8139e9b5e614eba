//! Ending a session ends its access tokens, on every node, at once (D6).

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use crestfall_auth::Auth;
use crestfall_core::Identity;
use http::{Request, StatusCode};
use serde_json::json;
use tower::ServiceExt as _;

use crate::service::{TestAuth, open_config};

fn guarded(auth: &Auth) -> Router {
    let whoami = async |identity: Identity| identity.role().to_owned();
    Router::new().route("/", get(whoami)).layer(auth.layer())
}

async fn status(app: &Router, token: &str) -> StatusCode {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let request = request.body(axum::body::Body::empty()).expect("a request");
    app.clone()
        .oneshot(request)
        .await
        .expect("an answer")
        .status()
}

async fn within_a_second(app: &Router, token: &str, expected: StatusCode) {
    let started = Instant::now();
    while status(app, token).await != expected {
        assert!(
            started.elapsed() < Duration::from_secs(1),
            "not {expected} within a second"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn ending_a_session_is_felt_on_every_node() {
    let app = TestAuth::new().await;
    let other = Auth::new(app.pool.clone(), open_config())
        .await
        .expect("a second node");
    let end = app.run(&[&app.auth, &other]).await;
    let nodes = [guarded(&app.auth), guarded(&other)];
    let first = app.sign_up("ada@example.org", "correct horse").await;
    let second = app.sign_in("ada@example.org", "correct horse").await;
    for node in &nodes {
        assert_eq!(
            status(node, &first.text("/access_token")).await,
            StatusCode::OK
        );
    }
    app.post(
        "/logout?scope=local",
        &first.text("/access_token"),
        json!(null),
    )
    .await;
    for node in &nodes {
        within_a_second(node, &first.text("/access_token"), StatusCode::UNAUTHORIZED).await;
        assert_eq!(
            status(node, &second.text("/access_token")).await,
            StatusCode::OK
        );
    }
    // Whoever ends it, and however.
    app.db
        .execute("update auth.users set banned_until = now() + interval '1 day'")
        .await;
    for node in &nodes {
        within_a_second(
            node,
            &second.text("/access_token"),
            StatusCode::UNAUTHORIZED,
        )
        .await;
    }
    end.cancel();
}
