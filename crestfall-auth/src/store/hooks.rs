//! Calls of the application's functions.

use std::time::Duration;

use crestfall_core::name::QualifiedName;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection};

/// Bounds the statements of this transaction from here on; gives the bound before.
pub(crate) async fn set_statement_timeout(
    db: &mut PgConnection,
    timeout: Duration,
) -> sqlx::Result<String> {
    let before = sqlx::query_scalar("select current_setting('statement_timeout')")
        .fetch_one(&mut *db)
        .await?;
    restore_statement_timeout(db, &timeout.as_millis().to_string()).await?;
    Ok(before)
}

pub(crate) async fn restore_statement_timeout(
    db: &mut PgConnection,
    before: &str,
) -> sqlx::Result<()> {
    sqlx::query("select set_config('statement_timeout', $1, true)")
        .bind(before)
        .execute(db)
        .await
        .map(drop)
}

/// What a function of the application makes of this.
pub(crate) async fn call(
    db: &mut PgConnection,
    function: &QualifiedName,
    input: &Value,
) -> sqlx::Result<Option<Value>> {
    // The name is quoted; PostgreSQL takes none as a parameter.
    let statement = format!("select to_jsonb({function}($1))");
    let answer: Option<Json<Value>> = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(Json(input))
        .fetch_one(db)
        .await?;
    Ok(answer.map(|Json(answer)| answer))
}
