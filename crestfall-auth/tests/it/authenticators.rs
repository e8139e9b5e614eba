//! Every way to prove who sends a request, through the layer (issue 3, part 1; design 2).

mod api_keys;
mod by_basic;
mod signatures;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::{any, get};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use crestfall_auth::signature::{PrivateKey, Signer};
use crestfall_auth::{Auth, Authenticator, RequireScopeLayer};
use crestfall_core::Identity;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::service::{Answer, TestAuth, key, open_config};
use api_keys::user_and_key;

async fn whoami(identity: Identity, body: Bytes) -> Json<Value> {
    Json(json!({
        "role": identity.role(),
        "proof": format!("{:?}", identity.proof()),
        "claims": identity.claims().as_value(),
        "read": body.len(),
    }))
}

/// An application: who asks, at `/`; a report that needs a scope; a resource by method.
pub(crate) fn guarded(auth: &Auth) -> Router {
    let reports = RequireScopeLayer::new("reports:read").expect("a scope");
    let rest = RequireScopeLayer::of_resource("rest").expect("a resource");
    Router::new()
        .route("/report", get(whoami).layer(reports))
        .route("/rest", any(whoami).layer(rest))
        .fallback(whoami)
        .layer(auth.layer())
}

pub(crate) async fn ask(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

pub(crate) fn with(headers: &[(&str, &str)]) -> Request<Body> {
    at(Method::GET, "/", headers)
}

fn at(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).expect("a request")
}

fn from(ip: &str, mut request: Request<Body>) -> Request<Body> {
    let ip: IpAddr = ip.parse().expect("an address");
    let info = ConnectInfo(SocketAddr::new(ip, 1));
    request.extensions_mut().insert(info);
    request
}

fn basic(user: &str, password: &str) -> String {
    format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{user}:{password}"))
    )
}

async fn one_text(app: &TestAuth, query: &'static str) -> String {
    sqlx::query_scalar(query)
        .fetch_one(&app.pool)
        .await
        .expect("a row")
}

async fn within_a_second(app: &Router, headers: &[(&str, &str)], expected: StatusCode) {
    let started = Instant::now();
    while ask(app, with(headers)).await.status != expected {
        assert!(
            started.elapsed() < Duration::from_secs(1),
            "not {expected} within a second"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_request_without_credentials_is_anonymous_and_a_bad_one_never_is() {
    let app = TestAuth::new().await;
    let guarded = guarded(&app.auth);
    let none = ask(&guarded, with(&[])).await;
    assert_eq!(
        (none.status, none.text("/role")),
        (StatusCode::OK, "anon".into())
    );
    assert_eq!(none.text("/proof"), "Anonymous");
    let project = key("anon");
    for (headers, expected) in [
        (&[("apikey", project.as_str())][..], 200),
        (&[("authorization", "Bearer a.b.c")], 401),
        (&[("authorization", "Bearer")], 401),
        (&[("authorization", "Bearer cf_sk_x")], 401),
        (&[("apikey", "cf_sk_x")], 401),
        (&[("x-api-key", "cf_pk_x")], 401),
        (&[("authorization", "Basic !!")], 401),
        (&[("authorization", "Basic bm9ib2R5OngK")], 401),
        (&[("signature-input", "x")], 401),
        (&[("cookie", "crestfall=x")], 401),
    ] {
        let answer = ask(&guarded, with(headers)).await;
        assert_eq!(answer.status.as_u16(), expected, "{headers:?} {answer:?}");
        if expected == 401 {
            assert!(
                answer.headers.contains_key("www-authenticate"),
                "{headers:?}"
            );
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
    }
}

#[tokio::test]
async fn two_credentials_are_refused_but_for_an_apps_key_beside_a_token() {
    let app = TestAuth::new().await;
    let (token, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let personal = made.text("/key");
    let admin = key("service_role");
    let body = json!({ "name": "app", "kind": "publishable" });
    let public = app.post("/admin/api-keys", &admin, body).await.text("/key");
    let guarded = guarded(&app.auth);
    let bearer = format!("Bearer {token}");
    let user = ask(
        &guarded,
        with(&[("authorization", &bearer), ("apikey", &public)]),
    )
    .await;
    assert_eq!(
        (user.status, user.text("/proof")),
        (StatusCode::OK, "Token".into())
    );
    let alone = ask(&guarded, with(&[("apikey", &public)])).await;
    assert_eq!(
        (alone.text("/role"), alone.text("/proof")),
        ("anon".into(), "Anonymous".into())
    );
    for headers in [
        &[
            ("authorization", bearer.as_str()),
            ("apikey", personal.as_str()),
        ][..],
        &[
            ("authorization", &basic("ada@example.org", "correct horse")),
            ("apikey", &public),
        ],
        &[("authorization", &bearer), ("signature", "x")],
        &[("authorization", &bearer), ("authorization", &bearer)],
        &[("apikey", &personal), ("x-api-key", &public)],
        &[("authorization", &bearer), ("apikey", "cf_pk_nonsense")],
    ] {
        let answer = ask(&guarded, with(headers)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{headers:?}");
    }
    let one = app.auth.layer().only([Authenticator::ApiKey]);
    let keys_only = Router::new().route("/", get(whoami)).layer(one);
    let refused = ask(&keys_only, with(&[("authorization", &bearer)])).await;
    assert_eq!(refused.code(), "credential_not_accepted");
    let taken = ask(
        &keys_only,
        with(&[("x-api-key", &personal), ("cookie", "crestfall=x")]),
    )
    .await;
    assert_eq!(taken.status, StatusCode::OK);
}

/// A request signed with a key that the service gave out.
pub(crate) fn signed(
    signer: &Signer,
    method: Method,
    path: &str,
    body: &[u8],
) -> http::request::Parts {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "api.example.org");
    let request = request.header("content-length", body.len());
    let (mut parts, ()) = request.body(()).expect("a request").into_parts();
    let now = chrono::Utc::now().timestamp();
    signer.sign(&mut parts, body, now).expect("signed");
    parts
}

pub(crate) fn signer_of(made: &Answer) -> Signer {
    let secret = BASE64_STANDARD
        .decode(made.text("/secret"))
        .expect("Base64");
    let key = PrivateKey::hmac_sha256(&secret).expect("a key");
    Signer::new(made.text("/key_id"), key)
}
