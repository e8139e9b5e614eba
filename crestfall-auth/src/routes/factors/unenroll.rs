//! `DELETE /factors/{id}` (GT-036): removes a factor.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::mfa::{self, OwnFactor, Subject};
use crate::store::{factors, users};

#[derive(Serialize)]
pub(super) struct Unenrolled {
    id: Uuid,
}

pub(super) async fn unenroll(
    State(auth): State<Auth>,
    caller: Caller,
    OwnFactor { owner, factor }: OwnFactor,
) -> Result<Json<Unenrolled>> {
    let gone = || Error::new(ErrorCode::MfaFactorNotFound, "Factor not found");
    let mut tx = auth.begin().await?;
    let user = users::lock(&mut tx, owner.user.id)
        .await?
        .ok_or_else(gone)?;
    // It may have been used for the first time just now.
    let factor = factors::lock(&mut tx, user.id, factor.id).await?;
    let factor = factor.ok_or_else(gone)?;
    if factor.verified && !owner.is_aal2() {
        return Err(Error::new(
            ErrorCode::InsufficientAal,
            "AAL2 required to unenroll verified factor",
        )
        .with_status(http::StatusCode::UNPROCESSABLE_ENTITY));
    }
    mfa::remove(&mut tx, &user, &factor).await?;
    let traits = json!({
        "factor_id": factor.id, "factor_status": factor.status(), "session_id": owner.session.id,
    });
    audit::record(&mut tx, &caller, &user, Action::FactorUnenrolled, traits).await?;
    if factor.verified {
        let subject = Subject::Unenrolled(factor.kind.name());
        mfa::tell(&auth, &mut tx, &caller, &user, subject).await?;
    }
    tx.commit().await?;
    Ok(Json(Unenrolled { id: factor.id }))
}
