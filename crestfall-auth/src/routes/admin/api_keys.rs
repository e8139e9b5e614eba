//! `/admin/api-keys`: keys of services, and a look at those of users (D33).

use axum::extract::State;
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::key_making::{KeyChanges, KeyView, MadeKey, Owner, Rotation, ServiceKeyRequest};
use crate::path::Path;
use crate::query::Query;
use crate::reconfigure::Live;
use crate::require_scope::scopes_of;
use crate::signed_in::Admin;
use crate::store::api_keys::{self, ApiKeyRow};
use crate::store::users;

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/admin/api-keys", get(list).post(create))
        .route("/admin/api-keys/{id}", patch(update).delete(revoke))
        .route("/admin/api-keys/{id}/rotate", post(rotate))
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
    caller: Caller,
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
    let traits = json!({ "api_key_id": made.id(), "role": role });
    audit::record_by_admin(&mut tx, &caller, &admin, Action::ApiKeyCreated, traits).await?;
    tx.commit().await?;
    tracing::info!(api_key = %made.id(), role, "a service's API key was made");
    Ok((StatusCode::CREATED, Json(made)))
}

/// A new key in place of a service's, which holds for a while yet. A user's is the user's to replace:
/// the new one is shown to who asks.
async fn rotate(
    State(auth): State<Auth>,
    Path(id): Path<Uuid>,
    caller: Caller,
    admin: Admin,
    Body(rotation): Body<Rotation>,
) -> Result<(StatusCode, Json<MadeKey>)> {
    let mut tx = auth.begin().await?;
    let row = api_keys::lock(&mut tx, id).await?;
    let row = row.filter(|row| row.user_id.is_none());
    let row = row.ok_or_else(unknown)?;
    let owner = Owner {
        user: None,
        role: &row.role,
        rights: scopes_of(&admin.identity),
        by: admin.user_id(),
    };
    let made = rotation.make(&auth, &mut tx, &row, &owner).await?;
    let traits = json!({ "api_key_id": id, "successor": made.id() });
    audit::record_by_admin(&mut tx, &caller, &admin, Action::ApiKeyRotated, traits).await?;
    tx.commit().await?;
    auth.authenticators().api_keys.forget(id);
    tracing::info!(api_key = %id, successor = %made.id(), "an API key was rotated");
    Ok((StatusCode::CREATED, Json(made)))
}

/// Writes it where it is looked for: a user's key in the user's own log.
async fn record(
    db: &mut PgConnection,
    caller: &Caller,
    admin: &Admin,
    row: &ApiKeyRow,
    action: Action,
) -> Result<()> {
    let owner = match row.user_id {
        Some(user) => users::find(db, user).await?,
        None => None,
    };
    match owner {
        Some(owner) => {
            let by = admin.user_id().map_or_else(
                || admin.identity.role().to_owned(),
                |admin| admin.to_string(),
            );
            let traits = json!({ "api_key_id": row.id, "by": by });
            audit::record(db, caller, &owner, action, traits).await
        }
        None => {
            let traits = json!({ "api_key_id": row.id });
            audit::record_by_admin(db, caller, admin, action, traits).await
        }
    }
}

async fn update(
    State(auth): State<Auth>,
    Path(id): Path<Uuid>,
    caller: Caller,
    admin: Admin,
    Body(changes): Body<KeyChanges>,
) -> Result<Json<KeyView>> {
    let mut tx = auth.begin().await?;
    let row = find(&mut tx, id).await?;
    changes
        .apply(&auth, &mut tx, &row, &scopes_of(&admin.identity))
        .await?;
    let row = find(&mut tx, id).await?;
    record(&mut tx, &caller, &admin, &row, Action::ApiKeyChanged).await?;
    tx.commit().await?;
    auth.authenticators().api_keys.forget(id);
    Ok(Json(row.into()))
}

async fn revoke(
    State(auth): State<Auth>,
    Path(id): Path<Uuid>,
    caller: Caller,
    admin: Admin,
) -> Result<StatusCode> {
    let mut tx = auth.begin().await?;
    let row = find(&mut tx, id).await?;
    if !api_keys::revoke(&mut tx, row.user_id, id).await? {
        return Err(unknown());
    }
    record(&mut tx, &caller, &admin, &row, Action::ApiKeyRevoked).await?;
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
