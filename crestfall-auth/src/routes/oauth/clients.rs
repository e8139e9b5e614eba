//! `/admin/oauth/clients` (GT-052): an administrator's register of clients.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::body::Body;
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::client::{Client, ClientType, ClientView, hash_secret, new_secret};
use crate::oauth::client_credentials;
use crate::oauth::client_metadata::{ClientChanges, ClientMetadata, NewClient, OwnRights};
use crate::oauth::error::NOT_STORED;
use crate::page::PageQuery;
use crate::path::Path;
use crate::query::Query;
use crate::signed_in::Admin;
use crate::store::{oauth_authorizations, oauth_clients, sessions};

/// A client as an administrator registers it.
#[derive(Deserialize)]
pub(super) struct Registration {
    #[serde(flatten)]
    metadata: ClientMetadata,
    #[serde(flatten)]
    rights: OwnRights,
}

pub(super) async fn list(
    State(auth): State<Auth>,
    Query(query): Query<PageQuery>,
    _: Admin,
) -> Result<Response> {
    let page = query.check()?;
    let mut db = auth.pool().acquire().await?;
    let (clients, total) = oauth_clients::page(&mut db, page.range()).await?;
    let views: Vec<ClientView<'_>> = clients.iter().map(|c| ClientView::new(c, None)).collect();
    let headers = page.headers(&auth, "/admin/oauth/clients", total);
    let body = json!({ "clients": views, "aud": auth.config().tokens.audience });
    Ok((headers, Json(body)).into_response())
}

pub(super) async fn create(
    State(auth): State<Auth>,
    _: Admin,
    Body(registration): Body<Registration>,
) -> Result<Response> {
    let new = registration.metadata.check_manual(registration.rights)?;
    let mut db = auth.pool().acquire().await?;
    let (client, secret) = insert(&mut db, &new).await?;
    Ok(answer(StatusCode::CREATED, &client, secret.as_deref()))
}

/// Keeps a client; a secret is made for those who can keep it, and is seen this once.
pub(super) async fn insert(
    db: &mut PgConnection,
    new: &NewClient,
) -> Result<(Client, Option<String>)> {
    let secret = (new.client_type == ClientType::Confidential).then(new_secret);
    let hash = secret.as_deref().map(hash_secret);
    let client = oauth_clients::insert(db, new, hash.as_deref()).await?;
    Ok((client, secret))
}

pub(super) async fn show(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    _: Admin,
) -> Result<Response> {
    let mut db = auth.pool().acquire().await?;
    let client = oauth_clients::find(&mut db, parse(&id)?).await?;
    Ok(answer(StatusCode::OK, &client.ok_or_else(not_found)?, None))
}

pub(super) async fn update(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    _: Admin,
    Body(mut changes): Body<ClientChanges>,
) -> Result<Response> {
    let mut tx = auth.begin().await?;
    let before = lock(&mut tx, &id).await?;
    changes.check(before.client_type)?;
    let client = oauth_clients::update(&mut tx, before.id, &changes).await?;
    client_credentials::revoke(&mut tx, &before).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::OK, &client, None))
}

/// The client is gone, and with it every session that users had at it. The order of the locks is that
/// of a code's exchange: authorization, client, consent, session.
pub(super) async fn remove(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    _: Admin,
) -> Result<StatusCode> {
    let mut tx = auth.begin().await?;
    oauth_authorizations::delete_of_client(&mut tx, parse(&id)?).await?;
    let before = lock(&mut tx, &id).await?;
    oauth_clients::delete(&mut tx, before.id).await?;
    sessions::delete_of_client(&mut tx, before.id, None, None).await?;
    client_credentials::revoke(&mut tx, &before).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn regenerate_secret(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    _: Admin,
) -> Result<Response> {
    let mut tx = auth.begin().await?;
    let before = lock(&mut tx, &id).await?;
    if !before.is_confidential() {
        return Err(Error::invalid("Cannot regenerate secret for public client"));
    }
    let secret = new_secret();
    let client = oauth_clients::set_secret(&mut tx, before.id, &hash_secret(&secret)).await?;
    client_credentials::revoke(&mut tx, &before).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::OK, &client, Some(&secret)))
}

fn answer(status: StatusCode, client: &Client, secret: Option<&str>) -> Response {
    let view = ClientView::new(client, secret);
    (status, NOT_STORED, Json(view)).into_response()
}

fn parse(id: &str) -> Result<Uuid> {
    id.parse()
        .map_err(|_| Error::invalid("invalid client_id format"))
}

fn not_found() -> Error {
    Error::new(ErrorCode::OauthClientNotFound, "OAuth client not found")
}

async fn lock(db: &mut PgConnection, id: &str) -> Result<Client> {
    let client = oauth_clients::lock(db, parse(id)?).await?;
    client.ok_or_else(not_found)
}
