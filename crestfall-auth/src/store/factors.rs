//! Statements about second factors.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::user::FactorView;

/// What a factor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "auth.factor_type", rename_all = "lowercase")]
pub(crate) enum FactorType {
    Totp,
    Phone,
    Webauthn,
}

impl FactorType {
    /// Its name for clients.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Phone => "phone",
            Self::Webauthn => "webauthn",
        }
    }

    /// How `amr` calls its proof.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Phone => "mfa/phone",
            Self::Webauthn => "mfa/webauthn",
        }
    }
}

/// A second factor. Not `Debug`: a secret may be in it.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Factor {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) friendly_name: Option<String>,
    #[sqlx(rename = "factor_type")]
    pub(crate) kind: FactorType,
    /// Whether it was used once.
    pub(crate) verified: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// Of an authenticator app: sealed, or as GoTrue kept it.
    pub(crate) secret: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) last_challenged_at: Option<DateTime<Utc>>,
    pub(crate) web_authn_credential: Option<Json<Value>>,
}

impl Factor {
    /// What clients see of it.
    pub(crate) fn view(&self) -> FactorView {
        FactorView {
            id: self.id,
            created_at: self.created_at,
            updated_at: self.updated_at,
            status: self.status().to_owned(),
            friendly_name: self.friendly_name.clone(),
            factor_type: self.kind.name().to_owned(),
            phone: self.phone.clone(),
            last_challenged_at: self.last_challenged_at,
        }
    }

    /// `verified` or `unverified`.
    pub(crate) fn status(&self) -> &'static str {
        match self.verified {
            true => "verified",
            false => "unverified",
        }
    }
}

/// What a new factor starts with.
pub(crate) struct NewFactor<'a> {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) kind: FactorType,
    /// None of its own is none.
    pub(crate) friendly_name: &'a str,
    /// Sealed.
    pub(crate) secret: Option<&'a str>,
    pub(crate) phone: Option<&'a str>,
}

macro_rules! select_factor {
    ($rest:literal) => {
        concat!(
            "select id, user_id, friendly_name, factor_type, status = 'verified' as verified,
               created_at, updated_at, secret, phone, last_challenged_at, web_authn_credential
             from auth.mfa_factors ",
            $rest
        )
    };
}

/// One of this user.
pub(crate) async fn find(
    db: &mut PgConnection,
    user: Uuid,
    id: Uuid,
) -> sqlx::Result<Option<Factor>> {
    sqlx::query_as(select_factor!("where user_id = $1 and id = $2"))
        .bind(user)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Locks the row until the transaction ends.
pub(crate) async fn lock(
    db: &mut PgConnection,
    user: Uuid,
    id: Uuid,
) -> sqlx::Result<Option<Factor>> {
    sqlx::query_as(select_factor!("where user_id = $1 and id = $2 for update"))
        .bind(user)
        .bind(id)
        .fetch_optional(db)
        .await
}

pub(crate) async fn insert(db: &mut PgConnection, new: &NewFactor<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.mfa_factors (id, user_id, factor_type, status, friendly_name, secret, phone)
         values ($1, $2, $3, 'unverified', nullif($4, ''), $5, $6)",
    )
    .bind(new.id)
    .bind(new.user_id)
    .bind(new.kind)
    .bind(new.friendly_name)
    .bind(new.secret)
    .bind(new.phone)
    .execute(db)
    .await
    .map(drop)
}

/// Forgets what this user began and left: so many seconds old, without a challenge younger than so
/// many.
pub(crate) async fn delete_expired(
    db: &mut PgConnection,
    user: Uuid,
    (factor, challenge): (f64, f64),
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from auth.mfa_factors f
         where user_id = $1 and status = 'unverified'
           and created_at < now() - make_interval(secs => $2)
           and not exists (select from auth.mfa_challenges c
             where c.factor_id = f.id and c.created_at > now() - make_interval(secs => $3))",
    )
    .bind(user)
    .bind(factor)
    .bind(challenge)
    .execute(db)
    .await
    .map(drop)
}

/// Forgets what this user began and did not finish, of one kind, or with one phone number.
pub(crate) async fn delete_unverified(
    db: &mut PgConnection,
    user: Uuid,
    kind: FactorType,
    phone: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from auth.mfa_factors
         where user_id = $1 and status = 'unverified' and factor_type = $2
           and ($3::text is null or phone = $3)",
    )
    .bind(user)
    .bind(kind)
    .bind(phone)
    .execute(db)
    .await
    .map(drop)
}

/// It was used for the first time.
pub(crate) async fn set_verified(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.mfa_factors set status = 'verified', updated_at = now() where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

/// Uses up a time step, and with it all before; no when it was used up already (SEC-12).
pub(crate) async fn use_totp_step(
    db: &mut PgConnection,
    id: Uuid,
    step: i64,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update auth.mfa_factors set last_totp_step = $2
         where id = $1 and (last_totp_step is null or last_totp_step < $2)",
    )
    .bind(id)
    .bind(step)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Replaces how the secret is kept.
pub(crate) async fn set_secret(db: &mut PgConnection, id: Uuid, sealed: &str) -> sqlx::Result<()> {
    sqlx::query("update auth.mfa_factors set secret = $2 where id = $1")
        .bind(id)
        .bind(sealed)
        .execute(db)
        .await
        .map(drop)
}

/// Notes a challenge, unless there was one less than so many seconds ago.
pub(crate) async fn challenged(db: &mut PgConnection, id: Uuid, pause: f64) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update auth.mfa_factors set last_challenged_at = now()
         where id = $1 and (last_challenged_at is null
           or last_challenged_at <= now() - make_interval(secs => $2))",
    )
    .bind(id)
    .bind(pause)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Keeps what a security key registered, or how often it has signed.
pub(crate) async fn set_credential(
    db: &mut PgConnection,
    id: Uuid,
    credential: &Value,
    model: Uuid,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.mfa_factors set web_authn_credential = $2, web_authn_aaguid = $3,
           updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(Json(credential))
    .bind(model)
    .execute(db)
    .await
    .map(drop)
}

/// Changes what is given; empty stays as it is.
///
/// # Errors
/// A unique violation when another factor of the user has the name or number.
pub(crate) async fn change(
    db: &mut PgConnection,
    id: Uuid,
    friendly_name: &str,
    phone: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.mfa_factors set friendly_name = coalesce(nullif($2, ''), friendly_name),
           phone = coalesce(nullif($3, ''), phone), updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(friendly_name)
    .bind(phone)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from auth.mfa_factors where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}
