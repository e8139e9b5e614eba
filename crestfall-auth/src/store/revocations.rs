//! Statements about sessions that ended before their access tokens.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub(crate) async fn since(
    db: &mut PgConnection,
    horizon: DateTime<Utc>,
) -> sqlx::Result<Vec<(Uuid, DateTime<Utc>)>> {
    sqlx::query_as("select session_id, revoked_at from auth.revocations where revoked_at > $1")
        .bind(horizon)
        .fetch_all(db)
        .await
}
