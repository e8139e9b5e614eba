//! Sessions of browser apps in a cookie (AU-020, issue 3 part 1).

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::authenticators::{ask, guarded};
use crate::service::{Answer, TestAuth};

pub(crate) const ORIGIN: &str = "http://localhost:8000";

/// The cookie that an answer sets, as `name=value`; empty when it takes it away.
pub(crate) fn cookie(answer: &Answer) -> Option<String> {
    let set = answer.headers.get("set-cookie")?.to_str().expect("text");
    let pair = set.split(';').next().expect("a pair");
    Some(if pair.ends_with('=') {
        String::new()
    } else {
        pair.to_owned()
    })
}

pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Body::from(body.to_owned()))
        .expect("a request")
}

async fn sign_in(app: &TestAuth) -> String {
    app.sign_up("ada@example.org", "correct horse").await;
    let body = json!({ "email": "ada@example.org", "password": "correct horse" }).to_string();
    let headers = [("origin", ORIGIN)];
    let answer = app
        .send(request(Method::POST, "/cookie/session", &headers, &body))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.body["user"]["email"], "ada@example.org");
    assert!(answer.body.get("refresh_token").is_none());
    cookie(&answer).expect("a cookie")
}

#[tokio::test]
async fn a_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app =
        TestAuth::with(|config| config.external_url = "https://a.example/auth/v1".into()).await;
    app.sign_up("ada@example.org", "correct horse").await;
    let body = json!({ "email": "ada@example.org", "password": "correct horse" }).to_string();
    let post = |origin: &'static str| {
        request(
            Method::POST,
            "/cookie/session",
            &[("origin", origin)],
            &body,
        )
    };
    let answer = app.send(post("https://a.example")).await;
    let set = answer.headers["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(set.starts_with("__Host-crestfall=v1."), "{set}");
    for part in [
        "HttpOnly",
        "SameSite=Lax",
        "Secure",
        "Path=/",
        "Max-Age=2592000",
    ] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let refused = app.send(post("https://evil.example")).await;
    assert_eq!((refused.status.as_u16(), cookie(&refused)), (403, None));
    let wrong = json!({ "email": "ada@example.org", "password": "wrong" }).to_string();
    let wrong = app
        .send(request(Method::POST, "/cookie/session", &[], &wrong))
        .await;
    assert_eq!((wrong.status.as_u16(), cookie(&wrong)), (400, None));
}

#[tokio::test]
async fn a_cookie_is_its_users_session_until_it_ends() {
    let app = TestAuth::new().await;
    let cookie_value = sign_in(&app).await;
    let guarded = guarded(&app.auth);
    let with = |method: Method, extra: &[(&str, &str)]| {
        let mut headers = vec![("cookie", cookie_value.as_str())];
        headers.extend_from_slice(extra);
        request(method, "/", &headers, "")
    };
    let answer = ask(&guarded, with(Method::GET, &[])).await;
    assert_eq!(
        (answer.status, answer.text("/proof")),
        (StatusCode::OK, "Cookie".into())
    );
    assert_eq!(
        (answer.text("/role"), answer.text("/claims/aal")),
        ("authenticated".into(), "aal1".into())
    );
    assert_eq!(answer.text("/claims/email"), "ada@example.org");
    // CSRF: what changes something comes from a page of ours.
    for (extra, expected) in [
        (&[][..], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[("origin", "null")], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("origin", ORIGIN)], 200),
        (&[("origin", "http://localhost:3000")], 200),
        (&[("sec-fetch-site", "same-origin")], 200),
    ] {
        let answer = ask(&guarded, with(Method::POST, extra)).await;
        assert_eq!(answer.status.as_u16(), expected, "{extra:?}");
    }
    let shown = app
        .send(request(
            Method::GET,
            "/cookie/session",
            &[("cookie", &cookie_value)],
            "",
        ))
        .await;
    assert_eq!(shown.text("/claims/email"), "ada@example.org");
    let cross = [
        ("cookie", cookie_value.as_str()),
        ("origin", "https://evil.example"),
    ];
    let refused = app
        .send(request(Method::DELETE, "/cookie/session", &cross, ""))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let ours = [("cookie", cookie_value.as_str()), ("origin", ORIGIN)];
    let ended = app
        .send(request(Method::DELETE, "/cookie/session", &ours, ""))
        .await;
    assert_eq!(
        (ended.status, cookie(&ended)),
        (StatusCode::NO_CONTENT, Some(String::new()))
    );
    tokio::time::sleep(Duration::from_millis(1100)).await; // nobody listens in this test
    let after = ask(&guarded, with(Method::GET, &[])).await;
    assert_eq!(
        (after.status, after.code()),
        (StatusCode::UNAUTHORIZED, "session_ended")
    );
    assert_eq!(cookie(&after), Some(String::new()), "it is taken away");
}

#[tokio::test]
async fn a_changed_or_foreign_cookie_proves_nothing() {
    let app = TestAuth::new().await;
    let session = app.sign_up("bob@example.org", "correct horse").await;
    let value = sign_in(&app).await;
    let (name, sealed) = value.split_once('=').expect("a pair");
    let mut changed = sealed.to_owned();
    let last = if changed.pop() == Some('A') { 'Q' } else { 'A' };
    changed.push(last);
    let guarded = guarded(&app.auth);
    for wrong in [
        changed,
        sealed[..sealed.len() - 4].to_owned(),
        session.text("/refresh_token"),
        session.text("/access_token"),
        "x".to_owned(),
    ] {
        let header = format!("{name}={wrong}");
        let answer = ask(
            &guarded,
            request(Method::GET, "/", &[("cookie", &header)], ""),
        )
        .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    // And what is in the cookie is no refresh token to anyone else.
    assert_eq!(app.refresh(sealed).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn tokens_are_exchanged_for_a_cookie_and_do_not_go_on_beside_it() {
    let app =
        TestAuth::with(|config| config.sessions.reuse_interval = "0s".parse().expect("a duration"))
            .await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let other = app.sign_in("ada@example.org", "correct horse").await;
    let exchange = |access: &str, refresh: &str| {
        let body = json!({ "access_token": access, "refresh_token": refresh }).to_string();
        request(
            Method::POST,
            "/cookie/session",
            &[("origin", ORIGIN)],
            &body,
        )
    };
    let (access, refresh) = (
        session.text("/access_token"),
        session.text("/refresh_token"),
    );
    for (access, refresh) in [
        (access.as_str(), other.text("/refresh_token").as_str()),
        (access.as_str(), "x"),
        ("", refresh.as_str()),
        ("a.b.c", refresh.as_str()),
    ] {
        let answer = app.send(exchange(access, refresh)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    }
    let answer = app.send(exchange(&access, &refresh)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let value = cookie(&answer).expect("a cookie");
    let guarded = guarded(&app.auth);
    let shown = ask(
        &guarded,
        request(Method::GET, "/", &[("cookie", &value)], ""),
    )
    .await;
    assert_eq!(
        shown.text("/claims/session_id"),
        crate::service::claims(&access)["session_id"]
    );
}

#[tokio::test]
async fn a_cookie_renews_itself_once_for_tabs_that_ask_at_once() {
    let app =
        TestAuth::with(|config| config.tokens.lifetime = "2s".parse().expect("a duration")).await;
    let old = sign_in(&app).await;
    let guarded = guarded(&app.auth);
    let get = |value: &str| request(Method::GET, "/", &[("cookie", value)], "");
    assert_eq!(cookie(&ask(&guarded, get(&old)).await), None, "not due");
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let tabs = futures_util::future::join_all((0..6).map(|_| ask(&guarded, get(&old)))).await;
    let mut renewed = Vec::new();
    for tab in &tabs {
        assert_eq!(tab.status, StatusCode::OK, "{tab:?}");
        renewed.extend(cookie(tab));
    }
    assert!(!renewed.is_empty());
    for value in &renewed {
        assert_ne!(*value, old);
        assert_eq!(ask(&guarded, get(value)).await.status, StatusCode::OK);
    }
    let counter: i64 = sqlx::query_scalar("select max(refresh_token_counter) from auth.sessions")
        .fetch_one(&app.pool)
        .await
        .expect("a row");
    assert_eq!(counter, 1, "one successor for all of them");
}

#[tokio::test]
async fn a_cookie_superseded_long_ago_ends_its_session() {
    let app = TestAuth::with(|config| {
        config.tokens.lifetime = "1s".parse().expect("a duration");
        config.sessions.reuse_interval = "0s".parse().expect("a duration");
    })
    .await;
    let first = sign_in(&app).await;
    let guarded = guarded(&app.auth);
    let get = |value: &str| request(Method::GET, "/", &[("cookie", value)], "");
    let mut newest = first.clone();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        newest = cookie(&ask(&guarded, get(&newest)).await).expect("a successor");
    }
    let stolen = ask(&guarded, get(&first)).await;
    assert_eq!(stolen.code(), "session_ended");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        ask(&guarded, get(&newest)).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_header_goes_before_the_cookie() {
    let app = TestAuth::new().await;
    let value = sign_in(&app).await;
    let bearer = format!("Bearer {}", crate::service::key("service_role"));
    let headers = [
        ("cookie", value.as_str()),
        ("authorization", bearer.as_str()),
    ];
    let answer = ask(
        &guarded(&app.auth),
        request(Method::POST, "/", &headers, ""),
    )
    .await;
    assert_eq!(
        (answer.status, answer.text("/role")),
        (StatusCode::OK, "service_role".into())
    );
    let bad = [
        ("cookie", value.as_str()),
        ("authorization", "Bearer a.b.c"),
    ];
    let answer = ask(&guarded(&app.auth), request(Method::GET, "/", &bad, "")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body["role"], Value::Null);
}
