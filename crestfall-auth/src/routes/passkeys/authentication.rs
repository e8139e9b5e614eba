//! `/passkeys/authentication` (GT-041): signs in who holds a passkey. Nobody is named: the
//! authenticator says who it is.
//!
//! The session is at `aal1`, as GoTrue's: a user with a second factor proves that too.

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::{Answer, Begun, Enabled, begun, failed, take};
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::webauthn::{self, Assertion};
use crate::relying_party::handle;
use crate::session::{self, SessionOptions};
use crate::store::passkeys::{self, Purpose};
use crate::store::users;
use crate::token::TokenResponse;
use crate::user::User;

const FOR_ANYBODY: (Option<Uuid>, Purpose) = (None, Purpose::Authentication);

pub(super) async fn begin(
    _: Enabled,
    State(auth): State<Auth>,
    headers: HeaderMap,
) -> Result<Json<Begun>> {
    let party = auth.relying_parties().of_request(&headers)?;
    let started = party.start_authentication(None, &[]).map_err(|error| {
        Error::internal("Failed to generate WebAuthn authentication options", error)
    })?;
    let mut tx = auth.begin().await?;
    let begun = begun(&auth, &mut tx, FOR_ANYBODY, party, started).await?;
    tx.commit().await?;
    Ok(begun)
}

pub(super) async fn finish(
    _: Enabled,
    State(auth): State<Auth>,
    caller: Caller,
    Body(answer): Body<Answer>,
) -> Result<Json<TokenResponse>> {
    let (challenge, answer) = answer.check()?;
    let pending = take(&auth, challenge, FOR_ANYBODY).await?;
    let party = auth.relying_parties().of_ceremony(&pending)?;
    let assertion = Assertion::parse(&answer).map_err(failed)?;
    let mut tx = auth.begin().await?;
    let unknown = || failed(webauthn::Error::Credential);
    let owner = passkeys::owner(&mut tx, assertion.credential_id()).await?;
    // The user's row first, as everywhere: who shuts them out waits, or has been waited for.
    let user = users::lock(&mut tx, owner.ok_or_else(unknown)?).await?;
    let mut user = user
        .filter(|user| user.deleted_at.is_none())
        .ok_or_else(|| failed(webauthn::Error::UserHandle))?;
    let passkey = passkeys::lock_by_credential(&mut tx, assertion.credential_id()).await?;
    let passkey = passkey
        .filter(|passkey| passkey.user_id == user.id)
        .ok_or_else(unknown)?;
    let authenticated = party
        .finish_authentication(
            &pending.ceremony,
            &assertion,
            &passkey.credential(),
            &handle(&user),
        )
        .map_err(failed)?;
    check(&user)?;
    if authenticated.cloned {
        tracing::warn!(
            crestfall.user_id = %user.id,
            "a passkey's counter stands still: it may have been copied"
        );
    }
    passkeys::used(&mut tx, passkey.id, &authenticated).await?;
    let traits = json!({ "provider": "passkey", "passkey_id": passkey.id });
    audit::record(&mut tx, &caller, &user, Action::Login, traits).await?;
    let options = SessionOptions::default();
    let tokens = session::begin(&auth, &mut tx, &caller, &mut user, "passkey", options).await?;
    tx.commit().await?;
    Ok(Json(tokens))
}

fn check(user: &User) -> Result<()> {
    let refuse = |code, message| Err(Error::new(code, message).with_status(StatusCode::FORBIDDEN));
    if !user.email().is_empty() && !user.is_email_confirmed() {
        return refuse(ErrorCode::EmailNotConfirmed, "Email not confirmed");
    }
    if !user.phone().is_empty() && !user.is_phone_confirmed() {
        return refuse(ErrorCode::PhoneNotConfirmed, "Phone not confirmed");
    }
    if user.is_banned() {
        return refuse(ErrorCode::UserBanned, "User is banned");
    }
    Ok(())
}
