//! What the service has sent, as its receivers find it.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::service::TestAuth;

/// Runs what runs beside the router, and collects what it sends.
pub(crate) struct Postbox {
    router: Router,
    end: CancellationToken,
}

/// A mail or text message.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Postbox {
    pub(crate) fn open(app: &TestAuth) -> Self {
        let end = CancellationToken::new();
        let (auth, stop) = (app.auth.clone(), end.clone());
        tokio::spawn(async move { auth.run(stop).await });
        Self {
            router: app.catcher.router(),
            end,
        }
    }

    /// All that went to this address or number, the latest first.
    pub(crate) async fn all(&self, to: &str) -> Vec<Letter> {
        let request = Request::get("/mails").body(Body::empty());
        let answer = self.router.clone().oneshot(request.expect("a request"));
        let body = answer.await.expect("an answer").into_body();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let messages: Vec<Value> = serde_json::from_slice(&bytes).expect("JSON");
        messages
            .iter()
            .filter(|message| message["to"] == to)
            .map(|message| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                Letter {
                    kind: text(&message["kind"]),
                    text: text(&message["text"]),
                    html: text(&message["html"]),
                }
            })
            .collect()
    }

    /// The latest, once there are so many.
    pub(crate) async fn nth(&self, to: &str, count: usize) -> Letter {
        for _ in 0..400 {
            let letters = self.all(to).await;
            if letters.len() >= count {
                return letters[0].clone();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no {count} letters to {to}: {:?}", self.all(to).await);
    }

    /// The first.
    pub(crate) async fn one(&self, to: &str) -> Letter {
        self.nth(to, 1).await
    }

    /// Waits until nothing more can come, and counts.
    pub(crate) async fn count(&self, app: &TestAuth, to: &str) -> usize {
        for _ in 0..400 {
            let waiting: i64 = sqlx::query_scalar("select count(*) from crestfall.jobs")
                .fetch_one(&app.pool)
                .await
                .expect("a count");
            if waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        self.all(to).await.len()
    }
}

impl Drop for Postbox {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Letter {
    /// The six digits.
    pub(crate) fn code(&self) -> String {
        let mut digits = String::new();
        let text = self.text.chars().chain([' ']);
        let mut before = ' ';
        for character in text {
            if character.is_ascii_digit() {
                digits.push(character);
            } else {
                if digits.len() == 6 && !character.is_alphanumeric() && !before.is_alphanumeric() {
                    return digits;
                }
                digits.clear();
                before = character;
            }
        }
        panic!("no code in {}", self.text);
    }

    /// Where the link leads, below the service.
    pub(crate) fn link(&self) -> String {
        let start = "http://localhost:8000/auth/v1/verify?";
        let at = self.text.find(start).expect("a link");
        let rest = &self.text[at + start.len()..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        format!("/verify?{}", &rest[..end])
    }
}
