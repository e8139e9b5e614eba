//! Statements about what users agreed to.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a user agreed to, and for which client.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Grant {
    pub(crate) client_id: Uuid,
    pub(crate) client_name: String,
    pub(crate) client_uri: String,
    pub(crate) logo_uri: String,
    pub(crate) scopes: String,
    pub(crate) granted_at: DateTime<Utc>,
}

/// The scopes that a user has agreed to and not withdrawn. The row stays so until the transaction
/// ends: who withdraws waits, and then ends what was given out.
pub(crate) async fn hold(
    db: &mut PgConnection,
    user: Uuid,
    client: Uuid,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "select scopes from auth.oauth_consents
         where user_id = $1 and client_id = $2 and revoked_at is null for share",
    )
    .bind(user)
    .bind(client)
    .fetch_optional(db)
    .await
}

/// The user agrees to these scopes, in place of those before.
pub(crate) async fn give(
    db: &mut PgConnection,
    user: Uuid,
    client: Uuid,
    scopes: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.oauth_consents (user_id, client_id, scopes) values ($1, $2, $3)
         on conflict (user_id, client_id) do update set scopes = excluded.scopes,
           granted_at = now(), revoked_at = null",
    )
    .bind(user)
    .bind(client)
    .bind(scopes)
    .execute(db)
    .await
    .map(drop)
}

/// Whether there was anything to withdraw.
pub(crate) async fn withdraw(
    db: &mut PgConnection,
    user: Uuid,
    client: Uuid,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update auth.oauth_consents set revoked_at = greatest(granted_at, now())
         where user_id = $1 and client_id = $2 and revoked_at is null",
    )
    .bind(user)
    .bind(client)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What a user has agreed to and not withdrawn, newest first.
pub(crate) async fn of_user(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Vec<Grant>> {
    sqlx::query_as(
        "select c.client_id, coalesce(o.client_name, '') as client_name,
           coalesce(o.client_uri, '') as client_uri, coalesce(o.logo_uri, '') as logo_uri,
           c.scopes, c.granted_at
         from auth.oauth_consents c
         join auth.oauth_clients o on o.id = c.client_id and o.deleted_at is null
         where c.user_id = $1 and c.revoked_at is null
         order by c.granted_at desc, c.id",
    )
    .bind(user)
    .fetch_all(db)
    .await
}
