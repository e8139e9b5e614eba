//! Statements about the OAuth server's clients.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::oauth::client::Client;
use crate::oauth::client_metadata::{ClientChanges, NewClient};

macro_rules! columns {
    () => {
        "id, client_secret_hash, registration_type, client_type, token_endpoint_auth_method,
         redirect_uris, grant_types, client_name, client_uri, logo_uri, created_at, updated_at,
         client_credentials_scopes, client_credentials_role"
    };
}

pub(crate) async fn insert(
    db: &mut PgConnection,
    new: &NewClient,
    secret_hash: Option<&str>,
) -> sqlx::Result<Client> {
    sqlx::query_as(concat!(
        "insert into auth.oauth_clients (client_secret_hash, registration_type, client_type,
           token_endpoint_auth_method, redirect_uris, grant_types, client_name, client_uri,
           logo_uri, client_credentials_scopes, client_credentials_role)
         values ($1, $2, $3, $4, $5, $6, nullif($7, ''), nullif($8, ''), nullif($9, ''), $10, $11)
         returning ",
        columns!()
    ))
    .bind(secret_hash)
    .bind(new.registration_type)
    .bind(new.client_type)
    .bind(new.auth_method.name())
    .bind(&new.redirect_uris)
    .bind(&new.grant_types)
    .bind(&new.client_name)
    .bind(&new.client_uri)
    .bind(&new.logo_uri)
    .bind(&new.own_scopes)
    .bind(&new.own_role)
    .fetch_one(db)
    .await
}

/// One that was not deleted.
pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from auth.oauth_clients where id = $1 and deleted_at is null"
    ))
    .bind(id)
    .fetch_optional(db)
    .await
}

/// The same, and it stays until the transaction ends: who deletes it waits, and then ends what was
/// given out.
pub(crate) async fn hold(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from auth.oauth_clients where id = $1 and deleted_at is null for share"
    ))
    .bind(id)
    .fetch_optional(db)
    .await
}

/// The same, for who changes it. Sessions may still begin and end meanwhile.
pub(crate) async fn lock(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from auth.oauth_clients where id = $1 and deleted_at is null for no key update"
    ))
    .bind(id)
    .fetch_optional(db)
    .await
}

/// A page of them, newest first, and how many there are.
pub(crate) async fn page(
    db: &mut PgConnection,
    (offset, limit): (i64, i64),
) -> sqlx::Result<(Vec<Client>, i64)> {
    let clients = sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from auth.oauth_clients where deleted_at is null
         order by created_at desc, id offset $1 limit $2"
    ))
    .bind(offset)
    .bind(limit)
    .fetch_all(&mut *db)
    .await?;
    let total =
        sqlx::query_scalar("select count(*) from auth.oauth_clients where deleted_at is null")
            .fetch_one(db)
            .await?;
    Ok((clients, total))
}

pub(crate) async fn update(
    db: &mut PgConnection,
    id: Uuid,
    changes: &ClientChanges,
) -> sqlx::Result<Client> {
    sqlx::query_as(concat!(
        "update auth.oauth_clients set
           redirect_uris = coalesce($2, redirect_uris),
           grant_types = coalesce($3, grant_types),
           client_name = nullif(coalesce($4, client_name), ''),
           client_uri = nullif(coalesce($5, client_uri), ''),
           logo_uri = nullif(coalesce($6, logo_uri), ''),
           token_endpoint_auth_method = coalesce($7, token_endpoint_auth_method),
           client_credentials_scopes = coalesce($8, client_credentials_scopes),
           client_credentials_role = coalesce($9, client_credentials_role),
           updated_at = clock_timestamp()
         where id = $1 returning ",
        columns!()
    ))
    .bind(id)
    .bind(changes.redirect_uris.as_ref().map(|uris| uris.join(",")))
    .bind(changes.grant_types.as_ref().map(|types| types.join(",")))
    .bind(&changes.client_name)
    .bind(&changes.client_uri)
    .bind(&changes.logo_uri)
    .bind(&changes.token_endpoint_auth_method)
    .bind(&changes.client_credentials_scopes)
    .bind(&changes.client_credentials_role)
    .fetch_one(db)
    .await
}

pub(crate) async fn set_secret(
    db: &mut PgConnection,
    id: Uuid,
    secret_hash: &str,
) -> sqlx::Result<Client> {
    sqlx::query_as(concat!(
        "update auth.oauth_clients set client_secret_hash = $2, updated_at = clock_timestamp()
         where id = $1 returning ",
        columns!()
    ))
    .bind(id)
    .bind(secret_hash)
    .fetch_one(db)
    .await
}

/// Marks a change, which voids the tokens with which the client acts by itself.
pub(crate) async fn touch(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.oauth_clients set updated_at = clock_timestamp() where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// Deletes one, with what users agreed to; its name is kept for the log.
pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "with consents as (delete from auth.oauth_consents where client_id = $1)
         update auth.oauth_clients set deleted_at = now(), updated_at = clock_timestamp(),
           client_secret_hash = null
         where id = $1",
    )
    .bind(id)
    .execute(db)
    .await
    .map(drop)
}

/// Tells every node that tokens with this `session_id` are void, as the end of a session does.
pub(crate) async fn revoke_tokens(db: &mut PgConnection, session: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "with revoked as (
           insert into auth.revocations (session_id) values ($1) on conflict do nothing)
         select pg_notify('crestfall_auth', 'session ' || $1::text)",
    )
    .bind(session)
    .execute(db)
    .await
    .map(drop)
}
