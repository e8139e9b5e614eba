//! Statements about sessions.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// A session: one sign-in on one device.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) refreshed_at: Option<NaiveDateTime>,
    pub(crate) not_after: Option<DateTime<Utc>>,
    pub(crate) aal: String,
    pub(crate) user_agent: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) oauth_client_id: Option<Uuid>,
    pub(crate) scopes: Option<String>,
    /// Whom its tokens are for as well (RFC 8707).
    pub(crate) resource: Option<String>,
    /// Sealed.
    pub(crate) refresh_token_hmac_key: Option<String>,
    pub(crate) refresh_token_counter: Option<i64>,
    pub(crate) amr: Json<Vec<Amr>>,
}

/// How and when a session's user proved something (`amr`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Amr {
    pub(crate) method: String,
    /// Seconds of the epoch.
    pub(crate) timestamp: i64,
}

/// What a new session starts with.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) aal: &'a str,
    pub(crate) method: &'a str,
    pub(crate) not_after: Option<DateTime<Utc>>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) ip: Option<String>,
    pub(crate) tag: Option<&'a str>,
    pub(crate) oauth_client_id: Option<Uuid>,
    pub(crate) scopes: Option<&'a str>,
    pub(crate) resource: Option<&'a str>,
    /// Sealed.
    pub(crate) refresh_token_hmac_key: &'a str,
}

/// What a session `s` says besides when it began and whose it is, as columns.
macro_rules! session_columns {
    () => {
        "s.refreshed_at, s.not_after, coalesce(s.aal::text, 'aal1') as aal, s.user_agent,
           host(s.ip) as ip, s.oauth_client_id, s.scopes, s.resource,
           s.refresh_token_hmac_key, s.refresh_token_counter,
           (select coalesce(json_agg(json_build_object('method', a.authentication_method,
               'timestamp', floor(extract(epoch from a.updated_at))::bigint)
               order by a.updated_at desc, a.authentication_method), '[]')
            from auth.mfa_amr_claims a where a.session_id = s.id) as amr"
    };
}
pub(crate) use session_columns;

macro_rules! select_session {
    ($rest:literal) => {
        concat!(
            "select s.id, s.user_id, coalesce(s.created_at, now()) as created_at, ",
            session_columns!(),
            " from auth.sessions s ",
            $rest
        )
    };
}

pub(crate) async fn insert(db: &mut PgConnection, new: &NewSession<'_>) -> sqlx::Result<Session> {
    sqlx::query_as(
        "with s as (
           insert into auth.sessions (id, user_id, aal, not_after, user_agent, ip, tag,
             oauth_client_id, scopes, refresh_token_hmac_key, refresh_token_counter, resource)
           values ($1, $2, $3::auth.aal_level, $4, $5, $6::inet, $7, $8, $9, $10, 0, $12)
           returning *),
         a as (
           insert into auth.mfa_amr_claims (session_id, authentication_method)
           select id, $11 from s
           returning authentication_method, updated_at)
         select s.id, s.user_id, coalesce(s.created_at, now()) as created_at, s.refreshed_at,
           s.not_after, s.aal::text as aal, s.user_agent, host(s.ip) as ip, s.oauth_client_id,
           s.scopes, s.resource, s.refresh_token_hmac_key, s.refresh_token_counter,
           json_build_array(json_build_object('method', a.authentication_method,
             'timestamp', floor(extract(epoch from a.updated_at))::bigint)) as amr
         from s, a",
    )
    .bind(new.id)
    .bind(new.user_id)
    .bind(new.aal)
    .bind(new.not_after)
    .bind(new.user_agent)
    .bind(&new.ip)
    .bind(new.tag)
    .bind(new.oauth_client_id)
    .bind(new.scopes)
    .bind(new.refresh_token_hmac_key)
    .bind(new.method)
    .bind(new.resource)
    .fetch_one(db)
    .await
}

pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Session>> {
    sqlx::query_as(select_session!("where s.id = $1"))
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Locks the row until the transaction ends: who revokes waits for who refreshes, and the other way
/// round.
pub(crate) async fn lock(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Session>> {
    sqlx::query_as(select_session!("where s.id = $1 for update of s"))
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Of one user, the last used first.
pub(crate) async fn of_user(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Vec<Session>> {
    sqlx::query_as(select_session!(
        "where s.user_id = $1
         order by coalesce(s.refreshed_at at time zone 'utc', s.created_at) desc, s.id limit 1000"
    ))
    .bind(user)
    .fetch_all(db)
    .await
}

/// A refresh token was given out: its number, and from where it was asked for.
pub(crate) async fn refreshed(
    db: &mut PgConnection,
    id: Uuid,
    counter: i64,
    user_agent: Option<&str>,
    ip: Option<String>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.sessions set refresh_token_counter = $2, user_agent = $3, ip = $4::inet,
           refreshed_at = now() at time zone 'utc', updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(counter)
    .bind(user_agent)
    .bind(ip)
    .execute(db)
    .await
    .map(drop)
}

/// Gives an imported session what our refresh tokens are made with.
pub(crate) async fn set_refresh_key(
    db: &mut PgConnection,
    id: Uuid,
    sealed_key: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.sessions set refresh_token_hmac_key = $2, refresh_token_counter = 0 where id = $1",
    )
    .bind(id)
    .bind(sealed_key)
    .execute(db)
    .await
    .map(drop)
}

/// Adds a proof, or its time anew, and lifts the level.
pub(crate) async fn prove(
    db: &mut PgConnection,
    id: Uuid,
    method: &str,
    aal: &str,
    factor: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.mfa_amr_claims (session_id, authentication_method) values ($1, $2)
         on conflict (session_id, authentication_method) do update set updated_at = now()",
    )
    .bind(id)
    .bind(method)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "update auth.sessions set aal = $2::auth.aal_level, factor_id = coalesce($3, factor_id),
           updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(aal)
    .bind(factor)
    .execute(db)
    .await
    .map(drop)
}

/// Takes back what a factor had proved, when it goes.
pub(crate) async fn lower(db: &mut PgConnection, user: Uuid, factor: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "with lowered as (
           update auth.sessions set aal = 'aal1', factor_id = null, updated_at = now()
           where user_id = $1 and factor_id = $2 returning id)
         delete from auth.mfa_amr_claims where session_id in (select id from lowered)
           and authentication_method in ('totp', 'mfa/phone', 'mfa/webauthn', 'mfa/recovery_code')",
    )
    .bind(user)
    .bind(factor)
    .execute(db)
    .await
    .map(drop)
}

/// Ends one. Its access tokens end with it (see `auth.revocations`).
pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from auth.sessions where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends one of this user.
pub(crate) async fn delete_of(db: &mut PgConnection, user: Uuid, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from auth.sessions where id = $1 and user_id = $2")
        .bind(id)
        .bind(user)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all of a user, or all but one.
pub(crate) async fn delete_all(
    db: &mut PgConnection,
    user: Uuid,
    keep: Option<Uuid>,
) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "delete from auth.sessions where user_id = $1 and ($2::uuid is null or id <> $2)",
    )
    .bind(user)
    .bind(keep)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Ends those of an OAuth client: of one user, or of everyone.
pub(crate) async fn delete_of_client(
    db: &mut PgConnection,
    client: Uuid,
    user: Option<Uuid>,
    keep: Option<Uuid>,
) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "delete from auth.sessions
         where oauth_client_id = $1 and ($2::uuid is null or user_id = $2)
           and ($3::uuid is null or id <> $3)",
    )
    .bind(client)
    .bind(user)
    .bind(keep)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Ends those of a user that proved no second factor.
pub(crate) async fn delete_below_aal2(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "delete from auth.sessions
         where user_id = $1 and coalesce(aal, 'aal1') < 'aal2'::auth.aal_level",
    )
    .bind(user)
    .execute(db)
    .await
    .map(drop)
}

/// A refresh token that GoTrue gave out: its session, if it has not been used.
pub(crate) async fn exchange_foreign(
    db: &mut PgConnection,
    token: &str,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar(
        "update auth.refresh_tokens set revoked = true, updated_at = now()
         where token = $1 and revoked is not true and session_id is not null
         returning session_id",
    )
    .bind(token)
    .fetch_optional(db)
    .await
}
