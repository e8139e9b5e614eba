//! Roles, their permissions and parents.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::page::PageRequest;

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct RoleRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    description: String,
    organisation_id: Option<Uuid>,
    managed: bool,
    built_in: bool,
    /// Of its own.
    permissions: Vec<String>,
    /// Whose permissions it has as well.
    parents: Vec<Uuid>,
}

/// Which roles.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) organisation: Option<Uuid>,
    pub(crate) name: Option<&'a str>,
    pub(crate) id: Option<Uuid>,
}

pub(crate) async fn list(
    db: &mut PgConnection,
    filter: &Filter<'_>,
    page: &PageRequest,
    rows: i64,
) -> sqlx::Result<Vec<RoleRow>> {
    sqlx::query_as(include_str!("roles_list.sql"))
        .bind(filter.organisation)
        .bind(filter.name)
        .bind(filter.id)
        .bind(&page.after)
        .bind(rows)
        .fetch_all(db)
        .await
}

pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<RoleRow>> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let rows = list(db, &filter, &PageRequest::default(), 1).await?;
    Ok(rows.into_iter().next())
}

/// The role of this name: one of the organisation, else one that all know.
pub(crate) async fn named(
    db: &mut PgConnection,
    name: &str,
    organisation: Option<Uuid>,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar(
        "select id from rbac.roles
        where name = $1 and (organisation_id = $2 or organisation_id is null)
        order by organisation_id nulls last limit 1",
    )
    .bind(name)
    .bind(organisation)
    .fetch_optional(db)
    .await
}

pub(crate) async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    name: &str,
    description: &str,
    organisation: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into rbac.roles (id, name, description, organisation_id) values ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(name)
    .bind(description)
    .bind(organisation)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn update(
    db: &mut PgConnection,
    id: Uuid,
    name: Option<&str>,
    description: Option<&str>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update rbac.roles set name = coalesce($2, name), description = coalesce($3, description)
        where id = $1",
    )
    .bind(id)
    .bind(name)
    .bind(description)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from rbac.roles where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn add_permission(
    db: &mut PgConnection,
    role: Uuid,
    permission: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into rbac.role_permissions (role_id, permission) values ($1, $2)
        on conflict do nothing",
    )
    .bind(role)
    .bind(permission)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn remove_permission(
    db: &mut PgConnection,
    role: Uuid,
    permission: &str,
) -> sqlx::Result<bool> {
    let done =
        sqlx::query("delete from rbac.role_permissions where role_id = $1 and permission = $2")
            .bind(role)
            .bind(permission)
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn add_parent(
    db: &mut PgConnection,
    role: Uuid,
    parent: Uuid,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into rbac.role_parents (role_id, parent_id) values ($1, $2) on conflict do nothing",
    )
    .bind(role)
    .bind(parent)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn remove_parent(
    db: &mut PgConnection,
    role: Uuid,
    parent: Uuid,
) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from rbac.role_parents where role_id = $1 and parent_id = $2")
        .bind(role)
        .bind(parent)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}
