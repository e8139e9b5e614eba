//! `/admin/api-keys`: keys of services, and a look at those of users (D33).

use axum::extract::{Path, Query, State};
use axum::routing::{get, patch};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::body::Body;
use crate::error::{Error, ErrorCode, Result};
use crate::key_making::{KeyChanges, KeyView, MadeKey, Owner, ServiceKeyRequest};
use crate::require_scope::scopes_of;
use crate::signed_in::Admin;
use crate::store::api_keys::{self, ApiKeyRow};

pub(super) fn routes() -> Router<Auth> {
    Router::new()
        .route("/admin/api-keys", get(list).post(create))
        .route("/admin/api-keys/{id}", patch(update).delete(revoke))
}

#[derive(Deserialize)]
struct ListParameters {
    /// The keys of this user; of services without it.
    user_id: Option<Uuid>,
}

async fn list(
    State(auth): State<Auth>,
    Query(parameters): Query<ListParameters>,
    _: Admin,
) -> Result<Json<Vec<KeyView>>> {
    let mut db = auth.pool().acquire().await?;
    let rows = api_keys::list(&mut db, parameters.user_id).await?;
    Ok(Json(rows.into_iter().map(KeyView::from).collect()))
}

async fn create(
    State(auth): State<Auth>,
    admin: Admin,
    Body(request): Body<ServiceKeyRequest>,
) -> Result<(StatusCode, Json<MadeKey>)> {
    let role = request.role(&auth.config().api_keys.roles)?;
    let owner = Owner {
        user: None,
        role: &role,
        rights: scopes_of(&admin.identity),
        by: admin.user_id(),
    };
    let mut tx = auth.begin().await?;
    let made = request.make(&auth, &mut tx, &owner).await?;
    tx.commit().await?;
    tracing::info!(api_key = %made.id(), role, "a service's API key was made");
    Ok((StatusCode::CREATED, Json(made)))
}

async fn update(
    State(auth): State<Auth>,
    Path(id): Path<Uuid>,
    admin: Admin,
    Body(changes): Body<KeyChanges>,
) -> Result<Json<KeyView>> {
    let mut tx = auth.begin().await?;
    let row = find(&mut tx, id).await?;
    changes
        .apply(&auth, &mut tx, &row, &scopes_of(&admin.identity))
        .await?;
    let row = find(&mut tx, id).await?;
    tx.commit().await?;
    auth.authenticators().api_keys.forget(id);
    Ok(Json(row.into()))
}

async fn revoke(State(auth): State<Auth>, Path(id): Path<Uuid>, _: Admin) -> Result<StatusCode> {
    let mut tx = auth.begin().await?;
    let row = find(&mut tx, id).await?;
    if !api_keys::revoke(&mut tx, row.user_id, id).await? {
        return Err(unknown());
    }
    tx.commit().await?;
    auth.authenticators().api_keys.forget(id);
    tracing::info!(api_key = %id, "an API key was revoked");
    Ok(StatusCode::NO_CONTENT)
}

fn unknown() -> Error {
    Error::new(ErrorCode::ApiKeyNotFound, "API key not found")
}

async fn find(db: &mut PgConnection, id: Uuid) -> Result<ApiKeyRow> {
    api_keys::find(db, id).await?.ok_or_else(unknown)
}
