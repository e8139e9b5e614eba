//! Limits of requests (GT-085, D36, SEC-16).

use axum::body::Body;
use crestfall_auth::config::{Limit, RateLimits};
use crestfall_core::client_ip::ClientIp;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::service::{Answer, TestAuth};

async fn limited() -> TestAuth {
    TestAuth::with(|config| {
        config.rate_limits = RateLimits {
            token_refresh: Limit::of(3),
            otp: Limit::of(2),
            anonymous_users: Limit::of(1),
            ..RateLimits::off()
        };
    })
    .await
}

async fn token_from(app: &TestAuth, ip: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "email": "nobody@example.org", "password": "wrong" });
    let mut request = request
        .body(Body::from(body.to_string()))
        .expect("a request");
    let ip = ip.parse().expect("an address");
    request.extensions_mut().insert(ClientIp(ip));
    app.send(request).await
}

const TOKEN: &str = "/token?grant_type=password";

#[tokio::test]
async fn gt_085_above_a_limit_a_request_is_refused_in_the_callers_form() {
    let app = limited().await;
    for left in [2, 1, 0] {
        let answer = token_from(&app, "192.0.2.1", TOKEN, &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let header = answer.headers["ratelimit"].to_str().expect("ASCII");
        assert!(
            header.starts_with(&format!("\"token\";r={left};t=")),
            "{header}"
        );
    }
    let older = token_from(&app, "192.0.2.1", TOKEN, &[]).await;
    assert_eq!(older.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        older.body,
        json!({ "code": 429, "error_code": "over_request_rate_limit", "msg": "Request rate limit reached" })
    );
    let retry_after = |answer: &Answer| -> u64 {
        let text = answer.headers["retry-after"].to_str().expect("ASCII");
        text.parse().expect("seconds")
    };
    // One of three in five minutes, less what this test has taken.
    assert!((61..=100).contains(&retry_after(&older)), "{older:?}");
    assert_eq!(older.headers["ratelimit-policy"], "\"token\";q=3;w=300");
    let version = ("x-supabase-api-version", "2024-01-01");
    let newer = token_from(&app, "192.0.2.1", TOKEN, &[version]).await;
    assert_eq!(
        newer.body,
        json!({ "code": "over_request_rate_limit", "message": "Request rate limit reached" })
    );
    assert!((61..=100).contains(&retry_after(&newer)), "{newer:?}");
    let elsewhere = token_from(&app, "192.0.2.2", TOKEN, &[]).await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn sec_16_no_spelling_of_a_request_has_a_bucket_of_its_own() {
    let app = limited().await;
    for n in 0..3 {
        token_from(&app, &format!("2001:db8::{n}"), TOKEN, &[]).await;
    }
    for (ip, path, header) in [
        ("2001:db8::ffff:1", TOKEN, ("x-forwarded-for", "6.6.6.6")),
        (
            "2001:db8::2",
            "/token?grant_type=password&x=1",
            ("forwarded", "for=6.6.6.6"),
        ),
        (
            "2001:db8::3",
            "/token?grant_type=refresh_token",
            ("cf-connecting-ip", "6.6.6.6"),
        ),
        (
            "2001:db8::4",
            "/token?grant_type=%70assword",
            ("user-agent", "another"),
        ),
    ] {
        let answer = token_from(&app, ip, path, &[header]).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    // Another spelling of the path is another path: nothing answers there.
    for path in [
        "//token?grant_type=password",
        "/token/?grant_type=password",
        "/%74oken?grant_type=password",
    ] {
        let answer = token_from(&app, "2001:db8::1", path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let other_network = token_from(&app, "2001:db8:0:1::1", TOKEN, &[]).await;
    assert_eq!(other_network.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn sec_16_limits_hold_under_a_path_of_the_application() {
    let app = limited().await;
    let router: axum::Router = axum::Router::new().nest("/auth/v1", app.auth.router());
    let mut last = StatusCode::OK;
    for _ in 0..4 {
        let request = Request::post("/auth/v1/token?grant_type=refresh_token")
            .body(Body::from(r#"{"refresh_token":"x"}"#))
            .expect("a request");
        let answer = tower::ServiceExt::oneshot(router.clone(), request).await;
        last = answer.expect("an answer").status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn gt_085_each_kind_of_request_has_its_own_limit() {
    let app = limited().await;
    let anonymous = async |ip: &str| app.post_from(ip, "/signup", json!({})).await;
    assert_eq!(anonymous("192.0.2.1").await.status, StatusCode::OK);
    let second = anonymous("192.0.2.1").await;
    assert_eq!(
        (second.status.as_u16(), second.code()),
        (429, "over_request_rate_limit")
    );
    assert!(second.headers.contains_key("retry-after"));
    assert_eq!(anonymous("192.0.2.2").await.status, StatusCode::OK);
    let signed_up = app
        .post_from(
            "192.0.2.3",
            "/signup",
            json!({ "email": "a@b.org", "password": "correct horse" }),
        )
        .await;
    assert_eq!(signed_up.status, StatusCode::OK);
}

#[tokio::test]
async fn d36_sign_ins_with_providers_and_the_oauth_server_are_limited() {
    let app = TestAuth::with(|config| {
        config.oauth_server.enabled = true;
        config.rate_limits = RateLimits {
            external: Limit::of(1),
            oauth_authorize: Limit::of(1),
            oauth_token: Limit::of(1),
            oauth_service: Limit::of(1),
            ..RateLimits::off()
        };
    })
    .await;
    for (method, path) in [
        ("GET", "/authorize?provider=github"),
        ("GET", "/callback?state=x"),
        ("POST", "/callback"),
        ("GET", "/oauth/authorize"),
        ("GET", "/oauth/authorizations/x"),
        ("POST", "/oauth/authorizations/x/consent"),
        ("POST", "/oauth/device_authorization"),
        ("POST", "/oauth/device"),
        ("POST", "/oauth/token"),
        ("POST", "/oauth/introspect"),
        ("POST", "/oauth/revoke"),
        ("GET", "/oauth/userinfo"),
    ] {
        let mut limited = Vec::new();
        for _ in 0..2 {
            let request = Request::builder().method(method).uri(path);
            let answer = app.send(request.body(Body::empty()).expect("a request"));
            limited.push(answer.await.status == StatusCode::TOO_MANY_REQUESTS);
        }
        // One bucket for both methods.
        let before = (method, path) == ("POST", "/callback");
        assert_eq!(limited, [before, true], "{method} {path}");
    }
}

#[tokio::test]
async fn gt_085_limits_can_be_lifted() {
    let app = TestAuth::new().await;
    for _ in 0..200 {
        let body = json!({ "refresh_token": "none" });
        let answer = app.post("/token?grant_type=refresh_token", "", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.headers.contains_key("ratelimit"));
    }
    let limits: RateLimits =
        serde_json::from_value(json!({ "otp": "off", "verify": 1000 })).expect("limits");
    assert_eq!(limits.otp, Limit::OFF);
    assert_eq!(limits.sms_sent, Limit::of(30));
    let _: Value = serde_json::to_value(limits).expect("JSON");
}
