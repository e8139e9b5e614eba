//! Every way to prove who sends a request, through the layer (issue 3, part 1; design 2).

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
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::service::{Answer, TestAuth, key, open_config};

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

/// A user with a session, and a key of theirs.
async fn user_and_key(app: &TestAuth, request: Value) -> (String, Answer) {
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let made = app.post("/user/api-keys", &token, request).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    (token, made)
}

async fn run(nodes: &[&Auth]) -> CancellationToken {
    let end = CancellationToken::new();
    for auth in nodes {
        let (auth, end) = ((*auth).clone(), end.clone());
        tokio::spawn(async move { auth.run(end).await });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    end
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

#[tokio::test]
async fn a_users_key_acts_as_the_user_within_its_scopes() {
    let app = TestAuth::new().await;
    let request = json!({ "name": "reports", "scopes": ["reports:read", "rest:read"] });
    let (token, made) = user_and_key(&app, request).await;
    let secret = made.text("/key");
    assert!(
        secret.starts_with("cf_sk_") && secret.len() == 78,
        "{secret}"
    );
    let guarded = guarded(&app.auth);
    for header in [
        ("apikey", secret.clone()),
        ("authorization", format!("Bearer {secret}")),
    ] {
        let answer = ask(&guarded, with(&[(header.0, &header.1)])).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.text("/role"), "authenticated");
        assert_eq!(answer.text("/proof"), "ApiKey");
        assert_eq!(
            answer.text("/claims/sub"),
            crate::service::claims(&token)["sub"]
        );
        assert_eq!(answer.text("/claims/api_key_id"), made.text("/id"));
        assert_eq!(answer.text("/claims/scope"), "reports:read rest:read");
        assert_eq!(answer.text("/claims/aal"), "aal1");
        assert_eq!(answer.text("/claims/email"), "ada@example.org");
    }
    let headers = [("apikey", secret.as_str())];
    for (method, path, expected) in [
        (Method::GET, "/report", 200),
        (Method::GET, "/rest", 200),
        (Method::POST, "/rest", 403),
        (Method::DELETE, "/rest", 403),
    ] {
        let answer = ask(&guarded, at(method, path, &headers)).await;
        assert_eq!(answer.status.as_u16(), expected, "{path}");
    }
    assert_eq!(
        ask(&guarded, at(Method::GET, "/report", &[])).await.status,
        401
    );
    let narrow = json!({ "name": "n", "scopes": ["rest:read"] });
    let narrow = app
        .post("/user/api-keys", &token, narrow)
        .await
        .text("/key");
    let refused = ask(&guarded, at(Method::GET, "/report", &[("apikey", &narrow)])).await;
    assert_eq!(refused.code(), "insufficient_scope");
    // Not the user: a key neither reads nor changes the account, and makes no further keys.
    for path in ["/user", "/user/api-keys"] {
        assert_eq!(
            app.get(path, &secret).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert_eq!(app.get("/admin/users", &secret).await.code(), "not_admin");
    // The list has no secret.
    let list = app.get("/user/api-keys", &token).await;
    assert!(!list.body.to_string().contains(&secret[30..]), "{list:?}");
    let stored = one_text(&app, "select material from auth.api_keys limit 1").await;
    assert!(!secret.contains(&stored));
}

#[tokio::test]
async fn what_a_user_may_not_say_of_a_key_is_refused() {
    let app = TestAuth::new().await;
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "k", "role": "service_role" }),
        json!({ "name": "k", "user_id": "00000000-0000-0000-0000-000000000000" }),
        json!({ "name": "k", "kind": "publishable" }),
        json!({ "name": "k", "kind": "rsa" }),
        json!({ "name": "k", "scopes": ["everything"] }),
        json!({ "name": "k", "expires_at": "2001-01-01T00:00:00Z" }),
        json!({ "name": "k", "allowed_ips": ["everywhere"] }),
        json!({ "name": "k", "kind": "ed25519" }),
        json!({ "name": "k", "kind": "ed25519", "public_key": "AAAA" }),
        json!({ "name": "k", "public_key": "AAAA" }),
    ] {
        let answer = app.post("/user/api-keys", &token, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body} {answer:?}");
    }
    assert_eq!(
        app.post("/user/api-keys", "", json!({ "name": "k" }))
            .await
            .status,
        401
    );
    let anon = app
        .post("/user/api-keys", &key("anon"), json!({ "name": "k" }))
        .await;
    assert_eq!(anon.status, StatusCode::FORBIDDEN);
    let user = app
        .post("/admin/api-keys", &token, json!({ "name": "k" }))
        .await;
    assert_eq!(user.code(), "not_admin");
}

#[tokio::test]
async fn a_key_is_no_wider_than_its_owners_role() {
    let app = TestAuth::with(|config| {
        let scopes = vec!["rest:*".to_owned()];
        config
            .api_keys
            .scopes
            .insert("authenticated".into(), scopes);
        config.api_keys.max_per_user = 2;
    })
    .await;
    let (token, made) = user_and_key(&app, json!({ "name": "all" })).await;
    assert_eq!(made.body["scopes"], json!(["rest:*"]));
    let wider = json!({ "name": "wide", "scopes": ["reports:read"] });
    assert_eq!(
        app.post("/user/api-keys", &token, wider).await.status,
        StatusCode::FORBIDDEN
    );
    // One that has more, by whatever way, loses it.
    app.db
        .execute("update auth.api_keys set scopes = '{*:read}'")
        .await;
    let guarded = guarded(&app.auth);
    let answer = ask(&guarded, with(&[("apikey", &made.text("/key"))])).await;
    assert_eq!(answer.text("/claims/scope"), "rest:read");
    let second = app
        .post("/user/api-keys", &token, json!({ "name": "2" }))
        .await;
    assert_eq!(second.status, StatusCode::CREATED);
    let third = app
        .post("/user/api-keys", &token, json!({ "name": "3" }))
        .await;
    assert_eq!(third.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_key_holds_until_it_expires_and_from_its_networks_only() {
    let app = TestAuth::new().await;
    let request = json!({ "name": "k", "allowed_ips": ["192.0.2.0/24", "2001:db8::1"] });
    let (token, made) = user_and_key(&app, request).await;
    let secret = made.text("/key");
    let guarded = guarded(&app.auth);
    for (ip, expected) in [
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("2001:db8::1", 200),
        ("192.0.3.7", 401),
        ("2001:db8::2", 401),
    ] {
        let request = from(ip, with(&[("apikey", &secret)]));
        assert_eq!(
            ask(&guarded, request).await.status.as_u16(),
            expected,
            "{ip}"
        );
    }
    assert_eq!(
        ask(&guarded, with(&[("apikey", &secret)])).await.status,
        401
    );
    let soon = chrono::Utc::now() + chrono::TimeDelta::milliseconds(600);
    let short = json!({ "name": "short", "expires_at": soon.to_rfc3339() });
    let short = app.post("/user/api-keys", &token, short).await.text("/key");
    assert_eq!(ask(&guarded, with(&[("apikey", &short)])).await.status, 200);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(ask(&guarded, with(&[("apikey", &short)])).await.status, 401);
}

#[tokio::test]
async fn a_revoked_key_is_refused_on_every_node_within_a_second() {
    let app = TestAuth::new().await;
    let other = Auth::new(app.pool.clone(), open_config())
        .await
        .expect("a second node");
    let end = run(&[&app.auth, &other]).await;
    let (token, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let second = app
        .post("/user/api-keys", &token, json!({ "name": "2" }))
        .await
        .text("/key");
    let nodes = [guarded(&app.auth), guarded(&other)];
    let first = made.text("/key");
    for node in &nodes {
        for key in [&first, &second] {
            assert_eq!(ask(node, with(&[("apikey", key)])).await.status, 200);
        }
    }
    let path = format!("/user/api-keys/{}", made.text("/id"));
    let gone = app.delete(&path, &token, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    // At once where it was done.
    assert_eq!(
        ask(&nodes[0], with(&[("apikey", &first)])).await.status,
        401
    );
    for node in &nodes {
        within_a_second(node, &[("apikey", &first)], StatusCode::UNAUTHORIZED).await;
        assert_eq!(ask(node, with(&[("apikey", &second)])).await.status, 200);
    }
    // A banned user's keys stop too, whoever bans.
    app.db
        .execute("update auth.users set banned_until = now() + interval '1 day'")
        .await;
    for node in &nodes {
        within_a_second(node, &[("apikey", &second)], StatusCode::UNAUTHORIZED).await;
    }
    end.cancel();
}

#[tokio::test]
async fn without_the_channel_a_revocation_still_takes_a_second_at_most() {
    let app = TestAuth::new().await;
    let (_, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let guarded = guarded(&app.auth);
    let headers = [("apikey", made.text("/key"))];
    let headers = [(headers[0].0, headers[0].1.as_str())];
    assert_eq!(ask(&guarded, with(&headers)).await.status, 200);
    app.db
        .execute("update auth.api_keys set revoked_at = now()")
        .await;
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(ask(&guarded, with(&headers)).await.status, 401);
}

#[tokio::test]
async fn when_a_key_was_last_used_is_written_later() {
    let app = TestAuth::new().await;
    let end = run(&[&app.auth]).await;
    let (_, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let guarded = guarded(&app.auth);
    for _ in 0..5 {
        let request = from("192.0.2.9", with(&[("apikey", &made.text("/key"))]));
        assert_eq!(ask(&guarded, request).await.status, 200);
    }
    let query = "select coalesce(host(last_used_ip), '') from auth.api_keys";
    let started = Instant::now();
    while one_text(&app, query).await != "192.0.2.9" {
        assert!(started.elapsed() < Duration::from_secs(5), "never written");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    end.cancel();
}

#[tokio::test]
async fn a_services_key_administers_if_its_scopes_say_so() {
    let app = TestAuth::new().await;
    let admin = key("service_role");
    let made = app
        .post("/admin/api-keys", &admin, json!({ "name": "server" }))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(
        (made.text("/role"), made.body["scopes"].clone()),
        ("service_role".into(), json!(["*:*"]))
    );
    let secret = made.text("/key");
    assert_eq!(
        app.get("/admin/users", &secret).await.status,
        StatusCode::OK
    );
    // A key makes none that is wider than itself.
    let narrow = json!({ "name": "narrow", "scopes": ["auth:admin", "rest:read"] });
    let narrow = app.post("/admin/api-keys", &secret, narrow).await;
    let by_narrow = json!({ "name": "wide", "scopes": ["*:*"] });
    let refused = app
        .post("/admin/api-keys", &narrow.text("/key"), by_narrow)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let inherits = app
        .post(
            "/admin/api-keys",
            &narrow.text("/key"),
            json!({ "name": "i" }),
        )
        .await;
    assert_eq!(inherits.body["scopes"], json!(["auth:admin", "rest:read"]));
    for wrong in [
        json!({ "name": "k", "role": "postgres" }),
        json!({ "name": "k", "kind": "publishable", "role": "service_role" }),
    ] {
        let answer = app.post("/admin/api-keys", &admin, wrong.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let path = format!("/admin/api-keys/{}", made.text("/id"));
    let scopes = json!({ "scopes": ["storage:read"], "expires_at": null });
    let patched = app.call(Method::PATCH, &path, &admin, scopes).await;
    assert_eq!(
        patched.body["scopes"],
        json!(["storage:read"]),
        "{patched:?}"
    );
    assert_eq!(app.get("/admin/users", &secret).await.code(), "not_admin");
    assert_eq!(
        app.delete(&path, &admin, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(app.get("/admin/users", &secret).await.code(), "bad_jwt");
    assert_eq!(
        app.delete(&path, &admin, Value::Null).await.code(),
        "api_key_not_found"
    );
    let list = app.get("/admin/api-keys", &admin).await;
    assert_eq!(list.body.as_array().map(Vec::len), Some(3));
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

#[tokio::test]
async fn a_signed_request_is_accepted_once_with_its_body_and_not_again() {
    let app = TestAuth::new().await;
    let (token, made) = user_and_key(&app, json!({ "name": "m", "kind": "hmac" })).await;
    assert!(made.body.get("key").is_none());
    let signer = signer_of(&made);
    let guarded = guarded(&app.auth);
    let parts = signed(&signer, Method::POST, "/rest?dry=1", b"{\"a\":1}");
    let request = |parts: &http::request::Parts, body: &'static [u8]| {
        Request::from_parts(parts.clone(), Body::from(body))
    };
    let changed = ask(&guarded, request(&parts, b"{\"a\":2}")).await;
    assert_eq!(changed.code(), "signature_invalid");
    let parts = signed(&signer, Method::POST, "/rest?dry=1", b"{\"a\":1}");
    let first = ask(&guarded, request(&parts, b"{\"a\":1}")).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert_eq!(
        (first.text("/proof"), first.body["read"].as_u64()),
        ("Signature".into(), Some(7))
    );
    assert_eq!(
        first.text("/claims/sub"),
        crate::service::claims(&token)["sub"]
    );
    let again = ask(&guarded, request(&parts, b"{\"a\":1}")).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::UNAUTHORIZED, "signature_invalid")
    );
    let mut moved = signed(&signer, Method::GET, "/rest", b"");
    moved.uri = "/report".parse().expect("a path");
    assert_eq!(ask(&guarded, request(&moved, b"")).await.status, 401);
    // Without the layer, a head is enough only where there is no body.
    let head = signed(&signer, Method::GET, "/rest", b"");
    assert!(app.auth.identify(&head).await.is_ok());
    let with_body = signed(&signer, Method::POST, "/rest", b"x");
    assert!(app.auth.identify(&with_body).await.is_err());
    // The secret is no bearer's.
    let bearer = format!("Bearer {}", made.text("/secret"));
    assert_eq!(
        ask(&guarded, with(&[("authorization", &bearer)]))
            .await
            .status,
        401
    );
    let path = format!("/user/api-keys/{}", made.text("/id"));
    app.delete(&path, &token, Value::Null).await;
    let parts = signed(&signer, Method::GET, "/rest", b"");
    assert_eq!(ask(&guarded, request(&parts, b"")).await.status, 401);
}

#[tokio::test]
async fn a_replay_is_refused_on_another_node_that_shares_the_nonces() {
    let app = TestAuth::new().await;
    let redis = crestfall_core::testing::RedisServer::start().await;
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let nonces = crestfall_auth::signature::RedisNonces::connect(&redis.url(), "t:");
        let nonces = nonces.expect("a store");
        nonces.prepare().await.expect("ready");
        let builder = Auth::builder(app.pool.clone(), open_config()).nonces(nonces);
        nodes.push(guarded(&builder.build().await.expect("a node")));
    }
    tokio::time::sleep(Duration::from_millis(1100)).await; // signed after Redis began to remember
    let (_, made) = user_and_key(&app, json!({ "name": "m", "kind": "hmac" })).await;
    let parts = signed(&signer_of(&made), Method::GET, "/rest", b"");
    let request = || Request::from_parts(parts.clone(), Body::empty());
    assert_eq!(ask(&nodes[0], request()).await.status, 200);
    assert_eq!(ask(&nodes[1], request()).await.status, 401);
}

#[tokio::test]
async fn an_ed25519_key_signs_without_a_secret_on_our_side() {
    let app = TestAuth::new().await;
    let key = PrivateKey::ed25519(&[7; 32]).expect("a key");
    let public = BASE64_STANDARD.encode(key.public().expect("a public half"));
    let request = json!({ "name": "m", "kind": "ed25519", "public_key": public });
    let (_, made) = user_and_key(&app, request).await;
    assert!(made.body.get("secret").is_none() && made.body.get("key").is_none());
    let parts = signed(
        &Signer::new(made.text("/key_id"), key),
        Method::GET,
        "/rest",
        b"",
    );
    let answer = ask(
        &guarded(&app.auth),
        Request::from_parts(parts, Body::empty()),
    )
    .await;
    assert_eq!(
        (answer.status, answer.text("/proof")),
        (StatusCode::OK, "Signature".into())
    );
}

#[tokio::test]
async fn basic_takes_a_password_once_a_minute_or_a_key() {
    let app = TestAuth::new().await;
    let end = run(&[&app.auth]).await;
    let (token, made) = user_and_key(&app, json!({ "name": "k" })).await;
    let guarded = guarded(&app.auth);
    let right = basic("ada@example.org", "correct horse");
    let headers = [("authorization", right.as_str())];
    let answer = ask(&guarded, with(&headers)).await;
    assert_eq!(
        (answer.status, answer.text("/proof")),
        (StatusCode::OK, "Basic".into())
    );
    assert_eq!(
        answer.text("/claims/sub"),
        crate::service::claims(&token)["sub"]
    );
    let started = Instant::now();
    for _ in 0..50 {
        assert_eq!(ask(&guarded, with(&headers)).await.status, 200);
    }
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "hashed again"
    );
    let key = basic("anyone", &made.text("/key"));
    let by_key = ask(&guarded, with(&[("authorization", &key)])).await;
    assert_eq!(by_key.text("/proof"), "ApiKey");
    let wrong = basic("ada@example.org", "wrong");
    let refused = ask(&guarded, with(&[("authorization", &wrong)])).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::UNAUTHORIZED, "basic_invalid")
    );
    let challenge = refused.headers["www-authenticate"].to_str().expect("text");
    assert!(challenge.starts_with("Basic realm="), "{challenge}");
    // A page of another site cannot use what a browser remembers.
    let cross = [
        ("authorization", right.as_str()),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(
        ask(&guarded, at(Method::POST, "/", &cross)).await.status,
        403
    );
    // A new password is felt within a second.
    app.put("/user", &token, json!({ "password": "battery staple" }))
        .await;
    within_a_second(&guarded, &headers, StatusCode::UNAUTHORIZED).await;
    end.cancel();
}

#[tokio::test]
async fn wrong_passwords_are_counted_by_account_in_whatever_spelling_and_way() {
    let app = TestAuth::with(|config| config.lock_out.attempts = 3).await;
    app.sign_up("ada@example.org", "correct horse").await;
    let guarded = guarded(&app.auth);
    for user in ["ada@example.org", "ADA@example.org"] {
        let header = basic(user, "wrong");
        let request = from("192.0.2.1", with(&[("authorization", &header)]));
        assert_eq!(ask(&guarded, request).await.status, 401);
    }
    // The third is a sign-in: they count together.
    let wrong = app.sign_in(" Ada@example.org", "wrong").await;
    assert_eq!(wrong.code(), "invalid_credentials");
    let right = basic("ada@example.org", "correct horse");
    let stranger = from("198.51.100.1", with(&[("authorization", &right)]));
    let locked = ask(&guarded, stranger).await;
    assert_eq!(
        (locked.status, locked.code()),
        (StatusCode::UNAUTHORIZED, "basic_invalid")
    );
}

#[tokio::test]
async fn who_has_a_second_factor_does_not_pass_by_it_with_basic() {
    let app = TestAuth::new().await;
    app.sign_up("ada@example.org", "correct horse").await;
    app.db
        .execute(
            "insert into auth.mfa_factors (user_id, factor_type, status)
             select id, 'totp', 'verified' from auth.users",
        )
        .await;
    let header = basic("ada@example.org", "correct horse");
    let refused = ask(&guarded(&app.auth), with(&[("authorization", &header)])).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    // Nor do they make keys at the first level.
    let token = app
        .sign_in("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let refused = app
        .post("/user/api-keys", &token, json!({ "name": "k" }))
        .await;
    assert_eq!(refused.code(), "insufficient_aal");
}

#[tokio::test]
async fn sec_36_a_services_secret_key_is_refused_from_a_browser() {
    let app = TestAuth::new().await;
    let admin = key("service_role");
    let make = async |body: Value| app.post("/admin/api-keys", &admin, body).await.text("/key");
    let secret = make(json!({ "name": "server" })).await;
    let public = make(json!({ "name": "app", "kind": "publishable" })).await;
    let (_, own) = user_and_key(&app, json!({ "name": "mine" })).await;
    let guarded = guarded(&app.auth);
    for (key, is_secret) in [
        (&secret, true),
        (&public, false),
        (&own.text("/key"), false),
    ] {
        assert_eq!(ask(&guarded, with(&[("apikey", key)])).await.status, 200);
        let page = with(&[("apikey", key), ("sec-fetch-site", "cross-site")]);
        let answer = ask(&guarded, page).await;
        match is_secret {
            true => assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, "api_key_in_browser")
            ),
            false => assert_eq!(answer.status, 200),
        }
    }
    let bearer = format!("Bearer {secret}");
    let page = with(&[
        ("authorization", &bearer),
        ("sec-fetch-site", "same-origin"),
    ]);
    assert_eq!(ask(&guarded, page).await.status, 401);
}

#[tokio::test]
async fn d33_a_key_is_replaced_by_another_while_both_hold() {
    let app = TestAuth::new().await;
    let request =
        json!({ "name": "k", "scopes": ["reports:read"], "allowed_ips": ["192.0.2.0/24"] });
    let (token, old) = user_and_key(&app, request).await;
    let path = format!("/user/api-keys/{}/rotate", old.text("/id"));
    let new = app.post(&path, &token, json!({ "overlap": "1s" })).await;
    assert_eq!(new.status, StatusCode::CREATED, "{new:?}");
    for same in ["name", "scopes", "allowed_ips", "role", "kind"] {
        assert_eq!(new.body[same], old.body[same], "{same}");
    }
    assert_ne!(new.text("/key"), old.text("/key"));
    let guarded = guarded(&app.auth);
    let status = async |key: &str| {
        let request = from("192.0.2.9", with(&[("apikey", key)]));
        ask(&guarded, request).await.status
    };
    assert_eq!(status(&old.text("/key")).await, 200);
    assert_eq!(status(&new.text("/key")).await, 200);
    let started = Instant::now();
    while status(&old.text("/key")).await == 200 {
        assert!(started.elapsed() < Duration::from_secs(10), "it goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status(&new.text("/key")).await, 200);
    // One that is over has no successor, and nobody else's has one.
    let over = app.post(&path, &token, json!({})).await;
    assert_eq!(over.status, StatusCode::BAD_REQUEST, "{over:?}");
    let other = app.sign_up("eve@example.org", "correct horse").await;
    let path = format!("/user/api-keys/{}/rotate", new.text("/id"));
    let foreign = app
        .post(&path, &other.text("/access_token"), json!({}))
        .await;
    assert_eq!(foreign.code(), "api_key_not_found");
}

#[tokio::test]
async fn d33_what_administrators_do_to_keys_is_written_down() {
    let app = TestAuth::new().await;
    let admin = key("service_role");
    let made = app.post("/admin/api-keys", &admin, json!({ "name": "server" }));
    let made = made.await.text("/id");
    let path = format!("/admin/api-keys/{made}");
    let renamed = json!({ "name": "the server" });
    app.call(Method::PATCH, &path, &admin, renamed).await;
    let rotated = app.post(&format!("{path}/rotate"), &admin, json!({})).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{rotated:?}");
    assert_eq!(rotated.text("/name"), "the server");
    app.delete(&path, &admin, Value::Null).await;
    let entries = app.get("/admin/audit?query=type:key", &admin).await;
    let entries: Vec<(String, Value)> = entries
        .body
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .map(|entry| {
            let payload = &entry["payload"];
            assert_eq!(payload["actor_username"], "service_role");
            assert_eq!(payload["traits"]["api_key_id"], made.as_str());
            (
                payload["action"].as_str().unwrap_or_default().to_owned(),
                payload["traits"]["successor"].clone(),
            )
        })
        .collect();
    let actions: Vec<&str> = entries.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "api_key_created",
            "api_key_changed",
            "api_key_rotated",
            "api_key_revoked"
        ]
    );
    assert_eq!(entries[2].1, rotated.body["id"]);
    // A user finds what was done to theirs.
    let (token, own) = user_and_key(&app, json!({ "name": "mine" })).await;
    let path = format!("/admin/api-keys/{}", own.text("/id"));
    app.delete(&path, &admin, Value::Null).await;
    let log = app.get("/user/security-log", &token).await;
    assert_eq!(log.body[0]["action"], "api_key_revoked");
    assert_eq!(log.body[0]["by_administrator"], true);
}
