//! A provider of our own: an OpenID issuer and OAuth 2.0 API on a free port, which says of its one user
//! whatever a test wants.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use crestfall_auth::signing_key::{Algorithm, SigningKey};
use parking_lot::Mutex;
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct FakeProvider {
    /// Its address, which is its issuer too.
    pub(crate) url: String,
    state: Arc<Mutex<Inner>>,
}

struct Inner {
    key: SigningKey,
    /// What is published instead of the issuer's own name.
    issuer: Option<String>,
    /// Members set in the ID token; null removes.
    claims: Value,
    profile: Value,
    emails: Value,
    /// By code: the nonce and challenge it was asked with.
    codes: HashMap<String, (String, String)>,
    exchanges: Vec<HashMap<String, String>>,
    without_id_token: bool,
    jwks_fetches: usize,
}

impl FakeProvider {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let fake = Self {
            url,
            state: Arc::new(Mutex::new(Inner {
                key: SigningKey::generate(Algorithm::Es256).expect("a key"),
                issuer: None,
                claims: json!({}),
                profile: json!({}),
                emails: json!([]),
                codes: HashMap::new(),
                exchanges: Vec::new(),
                without_id_token: false,
                jwks_fetches: 0,
            })),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/v2.0/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/login/oauth/access_token", post(token))
            .route("/oauth2/v2.0/token", post(token))
            .route("/userinfo", get(profile))
            .route("/api/v3/user", get(profile))
            .route("/api/v3/user/emails", get(emails))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// `host:port`, for the allow-list.
    pub(crate) fn host(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }

    /// What the ID token says besides.
    pub(crate) fn says(&self, claims: Value) {
        self.state.lock().claims = claims;
    }

    pub(crate) fn profile(&self, profile: Value, emails: Value) {
        let mut state = self.state.lock();
        state.profile = profile;
        state.emails = emails;
    }

    pub(crate) fn publishes_issuer(&self, issuer: &str) {
        self.state.lock().issuer = Some(issuer.to_owned());
    }

    pub(crate) fn gives_no_id_token(&self) {
        self.state.lock().without_id_token = true;
    }

    pub(crate) fn rotates_its_key(&self) {
        self.state.lock().key = SigningKey::generate(Algorithm::Es256).expect("a key");
    }

    /// How often its keys were asked for.
    pub(crate) fn key_fetches(&self) -> usize {
        self.state.lock().jwks_fetches
    }

    /// What was sent to the token endpoint last.
    pub(crate) fn last_exchange(&self) -> HashMap<String, String> {
        let state = self.state.lock();
        state.exchanges.last().cloned().unwrap_or_default()
    }

    pub(crate) fn exchanges(&self) -> usize {
        self.state.lock().exchanges.len()
    }

    /// The user agrees: what a browser would then bring back.
    pub(crate) fn agree(&self, authorization: &str) -> String {
        let url = url::Url::parse(authorization).expect("a URL");
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let get = |name: &str| query.get(name).cloned().unwrap_or_default();
        assert_eq!(get("response_type"), "code");
        let code = uuid::Uuid::new_v4().to_string();
        let asked = (get("nonce"), get("code_challenge"));
        self.state.lock().codes.insert(code.clone(), asked);
        format!("state={}&code={code}", get("state"))
    }

    /// An ID token as programs get it.
    pub(crate) fn id_token(&self, client_id: &str, claims: &Value) -> String {
        let now = chrono::Utc::now().timestamp();
        let mut all = json!({
            "iss": self.url, "aud": client_id, "sub": "subject-1", "iat": now, "exp": now + 600,
        });
        for (name, value) in claims.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(all.as_object_mut().expect("claims").remove(name)),
                value => all[name] = value.clone(),
            }
        }
        self.state.lock().key.sign(&all).expect("a token")
    }

    pub(crate) fn public_jwk(&self) -> Value {
        self.state.lock().key.public_jwk().expect("a public key")
    }
}

async fn discovery(State(fake): State<FakeProvider>) -> Json<Value> {
    let issuer = fake.state.lock().issuer.clone();
    Json(json!({
        "issuer": issuer.unwrap_or_else(|| fake.url.clone()),
        "authorization_endpoint": format!("{}/authorize", fake.url),
        "token_endpoint": format!("{}/token", fake.url),
        "userinfo_endpoint": format!("{}/userinfo", fake.url),
        "jwks_uri": format!("{}/jwks", fake.url),
    }))
}

async fn jwks(State(fake): State<FakeProvider>) -> Json<Value> {
    fake.state.lock().jwks_fetches += 1;
    // Others publish keys that we cannot use, too.
    Json(json!({ "keys": [{ "kty": "XYZ" }, { "kty": "RSA", "n": 7 }, fake.public_jwk()] }))
}

async fn token(
    State(fake): State<FakeProvider>,
    RawForm(form): RawForm,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let form: HashMap<String, String> = url::form_urlencoded::parse(&form).into_owned().collect();
    let get = |name: &str| form.get(name).cloned().unwrap_or_default();
    let asked = fake.state.lock().codes.remove(&get("code"));
    fake.state.lock().exchanges.push(form.clone());
    let refuse = || {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_grant" })),
        )
    };
    let (nonce, challenge) = asked.ok_or_else(refuse)?;
    if !challenge.is_empty() {
        use base64::Engine as _;
        let verifier = get("code_verifier");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        let made = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(digest);
        if made != challenge {
            return Err(refuse());
        }
    }
    let mut claims = json!({ "nonce": nonce });
    if nonce.is_empty() {
        claims = json!({});
    }
    let state_claims = fake.state.lock().claims.clone();
    for (name, value) in state_claims.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    let id_token = fake.id_token("client-1", &claims);
    let mut answer = json!({
        "access_token": "provider-access", "refresh_token": "provider-refresh",
        "token_type": "bearer", "id_token": id_token,
    });
    if fake.state.lock().without_id_token {
        answer
            .as_object_mut()
            .expect("an object")
            .remove("id_token");
    }
    Ok(Json(answer))
}

async fn profile(
    State(fake): State<FakeProvider>,
    headers: HeaderMap,
    Query(_): Query<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    match headers
        .get("authorization")
        .is_some_and(|v| v == "Bearer provider-access")
    {
        true => Ok(Json(fake.state.lock().profile.clone())),
        false => Err(StatusCode::UNAUTHORIZED),
    }
}

async fn emails(State(fake): State<FakeProvider>) -> Json<Value> {
    Json(fake.state.lock().emails.clone())
}
