//! `/admin/users/{id}/passkeys`: any user's passkeys (GT-048).

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::json;

use super::users::find;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::mfa::{self, Subject, id_in_path};
use crate::path::Path;
use crate::signed_in::Admin;
use crate::store::passkeys::{self, Passkey, PasskeyView};

pub(super) async fn list(
    State(auth): State<Auth>,
    _: Admin,
    Path(user): Path<String>,
) -> Result<Json<Vec<PasskeyView>>> {
    let id = id_in_path(&user, "user_id")?;
    let mut db = auth.pool().acquire().await?;
    let user = find(&mut db, id).await?;
    let passkeys = passkeys::of_user(&mut db, user.id).await?;
    Ok(Json(passkeys.into_iter().map(Passkey::view).collect()))
}

pub(super) async fn remove(
    State(auth): State<Auth>,
    caller: Caller,
    admin: Admin,
    Path((user, passkey)): Path<(String, String)>,
) -> Result<StatusCode> {
    let not_found = || Error::invalid("Passkey not found").with_status(StatusCode::NOT_FOUND);
    let user = id_in_path(&user, "user_id")?;
    let id = passkey.parse().map_err(|_| not_found())?;
    let mut tx = auth.begin().await?;
    let user = find(&mut tx, user).await?;
    if !passkeys::delete(&mut tx, user.id, id).await? {
        return Err(not_found());
    }
    let traits = json!({ "passkey_id": id, "by": admin.user_id() });
    audit::record(&mut tx, &caller, &user, Action::PasskeyDeleted, traits).await?;
    let subject = Subject::Unenrolled("webauthn");
    mfa::tell(&auth, &mut tx, &caller, &user, subject).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
