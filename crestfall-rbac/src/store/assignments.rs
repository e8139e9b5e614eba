//! Who has which role where.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct AssignmentRow {
    pub(crate) id: Uuid,
    subject: String,
    role_id: Uuid,
    /// None when the caller may not see the role.
    role: Option<String>,
    organisation_id: Option<Uuid>,
    resource: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    granted_by: Option<String>,
    granted_at: DateTime<Utc>,
}

/// Which assignments.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) subject: Option<&'a str>,
    pub(crate) role: Option<Uuid>,
    pub(crate) organisation: Option<Uuid>,
    pub(crate) resource: Option<&'a str>,
    pub(crate) after: Option<Uuid>,
}

pub(crate) async fn list(
    db: &mut PgConnection,
    filter: &Filter<'_>,
    rows: i64,
) -> sqlx::Result<Vec<AssignmentRow>> {
    sqlx::query_as(
        "select a.id, a.subject, a.role_id, role.name as role, a.organisation_id, a.resource,
          a.expires_at, a.granted_by, a.granted_at
        from rbac.assignments a left join rbac.roles role on role.id = a.role_id
        where ($1::text is null or a.subject = $1)
          and ($2::uuid is null or a.role_id = $2)
          and ($3::uuid is null or a.organisation_id = $3)
          and ($4::text is null or a.resource = $4)
          and ($5::uuid is null or a.id > $5)
        order by a.id limit $6",
    )
    .bind(filter.subject)
    .bind(filter.role)
    .bind(filter.organisation)
    .bind(filter.resource)
    .bind(filter.after)
    .bind(rows)
    .fetch_all(db)
    .await
}

/// A new one.
#[derive(Debug, Serialize)]
pub(crate) struct NewAssignment {
    pub(crate) id: Uuid,
    pub(crate) subject: String,
    pub(crate) role_id: Uuid,
    pub(crate) organisation_id: Option<Uuid>,
    pub(crate) resource: Option<String>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

pub(crate) async fn insert(db: &mut PgConnection, new: &NewAssignment) -> sqlx::Result<()> {
    sqlx::query(
        "insert into rbac.assignments (id, subject, role_id, organisation_id, resource, expires_at)
        values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.id)
    .bind(&new.subject)
    .bind(new.role_id)
    .bind(new.organisation_id)
    .bind(&new.resource)
    .bind(new.expires_at)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from rbac.assignments where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Why a decision is what it is.
pub(crate) async fn explain(
    db: &mut PgConnection,
    permission: &str,
    resource: Option<&str>,
    organisation: Option<Uuid>,
    subject: Option<&str>,
) -> sqlx::Result<serde_json::Value> {
    sqlx::query_scalar("select rbac.explain($1, $2, $3, $4)")
        .bind(permission)
        .bind(resource)
        .bind(organisation)
        .bind(subject)
        .fetch_one(db)
        .await
}
