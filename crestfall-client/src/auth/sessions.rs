//! A user's own sessions, and what happened to the account.

use serde::Deserialize;
use serde_json::Value;

use super::Auth;
use crate::error::Error;

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// A UUID.
    pub id: String,
    /// It is the one that asks.
    #[serde(default)]
    pub current: bool,
    /// Such as `Firefox on Linux`.
    #[serde(default)]
    pub device: String,
    /// The address that it came from last.
    #[serde(default)]
    pub ip: Option<String>,
    /// When it began.
    pub created_at: String,
    /// When it was used last.
    pub last_seen_at: String,
    /// When it ends at the latest.
    #[serde(default)]
    pub not_after: Option<String>,
    /// `aal1`, or `aal2` with a second factor.
    #[serde(default)]
    pub aal: String,
    /// What was proved, and when.
    #[serde(default)]
    pub amr: Vec<Value>,
}

/// Something that happened to an account.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Happened {
    /// When.
    pub at: String,
    /// For programs, such as `login`.
    pub action: String,
    /// For people.
    pub what: String,
    /// Such as `Firefox on Linux`.
    #[serde(default)]
    pub device: String,
    /// The address that it came from.
    #[serde(default)]
    pub place: String,
    /// An administrator did it.
    #[serde(default)]
    pub by_administrator: bool,
}

impl Auth {
    /// The sessions of who is signed in. Crestfall's own.
    ///
    /// # Errors
    /// Nobody is; no answer.
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, Error> {
        self.fetch(self.get(&["user", "sessions"])?).await
    }

    /// Ends one of one's own sessions.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn end_session(&self, id: &str) -> Result<(), Error> {
        self.run(self.delete(&["user", "sessions", id])?).await
    }

    /// Ends all of one's own sessions but this one.
    ///
    /// # Errors
    /// Nobody is signed in; no answer.
    pub async fn end_other_sessions(&self) -> Result<(), Error> {
        self.run(self.delete(&["user", "sessions"])?).await
    }

    /// What happened to one's own account, the newest first. Crestfall's own.
    ///
    /// # Errors
    /// Nobody is signed in; no answer.
    pub async fn security_log(&self) -> Result<Vec<Happened>, Error> {
        self.fetch(self.get(&["user", "security-log"])?).await
    }
}
