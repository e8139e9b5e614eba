//! The ways to prove who sends a request, besides our own tokens.
//!
//! [`credential`] finds what a request carries; each other module judges one kind of it.

pub(crate) mod api_key;
pub(crate) mod basic;
pub(crate) mod credential;
pub(crate) mod issuer;
mod key_use;
pub(crate) mod person;
pub(crate) mod session_cookie;
pub(crate) mod signed;

use std::sync::Arc;
use std::time::Duration;

use crestfall_core::Problem;
use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use sqlx::PgPool;
use uuid::Uuid;

use crate::auth::StartError;
use crate::config::Config;
use crate::sealed::SealingKeys;
use crate::signature::{MemoryNonces, NonceStore};
use api_key::ApiKeys;
use basic::Passwords;
use issuer::Issuers;
use person::People;
use session_cookie::Cookies;

/// How long what was read from the database is taken for true while changes are heard of: only what
/// no trigger tells of, such as a user's metadata, can be older.
const FRESH: Duration = Duration::from_secs(30);
/// The same while they are not.
const FRESH_UNHEARD: Duration = Duration::from_secs(1);

/// What the authenticators know and remember.
pub(crate) struct Authenticators {
    pub(crate) issuers: Issuers,
    pub(crate) api_keys: Arc<ApiKeys>,
    pub(crate) people: People,
    pub(crate) passwords: Passwords,
    pub(crate) cookies: Cookies,
    pub(crate) nonces: Arc<dyn NonceStore>,
    pub(crate) signature_policy: crate::signature::Policy,
}

impl Authenticators {
    pub(crate) fn new(
        pool: &PgPool,
        config: &Config,
        sealer: &Arc<SealingKeys>,
        nonces: Option<Arc<dyn NonceStore>>,
    ) -> Result<Self, StartError> {
        let api_keys = ApiKeys::new(pool.clone(), Arc::clone(sealer), config)
            .map_err(crate::auth::setting("api_keys.scopes cannot be used"))?;
        Ok(Self {
            issuers: Issuers::new(&config.issuers)
                .map_err(crate::auth::setting("issuers cannot be used"))?,
            api_keys: Arc::new(api_keys),
            people: People::default(),
            passwords: Passwords::new()
                .map_err(crate::auth::setting("the system gave no randomness"))?,
            cookies: Cookies::default(),
            nonces: nonces.unwrap_or_else(|| Arc::new(MemoryNonces::default())),
            signature_policy: signed::policy(config),
        })
    }

    /// A user was banned, deleted, or has another role or password.
    pub(crate) fn forget_user(&self, user: Uuid) {
        self.passwords.forget(user);
        self.people.forget(user);
        self.api_keys.forget_user(user);
        self.cookies.forget_user(user);
    }
}

/// How long what was read may be used.
pub(crate) fn fresh_for(changes_are_heard: bool) -> Duration {
    match changes_are_heard {
        true => FRESH,
        false => FRESH_UNHEARD,
    }
}

/// A credential that proves nothing: 401 with a challenge.
pub(crate) fn refused(
    code: &'static str,
    message: &'static str,
    challenge: HeaderValue,
) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, message).header(WWW_AUTHENTICATE, challenge)
}

/// The database did not answer: the request is refused, not anonymous.
pub(crate) fn unavailable(error: &sqlx::Error) -> Problem {
    Problem::unavailable(error, 1)
}
