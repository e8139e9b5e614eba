//! Sign-in by OAuth 1.0a (RFC 5849, GT-056), with a provider that believes no request it cannot verify.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crestfall_auth::config::Provider;
use crestfall_core::Secret;
use http::StatusCode;
use http::header::AUTHORIZATION;
use parking_lot::Mutex;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

use crate::providers::{location, parameters};
use crate::service::{Answer, TestAuth};

const KEY: &str = "consumer key";
const SECRET: &str = "consumer & secret";

#[derive(Clone)]
struct Twitter {
    url: String,
    /// Where each request token's user is to be sent back to.
    callbacks: Arc<Mutex<HashMap<String, String>>>,
    /// What was refused.
    refused: Arc<Mutex<Vec<String>>>,
}

fn encode(text: &str) -> String {
    const SET: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, SET).to_string()
}

/// What a token signs with.
fn secret_of(token: &str) -> String {
    match token {
        "" => String::new(),
        token => format!("the secret of {token}"),
    }
}

impl Twitter {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let twitter = Self {
            url: format!("http://{}", listener.local_addr().expect("an address")),
            callbacks: Arc::default(),
            refused: Arc::default(),
        };
        let router = Router::new()
            .route("/oauth/request_token", post(request_token))
            .route("/oauth/access_token", post(access_token))
            .route("/1.1/account/verify_credentials.json", get(profile))
            .with_state(twitter.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        twitter
    }

    async fn app(&self) -> TestAuth {
        TestAuth::with(|config| {
            config
                .egress
                .allow
                .push(self.url.trim_start_matches("http://").to_owned());
            config.site_url = "https://app.example".to_owned();
            config.providers.insert(
                "twitter".to_owned(),
                Provider {
                    enabled: true,
                    client_id: vec![KEY.to_owned()],
                    secret: Secret::new(SECRET),
                    url: self.url.clone(),
                    ..Provider::default()
                },
            );
        })
        .await
    }

    /// The user agrees: what the browser brings back.
    fn agree(&self, authorization: &str) -> String {
        let (query, _) = parameters(authorization);
        assert!(authorization.starts_with(&format!("{}/oauth/authenticate?", self.url)));
        let token = &query["oauth_token"];
        let callback = self.callbacks.lock()[token].clone();
        let (sent, _) = parameters(&callback);
        format!(
            "state={}&oauth_token={token}&oauth_verifier=verifier-of-{token}",
            sent["state"]
        )
    }

    /// The parameters of the protocol, if the request is signed by who may (section 3.2).
    async fn verify(&self, request: Request, token: &str) -> Option<HashMap<String, String>> {
        let (parts, body) = request.into_parts();
        let body: Bytes = axum::body::to_bytes(body, 1 << 16).await.expect("a body");
        let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut own = HashMap::new();
        for part in header.strip_prefix("OAuth ")?.split(", ") {
            let (name, value) = part.split_once('=')?;
            own.insert(decode(name), decode(value.trim_matches('"')));
        }
        let signature = own.remove("oauth_signature")?;
        let query = parts.uri.query().unwrap_or_default();
        let form = [query.as_bytes(), &body];
        let others = form
            .iter()
            .flat_map(|text| url::form_urlencoded::parse(text));
        let mut all: Vec<String> = others
            .map(|(name, value)| format!("{}={}", encode(&name), encode(&value)))
            .chain(
                own.iter()
                    .map(|(name, value)| format!("{}={}", encode(name), encode(value))),
            )
            .collect();
        all.sort();
        let place = format!("{}{}", self.url, parts.uri.path());
        let base = [parts.method.as_str(), &place, &all.join("&")]
            .map(encode)
            .join("&");
        let key = format!("{}&{}", encode(SECRET), encode(&secret_of(token)));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        let signature = BASE64_STANDARD.decode(signature).ok()?;
        let is_good = hmac::verify(&key, base.as_bytes(), &signature).is_ok()
            && own["oauth_consumer_key"] == KEY
            && own.get("oauth_token").map_or("", String::as_str) == token;
        if !is_good {
            self.refused.lock().push(base);
            return None;
        }
        let body = url::form_urlencoded::parse(&body).into_owned();
        own.extend(body);
        Some(own)
    }
}

async fn request_token(State(twitter): State<Twitter>, request: Request) -> (StatusCode, String) {
    let Some(own) = twitter.verify(request, "").await else {
        return (StatusCode::UNAUTHORIZED, String::new());
    };
    let token = format!("r{}", uuid::Uuid::new_v4().simple());
    let mut callbacks = twitter.callbacks.lock();
    callbacks.insert(token.clone(), own["oauth_callback"].clone());
    let secret = encode(&secret_of(&token));
    let answer =
        format!("oauth_token={token}&oauth_token_secret={secret}&oauth_callback_confirmed=true");
    (StatusCode::OK, answer)
}

async fn access_token(State(twitter): State<Twitter>, request: Request) -> (StatusCode, String) {
    let header = request.headers()[AUTHORIZATION].to_str().expect("text");
    let token = header.split("oauth_token=\"").nth(1).unwrap_or_default();
    let token = token.split('"').next().unwrap_or_default().to_owned();
    let known = twitter.callbacks.lock().contains_key(&token);
    let own = twitter.verify(request, &token).await.filter(|_| known);
    let is_good = own.is_some_and(|own| own["oauth_verifier"] == format!("verifier-of-{token}"));
    if !is_good {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    let secret = encode(&secret_of("access-ada"));
    let answer = format!("oauth_token=access-ada&oauth_token_secret={secret}&user_id=7");
    (StatusCode::OK, answer)
}

async fn profile(State(twitter): State<Twitter>, request: Request) -> (StatusCode, Json<Value>) {
    match twitter.verify(request, "access-ada").await {
        None => (StatusCode::UNAUTHORIZED, Json(Value::Null)),
        Some(_) => (
            StatusCode::OK,
            Json(json!({
                "id": 7, "id_str": "7", "name": "Ada L", "screen_name": "ada",
                "email": "ada@example.org", "profile_image_url_https": "https://img.example/a.png",
            })),
        ),
    }
}

async fn begin(app: &TestAuth) -> String {
    let answer = app
        .get("/authorize?provider=twitter&force_login=true", "")
        .await;
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    location(&answer)
}

async fn back(app: &TestAuth, query: &str) -> Answer {
    app.get(&format!("/callback?{query}"), "").await
}

#[tokio::test]
async fn gt_056_twitters_users_sign_in_by_oauth_1() {
    let twitter = Twitter::start().await;
    let app = twitter.app().await;
    let authorization = begin(&app).await;
    let (query, _) = parameters(&authorization);
    assert_eq!(query["force_login"], "true");
    let answer = back(&app, &twitter.agree(&authorization)).await;
    assert!(twitter.refused.lock().is_empty(), "{:?}", twitter.refused);
    let end = location(&answer);
    assert!(end.starts_with("https://app.example/#"), "{end}");
    let (_, fragment) = parameters(&end);
    assert_eq!(fragment["provider_token"], "access-ada");
    assert_eq!(fragment["provider_refresh_token"], secret_of("access-ada"));
    let user = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(user.text("/email"), "ada@example.org");
    assert_eq!(user.text("/identities/0/id"), "7");
    assert_eq!(user.text("/user_metadata/user_name"), "ada");
    assert_eq!(user.body["app_metadata"]["provider"], "twitter");
}

#[tokio::test]
async fn what_comes_back_from_twitter_for_another_sign_in_is_refused() {
    let twitter = Twitter::start().await;
    let app = twitter.app().await;
    let (one, other) = (begin(&app).await, begin(&app).await);
    let (one, other) = (twitter.agree(&one), twitter.agree(&other));
    let state = one.split('&').next().expect("a state");
    let token = other.split_once('&').expect("a token").1;
    let mixed = location(&back(&app, &format!("{state}&{token}")).await);
    assert!(mixed.contains("error=server_error"), "{mixed}");
    // A state is good for one return; the other sign-in goes on.
    let again = location(&back(&app, &one).await);
    assert!(again.contains("error_code=bad_oauth_state"), "{again}");
    let end = location(&back(&app, &other).await);
    assert!(end.contains("#access_token="), "{end}");
}

#[tokio::test]
async fn who_declines_at_twitter_is_told_so() {
    let twitter = Twitter::start().await;
    let app = twitter.app().await;
    let agreed = twitter.agree(&begin(&app).await);
    let state = agreed.split('&').next().expect("a state");
    let end = location(&back(&app, &format!("{state}&denied=1")).await);
    assert!(end.contains("error=access_denied"), "{end}");
}
