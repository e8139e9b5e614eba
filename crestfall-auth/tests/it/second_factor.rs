//! What tests of second factors share: an authenticator app of another make, and what was sent.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::service::{Answer, TestAuth};

/// A factor of an authenticator app, as the app knows it.
pub(crate) struct App {
    pub(crate) factor: String,
    secret: Vec<u8>,
}

impl App {
    /// Sets one up at the service, not yet used.
    pub(crate) async fn enroll(app: &TestAuth, token: &str, name: &str) -> Self {
        let body = json!({ "factor_type": "totp", "friendly_name": name });
        let enrolled = app.post("/factors", token, body).await;
        assert_eq!(enrolled.status, StatusCode::OK, "{enrolled:?}");
        Self::known(&enrolled)
    }

    /// Of the answer that set it up.
    pub(crate) fn known(enrolled: &Answer) -> Self {
        Self {
            factor: enrolled.text("/id"),
            secret: base32(&enrolled.text("/totp/secret")),
        }
    }

    /// The code of so many steps from now (RFC 6238 with SHA-1, 30 seconds, 6 digits).
    pub(crate) fn code(&self, steps: i64) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("now");
        let step = (since.as_secs() / 30).cast_signed() + steps;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 15);
        let word = u32::from_be_bytes(tag[at..at + 4].try_into().expect("four bytes"));
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }

    pub(crate) fn path(&self, end: &str) -> String {
        format!("/factors/{}{end}", self.factor)
    }

    pub(crate) async fn challenge(&self, app: &TestAuth, token: &str) -> String {
        let challenge = app.post(&self.path("/challenge"), token, json!({})).await;
        assert_eq!(challenge.status, StatusCode::OK, "{challenge:?}");
        challenge.text("/id")
    }

    /// Asks for a challenge and answers it.
    pub(crate) async fn verify(&self, app: &TestAuth, token: &str, code: &str) -> Answer {
        let challenge = self.challenge(app, token).await;
        let body = json!({ "challenge_id": challenge, "code": code });
        app.post(&self.path("/verify"), token, body).await
    }

    /// The same with the code of now, as if none had been used.
    pub(crate) async fn lift(&self, app: &TestAuth, token: &str) -> Answer {
        app.db
            .execute("update auth.mfa_factors set last_totp_step = null")
            .await;
        let answer = self.verify(app, token, &self.code(0)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }
}

fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => panic!("no Base32: {text}"),
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

/// What was sent so far, the latest first.
pub(crate) async fn sent(app: &TestAuth) -> Vec<Value> {
    let router: axum::Router = app.catcher.router();
    let request = Request::get("/mails").body(Body::empty());
    let response = router.oneshot(request.expect("a request")).await;
    let body = response.expect("an answer").into_body().collect().await;
    serde_json::from_slice(&body.expect("a body").to_bytes()).expect("JSON")
}

/// Sends what is waiting, until there are so many messages; the subjects of mails and the words of
/// text messages, the latest first.
pub(crate) async fn subjects(app: &TestAuth, count: usize) -> Vec<String> {
    let end = CancellationToken::new();
    let (auth, token) = (app.auth.clone(), end.clone());
    let running = tokio::spawn(async move { auth.run(token).await });
    let mut messages = sent(app).await;
    for _ in 0..100 {
        if messages.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        messages = sent(app).await;
    }
    end.cancel();
    running.await.expect("it ends");
    let text = |message: &Value| {
        let text = message["subject"].as_str().or(message["text"].as_str());
        text.unwrap_or_default().to_owned()
    };
    messages.iter().map(text).collect()
}
