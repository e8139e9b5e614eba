//! Organisations, their members and invitations.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct OrganisationRow {
    pub(crate) id: Uuid,
    name: String,
    pub(crate) slug: String,
    email_domains: Vec<String>,
    created_at: DateTime<Utc>,
    created_by: Option<String>,
}

/// $1 after (slug), $2 id, $3 rows
const LIST: &str = r#"
    select id, name, slug, email_domains, created_at, created_by from rbac.organisations
    where ($1::text is null or slug collate "C" > $1) and ($2::uuid is null or id = $2)
    order by slug collate "C" limit $3"#;

pub(crate) async fn list(
    db: &mut PgConnection,
    after: Option<&str>,
    rows: i64,
) -> sqlx::Result<Vec<OrganisationRow>> {
    let query = sqlx::query_as(LIST).bind(after).bind(None::<Uuid>);
    query.bind(rows).fetch_all(db).await
}

pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<OrganisationRow>> {
    let query = sqlx::query_as(LIST).bind(None::<&str>).bind(id);
    query.bind(1_i64).fetch_optional(db).await
}

pub(crate) async fn create(
    db: &mut PgConnection,
    name: &str,
    slug: Option<&str>,
) -> sqlx::Result<Uuid> {
    sqlx::query_scalar("select rbac.create_organisation($1, $2)")
        .bind(name)
        .bind(slug)
        .fetch_one(db)
        .await
}

pub(crate) async fn update(
    db: &mut PgConnection,
    id: Uuid,
    name: Option<&str>,
    slug: Option<&str>,
    email_domains: Option<&[String]>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update rbac.organisations set name = coalesce($2, name), slug = coalesce($3, slug),
          email_domains = coalesce($4, email_domains)
        where id = $1",
    )
    .bind(id)
    .bind(name)
    .bind(slug)
    .bind(email_domains)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from rbac.organisations where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct MemberRow {
    pub(crate) subject: String,
    created_at: DateTime<Utc>,
    added_by: Option<String>,
    /// In this organisation, of those that the caller may see.
    roles: Vec<String>,
}

pub(crate) async fn members(
    db: &mut PgConnection,
    organisation: Uuid,
    after: Option<&str>,
    rows: i64,
) -> sqlx::Result<Vec<MemberRow>> {
    sqlx::query_as(
        r#"select m.subject, m.created_at, m.added_by, array(
          select distinct role.name
          from rbac.assignments a join rbac.roles role on role.id = a.role_id
          where a.organisation_id = m.organisation_id and a.subject = m.subject
          order by 1
        ) as roles
        from rbac.memberships m
        where m.organisation_id = $1 and ($2::text is null or m.subject collate "C" > $2)
        order by m.subject collate "C" limit $3"#,
    )
    .bind(organisation)
    .bind(after)
    .bind(rows)
    .fetch_all(db)
    .await
}

pub(crate) async fn add_member(
    db: &mut PgConnection,
    organisation: Uuid,
    subject: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into rbac.memberships (organisation_id, subject) values ($1, $2)
        on conflict do nothing",
    )
    .bind(organisation)
    .bind(subject)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn remove_member(
    db: &mut PgConnection,
    organisation: Uuid,
    subject: &str,
) -> sqlx::Result<bool> {
    let done =
        sqlx::query("delete from rbac.memberships where organisation_id = $1 and subject = $2")
            .bind(organisation)
            .bind(subject)
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct InvitationRow {
    pub(crate) id: Uuid,
    email: Option<String>,
    role_id: Option<Uuid>,
    invited_by: Option<String>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    accepted_by: Option<String>,
}

pub(crate) async fn invitations(
    db: &mut PgConnection,
    organisation: Uuid,
    after: Option<Uuid>,
    rows: i64,
) -> sqlx::Result<Vec<InvitationRow>> {
    sqlx::query_as(
        "select id, email, role_id, invited_by, created_at, expires_at, accepted_at, accepted_by
        from rbac.invitations
        where organisation_id = $1 and ($2::uuid is null or id > $2)
        order by id limit $3",
    )
    .bind(organisation)
    .bind(after)
    .bind(rows)
    .fetch_all(db)
    .await
}

/// Told once.
#[derive(Serialize, sqlx::FromRow)]
pub(crate) struct MadeInvitation {
    id: Uuid,
    token: String,
    expires_at: DateTime<Utc>,
}

pub(crate) async fn invite(
    db: &mut PgConnection,
    organisation: Uuid,
    email: Option<&str>,
    role: Option<Uuid>,
    lifetime: PgInterval,
) -> sqlx::Result<MadeInvitation> {
    sqlx::query_as("select id, token, expires_at from rbac.invite($1, $2, $3, $4)")
        .bind(organisation)
        .bind(email)
        .bind(role)
        .bind(lifetime)
        .fetch_one(db)
        .await
}

pub(crate) async fn withdraw(
    db: &mut PgConnection,
    organisation: Uuid,
    id: Uuid,
) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from rbac.invitations where organisation_id = $1 and id = $2")
        .bind(organisation)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn accept(db: &mut PgConnection, token: &str) -> sqlx::Result<Uuid> {
    sqlx::query_scalar("select rbac.accept_invitation($1)")
        .bind(token)
        .fetch_one(db)
        .await
}

pub(crate) async fn activate(
    db: &mut PgConnection,
    organisation: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query("select rbac.set_active_organisation($1)")
        .bind(organisation)
        .execute(db)
        .await
        .map(drop)
}
