//! `POST /logout` (GT-020): ends this session, all, or all others.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::query::Query;
use crate::signed_in::UserOrClient;
use crate::store::sessions;

#[derive(Deserialize)]
pub(super) struct Parameters {
    scope: Option<String>,
}

pub(super) async fn log_out(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    caller: Caller,
    asking: UserOrClient,
) -> Result<StatusCode> {
    let client = asking.client();
    let signed_in = &asking.0;
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
    match (scope, this, client) {
        ("local", Some(this), _) => {
            sessions::delete(&mut tx, this).await?;
        }
        // An OAuth client signs the user out of itself, of nothing else.
        ("global", _, Some(client)) => {
            sessions::delete_of_client(&mut tx, client, Some(user.id), None).await?;
        }
        ("others", Some(this), Some(client)) => {
            sessions::delete_of_client(&mut tx, client, Some(user.id), Some(this)).await?;
        }
        ("others", Some(this), None) => {
            sessions::delete_all(&mut tx, user.id, Some(this)).await?;
        }
        ("global" | "local" | "others", ..) => {
            sessions::delete_all(&mut tx, user.id, None).await?;
        }
        (other, ..) => {
            return Err(Error::invalid(format!(
                "Unsupported logout scope \"{other}\""
            )));
        }
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
