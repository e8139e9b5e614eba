//! A service to test: its database, its router, and requests to it.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use crestfall_auth::config::RateLimits;
use crestfall_auth::mail::Catcher;
use crestfall_auth::{Auth, Builder, Config};
use crestfall_core::Secret;
use crestfall_core::client_ip::ClientIp;
use crestfall_core::jwt::sign_hs256;
use crestfall_core::testing::TestDb;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::documented;

/// The queue of jobs, then the schema `auth`.
const SCHEMA: &str = concat!(
    include_str!("../../../crestfall-core/src/job/0001_jobs.sql"),
    include_str!("../../migrations/0001_auth.sql"),
    include_str!("../../migrations/0002_lean_sessions.sql"),
    include_str!("../../migrations/0003_scim.sql"),
);

pub(crate) const SECRET: &str = "a secret of the tests, of thirty-two bytes and more";

pub(crate) struct TestAuth {
    pub(crate) db: TestDb,
    pub(crate) pool: PgPool,
    pub(crate) auth: Auth,
    pub(crate) router: Router,
    /// Gets what is sent, while [`Auth::run`] runs.
    pub(crate) catcher: Catcher,
    /// The cookie that a browser gets on its way to a provider.
    browser: std::sync::Mutex<Option<http::HeaderValue>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The error's code in the newer form.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn text(&self, pointer: &str) -> String {
        let value = self.body.pointer(pointer);
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// New addresses count as confirmed; everything may be used.
pub(crate) fn open_config() -> Config {
    let mut config = Config {
        anonymous_users: true,
        encryption_key: Secret::new("a key of the tests, of thirty-two bytes and more"),
        ..Config::default()
    };
    config.tokens.secret = Secret::new(SECRET);
    config.email.autoconfirm = true;
    config.password.min_length = 6;
    config.phone.enabled = true;
    config.phone.autoconfirm = true;
    config.rate_limits = RateLimits::off();
    config
}

impl TestAuth {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::built(change, |builder| builder).await
    }

    /// With parts of the test's own.
    pub(crate) async fn built(
        change: impl FnOnce(&mut Config),
        build: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let mut config = open_config();
        change(&mut config);
        let db = TestDb::with_template("auth", SCHEMA).await;
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(8)
            .connect(&db.url())
            .await
            .expect("a pool");
        let catcher = Catcher::new();
        let builder = Auth::builder(pool.clone(), config)
            .mailer(catcher.clone())
            .sms(catcher.clone());
        let auth = build(builder).build().await.expect("a service");
        let router = auth.router();
        Self {
            db,
            pool,
            auth,
            router,
            catcher,
            browser: std::sync::Mutex::default(),
        }
    }

    /// From now on requests come from another browser.
    pub(crate) fn change_browser(&self) {
        *self.browser.lock().expect("the browser") = None;
    }

    /// Puts the browser's cookie on its way to a provider, or back.
    fn put_cookie(&self, request: &mut Request<Body>) {
        let path = request.uri().path();
        let is_on_its_way = path == "/authorize" || path == "/callback";
        let cookie = self.browser.lock().expect("the browser").clone();
        if let (true, Some(cookie)) = (is_on_its_way, cookie) {
            request.headers_mut().append(http::header::COOKIE, cookie);
        }
    }

    fn keep_cookie(&self, headers: &http::HeaderMap) {
        for cookie in headers.get_all(http::header::SET_COOKIE) {
            let text = cookie.to_str().expect("text");
            if text.contains("crestfall-browser") {
                let pair = text.split(';').next().expect("a cookie");
                let pair = http::HeaderValue::from_str(pair).expect("a header");
                *self.browser.lock().expect("the browser") = Some(pair);
            }
        }
    }

    /// Runs what runs beside the routers of these nodes of one database, and waits until each hears of
    /// what the others do.
    pub(crate) async fn run(&self, nodes: &[&Auth]) -> CancellationToken {
        let end = CancellationToken::new();
        for auth in nodes {
            let (auth, end) = ((*auth).clone(), end.clone());
            tokio::spawn(async move { auth.run(end).await });
        }
        let query = "select count(*) from pg_stat_activity
            where datname = current_database() and query ilike 'listen %auth%'";
        let nodes = i64::try_from(nodes.len()).expect("a few");
        for _ in 0..400 {
            let heard: i64 = sqlx::query_scalar(query)
                .fetch_one(&self.pool)
                .await
                .expect("a count");
            if heard >= nodes {
                return end;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the nodes do not listen");
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        self.put_cookie(&mut request);
        let asked = (request.method().clone(), request.uri().to_string());
        let names_version = request.headers().contains_key("x-supabase-api-version");
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let (parts, body) = response.into_parts();
        self.keep_cookie(&parts.headers);
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes).into_owned()));
        documented::check(
            (&asked.0, &asked.1),
            names_version,
            parts.status,
            &parts.headers,
            &body,
        );
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// As auth-js asks: with a token or none, with a body or none, naming its API version.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .header("x-supabase-api-version", "2024-01-01");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// The same, from this address.
    pub(crate) async fn post_from(&self, ip: &str, path: &str, body: Value) -> Answer {
        let mut request = Request::post(path)
            .header("x-supabase-api-version", "2024-01-01")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let ip = ip.parse().expect("an address");
        request.extensions_mut().insert(ClientIp(ip));
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, token, body).await
    }

    pub(crate) async fn put(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, token, body).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::DELETE, path, token, body).await
    }

    /// Signs a new user up and gives the session.
    pub(crate) async fn sign_up(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        let answer = self.post("/signup", "", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post("/token?grant_type=password", "", body).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        let body = json!({ "refresh_token": token });
        self.post("/token?grant_type=refresh_token", "", body).await
    }
}

/// A key with this role, as projects have them.
pub(crate) fn key(role: &str) -> String {
    let claims = json!({ "role": role, "iss": "supabase-demo", "exp": 4_102_444_800_u64 });
    sign_hs256(SECRET, &claims).expect("a token")
}

/// What a token says.
pub(crate) fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("three parts");
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}
