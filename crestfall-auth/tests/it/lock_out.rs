//! Locking out who tries too often, and nobody else (SEC-17, D36).

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::service::{Answer, TestAuth};

const HOME: &str = "198.51.100.7";
const PASSWORD: &str = "correct horse";

/// Without delays and costly hashes, so that tests are quick.
async fn app() -> TestAuth {
    TestAuth::with(|config| {
        config.lock_out.max_delay = "0s".parse().expect("a duration");
        config.password.hash_memory = 64;
        config.password.hash_passes = 1;
    })
    .await
}

async fn sign_in(app: &TestAuth, ip: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.post_from(ip, "/token?grant_type=password", body).await
}

/// A user who signed up at home.
async fn ada(app: &TestAuth) -> Answer {
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    app.post_from(HOME, "/signup", body).await
}

/// Strangers in a hundred networks try, all at once, and all spell the address their own way.
async fn attack(app: &TestAuth, email: &str) {
    let tries = (0..100).map(|n| {
        let email = match n % 3 {
            0 => email.to_owned(),
            1 => email.to_uppercase(),
            _ => format!(" {email} "),
        };
        async move { sign_in(app, &format!("203.0.113.{n}"), &email, "guess").await }
    });
    for answer in join_all(tries).await {
        assert_eq!(answer.code(), "invalid_credentials", "{answer:?}");
    }
}

#[tokio::test]
async fn sec_17_tries_from_a_hundred_networks_lock_strangers_out_and_not_the_owner() {
    let app = app().await;
    ada(&app).await;
    attack(&app, "ada@example.org").await;
    let lucky = sign_in(&app, "203.0.113.200", "ada@example.org", PASSWORD).await;
    assert_eq!(
        (lucky.status.as_u16(), lucky.code()),
        (400, "invalid_credentials")
    );
    let owner = sign_in(&app, HOME, "ada@example.org", PASSWORD).await;
    assert_eq!(owner.status, StatusCode::OK, "{owner:?}");
    let failures: i32 = sqlx::query_scalar(
        "select failures from auth.sign_in_failures where device = '' and locked_until > now()",
    )
    .fetch_one(&app.pool)
    .await
    .expect("one row");
    assert_eq!(
        failures, 15,
        "20 tries, then locked: 5 more are left afterwards"
    );
}

#[tokio::test]
async fn sec_17_a_lock_shows_neither_in_the_answer_nor_for_an_address_that_nobody_has() {
    let app = app().await;
    ada(&app).await;
    let before = sign_in(&app, "203.0.113.1", "ada@example.org", "guess").await;
    attack(&app, "ada@example.org").await;
    attack(&app, "nobody@example.org").await;
    let locked = sign_in(&app, "203.0.113.1", "ada@example.org", "guess").await;
    let nobody = sign_in(&app, "203.0.113.1", "nobody@example.org", "guess").await;
    for other in [&locked, &nobody] {
        assert_eq!((other.status, &other.body), (before.status, &before.body));
        let names = |answer: &Answer| {
            let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort();
            names
        };
        assert_eq!(names(other), names(&before));
    }
    let locks: i64 =
        sqlx::query_scalar("select count(*) from auth.sign_in_failures where locked_until > now()")
            .fetch_one(&app.pool)
            .await
            .expect("a count");
    assert_eq!(locks, 2, "both are locked alike");
}

#[tokio::test]
async fn sec_17_a_known_network_has_a_counter_of_its_own() {
    let app = app().await;
    ada(&app).await;
    for _ in 0..21 {
        sign_in(&app, HOME, "ada@example.org", "guess").await;
    }
    assert_eq!(
        sign_in(&app, HOME, "ada@example.org", PASSWORD)
            .await
            .code(),
        "invalid_credentials"
    );
    // Somebody in the owner's network does not lock the owner out elsewhere.
    let elsewhere = sign_in(&app, "192.0.2.1", "ada@example.org", PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::OK);
}

#[tokio::test]
async fn sec_17_a_sign_in_clears_what_its_own_network_failed() {
    let app = app().await;
    ada(&app).await;
    for _ in 0..5 {
        for _ in 0..15 {
            sign_in(&app, HOME, "ada@example.org", "mistyped").await;
        }
        let right = sign_in(&app, HOME, "ada@example.org", PASSWORD).await;
        assert_eq!(right.status, StatusCode::OK, "{right:?}");
    }
}

#[tokio::test]
async fn a_lock_ends_and_comes_back_for_longer() {
    let app = app().await;
    ada(&app).await;
    attack(&app, "ada@example.org").await;
    let expire = "update auth.sign_in_failures set locked_until = now() - interval '1 second'";
    let length = "select extract(epoch from locked_until - locked_at)::float8
                  from auth.sign_in_failures where device = ''";
    let length = async || -> f64 {
        let length = sqlx::query_scalar(length).fetch_one(&app.pool).await;
        length.expect("a length")
    };
    assert!((length().await - 900.0).abs() < 1.0);
    sqlx::query(expire).execute(&app.pool).await.expect("done");
    attack(&app, "ada@example.org").await;
    assert!((length().await - 1800.0).abs() < 1.0);
    sqlx::query(expire).execute(&app.pool).await.expect("done");
    let lucky = sign_in(&app, "203.0.113.200", "ada@example.org", PASSWORD).await;
    assert_eq!(lucky.status, StatusCode::OK);
}

#[tokio::test]
async fn failures_beyond_the_free_ones_make_answers_slower() {
    let app = TestAuth::with(|config| {
        config.lock_out.free_attempts = 2;
        config.lock_out.max_delay = "1s".parse().expect("a duration");
    })
    .await;
    for address in ["ada@example.org", "nobody@example.org"] {
        if address.starts_with("ada") {
            ada(&app).await;
        }
        let mut last = Duration::ZERO;
        for _ in 0..5 {
            let start = Instant::now();
            sign_in(&app, "203.0.113.1", address, "guess").await;
            last = start.elapsed();
        }
        assert!(last >= Duration::from_millis(500), "{address}: {last:?}");
    }
}

#[tokio::test]
async fn sec_17_the_owner_is_told_of_a_lock_once_and_sent_a_link() {
    let app = app().await;
    let token = ada(&app).await.text("/access_token");
    attack(&app, "ada@example.org").await;
    attack(&app, "nobody@example.org").await;
    let end = CancellationToken::new();
    let auth = app.auth.clone();
    let run = tokio::spawn({
        let end = end.clone();
        async move { auth.run(end).await }
    });
    let mails = mails(&app).await;
    end.cancel();
    run.await.expect("an end");
    assert_eq!(mails.len(), 1, "{mails:?}");
    let text = mails[0].to_string();
    assert!(text.contains("ada@example.org"), "{text}");
    assert!(text.contains("type=magiclink"), "{text}");
    let log = app
        .get("/user/security-log?per_page=200", &token)
        .await
        .body;
    let actions: Vec<_> = log
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    assert_eq!(
        actions.iter().filter(|a| **a == "account_locked").count(),
        1
    );
    assert_eq!(
        actions.iter().filter(|a| **a == "login_failed").count(),
        100
    );
}

/// Waits for the first, and a little for more.
async fn mails(app: &TestAuth) -> Vec<Value> {
    let router: axum::Router = app.catcher.router();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let request = http::Request::get("/mails")
            .body(axum::body::Body::empty())
            .expect("a request");
        let answer = tower::ServiceExt::oneshot(router.clone(), request).await;
        let body = http_body_util::BodyExt::collect(answer.expect("an answer").into_body()).await;
        let list: Value = serde_json::from_slice(&body.expect("a body").to_bytes()).expect("JSON");
        let list = list.as_array().cloned().unwrap_or_default();
        if !list.is_empty() {
            return list;
        }
    }
    Vec::new()
}
