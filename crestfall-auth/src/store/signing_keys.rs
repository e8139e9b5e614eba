//! Statements about the keys that sign tokens.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A key with its private part, sealed.
#[derive(sqlx::FromRow)]
pub(crate) struct Sealed {
    pub(crate) kid: String,
    pub(crate) algorithm: String,
    pub(crate) sealed_key: String,
    pub(crate) state: String,
}

/// What may be told of a key.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) kid: String,
    pub(crate) algorithm: String,
    pub(crate) state: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) changed_at: DateTime<Utc>,
}

/// Keeps others from changing keys until the transaction ends: several nodes may start at once.
pub(crate) async fn lock(db: &mut PgConnection) -> sqlx::Result<()> {
    let sql = "lock table auth.signing_keys in share row exclusive mode";
    sqlx::query(sql).execute(db).await.map(drop)
}

/// Those in use, the oldest first.
pub(crate) async fn in_use(db: &mut PgConnection) -> sqlx::Result<Vec<Sealed>> {
    sqlx::query_as(
        "select kid, algorithm, sealed_key, state from auth.signing_keys where state <> 'revoked'
         order by created_at, id",
    )
    .fetch_all(db)
    .await
}

/// All of them, the oldest first.
pub(crate) async fn all(db: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select kid, algorithm, state, created_at, changed_at from auth.signing_keys
         order by created_at, id",
    )
    .fetch_all(db)
    .await
}

pub(crate) async fn insert(
    db: &mut PgConnection,
    kid: &str,
    algorithm: &str,
    sealed_key: &str,
    state: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.signing_keys (kid, algorithm, sealed_key, state) values ($1, $2, $3, $4)",
    )
    .bind(kid)
    .bind(algorithm)
    .bind(sealed_key)
    .bind(state)
    .execute(db)
    .await
    .map(drop)
}

/// Puts a key into another state.
pub(crate) async fn set_state(db: &mut PgConnection, kid: &str, state: &str) -> sqlx::Result<()> {
    sqlx::query("update auth.signing_keys set state = $2, changed_at = now() where kid = $1")
        .bind(kid)
        .bind(state)
        .execute(db)
        .await
        .map(drop)
}
