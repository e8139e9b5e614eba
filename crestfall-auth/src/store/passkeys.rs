//! Statements about passkeys and the challenges of their ceremonies.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::factor::webauthn::{Authenticated, Base64Url, Credential};

/// A passkey as it is kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Passkey {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
    attestation_type: String,
    aaguid: Option<Uuid>,
    sign_count: i64,
    transports: Json<Vec<String>>,
    backup_eligible: bool,
    backed_up: bool,
    pub(crate) friendly_name: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

/// What users and administrators see of a passkey.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PasskeyView {
    pub(crate) id: Uuid,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) friendly_name: String,
    pub(crate) created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

impl Passkey {
    /// As ceremonies know it.
    pub(crate) fn credential(&self) -> Credential {
        Credential {
            id: Base64Url(self.credential_id.clone()),
            public_key: Base64Url(self.public_key.clone()),
            counter: u32::try_from(self.sign_count).unwrap_or(u32::MAX),
            aaguid: self.aaguid.unwrap_or_default(),
            attestation: self.attestation_type.clone(),
            transports: self.transports.0.clone(),
            backup_eligible: self.backup_eligible,
            backed_up: self.backed_up,
            user_verified: false,
            name: self.friendly_name.clone(),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        }
    }

    pub(crate) fn view(self) -> PasskeyView {
        PasskeyView {
            id: self.id,
            friendly_name: self.friendly_name,
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        }
    }
}

macro_rules! select_passkey {
    ($rest:literal) => {
        concat!(
            "select id, user_id, credential_id, public_key, attestation_type, aaguid, sign_count,
               transports, backup_eligible, backed_up, friendly_name, created_at, last_used_at
             from auth.webauthn_credentials ",
            $rest
        )
    };
}

/// Of one user, the oldest first.
pub(crate) async fn of_user(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Vec<Passkey>> {
    sqlx::query_as(select_passkey!(
        "where user_id = $1 order by created_at, id limit 1000"
    ))
    .bind(user)
    .fetch_all(db)
    .await
}

/// Whose the passkey with this credential is.
pub(crate) async fn owner(
    db: &mut PgConnection,
    credential_id: &[u8],
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar("select user_id from auth.webauthn_credentials where credential_id = $1")
        .bind(credential_id)
        .fetch_optional(db)
        .await
}

/// By the authenticator's name for it, locked until the transaction ends: its counter is compared and
/// set by one at a time.
pub(crate) async fn lock_by_credential(
    db: &mut PgConnection,
    credential_id: &[u8],
) -> sqlx::Result<Option<Passkey>> {
    sqlx::query_as(select_passkey!("where credential_id = $1 for update"))
        .bind(credential_id)
        .fetch_optional(db)
        .await
}

/// Keeps a new one; none when the credential is kept already, whoever's.
pub(crate) async fn insert(
    db: &mut PgConnection,
    user: Uuid,
    credential: &Credential,
) -> sqlx::Result<Option<Passkey>> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "insert into auth.webauthn_credentials (user_id, credential_id, public_key,
           attestation_type, aaguid, sign_count, transports, backup_eligible, backed_up,
           friendly_name)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (credential_id) do nothing returning id",
    )
    .bind(user)
    .bind(&credential.id.0)
    .bind(&credential.public_key.0)
    .bind(&credential.attestation)
    .bind(credential.aaguid)
    .bind(i64::from(credential.counter))
    .bind(Json(&credential.transports))
    .bind(credential.backup_eligible)
    .bind(credential.backed_up)
    .bind(&credential.name)
    .fetch_optional(&mut *db)
    .await?;
    match id {
        None => Ok(None),
        Some(id) => {
            sqlx::query_as(select_passkey!("where id = $1"))
                .bind(id)
                .fetch_optional(db)
                .await
        }
    }
}

/// Notes a sign-in.
pub(crate) async fn used(
    db: &mut PgConnection,
    id: Uuid,
    authenticated: &Authenticated,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.webauthn_credentials set sign_count = $2, backed_up = $3,
           last_used_at = now(), updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(i64::from(authenticated.counter))
    .bind(authenticated.backed_up)
    .execute(db)
    .await
    .map(drop)
}

/// Renames one of this user; none when there is none.
pub(crate) async fn rename(
    db: &mut PgConnection,
    user: Uuid,
    id: Uuid,
    friendly_name: &str,
) -> sqlx::Result<Option<Passkey>> {
    sqlx::query(
        "update auth.webauthn_credentials set friendly_name = $3, updated_at = now()
         where user_id = $1 and id = $2",
    )
    .bind(user)
    .bind(id)
    .bind(friendly_name)
    .execute(&mut *db)
    .await?;
    sqlx::query_as(select_passkey!("where user_id = $1 and id = $2"))
        .bind(user)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// Forgets one of this user.
pub(crate) async fn delete(db: &mut PgConnection, user: Uuid, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from auth.webauthn_credentials where user_id = $1 and id = $2")
        .bind(user)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// What a ceremony is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Registration,
    Authentication,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Authentication => "authentication",
        }
    }
}

/// Keeps a challenge for so many seconds, and forgets those that have expired. Gives its id and when
/// it expires.
pub(crate) async fn insert_challenge(
    db: &mut PgConnection,
    user: Option<Uuid>,
    purpose: Purpose,
    session_data: &Value,
    lifetime: f64,
) -> sqlx::Result<(Uuid, DateTime<Utc>)> {
    sqlx::query(
        "delete from auth.webauthn_challenges where id in (
           select id from auth.webauthn_challenges where expires_at < now() - interval '1 hour'
           limit 100 for update skip locked)",
    )
    .execute(&mut *db)
    .await?;
    sqlx::query_as(
        "insert into auth.webauthn_challenges (user_id, challenge_type, session_data, expires_at)
         values ($1, $2, $3, now() + make_interval(secs => $4)) returning id, expires_at",
    )
    .bind(user)
    .bind(purpose.name())
    .bind(Json(session_data))
    .bind(lifetime)
    .fetch_one(db)
    .await
}

/// Takes a challenge: it is answered once. With when it expires.
pub(crate) async fn take_challenge(
    db: &mut PgConnection,
    id: Uuid,
    purpose: Purpose,
    user: Option<Uuid>,
) -> sqlx::Result<Option<(Json<Value>, DateTime<Utc>)>> {
    sqlx::query_as(
        "delete from auth.webauthn_challenges
         where id = $1 and challenge_type = $2 and user_id is not distinct from $3
         returning session_data, expires_at",
    )
    .bind(id)
    .bind(purpose.name())
    .bind(user)
    .fetch_optional(db)
    .await
}
