//! The log of what happened to accounts.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// The entries that a filter lets through: $1 is its field, empty for all, $2 its text.
macro_rules! where_filter {
    () => {
        "where case $1
             when '' then true
             when 'author' then strpos(payload ->> 'actor_username', $2) > 0
               or payload ->> 'actor_name' = $2 or payload ->> 'actor_id' = $2
             when 'action' then payload ->> 'action' = $2
             else payload ->> 'log_type' = $2
           end"
    };
}

pub(crate) async fn insert(db: &mut PgConnection, payload: &Value, ip: &str) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.audit_log_entries (payload, ip_address, created_at)
         values ($1::json, $2, clock_timestamp())",
    )
    .bind(Json(payload))
    .bind(ip)
    .execute(db)
    .await
    .map(drop)
}

/// Which entries are asked for.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    All,
    Author(String),
    Action(String),
    Type(String),
}

/// An entry as administrators see it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    #[sqlx(json)]
    pub(crate) payload: Value,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) ip_address: String,
}

/// One page, newest first, and how many there are in all.
pub(crate) async fn page(
    db: &mut PgConnection,
    filter: &Filter,
    (offset, limit): (i64, i64),
) -> sqlx::Result<(Vec<Entry>, i64)> {
    let (field, text) = match filter {
        Filter::All => ("", ""),
        Filter::Author(text) => ("author", text.as_str()),
        Filter::Action(text) => ("action", text.as_str()),
        Filter::Type(text) => ("type", text.as_str()),
    };
    let entries = sqlx::query_as(concat!(
        "select id, coalesce(payload, '{}') as payload, coalesce(created_at, now()) as created_at,
           ip_address from auth.audit_log_entries ",
        where_filter!(),
        " order by created_at desc, id offset $3 limit $4"
    ))
    .bind(field)
    .bind(text)
    .bind(offset)
    .bind(limit)
    .fetch_all(&mut *db)
    .await?;
    let total = sqlx::query_scalar(concat!(
        "select count(*) from auth.audit_log_entries ",
        where_filter!()
    ))
    .bind(field)
    .bind(text)
    .fetch_one(db)
    .await?;
    Ok((entries, total))
}

/// What happened to one user, newest first.
pub(crate) async fn of_user(
    db: &mut PgConnection,
    user: Uuid,
    (offset, limit): (i64, i64),
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as(
        "select id, coalesce(payload, '{}') as payload, coalesce(created_at, now()) as created_at,
           ip_address
         from auth.audit_log_entries where payload ->> 'user_id' = $1
         order by created_at desc, id offset $2 limit $3",
    )
    .bind(user.to_string())
    .bind(offset)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// How much happened to one user.
pub(crate) async fn count_of_user(db: &mut PgConnection, user: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from auth.audit_log_entries where payload ->> 'user_id' = $1",
    )
    .bind(user.to_string())
    .fetch_one(db)
    .await
}
