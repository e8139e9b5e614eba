//! A user's session: the tokens, where they are kept, and how they stay fresh.

mod event;
mod keeper;
mod storage;
mod user;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::platform;

pub use event::{SessionEvent, SessionEvents};
pub(crate) use keeper::Sessions;
#[cfg(target_arch = "wasm32")]
pub use storage::BrowserStorage;
#[cfg(not(target_arch = "wasm32"))]
pub use storage::FileStorage;
pub use storage::{MemoryStorage, SessionStorage, StorageLock};
pub use user::{Factor, Identity, User};

/// What a sign-in gives. Neither shown nor logged by `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// Says who asks, in each request.
    pub access_token: String,
    /// Gets the next access token, once.
    pub refresh_token: String,
    /// `bearer`.
    #[serde(default)]
    pub token_type: String,
    /// The access token's life when it was given out, in seconds.
    pub expires_in: u64,
    /// The access token's end by this machine's clock, in seconds of the epoch.
    #[serde(default)]
    pub expires_at: u64,
    /// Who is signed in.
    pub user: User,
    /// The token of the provider through which the user came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_token: Option<String>,
    /// What renews it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_refresh_token: Option<String>,
    /// Why the password is a weak one, when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weak_password: Option<Value>,
}

impl Session {
    /// Whether the access token has ended by this machine's clock.
    pub fn is_expired(&self) -> bool {
        self.expires_at <= platform::now()
    }

    /// As just received: the end is counted by our own clock, which may differ from the server's.
    pub(crate) fn received(mut self) -> Self {
        self.expires_at = platform::now().saturating_add(self.expires_in);
        self
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user.id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
