//! Permissions that were declared.

use serde::Serialize;
use sqlx::PgConnection;

use crate::page::PageRequest;

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct PermissionRow {
    pub(crate) name: String,
    description: String,
    managed: bool,
}

pub(crate) async fn list(
    db: &mut PgConnection,
    page: &PageRequest,
    rows: i64,
) -> sqlx::Result<Vec<PermissionRow>> {
    sqlx::query_as(
        r#"select name, description, managed from rbac.permissions
        where $1::text is null or name collate "C" > $1
        order by name collate "C" limit $2"#,
    )
    .bind(&page.after)
    .bind(rows)
    .fetch_all(db)
    .await
}

pub(crate) async fn insert(
    db: &mut PgConnection,
    name: &str,
    description: &str,
) -> sqlx::Result<()> {
    sqlx::query("insert into rbac.permissions (name, description) values ($1, $2)")
        .bind(name)
        .bind(description)
        .execute(db)
        .await
        .map(drop)
}

pub(crate) async fn delete(db: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from rbac.permissions where name = $1")
        .bind(name)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}
