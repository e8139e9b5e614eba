//! The OAuth 2.1 and OpenID Connect server (GT-004, GT-024, GT-052, GT-064 to GT-071, D33).

mod clients;
mod codes;
mod consent;
mod device;
mod flow;
mod requests;
mod rights;
mod tokens;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use crestfall_auth::Config;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::service::{Answer, TestAuth, key};

pub(crate) const CALLBACK: &str = "https://app.example.org/callback";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A service whose OAuth server is on, and a user who is signed in.
pub(crate) struct OauthApp {
    pub(crate) app: TestAuth,
    /// The user's own access token.
    pub(crate) user: String,
}

/// A registered client.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// Empty for a public one.
    pub(crate) secret: String,
}

pub(crate) fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

pub(crate) fn urlencoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// A parameter of an address' query.
pub(crate) fn parameter(location: &str, name: &str) -> String {
    let url = Url::parse(location).expect("an address");
    let found = url.query_pairs().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

impl Client {
    pub(crate) fn basic(&self) -> String {
        let credentials = format!("{}:{}", self.id, self.secret);
        format!("Basic {}", BASE64_STANDARD.encode(credentials))
    }
}

impl OauthApp {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let app = TestAuth::with(|config| {
            config.site_url = "https://app.example.org".to_owned();
            config.external_url = "https://api.example.org/auth/v1".to_owned();
            config.oauth_server.enabled = true;
            config.oauth_server.authorization_path = "/consent".to_owned();
            change(config);
        })
        .await;
        let user = app
            .sign_up("ada@example.org", "correct horse")
            .await
            .text("/access_token");
        Self { app, user }
    }

    /// Registers a client as an administrator.
    pub(crate) async fn register(&self, mut metadata: Value) -> Client {
        if metadata.get("redirect_uris").is_none() {
            metadata["redirect_uris"] = json!([CALLBACK]);
        }
        let path = "/admin/oauth/clients";
        let made = self.app.post(path, &key("service_role"), metadata).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        Client {
            id: made.text("/client_id"),
            secret: made.text("/client_secret"),
        }
    }

    pub(crate) async fn confidential(&self) -> Client {
        self.register(json!({ "client_name": "App" })).await
    }

    pub(crate) async fn public(&self) -> Client {
        self.register(json!({ "client_name": "Tool", "token_endpoint_auth_method": "none" }))
            .await
    }

    /// Sends the browser to the server; with these parameters in place of the usual ones.
    pub(crate) async fn authorize(&self, client: &Client, change: &[(&str, &str)]) -> Answer {
        let challenge = challenge(VERIFIER);
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("scope", "openid email"),
            ("state", "s t&1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        pairs.retain(|(name, _)| !change.iter().any(|(other, _)| name == other));
        pairs.extend(change.iter().filter(|(_, value)| !value.is_empty()));
        let path = format!("/oauth/authorize?{}", urlencoded(&pairs));
        self.app.get(&path, "").await
    }

    /// The name of what a client asks for, at the page.
    pub(crate) async fn ask(&self, client: &Client, change: &[(&str, &str)]) -> String {
        let answer = self.authorize(client, change).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
        let location = location(&answer);
        assert!(
            location.starts_with("https://app.example.org/consent?authorization_id="),
            "{location}"
        );
        parameter(&location, "authorization_id")
    }

    pub(crate) async fn open(&self, id: &str, user: &str) -> Answer {
        self.app
            .get(&format!("/oauth/authorizations/{id}"), user)
            .await
    }

    pub(crate) async fn decide(&self, id: &str, user: &str, action: &str) -> Answer {
        let path = format!("/oauth/authorizations/{id}/consent");
        self.app
            .post(&path, user, json!({ "action": action }))
            .await
    }

    /// The user agrees; the code that the client gets.
    pub(crate) async fn code(&self, client: &Client, change: &[(&str, &str)]) -> String {
        let id = self.ask(client, change).await;
        let mut decided = self.open(&id, &self.user).await;
        assert_eq!(decided.status, StatusCode::OK, "{decided:?}");
        if decided.body.get("redirect_url").is_none() {
            decided = self.decide(&id, &self.user, "approve").await;
        }
        assert_eq!(decided.status, StatusCode::OK, "{decided:?}");
        parameter(&decided.text("/redirect_url"), "code")
    }

    /// A form from a client, which proves itself as it was registered.
    pub(crate) async fn form(&self, path: &str, client: &Client, pairs: &[(&str, &str)]) -> Answer {
        let mut pairs = pairs.to_vec();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded");
        if client.secret.is_empty() {
            pairs.push(("client_id", &client.id));
        } else {
            request = request.header("authorization", client.basic());
        }
        let body = Body::from(urlencoded(&pairs));
        self.app.send(request.body(body).expect("a request")).await
    }

    pub(crate) async fn exchange(
        &self,
        client: &Client,
        code: &str,
        change: &[(&str, &str)],
    ) -> Answer {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        pairs.retain(|(name, _)| !change.iter().any(|(other, _)| name == other));
        pairs.extend(change.iter().filter(|(_, value)| !value.is_empty()));
        self.form("/oauth/token", client, &pairs).await
    }

    /// The tokens of a client that the user has agreed to.
    pub(crate) async fn tokens(&self, client: &Client, change: &[(&str, &str)]) -> Answer {
        let code = self.code(client, change).await;
        let answer = self.exchange(client, &code, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    pub(crate) async fn refresh(&self, client: &Client, token: &str) -> Answer {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.form("/oauth/token", client, &pairs).await
    }

    pub(crate) async fn introspect(&self, client: &Client, token: &str) -> Value {
        let answer = self
            .form("/oauth/introspect", client, &[("token", token)])
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    pub(crate) async fn execute(&self, statement: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(&self.app.pool)
            .await
            .expect("a statement");
    }
}

pub(crate) fn location(answer: &Answer) -> String {
    let value = answer.headers.get("location").expect("a redirect");
    value.to_str().expect("text").to_owned()
}

/// Status and `error` of an OAuth refusal.
pub(crate) fn refusal(answer: &Answer) -> (u16, &str) {
    let error = answer.body["error"].as_str().unwrap_or_default();
    assert!(answer.body["error_description"].is_string(), "{answer:?}");
    (answer.status.as_u16(), error)
}
