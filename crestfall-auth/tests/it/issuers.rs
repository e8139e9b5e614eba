//! Tokens of other issuers: keys by discovery and JWKS, rotation, and claims made into ours.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use crestfall_auth::config::IssuerConfig;
use crestfall_auth::signing_key::{Algorithm, SigningKey};
use http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::authenticators::{ask, guarded, with};
use crate::service::{Answer, TestAuth};

/// An identity provider of the company.
struct Provider {
    url: String,
    keys: Arc<Mutex<SigningKey>>,
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let keys = Arc::new(Mutex::new(new_key()));
        let document = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
        let shown = Arc::clone(&keys);
        let app = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move || Json(document)),
            )
            .route("/keys", get(async move || Json(jwks(&shown.lock()))));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, keys }
    }

    fn host(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }

    fn token(&self, changes: Value) -> String {
        let claims = json!({
            "iss": self.url, "aud": "us", "sub": "ada", "exp": 4_102_444_800_u64,
            "upn": "ada@example.org", "role": "service_role", "aal": "aal2",
        });
        let mut claims: Map<String, Value> = claims.as_object().expect("an object").clone();
        for (name, value) in changes.as_object().expect("an object") {
            claims.insert(name.clone(), value.clone());
        }
        claims.retain(|_, value| !value.is_null());
        self.keys.lock().sign(&claims).expect("a token")
    }

    fn settings(&self) -> IssuerConfig {
        let settings = json!({
            "issuer": self.url, "audience": "us", "claims": { "email": "/upn" },
        });
        serde_json::from_value(settings).expect("settings")
    }
}

fn new_key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).expect("a key")
}

fn jwks(key: &SigningKey) -> Value {
    json!({ "keys": [key.public_jwk()] })
}

async fn with_token(app: &TestAuth, token: &str) -> Answer {
    let header = format!("Bearer {token}");
    ask(&guarded(&app.auth), with(&[("authorization", &header)])).await
}

#[tokio::test]
async fn a_foreign_token_is_accepted_by_discovery_and_says_no_more_than_it_may() {
    let provider = Provider::start().await;
    let app = TestAuth::with(|config| {
        config.egress.allow = vec![provider.host()];
        config.issuers = vec![provider.settings()];
    })
    .await;
    let answer = with_token(&app, &provider.token(json!({}))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(
        (answer.text("/role"), answer.text("/proof")),
        ("authenticated".into(), "Token".into())
    );
    assert_eq!(answer.text("/claims/email"), "ada@example.org");
    assert_eq!(answer.text("/claims/aal"), "aal1");
    let again = with_token(&app, &provider.token(json!({}))).await;
    assert_eq!(again.status, StatusCode::OK);
    for wrong in [
        json!({ "aud": null }),
        json!({ "aud": "others" }),
        json!({ "exp": 1 }),
        json!({ "exp": null }),
        json!({ "iss": "https://other.example.org" }),
        json!({ "iss": format!("{}/", provider.url) }),
    ] {
        let answer = with_token(&app, &provider.token(wrong.clone())).await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{wrong} {answer:?}"
        );
    }
    // Our own tokens go on to be ours, and a foreign key signs none of them.
    let forged = provider.token(json!({ "iss": "http://localhost:8000/auth/v1" }));
    assert_eq!(
        with_token(&app, &forged).await.status,
        StatusCode::UNAUTHORIZED
    );
    let own = app
        .sign_up("bob@example.org", "correct horse")
        .await
        .text("/access_token");
    assert_eq!(
        with_token(&app, &own).await.text("/claims/email"),
        "bob@example.org"
    );
    // Nor does it open the service's own endpoints.
    assert_eq!(
        app.get("/user", &provider.token(json!({}))).await.code(),
        "bad_jwt"
    );
}

#[tokio::test]
async fn d35_a_new_key_of_an_issuer_is_fetched_and_the_old_one_no_longer_taken() {
    let provider = Provider::start().await;
    let app = TestAuth::with(|config| {
        let mut settings = provider.settings();
        settings.jwks_url = format!("{}/keys", provider.url);
        settings.role_claim = "$.groups[0]".into();
        settings.roles = vec!["editor".into()];
        config.issuers = vec![settings];
    })
    .await;
    let old = provider.token(json!({ "groups": ["editor"] }));
    let answer = with_token(&app, &old).await;
    assert_eq!(
        (answer.status, answer.text("/role")),
        (StatusCode::OK, "editor".into())
    );
    let refused = with_token(&app, &provider.token(json!({ "groups": ["postgres"] }))).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let without = with_token(&app, &provider.token(json!({}))).await;
    assert_eq!(without.text("/role"), "authenticated");
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_no_reason_to_be_anonymous() {
    let app = TestAuth::with(|config| {
        config.egress.allow = vec!["127.0.0.1:1".into()];
        let settings = json!({ "issuer": "http://127.0.0.1:1", "audience": "us" });
        config.issuers = vec![serde_json::from_value(settings).expect("settings")];
    })
    .await;
    let claims = json!({ "iss": "http://127.0.0.1:1", "aud": "us", "exp": 4_102_444_800_u64 });
    let token = new_key()
        .sign(claims.as_object().expect("an object"))
        .expect("a token");
    let answer = with_token(&app, &token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
}
