//! Statements about sign-ins through other providers.

use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::store::flow_states::FlowState;
use crate::user::Metadata;

/// What we remember of a sign-in while its user is at the provider: the proofs for that provider.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ClientState {
    pub(crate) provider_type: String,
    pub(crate) code_verifier: Option<String>,
    pub(crate) nonce: Option<String>,
}

pub(crate) async fn insert_client_state(
    db: &mut PgConnection,
    provider: &str,
    code_verifier: &str,
    nonce: &str,
) -> sqlx::Result<Uuid> {
    sqlx::query_scalar(
        "insert into auth.oauth_client_states (provider_type, code_verifier, nonce)
         values ($1, $2, $3) returning id",
    )
    .bind(provider)
    .bind(code_verifier)
    .bind(nonce)
    .fetch_one(db)
    .await
}

/// With OAuth 1.0a the proofs are the provider's: the token that the user was sent with, and its secret.
pub(crate) async fn set_request_token(
    db: &mut PgConnection,
    id: Uuid,
    token: &str,
    secret: &str,
) -> sqlx::Result<()> {
    sqlx::query("update auth.oauth_client_states set nonce = $2, code_verifier = $3 where id = $1")
        .bind(id)
        .bind(token)
        .bind(secret)
        .execute(db)
        .await
        .map(drop)
}

/// To whose account an identity is being linked, and at which provider.
pub(crate) async fn linking_target(
    db: &mut PgConnection,
    state: Uuid,
) -> sqlx::Result<Option<(Uuid, String)>> {
    sqlx::query_as(
        "select linking_target_id, provider_type from auth.flow_state
         where id = $1 and oauth_client_state_id is not null and auth_code is null
           and linking_target_id is not null",
    )
    .bind(state)
    .fetch_optional(db)
    .await
}

/// Removes a sign-in that is at a provider and gives it, with its proofs. Of several at once one gets
/// it.
pub(crate) async fn take_flow(
    db: &mut PgConnection,
    state: Uuid,
) -> sqlx::Result<Option<(FlowState, Option<ClientState>)>> {
    let flow: Option<FlowState> = sqlx::query_as(
        "delete from auth.flow_state
         where id = $1 and oauth_client_state_id is not null and auth_code is null returning *",
    )
    .bind(state)
    .fetch_optional(&mut *db)
    .await?;
    let Some(flow) = flow else {
        return Ok(None);
    };
    let client_state = sqlx::query_as(
        "delete from auth.oauth_client_states where id = $1
         returning provider_type, code_verifier, nonce",
    )
    .bind(flow.oauth_client_state_id)
    .fetch_optional(db)
    .await?;
    Ok(Some((flow, client_state)))
}

/// Of several sign-ins of one provider's user, or with one address, one goes on at a time, until its
/// transaction ends.
pub(crate) async fn lock(db: &mut PgConnection, what: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('crestfall-auth ' || $1, 0))")
        .bind(what)
        .execute(db)
        .await
        .map(drop)
}

/// The users who are known, outside of single sign-on, by one of these confirmed or claimed addresses.
pub(crate) async fn users_by_email(
    db: &mut PgConnection,
    emails: &[String],
    aud: &str,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select id from auth.users
         where lower(email) = any ($1) and aud = $2 and not is_sso_user and deleted_at is null
         order by id",
    )
    .bind(emails)
    .bind(aud)
    .fetch_all(db)
    .await
}

/// Identities of which a provider has verified one of these addresses: their users and providers.
pub(crate) async fn verified_identities(
    db: &mut PgConnection,
    emails: &[String],
    aud: &str,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    sqlx::query_as(
        "select distinct i.user_id, i.provider from auth.identities i
           join auth.users u on u.id = i.user_id
         where i.email = any ($1) and i.identity_data -> 'email_verified' = 'true'::jsonb
           and i.provider not in ('email', 'phone') and u.aud = $2 and u.deleted_at is null
         order by i.user_id, i.provider",
    )
    .bind(emails)
    .bind(aud)
    .fetch_all(db)
    .await
}

/// Takes away everything that somebody could have set up before the account's address was proved by
/// another (SEC-05): password, identities but this one, sessions, factors, keys, links, sign-ins on
/// their way, grants to applications, and what they wrote about themselves.
pub(crate) async fn remove_unproved(
    db: &mut PgConnection,
    user: Uuid,
    keep: Uuid,
    metadata: &Metadata,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set encrypted_password = null, raw_user_meta_data = $2, phone = null,
           phone_confirmed_at = null, email_change = '', email_change_token_new = '',
           email_change_token_current = '', email_change_confirm_status = 0, phone_change = '',
           phone_change_token = '', confirmation_token = '', recovery_token = '',
           reauthentication_token = '', is_anonymous = false, updated_at = now()
         where id = $1",
    )
    .bind(user)
    .bind(Json(metadata))
    .execute(&mut *db)
    .await?;
    sqlx::query("delete from auth.identities where user_id = $1 and id <> $2")
        .bind(user)
        .bind(keep)
        .execute(&mut *db)
        .await?;
    for statement in [
        "delete from auth.sessions where user_id = $1",
        "delete from auth.one_time_tokens where user_id = $1",
        "delete from auth.mfa_factors where user_id = $1",
        "delete from auth.recovery_codes where user_id = $1",
        "delete from auth.webauthn_challenges where user_id = $1",
        "delete from auth.webauthn_credentials where user_id = $1",
        "delete from auth.api_keys where user_id = $1",
        "delete from auth.oauth_authorizations where user_id = $1",
        "delete from auth.oauth_consents where user_id = $1",
        "delete from auth.flow_state where user_id = $1 or linking_target_id = $1",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *db).await?;
    }
    Ok(())
}

/// Takes an address that was never confirmed from an account that is somebody's by other proof.
pub(crate) async fn release_email(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set email = null, confirmation_token = '', updated_at = now()
         where id = $1 and email_confirmed_at is null",
    )
    .bind(user)
    .execute(&mut *db)
    .await?;
    sqlx::query("delete from auth.identities where user_id = $1 and provider = 'email'")
        .bind(user)
        .execute(&mut *db)
        .await?;
    sqlx::query("delete from auth.one_time_tokens where user_id = $1")
        .bind(user)
        .execute(db)
        .await
        .map(drop)
}

/// Takes a number that was never confirmed from an account that is somebody's by other proof.
pub(crate) async fn release_phone(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    for statement in [
        "update auth.users set phone = null, updated_at = now()
         where id = $1 and phone_confirmed_at is null",
        "delete from auth.identities where user_id = $1 and provider = 'phone'",
        "delete from auth.one_time_tokens where user_id = $1",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *db).await?;
    }
    Ok(())
}

/// Another address in place of one whose identity is gone; it is confirmed only if its provider has
/// verified it. What was sent to the old address is void.
pub(crate) async fn replace_email(
    db: &mut PgConnection,
    user: Uuid,
    email: Option<&str>,
    verified: bool,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set email = lower($2), email_change = '', email_change_token_new = '',
           email_change_token_current = '', email_change_confirm_status = 0,
           confirmation_token = '', recovery_token = '', updated_at = now(),
           email_confirmed_at = case when $3 then now() end
         where id = $1",
    )
    .bind(user)
    .bind(email)
    .bind(verified)
    .execute(&mut *db)
    .await?;
    sqlx::query("delete from auth.one_time_tokens where user_id = $1")
        .bind(user)
        .execute(db)
        .await
        .map(drop)
}

/// No longer has a phone number.
pub(crate) async fn remove_phone(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set phone = null, phone_confirmed_at = null, updated_at = now()
         where id = $1",
    )
    .bind(user)
    .execute(db)
    .await
    .map(drop)
}
