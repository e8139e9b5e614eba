//! PR-152: from the header to the handler.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::{Router, routing::get};
use crestfall_core::identity::{IdentifyLayer, Identity};
use crestfall_core::jwt::{Verifier, sign_hs256};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::jwt::SECRET;

fn verifier(secret: &str) -> Verifier {
    Verifier::builder()
        .secret(secret)
        .anonymous_role("guest")
        .build()
        .expect("a verifier")
}

fn whoami() -> Router {
    Router::new().route(
        "/",
        get(|identity: Identity| async move {
            format!("{} {}", identity.role(), identity.is_authenticated())
        }),
    )
}

async fn ask(app: &Router, authorization: &[&str]) -> (StatusCode, Option<String>, String) {
    let mut request = Request::get("/");
    for value in authorization {
        request = request.header("authorization", *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = app.clone().oneshot(request).await.expect("infallible");
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().expect("text").to_owned());
    let status = response.status();
    let body = to_bytes(response.into_body(), 10_000)
        .await
        .expect("a body");
    (
        status,
        challenge,
        String::from_utf8(body.to_vec()).expect("text"),
    )
}

#[tokio::test]
async fn pr_152_a_bearer_token_becomes_an_identity_and_none_is_anonymous() {
    let app = whoami().layer(IdentifyLayer::new(verifier(SECRET)));
    let token = sign_hs256(SECRET, &json!({ "role": "editor" })).expect("a token");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let (status, _, body) = ask(&app, &[&format!("{scheme} {token}")]).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::OK, "editor true"),
            "{scheme}"
        );
    }
    for authorization in [&[][..], &["Basic dTpw"][..]] {
        let (status, _, body) = ask(&app, authorization).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "guest false"));
    }
}

#[tokio::test]
async fn pr_152_a_bad_token_never_falls_back_to_anonymous() {
    let app = whoami().layer(IdentifyLayer::new(verifier(SECRET)));
    let (status, challenge, body) = ask(&app, &["Bearer "]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let description = "Empty JWT is sent in Authorization header";
    let expected = format!("Bearer error=\"invalid_token\", error_description=\"{description}\"");
    assert_eq!(challenge, Some(expected));
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(
        (&body["code"], &body["message"]),
        (&json!("PGRST301"), &json!(description))
    );
    assert_eq!(
        (&body["status"], &body["details"]),
        (&json!(401), &Value::Null)
    );

    let other = sign_hs256(
        "another secret of thirty-two bytes!!",
        &json!({ "role": "editor" }),
    );
    let good = sign_hs256(SECRET, &json!({ "role": "editor" })).expect("a token");
    let (forged, good) = (
        format!("Bearer {}", other.expect("a token")),
        format!("Bearer {good}"),
    );
    for authorization in [
        &["Bearer x"][..],
        &[forged.as_str()][..],
        &[good.as_str(), good.as_str()][..],
    ] {
        assert_eq!(ask(&app, authorization).await.0, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn pr_152_without_an_anonymous_role_a_token_is_required() {
    let strict = Verifier::builder()
        .secret(SECRET)
        .build()
        .expect("a verifier");
    let app = whoami().layer(IdentifyLayer::new(strict));
    let (status, challenge, body) = ask(&app, &[]).await;
    assert_eq!(
        (status, challenge.as_deref()),
        (StatusCode::UNAUTHORIZED, Some("Bearer"))
    );
    assert!(
        body.contains("PGRST302") && body.contains("Anonymous access is disabled"),
        "{body}"
    );
}

#[tokio::test]
async fn a_request_that_no_layer_saw_is_anonymous() {
    let token = sign_hs256(SECRET, &json!({ "role": "editor" })).expect("a token");
    let (_, _, body) = ask(&whoami(), &[&format!("Bearer {token}")]).await;
    assert_eq!(body, "anon false");
}

#[tokio::test]
async fn pr_158_a_new_secret_takes_over_and_forgets_old_tokens() {
    let layer = IdentifyLayer::new(verifier(SECRET));
    let app = whoami().layer(layer.clone());
    let token = sign_hs256(SECRET, &json!({ "role": "editor" })).expect("a token");
    let authorization = format!("Bearer {token}");
    assert_eq!(ask(&app, &[&authorization]).await.0, StatusCode::OK);
    assert_eq!(layer.verifier().load().cached_tokens(), 1);
    layer
        .verifier()
        .store(Arc::new(verifier("another secret of thirty-two bytes!!")));
    assert_eq!(
        ask(&app, &[&authorization]).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(layer.verifier().load().cached_tokens(), 0);
}
