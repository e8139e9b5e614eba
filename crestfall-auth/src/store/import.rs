//! Statements that take over users from elsewhere. A record is a row of GoTrue's tables as JSON.

use futures_util::stream::BoxStream;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

/// A crash loses at most what the next run takes over again.
pub(crate) async fn be_quick(db: &mut PgConnection) -> sqlx::Result<()> {
    let sql = "set local synchronous_commit = off";
    sqlx::query(sql).execute(db).await.map(drop)
}

/// Codes and links that are under way are left behind. None when the id is there already.
pub(crate) async fn user(
    db: &mut PgConnection,
    record: &Value,
    password_hash: Option<&str>,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar(
        "insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at,
           invited_at, last_sign_in_at, raw_app_meta_data, raw_user_meta_data, created_at,
           updated_at, phone, phone_confirmed_at, banned_until, is_sso_user, deleted_at,
           is_anonymous)
         select id, coalesce(nullif(aud, ''), 'authenticated'),
           coalesce(nullif(role, ''), 'authenticated'), lower(nullif(email, '')), $2,
           email_confirmed_at, invited_at, last_sign_in_at, coalesce(raw_app_meta_data, '{}'),
           coalesce(raw_user_meta_data, '{}'), coalesce(created_at, now()),
           coalesce(updated_at, created_at, now()), nullif(phone, ''), phone_confirmed_at,
           banned_until, coalesce(is_sso_user, false), deleted_at, coalesce(is_anonymous, false)
         from jsonb_populate_record(null::auth.users, $1)
         on conflict (id) do nothing returning id",
    )
    .bind(record)
    .bind(password_hash)
    .fetch_optional(db)
    .await
}

/// How a provider knows the user.
pub(crate) async fn identity(
    db: &mut PgConnection,
    user: Uuid,
    record: &Value,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.identities (id, user_id, provider_id, provider, identity_data,
           last_sign_in_at, created_at, updated_at)
         select coalesce(id, gen_random_uuid()), $1,
           coalesce(provider_id, identity_data ->> 'sub'), provider, identity_data,
           last_sign_in_at, coalesce(created_at, now()), coalesce(updated_at, created_at, now())
         from jsonb_populate_record(null::auth.identities, $2)
         on conflict do nothing",
    )
    .bind(user)
    .bind(record)
    .execute(db)
    .await
    .map(drop)
}

/// A user without identities is known by the address or number.
pub(crate) async fn own_identity(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.identities (user_id, provider_id, provider, identity_data,
           last_sign_in_at, created_at, updated_at)
         select id, id, kind.provider,
           jsonb_build_object('sub', id, kind.provider, kind.address,
             'email_verified', email_confirmed_at is not null,
             'phone_verified', phone_confirmed_at is not null),
           last_sign_in_at, created_at, updated_at
         from auth.users, lateral (values ('email', email), ('phone', phone))
           as kind (provider, address)
         where id = $1 and kind.address is not null
           and not exists (select from auth.identities where user_id = $1)
         on conflict do nothing",
    )
    .bind(user)
    .execute(db)
    .await
    .map(drop)
}

/// A second factor that the user has proved. Its secret comes sealed.
pub(crate) async fn factor(
    db: &mut PgConnection,
    user: Uuid,
    record: &Value,
    secret: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret,
           phone, web_authn_credential, web_authn_aaguid, created_at, updated_at)
         select id, $1, friendly_name, factor_type, status, $3, nullif(phone, ''),
           web_authn_credential, web_authn_aaguid, coalesce(created_at, now()),
           coalesce(updated_at, created_at, now())
         from jsonb_populate_record(null::auth.mfa_factors, $2)
         where status = 'verified'
         on conflict do nothing",
    )
    .bind(user)
    .bind(record)
    .bind(secret)
    .execute(db)
    .await
    .map(drop)
}

/// A passkey. It goes on to work for the same domain.
pub(crate) async fn passkey(db: &mut PgConnection, user: Uuid, record: &Value) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auth.webauthn_credentials (id, user_id, credential_id, public_key,
           attestation_type, aaguid, sign_count, transports, backup_eligible, backed_up,
           friendly_name, created_at, updated_at, last_used_at)
         select coalesce(id, gen_random_uuid()), $1, credential_id, public_key,
           coalesce(attestation_type, ''), aaguid, coalesce(sign_count, 0),
           coalesce(transports, '[]'), coalesce(backup_eligible, false),
           coalesce(backed_up, false), coalesce(friendly_name, ''), coalesce(created_at, now()),
           coalesce(updated_at, created_at, now()), last_used_at
         from jsonb_populate_record(null::auth.webauthn_credentials, $2)
         on conflict do nothing",
    )
    .bind(user)
    .bind(record)
    .execute(db)
    .await
    .map(drop)
}

/// The query for every user of another database, with what of a user's it has: older ones lack tables.
pub(crate) async fn every_query(source: &PgPool) -> sqlx::Result<String> {
    let mut members = String::new();
    for (table, member) in [
        ("auth.identities", "identities"),
        ("auth.mfa_factors", "mfa_factors"),
        ("auth.webauthn_credentials", "webauthn_credentials"),
    ] {
        let is_there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
            .bind(table)
            .fetch_one(source)
            .await?;
        if is_there {
            members.push_str(&format!(
                " || jsonb_build_object('{member}', (select coalesce(jsonb_agg(to_jsonb(m)), '[]')
                    from {table} m where m.user_id = u.id))"
            ));
        }
    }
    Ok(format!(
        "select to_jsonb(u){members} from auth.users u order by u.created_at, u.id"
    ))
}

/// Every user, by that query.
pub(crate) fn every<'a>(source: &'a PgPool, sql: &'a str) -> BoxStream<'a, sqlx::Result<Value>> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch(source)
}
