//! Statements about sessions together with their users: what comes often does so in one.

use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row as _};
use uuid::Uuid;

use crate::store::sessions::{Session, session_columns};
use crate::store::users::user_columns;
use crate::user::User;

/// A session with its user.
pub(crate) struct Held {
    pub(crate) session: Session,
    pub(crate) user: User,
    /// Another one after every change of the session's row.
    pub(crate) version: String,
}

impl FromRow<'_, PgRow> for Held {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let user = User::from_row(row)?;
        let session = Session {
            id: row.try_get("session_id")?,
            user_id: user.id,
            created_at: row.try_get("session_created_at")?,
            refreshed_at: row.try_get("refreshed_at")?,
            not_after: row.try_get("not_after")?,
            aal: row.try_get("aal")?,
            user_agent: row.try_get("user_agent")?,
            ip: row.try_get("ip")?,
            oauth_client_id: row.try_get("oauth_client_id")?,
            scopes: row.try_get("scopes")?,
            resource: row.try_get("resource")?,
            refresh_token_hmac_key: row.try_get("refresh_token_hmac_key")?,
            refresh_token_counter: row.try_get("refresh_token_counter")?,
            amr: row.try_get("amr")?,
        };
        Ok(Self {
            session,
            user,
            version: row.try_get("version")?,
        })
    }
}

/// A session with its user, both as they were at one moment.
pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Held>> {
    sqlx::query_as(concat!(
        "select s.id as session_id, coalesce(s.created_at, now()) as session_created_at,
           s.xmin::text as version, ",
        session_columns!(),
        ", ",
        user_columns!(),
        " from auth.sessions s join auth.users u on u.id = s.user_id where s.id = $1"
    ))
    .bind(id)
    .fetch_optional(db)
    .await
}

/// What [`refreshed`] writes.
pub(crate) struct Refreshed<'a> {
    pub(crate) id: Uuid,
    /// The row as it was looked at.
    pub(crate) version: &'a str,
    pub(crate) counter: i64,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) ip: Option<String>,
    pub(crate) log: &'a Value,
}

/// A refresh token was given out, and the log says so: a transaction by itself. False, and nothing
/// written, if the session is no longer what it was when it was looked at.
pub(crate) async fn refreshed(db: &mut PgConnection, new: &Refreshed<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "with refreshed as (
           update auth.sessions set refresh_token_counter = $3, user_agent = $4, ip = $5::inet,
             refreshed_at = now() at time zone 'utc', updated_at = now()
           where id = $1 and xmin = $2::text::xid
           returning id)
         insert into auth.audit_log_entries (payload, ip_address, created_at)
         select $6::json, coalesce($5, ''), clock_timestamp() from refreshed",
    )
    .bind(new.id)
    .bind(new.version)
    .bind(new.counter)
    .bind(new.user_agent)
    .bind(&new.ip)
    .bind(Json(new.log))
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
