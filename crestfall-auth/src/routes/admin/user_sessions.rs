//! `/admin/users/{id}/sessions`: any user's sessions (D6).

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::users::find;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::path::Path;
use crate::routes::sessions::SessionView;
use crate::signed_in::Admin;
use crate::store::sessions;

pub(super) async fn list(
    State(auth): State<Auth>,
    Path(user): Path<Uuid>,
    _: Admin,
) -> Result<Json<Vec<SessionView>>> {
    let mut db = auth.pool().acquire().await?;
    let user = find(&mut db, user).await?;
    let sessions = sessions::of_user(&mut db, user.id).await?;
    Ok(Json(
        sessions
            .into_iter()
            .map(|session| SessionView::new(session, None))
            .collect(),
    ))
}

pub(super) async fn end(
    State(auth): State<Auth>,
    Path((user, id)): Path<(Uuid, Uuid)>,
    caller: Caller,
    admin: Admin,
) -> Result<StatusCode> {
    let mut tx = auth.begin().await?;
    let user = find(&mut tx, user).await?;
    if !sessions::delete_of(&mut tx, user.id, id).await? {
        return Err(Error::new(ErrorCode::SessionNotFound, "Session not found")
            .with_status(StatusCode::NOT_FOUND));
    }
    let traits = json!({ "session_id": id, "by": admin.user_id() });
    audit::record(&mut tx, &caller, &user, Action::Logout, traits).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn end_all(
    State(auth): State<Auth>,
    Path(user): Path<Uuid>,
    caller: Caller,
    admin: Admin,
) -> Result<StatusCode> {
    let mut tx = auth.begin().await?;
    let user = find(&mut tx, user).await?;
    sessions::delete_all(&mut tx, user.id, None).await?;
    let traits = json!({ "scope": "global", "by": admin.user_id() });
    audit::record(&mut tx, &caller, &user, Action::Logout, traits).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
