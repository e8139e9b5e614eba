//! What happened that is no row of a table: a refusal, new settings, something of the application's own.

use crestfall_core::Identity;
use crestfall_core::tx::acting;
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::PgExecutor;

use crate::log::Error;
use crate::store;

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried, and failed.
    Failure,
    /// It was not allowed.
    Refused,
}

/// An event as it is written into the log. `docs/audit.md` lists those of Crestfall.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    event: String,
    outcome: Outcome,
    detail: Map<String, Value>,
    context: Option<String>,
    role: Option<String>,
}

impl Event {
    /// Something called `part.what_happened`, done by whoever the transaction is for.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            event: name.into(),
            outcome: Outcome::Success,
            detail: Map::new(),
            context: None,
            role: None,
        }
    }

    /// How it ended; success, when nothing is said.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Says more. No secrets: entries cannot be changed.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// Says who it was and by which request, where the transaction is not theirs. `request` and `ip` are
    /// empty where they are not known.
    #[must_use]
    pub fn by(mut self, identity: &Identity, request: &str, ip: &str) -> Self {
        self.context = Some(acting(identity, request, ip));
        // Who has no role is told by the one that writes.
        self.role = Some(identity.role().to_owned()).filter(|role| !role.is_empty());
        self
    }

    /// What is the same in events that differ by their request alone.
    pub(crate) fn likeness(&self) -> String {
        let actor = self.context.as_deref().unwrap_or_default();
        let actor: Vec<_> = actor.split('\u{1f}').take(4).collect();
        let detail = Value::Object(self.detail.clone());
        format!(
            "{} {:?} {actor:?} {:?} {detail}",
            self.event, self.outcome, self.role
        )
    }
}

/// Writes an event down in a transaction of the caller's: it is there exactly when that commits.
///
/// # Errors
/// When its name is none, the role may not, or there is no log.
pub async fn record(db: impl PgExecutor<'_>, event: Event) -> Result<(), Error> {
    Ok(store::record(db, &[event]).await?)
}
