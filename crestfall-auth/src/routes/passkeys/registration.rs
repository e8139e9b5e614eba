//! `/passkeys/registration` (GT-042): a new passkey for who is signed in.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Answer, Begun, Enabled, begun, failed, take};
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::webauthn::{Usage, User as Shown};
use crate::mfa::{self, Owner, Subject};
use crate::relying_party::{handle, names};
use crate::store::passkeys::{self, Passkey, Purpose};
use crate::store::users;
use crate::user::User;

#[derive(Serialize)]
pub(super) struct Registered {
    id: Uuid,
    #[serde(skip_serializing_if = "String::is_empty")]
    friendly_name: String,
    created_at: DateTime<Utc>,
}

pub(super) async fn begin(
    _: Enabled,
    State(auth): State<Auth>,
    owner: Owner,
    headers: HeaderMap,
) -> Result<Json<Begun>> {
    check(&owner)?;
    let user = &owner.user;
    let mut tx = auth.begin().await?;
    let existing = passkeys::of_user(&mut tx, user.id).await?;
    check_count(&auth, &existing)?;
    let existing: Vec<_> = existing.iter().map(Passkey::credential).collect();
    let party = auth.relying_parties().of_request(&headers)?;
    let (name, display_name) = names(user);
    let shown = Shown {
        handle: &handle(user),
        name: &name,
        display_name: &display_name,
    };
    let started = party
        .start_registration(&shown, &existing, Usage::Passkey)
        .map_err(|error| {
            Error::internal("Failed to generate WebAuthn registration options", error)
        })?;
    let begun = begun(&auth, &mut tx, of(user), party, started).await?;
    tx.commit().await?;
    Ok(begun)
}

pub(super) async fn finish(
    _: Enabled,
    State(auth): State<Auth>,
    caller: Caller,
    owner: Owner,
    Body(answer): Body<Answer>,
) -> Result<Json<Registered>> {
    check(&owner)?;
    let (challenge, answer) = answer.check()?;
    let pending = take(&auth, challenge, of(&owner.user)).await?;
    let party = auth.relying_parties().of_ceremony(&pending)?;
    let credential = party
        .finish_registration(&pending.ceremony, &answer, Utc::now())
        .map_err(failed)?;
    let mut tx = auth.begin().await?;
    let user = lock(&mut tx, &owner.user).await?;
    check_count(&auth, &passkeys::of_user(&mut tx, user.id).await?)?;
    let passkey = passkeys::insert(&mut tx, user.id, &credential).await?;
    let passkey = passkey.ok_or_else(|| {
        Error::new(
            ErrorCode::WebauthnCredentialExists,
            "This credential is already registered",
        )
    })?;
    let traits = json!({ "passkey_id": passkey.id });
    audit::record(&mut tx, &caller, &user, Action::PasskeyCreated, traits).await?;
    let subject = Subject::Enrolled("webauthn");
    mfa::tell(&auth, &mut tx, &caller, &user, subject).await?;
    tx.commit().await?;
    Ok(Json(Registered {
        id: passkey.id,
        friendly_name: passkey.friendly_name,
        created_at: passkey.created_at,
    }))
}

fn of(user: &User) -> (Option<Uuid>, Purpose) {
    (Some(user.id), Purpose::Registration)
}

fn check(owner: &Owner) -> Result<()> {
    if owner.user.is_sso_user {
        return Err(Error::invalid("SSO users cannot register passkeys")
            .with_status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    owner.require_highest_level("AAL2 session is required to manage passkeys when MFA is enabled")
}

fn check_count(auth: &Auth, existing: &[Passkey]) -> Result<()> {
    match existing.len() < auth.config().passkeys.max_per_user {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::TooManyPasskeys,
            "Maximum number of passkeys reached",
        )),
    }
}

/// Of many registrations at once, each sees those before it.
async fn lock(db: &mut PgConnection, user: &User) -> Result<User> {
    let gone = || Error::new(ErrorCode::UserNotFound, "User not found");
    users::lock(db, user.id).await?.ok_or_else(gone)
}
