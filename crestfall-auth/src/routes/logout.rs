//! `POST /logout` (GT-020): ends this session, all, or all others.

use axum::extract::{Query, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::signed_in::SignedIn;
use crate::store::sessions;

#[derive(Deserialize)]
pub(super) struct Parameters {
    scope: Option<String>,
}

pub(super) async fn log_out(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<StatusCode> {
    let user = &signed_in.user;
    let this = signed_in.session.as_ref().map(|session| session.id);
    let scope = parameters.scope.as_deref().unwrap_or("global");
    let mut tx = auth.begin().await?;
    audit::record(
        &mut tx,
        &caller,
        user,
        Action::Logout,
        json!({ "scope": scope }),
    )
    .await?;
    match (scope, this) {
        ("local", Some(this)) => {
            sessions::delete(&mut tx, this).await?;
        }
        ("others", Some(this)) => {
            sessions::delete_all(&mut tx, user.id, Some(this)).await?;
        }
        ("global" | "local" | "others", _) => {
            sessions::delete_all(&mut tx, user.id, None).await?;
        }
        (other, _) => {
            return Err(Error::invalid(format!(
                "Unsupported logout scope \"{other}\""
            )));
        }
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
