//! Statements about sign-ins that end elsewhere than they began.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::pkce::Method;

/// A sign-in on its way.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct FlowState {
    pub(crate) id: Uuid,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) code_challenge_method: Option<Method>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) provider_type: String,
    pub(crate) provider_access_token: Option<String>,
    pub(crate) provider_refresh_token: Option<String>,
    pub(crate) authentication_method: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) auth_code_issued_at: Option<DateTime<Utc>>,
    pub(crate) invite_token: Option<String>,
    pub(crate) referrer: Option<String>,
    pub(crate) oauth_client_state_id: Option<Uuid>,
    pub(crate) linking_target_id: Option<Uuid>,
    pub(crate) email_optional: bool,
    pub(crate) password_hash: Option<String>,
}

/// What a new one starts with.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewFlowState<'a> {
    /// None: a random one.
    pub(crate) id: Option<Uuid>,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) challenge: Option<(&'a str, Method)>,
    pub(crate) provider_type: &'a str,
    /// An `amr` value: what the session will say that proved the user.
    pub(crate) authentication_method: &'a str,
    pub(crate) invite_token: Option<&'a str>,
    pub(crate) referrer: Option<&'a str>,
    pub(crate) oauth_client_state_id: Option<Uuid>,
    pub(crate) linking_target_id: Option<Uuid>,
    pub(crate) email_optional: bool,
}

pub(crate) async fn insert(db: &mut PgConnection, new: &NewFlowState<'_>) -> sqlx::Result<Uuid> {
    sqlx::query_scalar(
        "insert into auth.flow_state (user_id, code_challenge, code_challenge_method,
           provider_type, authentication_method, invite_token, referrer, oauth_client_state_id,
           linking_target_id, email_optional, id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11, gen_random_uuid()))
         returning id",
    )
    .bind(new.user_id)
    .bind(new.challenge.map(|(challenge, _)| challenge))
    .bind(new.challenge.map(|(_, method)| method))
    .bind(new.provider_type)
    .bind(new.authentication_method)
    .bind(new.invite_token)
    .bind(new.referrer)
    .bind(new.oauth_client_state_id)
    .bind(new.linking_target_id)
    .bind(new.email_optional)
    .bind(new.id)
    .fetch_one(db)
    .await
}

/// Gives the user who came back a code to exchange; a code is only kept as its hash.
pub(crate) async fn issue_code(
    db: &mut PgConnection,
    id: Uuid,
    user: Uuid,
    code_hash: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update auth.flow_state set user_id = $2, auth_code = $3, auth_code_issued_at = now(),
           updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(user)
    .bind(code_hash)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The password of the sign-up that this exchange continues, for when it ends where it began.
pub(crate) async fn keep_password(
    db: &mut PgConnection,
    id: Uuid,
    password_hash: &str,
) -> sqlx::Result<()> {
    sqlx::query("update auth.flow_state set password_hash = $2, updated_at = now() where id = $1")
        .bind(id)
        .bind(password_hash)
        .execute(db)
        .await
        .map(drop)
}

/// What the provider gave for use of its own API.
pub(crate) async fn set_provider_tokens(
    db: &mut PgConnection,
    id: Uuid,
    access_token: Option<&str>,
    refresh_token: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.flow_state set provider_access_token = $2, provider_refresh_token = $3,
           updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(access_token)
    .bind(refresh_token)
    .execute(db)
    .await
    .map(drop)
}

/// Removes the one with this code and gives it. Of several at once one gets it.
pub(crate) async fn take_by_code(
    db: &mut PgConnection,
    code_hash: &str,
) -> sqlx::Result<Option<FlowState>> {
    sqlx::query_as("delete from auth.flow_state where auth_code = $1 returning *")
        .bind(code_hash)
        .fetch_optional(db)
        .await
}

impl FlowState {
    /// Whether it, or its code, is too old.
    pub(crate) fn is_expired(&self, lifetime: Duration) -> bool {
        let since = self.auth_code_issued_at.unwrap_or(self.created_at);
        let age = Utc::now().signed_duration_since(since);
        age.to_std().unwrap_or_default() > lifetime
    }
}
