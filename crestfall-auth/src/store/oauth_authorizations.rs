//! Statements about what clients ask of users.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::pkce::Method;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(
    type_name = "auth.oauth_authorization_status",
    rename_all = "lowercase"
)]
pub(crate) enum Status {
    Pending,
    Approved,
    Denied,
    Expired,
}

/// A client's request to act in a user's name.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Authorization {
    pub(crate) id: Uuid,
    pub(crate) authorization_id: String,
    pub(crate) client_id: Uuid,
    /// Whoever opened it first, signed in.
    pub(crate) user_id: Option<Uuid>,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) code_challenge_method: Option<Method>,
    pub(crate) nonce: Option<String>,
    pub(crate) status: Status,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) is_expired: bool,
    pub(crate) used_at: Option<DateTime<Utc>>,
    pub(crate) session_id: Option<Uuid>,
    pub(crate) auth_time: Option<DateTime<Utc>>,
    pub(crate) max_age: Option<i64>,
    pub(crate) prompt: Option<String>,
    /// What the user of a device without a browser types.
    pub(crate) user_code: Option<String>,
    /// How long ago the device asked, in seconds.
    pub(crate) polled_ago: Option<f64>,
}

/// What a new one starts with.
#[derive(Clone)]
pub(crate) struct NewAuthorization<'a> {
    pub(crate) authorization_id: &'a str,
    pub(crate) client_id: Uuid,
    pub(crate) redirect_uri: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) state: Option<&'a str>,
    pub(crate) resource: Option<&'a str>,
    pub(crate) challenge: &'a str,
    pub(crate) challenge_method: Method,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) max_age: Option<i64>,
    pub(crate) prompt: Option<&'a str>,
    pub(crate) seconds: f64,
}

macro_rules! select_authorization {
    ($rest:literal) => {
        concat!(
            "select id, authorization_id, client_id, user_id, redirect_uri, scope, state, resource,
               code_challenge, code_challenge_method, nonce, status, created_at,
               expires_at <= clock_timestamp() as is_expired, used_at, session_id, auth_time,
               max_age, prompt, user_code,
               extract(epoch from clock_timestamp() - polled_at)::float8 as polled_ago
             from auth.oauth_authorizations ",
            $rest
        )
    };
}

/// Removes a few that were over long ago, whenever one is added: so their number stays bounded by how
/// many come in a day.
macro_rules! prune_and {
    ($insert:literal) => {
        concat!(
            "with old as (
               select id from auth.oauth_authorizations
               where expires_at < now() - interval '1 day'
               order by expires_at limit 10 for update skip locked),
             removed as (
               delete from auth.oauth_authorizations a using old where a.id = old.id) ",
            $insert
        )
    };
}

pub(crate) async fn insert(db: &mut PgConnection, new: &NewAuthorization<'_>) -> sqlx::Result<()> {
    sqlx::query(prune_and!(
        "insert into auth.oauth_authorizations (authorization_id, client_id, redirect_uri, scope,
           state, resource, code_challenge, code_challenge_method, nonce, max_age, prompt,
           expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + $12 * interval '1 second')"
    ))
    .bind(new.authorization_id)
    .bind(new.client_id)
    .bind(new.redirect_uri)
    .bind(new.scope)
    .bind(new.state)
    .bind(new.resource)
    .bind(new.challenge)
    .bind(new.challenge_method)
    .bind(new.nonce)
    .bind(new.max_age)
    .bind(new.prompt)
    .bind(new.seconds)
    .execute(db)
    .await
    .map(drop)
}

/// Locks the row until the transaction ends: of two who open or decide at once, one comes second.
pub(crate) async fn lock(
    db: &mut PgConnection,
    authorization_id: &str,
) -> sqlx::Result<Option<Authorization>> {
    sqlx::query_as(select_authorization!(
        "where authorization_id = $1 for update"
    ))
    .bind(authorization_id)
    .fetch_optional(db)
    .await
}

/// Locks the row that this code was given out for: of many who exchange it at once, one comes first.
pub(crate) async fn lock_by_code(
    db: &mut PgConnection,
    code_hash: &str,
) -> sqlx::Result<Option<Authorization>> {
    sqlx::query_as(select_authorization!(
        "where authorization_code = $1 and status = 'approved' for update"
    ))
    .bind(code_hash)
    .fetch_optional(db)
    .await
}

pub(crate) async fn set_user(db: &mut PgConnection, id: Uuid, user: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.oauth_authorizations set user_id = $2 where id = $1")
        .bind(id)
        .bind(user)
        .execute(db)
        .await
        .map(drop)
}

/// The user agreed: from now on a code can be exchanged, for so many seconds. It is kept as its hash;
/// a device needs none, it has its own.
pub(crate) async fn approve(
    db: &mut PgConnection,
    id: Uuid,
    code_hash: Option<&str>,
    auth_time: DateTime<Utc>,
    seconds: f64,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.oauth_authorizations set status = 'approved', approved_at = now(),
           authorization_code = $2, auth_time = $3,
           expires_at = clock_timestamp() + $4 * interval '1 second'
         where id = $1",
    )
    .bind(id)
    .bind(code_hash)
    .bind(auth_time)
    .bind(seconds)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn deny(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.oauth_authorizations set status = 'denied' where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// The code was exchanged for this session.
pub(crate) async fn set_used(db: &mut PgConnection, id: Uuid, session: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.oauth_authorizations set used_at = now(), session_id = $2 where id = $1",
    )
    .bind(id)
    .bind(session)
    .execute(db)
    .await
    .map(drop)
}

/// What a device without a browser asks for.
#[derive(Clone)]
pub(crate) struct NewDevice<'a> {
    pub(crate) authorization_id: &'a str,
    pub(crate) client_id: Uuid,
    pub(crate) scope: &'a str,
    pub(crate) resource: Option<&'a str>,
    pub(crate) device_code_hash: &'a str,
    pub(crate) user_code: &'a str,
    pub(crate) seconds: f64,
}

/// Keeps one; false when the user code is taken.
pub(crate) async fn insert_device(
    db: &mut PgConnection,
    new: &NewDevice<'_>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(prune_and!(
        "insert into auth.oauth_authorizations (authorization_id, client_id, redirect_uri, scope,
           resource, device_code, user_code, expires_at)
         values ($1, $2, '', $3, $4, $5, $6, now() + $7 * interval '1 second')
         on conflict (user_code) do nothing"
    ))
    .bind(new.authorization_id)
    .bind(new.client_id)
    .bind(new.scope)
    .bind(new.resource)
    .bind(new.device_code_hash)
    .bind(new.user_code)
    .bind(new.seconds)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The request that a user code names, while it can be decided.
pub(crate) async fn id_of_user_code(
    db: &mut PgConnection,
    user_code: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "select authorization_id from auth.oauth_authorizations
         where user_code = $1 and status = 'pending' and expires_at > clock_timestamp()",
    )
    .bind(user_code)
    .fetch_optional(db)
    .await
}

/// Locks the row that a device asks about.
pub(crate) async fn lock_by_device_code(
    db: &mut PgConnection,
    device_code_hash: &str,
) -> sqlx::Result<Option<Authorization>> {
    sqlx::query_as(select_authorization!("where device_code = $1 for update"))
        .bind(device_code_hash)
        .fetch_optional(db)
        .await
}

/// The device has asked.
pub(crate) async fn set_polled(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.oauth_authorizations set polled_at = clock_timestamp() where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// Removes all of a client.
pub(crate) async fn delete_of_client(db: &mut PgConnection, client: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from auth.oauth_authorizations where client_id = $1")
        .bind(client)
        .execute(db)
        .await
        .map(drop)
}
