//! GT-085, D36, SEC-16: requests above a limit are refused, however they are written.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use crestfall_core::client_ip::{ClientIpConfig, ClientIpLayer};
use crestfall_core::identity::Identity;
use crestfall_core::rate_limit::{By, Rate, RateLimitLayer, RateLimiter, Rule};
use http::{HeaderName, Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const THREE: Rate = Rate::per_hour(3);

fn limits(rules: impl IntoIterator<Item = Rule>) -> RateLimitLayer {
    RateLimitLayer::new(RateLimiter::in_process()).rules(rules)
}

fn app(limits: RateLimitLayer) -> Router {
    let token = Router::new()
        .route("/token", post(|| async { "token" }))
        .route("/users/{id}", post(|| async { "user" }));
    Router::new()
        .nest("/auth/v1", token)
        .route("/", get(|| async { "home" }))
        .layer(limits)
}

fn request(path: &str, peer: &str) -> Request<Body> {
    let mut request = Request::post(path).body(Body::empty()).expect("a request");
    let peer: SocketAddr = peer.parse().expect("an address");
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

async fn send(app: &Router, request: Request<Body>) -> Response<Body> {
    app.clone().oneshot(request).await.expect("infallible")
}

async fn status(app: &Router, request: Request<Body>) -> StatusCode {
    send(app, request).await.status()
}

fn as_someone(mut request: Request<Body>, role: &str, subject: &str) -> Request<Body> {
    let claims = json!({ "sub": subject });
    let claims = claims.as_object().expect("an object").clone();
    let identity = Identity::from_token(role.into(), claims);
    request.extensions_mut().insert(identity);
    request
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers()[name].to_str().expect("text")
}

#[tokio::test]
async fn gt_085_headers_tell_of_the_limit_and_429_of_the_refusal() {
    let app = app(limits([
        Rule::new("sign-in", Rate::per_minute(2)).by(By::Ip)
    ]));
    let response = send(&app, request("/auth/v1/token", "192.0.2.1:1")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        header(&response, "ratelimit-policy"),
        r#""sign-in";q=2;w=60"#
    );
    assert_eq!(header(&response, "ratelimit"), r#""sign-in";r=1;t=30"#);
    assert!(!response.headers().contains_key("retry-after"));

    send(&app, request("/auth/v1/token", "192.0.2.1:2")).await;
    let response = send(&app, request("/auth/v1/token", "192.0.2.1:3")).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&response, "ratelimit"), r#""sign-in";r=0;t=30"#);
    assert_eq!(header(&response, "retry-after"), "30");
    assert_eq!(
        header(&response, "content-type"),
        "application/problem+json"
    );
    let body = to_bytes(response.into_body(), 10_000)
        .await
        .expect("a body");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["code"], "CF429");
    assert_eq!(body["message"], "There were too many requests");
    assert_eq!(body["hint"], "Try again in 30 s");
}

#[tokio::test]
async fn who_embeds_it_may_answer_otherwise() {
    let limits = limits([Rule::new("all", Rate::per_hour(0))]).refuse_with(|refusal| {
        assert_eq!(refusal.rule, "all");
        (StatusCode::TOO_MANY_REQUESTS, "{\"code\":429}").into_response()
    });
    let response = send(&app(limits), request("/auth/v1/token", "192.0.2.1:1")).await;
    assert!(response.headers().contains_key("retry-after"));
    let body = to_bytes(response.into_body(), 10_000)
        .await
        .expect("a body");
    assert_eq!(&body[..], b"{\"code\":429}");
}

#[tokio::test]
async fn sec_16_no_spelling_of_a_path_gets_more_than_the_limit() {
    let rule = Rule::new("by route", THREE).by(By::Ip).by(By::Route);
    let app = app(limits([rule]));
    let spellings = [
        "/auth/v1/token",
        "/auth/v1/token?a=1",
        "/auth/v1/token/",
        "/auth/v1//token",
        "//auth/v1/token",
        "/auth/v1/%74oken",
        "/auth/v1/TOKEN",
        "/auth/v1/./token",
        "/auth/v1/x/../token",
        "/auth/v1/token;a=1",
    ];
    let mut reached = 0;
    for path in spellings.iter().cycle().take(10 * spellings.len()) {
        let answer = status(&app, request(path, "192.0.2.1:1")).await;
        reached += usize::from(answer == StatusCode::OK);
    }
    assert_eq!(reached, 3);
    let ids = (0..10).map(|id| format!("/auth/v1/users/{id}"));
    let mut reached = 0;
    for path in ids {
        let answer = status(&app, request(&path, "192.0.2.1:1")).await;
        reached += usize::from(answer == StatusCode::OK);
    }
    assert_eq!(reached, 3, "a parameter of the path is no way out");
}

#[tokio::test]
async fn sec_16_an_ipv6_64_and_a_mapped_address_are_one_client() {
    let app = app(limits([Rule::new("ip", THREE).by(By::Ip)]));
    let mut reached = 0;
    for host in 1..20 {
        let peer = format!("[2001:db8:1:2:{host:x}::{host:x}]:{host}");
        let answer = status(&app, request("/auth/v1/token", &peer)).await;
        reached += usize::from(answer == StatusCode::OK);
    }
    assert_eq!(reached, 3);
    let another = request("/auth/v1/token", "[2001:db8:1:3::1]:1");
    assert_eq!(status(&app, another).await, StatusCode::OK);

    for peer in ["192.0.2.1:1", "[::ffff:192.0.2.1]:2", "192.0.2.1:3"] {
        status(&app, request("/auth/v1/token", peer)).await;
    }
    let mapped = request("/auth/v1/token", "[::ffff:192.0.2.1]:4");
    assert_eq!(status(&app, mapped).await, StatusCode::TOO_MANY_REQUESTS);
    let another = request("/auth/v1/token", "192.0.2.2:1");
    assert_eq!(status(&app, another).await, StatusCode::OK);
}

#[tokio::test]
async fn sec_16_forwarded_for_is_no_way_out() {
    for (trusted_proxies, last) in [(0, ""), (1, ", 203.0.113.7")] {
        let config = ClientIpConfig {
            trusted_proxies,
            ..ClientIpConfig::default()
        };
        let layer = ClientIpLayer::new(&config).expect("a layer");
        let app = app(limits([Rule::new("ip", THREE).by(By::Ip)])).layer(layer);
        let mut reached = 0;
        for made_up in 0..10 {
            let mut request = request("/auth/v1/token", "192.0.2.1:1");
            let value = format!("10.9.8.{made_up}{last}").parse().expect("a value");
            request.headers_mut().insert("x-forwarded-for", value);
            reached += usize::from(status(&app, request).await == StatusCode::OK);
        }
        assert_eq!(reached, 3, "{trusted_proxies}");
    }
}

#[tokio::test]
async fn d36_roles_have_limits_of_their_own_and_subjects_buckets() {
    let app = app(limits([
        Rule::new("anonymous", Rate::per_hour(1))
            .by(By::Ip)
            .role("anon"),
        Rule::new("users", Rate::per_hour(2))
            .by(By::Subject)
            .role("authenticated"),
    ]));
    let path = "/auth/v1/token";
    let someone = |name: &str| as_someone(request(path, "192.0.2.1:1"), "authenticated", name);
    for (expected, request) in [
        (200, request(path, "192.0.2.1:1")),
        (429, request(path, "192.0.2.1:1")),
        (200, someone("ada")),
        (200, someone("ada")),
        (429, someone("ada")),
        (200, someone("grace")),
        (
            200,
            as_someone(request(path, "192.0.2.1:1"), "service_role", ""),
        ),
    ] {
        assert_eq!(status(&app, request).await, expected);
    }
}

#[tokio::test]
async fn keys_count_by_themselves_beside_a_limit_of_the_client() {
    let key = HeaderName::from_static("apikey");
    let app = app(limits([
        Rule::new("client", Rate::per_hour(4)).by(By::Ip),
        Rule::new("key", Rate::per_hour(2)).by(By::Header(key)),
    ]));
    let with = |key: &str| {
        let mut request = request("/auth/v1/token", "192.0.2.1:1");
        request
            .headers_mut()
            .insert("apikey", key.parse().expect("a value"));
        request
    };
    for (expected, key) in [(200, "a"), (200, "a"), (429, "a"), (200, "b"), (429, "c")] {
        assert_eq!(status(&app, with(key)).await, expected, "{key}");
    }
    let response = send(&app, request("/auth/v1/token", "192.0.2.9:1")).await;
    assert_eq!(
        header(&response, "ratelimit-policy"),
        r#""client";q=4;w=3600, "key";q=2;w=3600"#
    );
}

#[tokio::test]
async fn a_rule_may_be_for_some_requests_only() {
    let rule =
        Rule::new("posts \"here\"", Rate::per_hour(1)).when(|request| request.method == "POST");
    let app = app(limits([rule]));
    let response = send(&app, request("/auth/v1/token", "192.0.2.1:1")).await;
    assert_eq!(
        header(&response, "ratelimit-policy"),
        r#""posts -here-";q=1;w=3600"#
    );
    for _ in 0..5 {
        let home = Request::get("/").body(Body::empty()).expect("a request");
        let response = send(&app, home).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!response.headers().contains_key("ratelimit"));
    }
}
