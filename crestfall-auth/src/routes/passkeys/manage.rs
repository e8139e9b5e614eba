//! `/passkeys`: a user's own, listed, renamed and removed (GT-042).

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::Enabled;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::mfa::{self, Owner, Subject};
use crate::path::Path;
use crate::store::passkeys::{self, Passkey, PasskeyView};

/// Longest name, in bytes.
const MAX_NAME: usize = 120;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Rename {
    #[serde(deserialize_with = "or_default")]
    friendly_name: String,
}

fn not_found() -> Error {
    Error::invalid("Passkey not found").with_status(StatusCode::NOT_FOUND)
}

fn id(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| not_found())
}

pub(super) async fn list(
    _: Enabled,
    State(auth): State<Auth>,
    owner: Owner,
) -> Result<Json<Vec<PasskeyView>>> {
    let mut db = auth.pool().acquire().await?;
    let passkeys = passkeys::of_user(&mut db, owner.user.id).await?;
    Ok(Json(passkeys.into_iter().map(Passkey::view).collect()))
}

pub(super) async fn rename(
    _: Enabled,
    State(auth): State<Auth>,
    caller: Caller,
    owner: Owner,
    Path(passkey): Path<String>,
    Body(rename): Body<Rename>,
) -> Result<Json<PasskeyView>> {
    let id = id(&passkey)?;
    let name = rename.friendly_name;
    if name.is_empty() {
        return Err(Error::invalid("friendly_name is required"));
    }
    if name.len() > MAX_NAME {
        return Err(Error::invalid(
            "friendly_name must be 120 characters or less",
        ));
    }
    let mut tx = auth.begin().await?;
    let passkey = passkeys::rename(&mut tx, owner.user.id, id, &name).await?;
    let passkey = passkey.ok_or_else(not_found)?;
    let traits = json!({ "passkey_id": id });
    let action = Action::PasskeyUpdated;
    audit::record(&mut tx, &caller, &owner.user, action, traits).await?;
    tx.commit().await?;
    Ok(Json(passkey.view()))
}

pub(super) async fn remove(
    _: Enabled,
    State(auth): State<Auth>,
    caller: Caller,
    owner: Owner,
    Path(passkey): Path<String>,
) -> Result<StatusCode> {
    owner
        .require_highest_level("AAL2 session is required to manage passkeys when MFA is enabled")?;
    let id = id(&passkey)?;
    let mut tx = auth.begin().await?;
    if !passkeys::delete(&mut tx, owner.user.id, id).await? {
        return Err(not_found());
    }
    let traits = json!({ "passkey_id": id });
    let action = Action::PasskeyDeleted;
    audit::record(&mut tx, &caller, &owner.user, action, traits).await?;
    let subject = Subject::Unenrolled("webauthn");
    mfa::tell(&auth, &mut tx, &caller, &owner.user, subject).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
