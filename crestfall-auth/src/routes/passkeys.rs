//! `/passkeys`: sign-in without a password, and a user's own passkeys.

mod authentication;
mod manage;
mod registration;

use axum::extract::{FromRef, FromRequestParts};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::body::or_default;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::webauthn::{self, Ceremony, RelyingParty};
use crate::reconfigure::Live;
use crate::relying_party::Pending;
use crate::store::passkeys::{self, Purpose};

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/passkeys", get(manage::list))
        .route(
            "/passkeys/{passkey_id}",
            patch(manage::rename).delete(manage::remove),
        )
        .route("/passkeys/registration/options", post(registration::begin))
        .route("/passkeys/registration/verify", post(registration::finish))
        .route(
            "/passkeys/authentication/options",
            post(authentication::begin),
        )
        .route(
            "/passkeys/authentication/verify",
            post(authentication::finish),
        )
}

/// Passkeys are on: asked before who asks.
struct Enabled;

impl<S> FromRequestParts<S> for Enabled
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Self> {
        match Auth::from_ref(state).config().passkeys.enabled {
            true => Ok(Self),
            false => Err(Error::new(
                ErrorCode::PasskeyDisabled,
                "Passkeys are disabled",
            )),
        }
    }
}

/// The first half of a ceremony.
#[derive(Serialize)]
struct Begun {
    challenge_id: Uuid,
    /// The value of `publicKey`.
    options: Value,
    /// Seconds of the epoch.
    expires_at: i64,
}

/// The browser's answer.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "or_default")]
    challenge_id: String,
    credential: Value,
}

impl Answer {
    /// The challenge that it answers, and the credential's text.
    fn check(&self) -> Result<(Uuid, String)> {
        if self.challenge_id.is_empty() {
            return Err(Error::invalid("challenge_id is required"));
        }
        if self.credential.is_null() {
            return Err(Error::invalid("credential is required"));
        }
        let id = self.challenge_id.parse();
        let id = id.map_err(|_| Error::invalid("challenge_id must be a valid UUID"))?;
        Ok((id, self.credential.to_string()))
    }
}

/// Keeps a ceremony that has begun, for a user or for whoever will say who they are.
async fn begun(
    auth: &Auth,
    db: &mut PgConnection,
    (user, purpose): (Option<Uuid>, Purpose),
    party: &RelyingParty,
    (options, ceremony): (Value, Ceremony),
) -> Result<Json<Begun>> {
    let kept = Pending::keep(party, ceremony)?;
    let lifetime = auth
        .config()
        .webauthn
        .challenge_lifetime
        .get()
        .as_secs_f64();
    let (challenge_id, expires_at) =
        passkeys::insert_challenge(db, user, purpose, &kept, lifetime).await?;
    Ok(Json(Begun {
        challenge_id,
        options,
        expires_at: expires_at.timestamp(),
    }))
}

/// The ceremony that an answer is for: taken for good, whatever the answer is worth.
async fn take(
    auth: &Auth,
    challenge: Uuid,
    (user, purpose): (Option<Uuid>, Purpose),
) -> Result<Pending> {
    let mut db = auth.pool().acquire().await?;
    let found = passkeys::take_challenge(&mut db, challenge, purpose, user).await?;
    Pending::read(taken(found)?.0)
}

/// The challenge that was taken, if there was one and it is in time.
fn taken<T>(found: Option<(T, DateTime<Utc>)>) -> Result<T> {
    let (kept, expires_at) = found.ok_or_else(|| {
        Error::new(
            ErrorCode::WebauthnChallengeNotFound,
            "Challenge not found or already used",
        )
    })?;
    match expires_at > Utc::now() {
        true => Ok(kept),
        false => Err(Error::new(
            ErrorCode::WebauthnChallengeExpired,
            "Challenge has expired",
        )),
    }
}

/// The answer is wrong. Why is for the log: one answer for all reasons.
fn failed(error: webauthn::Error) -> Error {
    let message = match error {
        webauthn::Error::Json => "Invalid credential response",
        _ => "Credential verification failed",
    };
    Error::new(ErrorCode::WebauthnVerificationFailed, message).caused_by(error)
}
