//! PR-154: keys from a URL or a file, as they change.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use crestfall_core::jwt::{Error, JwksOptions, KeyProblem, Verifier};
use serde_json::{Value, json};

use super::issuer::Issuer;
use super::now;

/// A server of keys that counts its visitors.
#[derive(Clone, Default)]
struct Publisher(Arc<Mutex<Published>>);

#[derive(Default)]
struct Published {
    keys: Vec<Value>,
    etag: Option<&'static str>,
    max_age: Option<u32>,
    failing: bool,
    padding: usize,
    redirect: Option<String>,
    delay: Duration,
    fetches: usize,
    unchanged: usize,
}

impl Publisher {
    async fn start(keys: Vec<Value>) -> (Self, String) {
        let publisher = Self::default();
        publisher.change(|published| published.keys = keys);
        let router = Router::new()
            .route("/jwks", get(serve))
            .with_state(publisher.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        (publisher, format!("http://{address}/jwks"))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Published) -> T) -> T {
        change(&mut self.0.lock().expect("not poisoned"))
    }

    fn fetches(&self) -> usize {
        self.change(|published| published.fetches)
    }
}

async fn serve(State(publisher): State<Publisher>, headers: HeaderMap) -> Response {
    tokio::time::sleep(publisher.change(|published| published.delay)).await;
    publisher.change(|published| {
        published.fetches += 1;
        if published.failing {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if let Some(target) = &published.redirect {
            return (StatusCode::FOUND, [("location", target.clone())]).into_response();
        }
        let mut response_headers = HeaderMap::new();
        if let Some(etag) = published.etag {
            response_headers.insert("etag", etag.parse().expect("a tag"));
            if headers
                .get("if-none-match")
                .is_some_and(|sent| sent == etag)
            {
                published.unchanged += 1;
                return (StatusCode::NOT_MODIFIED, response_headers).into_response();
            }
        }
        if let Some(age) = published.max_age {
            let value = format!("max-age={age}");
            response_headers.insert("cache-control", value.parse().expect("a value"));
        }
        let body = json!({ "keys": published.keys, "x": "x".repeat(published.padding) });
        (response_headers, axum::Json(body)).into_response()
    })
}

fn options() -> JwksOptions {
    JwksOptions {
        timeout: Duration::from_secs(2),
        cooldown: Duration::ZERO,
        ..Default::default()
    }
}

fn from_url(url: &str, options: JwksOptions) -> Verifier {
    let built = Verifier::builder()
        .jwks_url(url)
        .jwks_options(options)
        .build();
    built.expect("a verifier")
}

fn token(issuer: &Issuer) -> String {
    issuer.sign(&json!({ "role": "editor", "exp": now() + 60 }))
}

#[tokio::test]
async fn pr_154_a_new_key_is_fetched_when_a_token_names_it() {
    let (old, new) = (Issuer::named("ES256", "old"), Issuer::named("RS256", "new"));
    let (publisher, url) = Publisher::start(vec![old.jwk()]).await;
    let verifier = from_url(&url, options());
    assert!(
        verifier.verify_or_refresh(token(&old)).await.is_ok(),
        "waits for the first fetch"
    );

    publisher.change(|published| published.keys = vec![new.jwk()]);
    assert!(verifier.verify(token(&old)).is_ok());
    assert!(verifier.verify_or_refresh(token(&new)).await.is_ok());
    let gone = verifier.verify(token(&old)).map(|_| ());
    assert_eq!(
        gone,
        Err(Error::Key(KeyProblem::NotFound)),
        "a withdrawn key is forgotten"
    );
}

#[tokio::test]
async fn pr_154_cached_tokens_of_a_withdrawn_key_are_forgotten() {
    let (old, new) = (Issuer::named("EdDSA", "old"), Issuer::named("EdDSA", "new"));
    let (publisher, url) = Publisher::start(vec![old.jwk()]).await;
    let verifier = from_url(&url, options());
    let cached = token(&old);
    assert!(verifier.verify_or_refresh(&cached).await.is_ok());
    publisher.change(|published| published.keys = vec![new.jwk()]);
    verifier.refresh().await;
    assert_eq!(verifier.cached_tokens(), 0);
    assert!(verifier.verify(&cached).is_err());
}

#[tokio::test]
async fn pr_154_unknown_names_cannot_flood_the_issuer() {
    let (ours, made_up) = (
        Issuer::named("ES256", "k"),
        Issuer::named("ES256", "made up"),
    );
    let (publisher, url) = Publisher::start(vec![ours.jwk()]).await;
    let limited = JwksOptions {
        cooldown: Duration::from_secs(60),
        ..options()
    };
    let verifier = Arc::new(from_url(&url, limited));
    assert!(verifier.verify_or_refresh(token(&ours)).await.is_ok());
    for _ in 0..50 {
        assert!(verifier.verify_or_refresh(token(&made_up)).await.is_err());
        assert!(verifier.verify(token(&made_up)).is_err());
    }
    assert_eq!(publisher.fetches(), 1);
}

#[tokio::test]
async fn pr_154_many_waiters_share_one_fetch() {
    let (old, new) = (Issuer::named("ES256", "old"), Issuer::named("ES256", "new"));
    let (publisher, url) = Publisher::start(vec![old.jwk()]).await;
    let limited = JwksOptions {
        cooldown: Duration::from_millis(50),
        ..options()
    };
    let verifier = Arc::new(from_url(&url, limited));
    assert!(verifier.verify_or_refresh(token(&old)).await.is_ok());
    tokio::time::sleep(Duration::from_millis(60)).await;
    publisher.change(|published| {
        published.keys.push(new.jwk());
        published.delay = Duration::from_millis(100);
    });
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let (verifier, token) = (Arc::clone(&verifier), token(&new));
            tokio::spawn(async move { verifier.verify_or_refresh(token).await.is_ok() })
        })
        .collect();
    for waiter in waiting {
        assert!(waiter.await.expect("no panic"));
    }
    assert_eq!(publisher.fetches(), 2);
}

#[tokio::test]
async fn pr_154_old_keys_stay_when_a_fetch_fails() {
    let ours = Issuer::named("ES256", "k");
    let (publisher, url) = Publisher::start(vec![ours.jwk()]).await;
    let small = JwksOptions {
        max_bytes: 10_000,
        ..options()
    };
    let verifier = from_url(&url, small);
    assert!(verifier.verify_or_refresh(token(&ours)).await.is_ok());
    let failures: [fn(&mut Published); 5] = [
        |published| published.failing = true,
        |published| published.keys = vec![],
        |published| published.keys = vec![json!({ "kty": "RSA" }), json!(1)],
        |published| published.padding = 20_000,
        |published| published.redirect = Some("http://127.0.0.1:1/jwks".into()),
    ];
    for fail in failures {
        publisher.change(fail);
        verifier.refresh().await;
        assert!(verifier.verify(token(&ours)).is_ok());
        publisher.change(|published| {
            *published = Published {
                keys: vec![ours.jwk()],
                ..Default::default()
            };
        });
    }
}

#[tokio::test]
async fn pr_154_one_bad_key_does_not_take_the_good_ones_away() {
    let ours = Issuer::named("ES256", "k");
    let bad = json!({ "kty": "RSA", "n": "!" });
    let (_, url) = Publisher::start(vec![bad, json!("x"), ours.jwk()]).await;
    let verifier = from_url(&url, options());
    assert!(verifier.verify_or_refresh(token(&ours)).await.is_ok());
}

#[tokio::test]
async fn pr_154_unchanged_keys_are_not_sent_again_and_keep_the_cache() {
    let ours = Issuer::named("ES256", "k");
    let (publisher, url) = Publisher::start(vec![ours.jwk()]).await;
    publisher.change(|published| published.etag = Some("\"v1\""));
    let verifier = from_url(&url, options());
    assert!(verifier.verify_or_refresh(token(&ours)).await.is_ok());
    verifier.refresh().await;
    assert_eq!(publisher.change(|published| published.unchanged), 1);
    assert_eq!(verifier.cached_tokens(), 1);
}

#[tokio::test]
async fn pr_154_keys_are_fetched_again_when_their_age_is_over() {
    let (old, new) = (Issuer::named("ES256", "old"), Issuer::named("ES256", "new"));
    let (publisher, url) = Publisher::start(vec![old.jwk()]).await;
    publisher.change(|published| published.max_age = Some(0));
    let frequent = JwksOptions {
        min_age: Duration::from_millis(50),
        ..options()
    };
    let verifier = from_url(&url, frequent);
    assert!(verifier.verify_or_refresh(token(&old)).await.is_ok());
    publisher.change(|published| published.keys = vec![new.jwk()]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        verifier.verify(token(&new)).is_ok(),
        "without any token asking for it"
    );
}

#[tokio::test]
async fn pr_154_before_the_first_fetch_a_token_is_answered_with_503() {
    let ours = Issuer::named("ES256", "k");
    let (publisher, url) = Publisher::start(vec![ours.jwk()]).await;
    publisher.change(|published| published.failing = true);
    let limited = JwksOptions {
        cooldown: Duration::from_secs(60),
        ..options()
    };
    let verifier = from_url(&url, limited);
    let error = verifier
        .verify_or_refresh(token(&ours))
        .await
        .expect_err("no keys");
    assert_eq!(
        (error.clone(), error.status().as_u16()),
        (Error::KeysUnavailable, 503)
    );
    publisher.change(|published| published.failing = false);
    tokio::time::sleep(Duration::from_millis(1300)).await; // the first back-off
    assert!(verifier.verify(token(&ours)).is_ok());
}

#[tokio::test]
async fn pr_154_tokens_of_a_foreign_issuer_expire() {
    let ours = Issuer::named("ES256", "k");
    let (_, url) = Publisher::start(vec![ours.jwk()]).await;
    let verifier = from_url(&url, options());
    let eternal = ours.sign(&json!({ "role": "editor" }));
    let refused = verifier.verify_or_refresh(eternal).await.map(|_| ());
    assert_eq!(refused, Err(Error::ExpMissing));
}

#[tokio::test]
async fn pr_153_keys_in_a_file_are_read_again() {
    let (old, new) = (Issuer::named("ES256", "old"), Issuer::named("ES256", "new"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jwks.json");
    let write = |text: String| std::fs::write(&path, text).expect("written");
    write(json!({ "keys": [old.jwk()] }).to_string());
    let built = Verifier::builder()
        .jwks_file(&path)
        .jwks_options(options())
        .build();
    let verifier = built.expect("a verifier");
    assert!(verifier.verify_or_refresh(token(&old)).await.is_ok());
    write("half a fi".to_owned());
    verifier.refresh().await;
    assert!(
        verifier.verify(token(&old)).is_ok(),
        "a broken file changes nothing"
    );
    write(new.jwk().to_string());
    assert!(verifier.verify_or_refresh(token(&new)).await.is_ok());
    assert!(verifier.verify(token(&old)).is_err());
}
