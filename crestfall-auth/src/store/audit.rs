//! The log of what happened to accounts.

use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

pub(crate) async fn insert(
    db: &mut PgConnection,
    payload: &Value,
    ip: &str,
) -> sqlx::Result<()> {
    sqlx::query("insert into auth.audit_log_entries (payload, ip_address) values ($1::json, $2)")
        .bind(Json(payload))
        .bind(ip)
        .execute(db)
        .await
        .map(drop)
}
