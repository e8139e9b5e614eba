//! Statements about recovery codes.

use sqlx::PgConnection;
use uuid::Uuid;

/// A code that was not used yet.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct RecoveryCode {
    pub(crate) id: Uuid,
    pub(crate) code_hash: String,
}

/// New ones in place of all before, made in this session.
pub(crate) async fn replace(
    db: &mut PgConnection,
    user: Uuid,
    session: Uuid,
    hashes: &[String],
) -> sqlx::Result<()> {
    delete_all(db, user).await?;
    sqlx::query(
        "insert into auth.recovery_codes (user_id, session_id, code_hash)
         select $1, $2, unnest($3::text[])",
    )
    .bind(user)
    .bind(session)
    .bind(hashes)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn unused(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Vec<RecoveryCode>> {
    sqlx::query_as(
        "select id, code_hash from auth.recovery_codes
         where user_id = $1 and used_at is null order by id",
    )
    .bind(user)
    .fetch_all(db)
    .await
}

/// Uses one up; no when somebody was faster (SEC-12).
pub(crate) async fn use_up(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update auth.recovery_codes set used_at = now() where id = $1 and used_at is null",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete_all(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from auth.recovery_codes where user_id = $1")
        .bind(user)
        .execute(db)
        .await
        .map(drop)
}

/// Forgets those that were made in other sessions than this.
pub(crate) async fn delete_others(
    db: &mut PgConnection,
    user: Uuid,
    session: Uuid,
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from auth.recovery_codes where user_id = $1 and session_id is distinct from $2",
    )
    .bind(user)
    .bind(session)
    .execute(db)
    .await
    .map(drop)
}
