//! Programs that act by themselves.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct ServiceAccountRow {
    pub(crate) id: Uuid,
    subject: String,
    name: String,
    description: String,
    organisation_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    created_by: Option<String>,
}

pub(crate) async fn list(
    db: &mut PgConnection,
    organisation: Option<Uuid>,
    after: Option<Uuid>,
    rows: i64,
) -> sqlx::Result<Vec<ServiceAccountRow>> {
    sqlx::query_as(
        "select id, subject, name, description, organisation_id, created_at, created_by
        from rbac.service_accounts
        where ($1::uuid is null or organisation_id = $1) and ($2::uuid is null or id > $2)
        order by id limit $3",
    )
    .bind(organisation)
    .bind(after)
    .bind(rows)
    .fetch_all(db)
    .await
}

/// A new one.
#[derive(Debug, Serialize)]
pub(crate) struct NewServiceAccount {
    pub(crate) id: Uuid,
    pub(crate) subject: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) organisation_id: Option<Uuid>,
}

pub(crate) async fn insert(db: &mut PgConnection, new: &NewServiceAccount) -> sqlx::Result<()> {
    sqlx::query(
        "insert into rbac.service_accounts (id, subject, name, description, organisation_id)
        values ($1, $2, $3, $4, $5)",
    )
    .bind(new.id)
    .bind(&new.subject)
    .bind(&new.name)
    .bind(&new.description)
    .bind(new.organisation_id)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from rbac.service_accounts where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}
