//! The first administrator, whom nobody could appoint.

use sqlx::{Connection as _, PgConnection};

use super::definition::become_owner;

/// Why nobody became administrator.
#[derive(Debug, thiserror::Error)]
pub enum GrantAdminError {
    /// No user has this address, or several have.
    #[error("{0} is the address of {1} users; name the one by id")]
    Address(String, usize),
    /// The database has no users of Crestfall's or GoTrue's.
    #[error("the database has no table auth.users to find an address in; name the subject by id")]
    NoUsers,
    /// The database could not be asked, or refused.
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Gives somebody the role `administrator` everywhere: a subject by id, or a user by mail address.
/// Tells who it is, and whether it is new to them. The connection's user owns the schema `rbac`, or may
/// become `crestfall_rbac`.
///
/// # Errors
/// See [`GrantAdminError`]; nothing was done then.
pub async fn grant_administrator(
    db: &mut PgConnection,
    who: &str,
) -> Result<(String, bool), GrantAdminError> {
    let mut tx = db.begin().await?;
    let subject = match who.contains('@') {
        true => user_at(&mut tx, who).await?,
        false => who.to_owned(),
    };
    become_owner(&mut tx).await?;
    let done = sqlx::query(
        "insert into rbac.assignments (subject, role_id, granted_by)
        select $1, id, 'operator' from rbac.roles
        where name = 'administrator' and organisation_id is null
        on conflict do nothing",
    )
    .bind(&subject)
    .execute(&mut *tx)
    .await?;
    // One that would end does not any more.
    let kept = sqlx::query(
        "update rbac.assignments a set expires_at = null from rbac.roles role
        where a.subject = $1 and role.id = a.role_id and role.name = 'administrator'
          and role.organisation_id is null and a.organisation_id is null and a.resource is null
          and a.expires_at is not null",
    )
    .bind(&subject)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok((subject, done.rows_affected() + kept.rows_affected() > 0))
}

async fn user_at(db: &mut PgConnection, address: &str) -> Result<String, GrantAdminError> {
    // By the catalogue: the name alone needs rights on its schema.
    let owner: Option<String> = sqlx::query_scalar(
        "select owner.rolname::text from pg_class c
        join pg_namespace n on n.oid = c.relnamespace join pg_roles owner on owner.oid = c.relowner
        where n.nspname = 'auth' and c.relname = 'users'",
    )
    .fetch_optional(&mut *db)
    .await?;
    let owner = owner.ok_or(GrantAdminError::NoUsers)?;
    sqlx::query(
        "select set_config('role', $1, true) where pg_has_role(session_user, $1::name, 'member')",
    )
    .bind(owner)
    .execute(&mut *db)
    .await?;
    let found: Vec<String> = sqlx::query_scalar(
        "select id::text from auth.users where lower(email) = lower($1) and deleted_at is null",
    )
    .bind(address)
    .fetch_all(&mut *db)
    .await?;
    match <[String; 1]>::try_from(found) {
        Ok([subject]) => Ok(subject),
        Err(found) => Err(GrantAdminError::Address(address.to_owned(), found.len())),
    }
}
