//! `/user/sessions`: a user's own sessions, in plain words (D6).

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::device;
use crate::error::{Error, ErrorCode, Result};
use crate::path::Path;
use crate::signed_in::SignedIn;
use crate::store::sessions::{self, Amr, Session};

/// A session as its user sees it.
#[derive(Serialize)]
pub(super) struct SessionView {
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    /// Such as `Firefox on Linux`.
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<DateTime<Utc>>,
    aal: String,
    amr: Vec<Amr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<Uuid>,
}

impl SessionView {
    pub(super) fn new(session: Session, current: Option<Uuid>) -> Self {
        let last_seen = session.refreshed_at.map(|at| at.and_utc());
        Self {
            current: current == Some(session.id),
            id: session.id,
            device: device::name(session.user_agent.as_deref()),
            ip: session.ip,
            created_at: session.created_at,
            last_seen_at: last_seen.unwrap_or(session.created_at),
            not_after: session.not_after,
            aal: session.aal,
            amr: session.amr.0,
            client_id: session.oauth_client_id,
        }
    }
}

pub(super) async fn list(
    State(auth): State<Auth>,
    signed_in: SignedIn,
) -> Result<Json<Vec<SessionView>>> {
    let mut db = auth.pool().acquire().await?;
    let current = signed_in.session.as_ref().map(|session| session.id);
    let sessions = sessions::of_user(&mut db, signed_in.user.id).await?;
    let views = sessions
        .into_iter()
        .map(|session| SessionView::new(session, current));
    Ok(Json(views.collect()))
}

pub(super) async fn end(
    State(auth): State<Auth>,
    Path(id): Path<Uuid>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<StatusCode> {
    let mut tx = auth.begin().await?;
    if !sessions::delete_of(&mut tx, signed_in.user.id, id).await? {
        return Err(Error::new(ErrorCode::SessionNotFound, "Session not found")
            .with_status(StatusCode::NOT_FOUND));
    }
    let traits = json!({ "session_id": id });
    audit::record(&mut tx, &caller, &signed_in.user, Action::Logout, traits).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all but the one that asks.
pub(super) async fn end_others(
    State(auth): State<Auth>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<StatusCode> {
    let mut tx = auth.begin().await?;
    let keep = signed_in.session()?.id;
    sessions::delete_all(&mut tx, signed_in.user.id, Some(keep)).await?;
    let traits = json!({ "scope": "others" });
    audit::record(&mut tx, &caller, &signed_in.user, Action::Logout, traits).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
