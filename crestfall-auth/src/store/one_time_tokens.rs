//! Statements about links and codes.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::one_time::TokenType;

/// A link and its code, waiting to be used.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct OneTimeToken {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    #[sqlx(rename = "token_type")]
    pub(crate) kind: TokenType,
    pub(crate) code_hash: Option<String>,
    pub(crate) relates_to: String,
    pub(crate) purpose: String,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) flow_state_id: Option<Uuid>,
}

pub(crate) struct NewToken<'a> {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) kind: TokenType,
    pub(crate) token_hash: &'a str,
    pub(crate) code_hash: &'a str,
    pub(crate) relates_to: &'a str,
    pub(crate) purpose: &'a str,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) flow_state_id: Option<Uuid>,
}

pub(crate) async fn replace(db: &mut PgConnection, new: &NewToken<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.one_time_tokens (id, user_id, token_type, token_hash, code_hash,
           relates_to, purpose, expires_at, flow_state_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (user_id, token_type) do update set
           id = excluded.id, token_hash = excluded.token_hash, code_hash = excluded.code_hash,
           relates_to = excluded.relates_to, purpose = excluded.purpose,
           expires_at = excluded.expires_at, flow_state_id = excluded.flow_state_id,
           attempts = 0, created_at = now(), updated_at = now()",
    )
    .bind(new.id)
    .bind(new.user_id)
    .bind(new.kind)
    .bind(new.token_hash)
    .bind(new.code_hash)
    .bind(new.relates_to)
    .bind(new.purpose)
    .bind(new.expires_at)
    .bind(new.flow_state_id)
    .execute(db)
    .await
    .map(drop)
}

/// Removes the token with this hash and gives it. Of several at once one gets it.
pub(crate) async fn take_by_hash(
    db: &mut PgConnection,
    token_hash: &str,
) -> sqlx::Result<Option<OneTimeToken>> {
    sqlx::query_as(
        "delete from auth.one_time_tokens where token_hash = $1
         returning id, user_id, token_type, code_hash, relates_to, purpose, expires_at, flow_state_id",
    )
    .bind(token_hash)
    .fetch_optional(db)
    .await
}

/// The token with this hash, left where it is: to show what a link would do.
pub(crate) async fn peek_by_hash(
    db: &mut PgConnection,
    token_hash: &str,
) -> sqlx::Result<Option<OneTimeToken>> {
    sqlx::query_as(
        "select id, user_id, token_type, code_hash, relates_to, purpose, expires_at, flow_state_id
         from auth.one_time_tokens where token_hash = $1",
    )
    .bind(token_hash)
    .fetch_optional(db)
    .await
}

pub(crate) async fn lock(
    db: &mut PgConnection,
    user: Uuid,
    kind: TokenType,
) -> sqlx::Result<Option<OneTimeToken>> {
    sqlx::query_as(
        "select id, user_id, token_type, code_hash, relates_to, purpose, expires_at, flow_state_id
         from auth.one_time_tokens where user_id = $1 and token_type = $2 for update",
    )
    .bind(user)
    .bind(kind)
    .fetch_optional(db)
    .await
}

/// Counts a wrong code; the last one allowed voids code and link.
pub(crate) async fn count_attempt(
    db: &mut PgConnection,
    id: Uuid,
    max_attempts: u16,
) -> sqlx::Result<()> {
    let attempts: Option<i16> = sqlx::query_scalar(
        "update auth.one_time_tokens set attempts = attempts + 1, updated_at = now()
         where id = $1 returning attempts",
    )
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    match attempts {
        Some(attempts) if i32::from(attempts) >= i32::from(max_attempts) => delete(db, id).await,
        _ => Ok(()),
    }
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from auth.one_time_tokens where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// A user's token of this kind.
pub(crate) async fn delete_of_kind(
    db: &mut PgConnection,
    user: Uuid,
    kind: TokenType,
) -> sqlx::Result<()> {
    sqlx::query("delete from auth.one_time_tokens where user_id = $1 and token_type = $2")
        .bind(user)
        .bind(kind)
        .execute(db)
        .await
        .map(drop)
}

/// All of a user's: an address or password has changed.
pub(crate) async fn delete_all(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from auth.one_time_tokens where user_id = $1")
        .bind(user)
        .execute(db)
        .await
        .map(drop)
}
