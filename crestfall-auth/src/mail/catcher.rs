//! A mailer for development: it sends nothing, and shows everything on a page.

mod page;

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use http::StatusCode;
use parking_lot::Mutex;
use serde::Serialize;

use super::{Mailer, OutgoingMail, SendError};
use crate::sms::{Channel, Sms, SmsError, SmsSender};

/// How many messages are kept.
const KEPT: usize = 200;

/// Keeps the last 200 mails and text messages in memory. Clones share them.
///
/// They hold codes that let anybody in: mount [`Catcher::router`] only where nobody else comes.
#[derive(Clone, Default)]
pub struct Catcher(Arc<Mutex<Caught>>);

#[derive(Default)]
struct Caught {
    last: u64,
    /// The latest first.
    messages: VecDeque<Message>,
}

/// What would have been sent.
#[derive(Clone, Serialize)]
struct Message {
    id: u64,
    at: DateTime<Utc>,
    #[serde(flatten)]
    content: Content,
}

#[derive(Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content {
    Mail(OutgoingMail),
    Sms {
        to: String,
        text: String,
        code: String,
        channel: Channel,
    },
}

impl std::fmt::Debug for Catcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catcher")
            .field("messages", &self.0.lock().messages.len())
            .finish()
    }
}

impl Catcher {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A page at its root, the messages as JSON at `/mails` (`DELETE` empties it), each at `/mails/{id}`.
    /// To be nested under a path of its own.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/", get(index))
            .route("/mails", get(list).delete(clear))
            .route("/mails/{id}", get(show))
            .route("/mails/{id}/html", get(html))
            .route("/mails/{id}/raw", get(raw))
            .route("/catcher.js", get(page::script))
            .with_state(self.clone())
    }

    fn keep(&self, content: Content) {
        let mut caught = self.0.lock();
        caught.last += 1;
        let message = Message {
            id: caught.last,
            at: Utc::now(),
            content,
        };
        caught.messages.push_front(message);
        caught.messages.truncate(KEPT);
    }

    fn messages(&self) -> Vec<Message> {
        self.0.lock().messages.iter().cloned().collect()
    }

    fn find(&self, id: u64) -> Option<Message> {
        self.0
            .lock()
            .messages
            .iter()
            .find(|message| message.id == id)
            .cloned()
    }
}

#[async_trait]
impl Mailer for Catcher {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.keep(Content::Mail(mail.clone()));
        Ok(())
    }
}

#[async_trait]
impl SmsSender for Catcher {
    async fn send(&self, sms: &Sms) -> Result<Option<String>, SmsError> {
        self.keep(Content::Sms {
            to: sms.phone.clone(),
            text: sms.text.clone(),
            code: sms.code.clone(),
            channel: sms.channel,
        });
        Ok(None)
    }

    fn supports(&self, _: Channel) -> bool {
        true
    }
}

async fn index(State(catcher): State<Catcher>, OriginalUri(uri): OriginalUri) -> Response {
    page::index(uri.path(), &catcher.messages())
}

async fn list(State(catcher): State<Catcher>) -> Response {
    page::private(axum::Json(catcher.messages()).into_response())
}

async fn clear(State(catcher): State<Catcher>) -> StatusCode {
    catcher.0.lock().messages.clear();
    StatusCode::NO_CONTENT
}

async fn show(
    State(catcher): State<Catcher>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<u64>,
) -> Response {
    match catcher.find(id) {
        Some(message) => page::message(uri.path(), &message),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn html(State(catcher): State<Catcher>, Path(id): Path<u64>) -> Response {
    match catcher.find(id).map(|message| message.content) {
        Some(Content::Mail(mail)) => page::mail_html(&mail.content.html),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn raw(State(catcher): State<Catcher>, Path(id): Path<u64>) -> Response {
    match catcher.find(id) {
        Some(message) => page::raw(&message),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
