//! Captchas, checked by a server that plays the provider (GT-083).

use axum::Router;
use axum::extract::Form;
use axum::routing::post;
use crestfall_auth::config::{Captcha, CaptchaProvider};
use crestfall_core::Secret;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashMap;

use crate::service::{TestAuth, key};

/// Takes the solution `solved`, from who knows the secret.
async fn provider() -> String {
    let check = async |Form(form): Form<HashMap<String, String>>| {
        let is_solved = form["response"] == "solved" && form["secret"] == "the secret";
        let errors: &[&str] = if is_solved {
            &[]
        } else {
            &["invalid-input-response"]
        };
        axum::Json(json!({ "success": is_solved, "error-codes": errors, "from": form["remoteip"] }))
    };
    let app = Router::new().route("/siteverify", post(check));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!(
        "http://{}/siteverify",
        listener.local_addr().expect("an address")
    );
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn app() -> TestAuth {
    let url = provider().await;
    TestAuth::with(|config| {
        config.captcha = Captcha {
            enabled: true,
            provider: CaptchaProvider::Turnstile,
            secret: Secret::new("the secret"),
            verify_url: url,
            ..Captcha::default()
        };
    })
    .await
}

fn with(token: &str, mut body: Value) -> Value {
    body["gotrue_meta_security"] = json!({ "captcha_token": token });
    body
}

#[tokio::test]
async fn gt_083_who_signs_up_or_in_has_solved_a_captcha() {
    let app = app().await;
    let user = json!({ "email": "ada@example.org", "password": "correct horse" });
    let without = app.post("/signup", "", user.clone()).await;
    assert_eq!(
        (without.status.as_u16(), without.code()),
        (400, "captcha_failed")
    );
    assert_eq!(
        without.body["message"],
        "captcha protection: request disallowed (no captcha_token found)"
    );
    let wrong = app.post("/signup", "", with("guessed", user.clone())).await;
    assert_eq!(
        wrong.body["message"],
        "captcha protection: request disallowed (invalid-input-response)"
    );
    let right = app.post("/signup", "", with("solved", user.clone())).await;
    assert_eq!(right.status, StatusCode::OK, "{right:?}");
    let sign_in = "/token?grant_type=password";
    assert_eq!(
        app.post(sign_in, "", user.clone()).await.code(),
        "captcha_failed"
    );
    let signed_in = app.post(sign_in, "", with("solved", user)).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    // What has a proof of another kind needs none.
    let refreshed = app.refresh(&signed_in.text("/refresh_token")).await;
    assert_eq!(refreshed.status, StatusCode::OK);
}

#[tokio::test]
async fn gt_083_every_way_to_mail_or_a_session_asks_for_one_but_not_from_administrators() {
    let app = app().await;
    for path in [
        "/signup",
        "/otp",
        "/magiclink",
        "/recover",
        "/resend",
        "/sso",
    ] {
        let answer = app.post(path, "", json!({})).await;
        assert_eq!(answer.code(), "captcha_failed", "{path}");
        let answer = app.post(path, &key("anon"), json!({})).await;
        assert_eq!(answer.code(), "captcha_failed", "{path}");
    }
    let admin = app.post("/signup", &key("service_role"), json!({})).await;
    assert_eq!(admin.status, StatusCode::OK);
    assert_eq!(app.get("/settings", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn gt_083_a_silent_provider_lets_nobody_in() {
    let app = TestAuth::with(|config| {
        config.captcha.enabled = true;
        config.captcha.secret = Secret::new("the secret");
        config.captcha.verify_url = "http://127.0.0.1:1/".into();
    })
    .await;
    let answer = app.post("/signup", "", with("solved", json!({}))).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (500, "unexpected_failure")
    );
    assert_eq!(
        answer.body["message"],
        "captcha verification process failed"
    );
}

#[tokio::test]
async fn captchas_are_ignored_while_they_are_off() {
    let app = TestAuth::new().await;
    let answer = app.post("/signup", "", with("anything", json!({}))).await;
    assert_eq!(answer.status, StatusCode::OK);
}
