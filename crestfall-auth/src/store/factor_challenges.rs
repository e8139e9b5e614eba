//! Statements about challenges of second factors.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// A challenge. Not `Debug`: a code may be in it.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct FactorChallenge {
    pub(crate) id: Uuid,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) verified_at: Option<DateTime<Utc>>,
    /// Who asked for it.
    pub(crate) ip: String,
    /// Sealed.
    pub(crate) otp_code: Option<String>,
    pub(crate) session_data: Option<Json<Value>>,
    /// Wrong codes so far.
    pub(crate) attempts: i16,
}

/// What a new challenge starts with.
pub(crate) struct NewChallenge<'a> {
    pub(crate) id: Uuid,
    pub(crate) factor_id: Uuid,
    pub(crate) ip: &'a str,
    /// Sealed.
    pub(crate) otp_code: Option<&'a str>,
    pub(crate) session_data: Option<&'a Value>,
}

/// Makes one, and forgets this factor's of yesterday. Gives when it was made.
pub(crate) async fn insert(
    db: &mut PgConnection,
    new: &NewChallenge<'_>,
) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query(
        "delete from auth.mfa_challenges
         where factor_id = $1 and created_at < now() - interval '1 day'",
    )
    .bind(new.factor_id)
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar(
        "insert into auth.mfa_challenges (id, factor_id, ip_address, otp_code, web_authn_session_data)
         values ($1, $2, $3::inet, $4, $5) returning created_at",
    )
    .bind(new.id)
    .bind(new.factor_id)
    .bind(new.ip)
    .bind(new.otp_code)
    .bind(new.session_data.map(Json))
    .fetch_one(db)
    .await
}

/// One of this factor, locked until the transaction ends: of many answers at once each is counted.
pub(crate) async fn lock(
    db: &mut PgConnection,
    factor: Uuid,
    id: Uuid,
) -> sqlx::Result<Option<FactorChallenge>> {
    sqlx::query_as(
        "select id, created_at, verified_at, host(ip_address) as ip, otp_code,
           web_authn_session_data as session_data, attempts
         from auth.mfa_challenges where factor_id = $1 and id = $2 for update",
    )
    .bind(factor)
    .bind(id)
    .fetch_optional(db)
    .await
}

/// It was answered rightly, and cannot be answered again.
pub(crate) async fn used(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.mfa_challenges set verified_at = now(), otp_code = null where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// It was answered wrongly.
pub(crate) async fn count_attempt(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.mfa_challenges set attempts = least(attempts, 32766) + 1 where id = $1",
    )
    .bind(id)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("delete from auth.mfa_challenges where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}
