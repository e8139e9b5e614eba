//! `/user/api-keys`: a user's own keys (D33).

use axum::extract::State;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::api_key::Scopes;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::key_making::{KeyRequest, KeyView, MadeKey, Owner, Rotation};
use crate::path::Path;
use crate::reconfigure::Live;
use crate::signed_in::SignedIn;
use crate::store::api_keys;
use crate::user::User;

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/user/api-keys", get(list).post(create))
        .route("/user/api-keys/{id}", delete(revoke))
        .route("/user/api-keys/{id}/rotate", post(rotate))
}

/// A session of the user's own, with all factors proved: not one that an OAuth client has.
fn check_may_manage(signed_in: &SignedIn) -> Result<()> {
    if signed_in.session()?.oauth_client_id.is_some() {
        let message = "An application may not manage API keys";
        return Err(Error::new(ErrorCode::NotAdmin, message));
    }
    match signed_in.is_at_highest_level() {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::InsufficientAal,
            "AAL2 session is required to manage API keys when MFA is enabled",
        )),
    }
}

pub(super) async fn list(
    State(auth): State<Auth>,
    signed_in: SignedIn,
) -> Result<Json<Vec<KeyView>>> {
    let mut db = auth.pool().acquire().await?;
    let rows = api_keys::list(&mut db, Some(signed_in.user.id)).await?;
    Ok(Json(rows.into_iter().map(KeyView::from).collect()))
}

async fn create(
    State(auth): State<Auth>,
    caller: Caller,
    signed_in: SignedIn,
    Body(request): Body<KeyRequest>,
) -> Result<(StatusCode, Json<MadeKey>)> {
    let settings = &auth.config().api_keys;
    if !settings.enabled || !settings.user_keys {
        let message = "API keys of users are disabled";
        return Err(Error::new(ErrorCode::FeatureDisabled, message));
    }
    check_may_manage(&signed_in)?;
    let user = &signed_in.user;
    let owner = owner(user);
    let mut tx = auth.begin().await?;
    // One at a time, so that the count holds.
    crate::store::users::lock(&mut tx, user.id).await?;
    let live = api_keys::count_live(&mut tx, user.id).await?;
    if live >= i64::from(settings.max_per_user) {
        return Err(Error::invalid(
            "You have as many API keys as a user may have",
        ));
    }
    let made = request.make(&auth, &mut tx, &owner).await?;
    let traits = json!({ "api_key_id": made.id() });
    audit::record(&mut tx, &caller, user, Action::ApiKeyCreated, traits).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// A user's own key, which may do what the user may.
fn owner(user: &User) -> Owner<'_> {
    Owner {
        user: Some(user.id),
        role: &user.role,
        rights: Scopes::all(),
        by: Some(user.id),
    }
}

fn unknown() -> Error {
    Error::new(ErrorCode::ApiKeyNotFound, "API key not found")
}

/// A new key in place of one that holds for a while yet.
async fn rotate(
    State(auth): State<Auth>,
    Path(id): Path<Uuid>,
    caller: Caller,
    signed_in: SignedIn,
    Body(rotation): Body<Rotation>,
) -> Result<(StatusCode, Json<MadeKey>)> {
    check_may_manage(&signed_in)?;
    let user = &signed_in.user;
    let mut tx = auth.begin().await?;
    let row = api_keys::lock(&mut tx, id).await?;
    let row = row.filter(|row| row.user_id == Some(user.id));
    let row = row.ok_or_else(unknown)?;
    let made = rotation.make(&auth, &mut tx, &row, &owner(user)).await?;
    let traits = json!({ "api_key_id": id, "successor": made.id() });
    audit::record(&mut tx, &caller, user, Action::ApiKeyRotated, traits).await?;
    tx.commit().await?;
    auth.authenticators().api_keys.forget(id);
    Ok((StatusCode::CREATED, Json(made)))
}

async fn revoke(
    State(auth): State<Auth>,
    Path(id): Path<Uuid>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<StatusCode> {
    check_may_manage(&signed_in)?;
    let user = &signed_in.user;
    let mut tx = auth.begin().await?;
    if !api_keys::revoke(&mut tx, Some(user.id), id).await? {
        return Err(unknown());
    }
    let traits = json!({ "api_key_id": id });
    audit::record(&mut tx, &caller, user, Action::ApiKeyRevoked, traits).await?;
    tx.commit().await?;
    auth.authenticators().api_keys.forget(id);
    Ok(StatusCode::NO_CONTENT)
}
