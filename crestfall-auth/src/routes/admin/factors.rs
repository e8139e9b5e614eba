//! `/admin/users/{id}/factors`: any user's second factors (GT-047).

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::users::find;
use crate::address;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::mfa::{self, Subject, id_in_path};
use crate::path::Path;
use crate::signed_in::Admin;
use crate::store::factors::{self, FactorType};
use crate::store::sessions;
use crate::user::FactorView;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Update {
    #[serde(deserialize_with = "or_default")]
    friendly_name: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
}

fn not_found() -> Error {
    Error::new(ErrorCode::MfaFactorNotFound, "Factor not found")
}

pub(super) async fn list(
    State(auth): State<Auth>,
    _: Admin,
    Path(user): Path<String>,
) -> Result<Json<Vec<FactorView>>> {
    let id = id_in_path(&user, "user_id")?;
    let mut db = auth.pool().acquire().await?;
    let user = find(&mut db, id).await?;
    Ok(Json(user.factors.0))
}

/// Changes the name, and the number of a phone.
pub(super) async fn update(
    State(auth): State<Auth>,
    caller: Caller,
    admin: Admin,
    Path((user, factor)): Path<(String, String)>,
    Body(update): Body<Update>,
) -> Result<Json<FactorView>> {
    let (user, id) = (
        id_in_path(&user, "user_id")?,
        id_in_path(&factor, "factor_id")?,
    );
    let mut tx = auth.begin().await?;
    let user = find(&mut tx, user).await?;
    let factor = factors::lock(&mut tx, user.id, id).await?;
    let factor = factor.ok_or_else(not_found)?;
    let phone = match (factor.kind, update.phone.as_str()) {
        (FactorType::Phone, phone) if !phone.is_empty() => address::phone(phone)?,
        _ => String::new(),
    };
    let changed = factors::change(&mut tx, id, &update.friendly_name, &phone).await;
    changed.map_err(taken)?;
    let traits = json!({
        "factor_id": id, "factor_type": factor.kind.name(), "by": admin.user_id(),
    });
    audit::record(&mut tx, &caller, &user, Action::FactorUpdated, traits).await?;
    let factor = factors::find(&mut tx, user.id, id).await?;
    tx.commit().await?;
    factor
        .map(|factor| Json(factor.view()))
        .ok_or_else(not_found)
}

fn taken(error: sqlx::Error) -> Error {
    let is_unique = error
        .as_database_error()
        .is_some_and(|error| error.is_unique_violation());
    match is_unique {
        true => Error::new(
            ErrorCode::MfaFactorNameConflict,
            "Another factor of this user has this friendly name or phone number",
        ),
        false => error.into(),
    }
}

/// Removes one. When it was in use the user's sessions end: it may have been lost with the device
/// that they are on (SEC-14).
pub(super) async fn remove(
    State(auth): State<Auth>,
    caller: Caller,
    admin: Admin,
    Path((user, factor)): Path<(String, String)>,
) -> Result<Json<FactorView>> {
    let (user, id) = (
        id_in_path(&user, "user_id")?,
        id_in_path(&factor, "factor_id")?,
    );
    let mut tx = auth.begin().await?;
    let user = find(&mut tx, user).await?;
    let factor = factors::lock(&mut tx, user.id, id).await?;
    let factor = factor.ok_or_else(not_found)?;
    mfa::remove(&mut tx, &user, &factor).await?;
    if factor.verified {
        sessions::delete_all(&mut tx, user.id, None).await?;
        let subject = Subject::Unenrolled(factor.kind.name());
        mfa::tell(&auth, &mut tx, &caller, &user, subject).await?;
    }
    let traits = json!({
        "factor_id": id, "factor_type": factor.kind.name(), "by": admin.user_id(),
    });
    audit::record(&mut tx, &caller, &user, Action::FactorDeleted, traits).await?;
    tx.commit().await?;
    Ok(Json(factor.view()))
}
