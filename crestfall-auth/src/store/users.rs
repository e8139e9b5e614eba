//! Statements about users.

use chrono::{DateTime, Utc};

use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::user::{Metadata, User};

/// All that belongs to a user `u`, as columns.
macro_rules! user_columns {
    () => {
        "u.id, coalesce(u.aud, '') as aud, coalesce(u.role, '') as role, u.email,
           u.encrypted_password, u.email_confirmed_at, u.invited_at, u.phone,
           u.phone_confirmed_at, u.confirmation_sent_at, u.confirmed_at, u.recovery_sent_at,
           coalesce(u.email_change, '') as email_change, u.email_change_sent_at,
           coalesce(u.email_change_confirm_status, 0::int2) as email_change_confirm_status,
           coalesce(u.phone_change, '') as phone_change, u.phone_change_sent_at,
           u.reauthentication_sent_at, u.last_sign_in_at,
           coalesce(u.raw_app_meta_data, '{}') as app_metadata,
           coalesce(u.raw_user_meta_data, '{}') as user_metadata,
           coalesce(u.created_at, '-infinity') as created_at,
           coalesce(u.updated_at, u.created_at, now()) as updated_at,
           u.banned_until, u.deleted_at, u.is_anonymous, u.is_sso_user,
           (select coalesce(json_agg(json_build_object(
               'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id,
               'identity_data', i.identity_data, 'provider', i.provider,
               'last_sign_in_at', i.last_sign_in_at,
               'created_at', coalesce(i.created_at, now()),
               'updated_at', coalesce(i.updated_at, now()), 'email', i.email)
               order by i.created_at, i.id), '[]')
            from auth.identities i where i.user_id = u.id) as identities,
           (select coalesce(json_agg(json_build_object(
               'id', f.id, 'created_at', f.created_at, 'updated_at', f.updated_at,
               'status', f.status, 'friendly_name', f.friendly_name,
               'factor_type', f.factor_type, 'phone', f.phone,
               'last_challenged_at', f.last_challenged_at)
               order by f.created_at, f.id), '[]')
            from auth.mfa_factors f where f.user_id = u.id) as factors"
    };
}
pub(crate) use user_columns;

/// A query for users with all that belongs to them; `u` is the user.
macro_rules! select_user {
    ($($rest:tt)+) => {
        concat!("select ", user_columns!(), " from auth.users u ", $($rest)+)
    };
}

/// Of whom a page is; $1 is the audience, $2 a pattern.
macro_rules! listed {
    () => {
        "where u.aud = $1 and ($2 = '%%' or u.email like $2 or u.phone like $2
           or u.raw_user_meta_data ->> 'full_name' ilike $2)"
    };
}

/// What a new user starts with.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewUser {
    /// None makes one.
    pub(crate) id: Option<Uuid>,
    pub(crate) aud: String,
    pub(crate) role: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) password_hash: Option<String>,
    pub(crate) app_metadata: Metadata,
    pub(crate) user_metadata: Metadata,
    pub(crate) is_anonymous: bool,
    pub(crate) is_sso_user: bool,
}

pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<User>> {
    sqlx::query_as(select_user!("where u.id = $1"))
        .bind(id)
        .fetch_optional(db)
        .await
}

/// The address is compared as it is stored: in lower case.
pub(crate) async fn find_by_email(
    db: &mut PgConnection,
    email: &str,
    aud: &str,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(select_user!(
        "where lower(u.email) = lower($1) and u.aud = $2 and not u.is_sso_user limit 1"
    ))
    .bind(email)
    .bind(aud)
    .fetch_optional(db)
    .await
}

pub(crate) async fn find_by_phone(
    db: &mut PgConnection,
    phone: &str,
    aud: &str,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(select_user!(
        "where u.phone = $1 and u.aud = $2 and not u.is_sso_user limit 1"
    ))
    .bind(phone)
    .bind(aud)
    .fetch_optional(db)
    .await
}

/// The user who asked for this number, not yet confirmed.
pub(crate) async fn find_by_phone_change(
    db: &mut PgConnection,
    phone: &str,
    aud: &str,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(select_user!(
        "where u.phone_change = $1 and u.aud = $2 and not u.is_sso_user limit 1"
    ))
    .bind(phone)
    .bind(aud)
    .fetch_optional(db)
    .await
}

/// Locks the row until the transaction ends.
pub(crate) async fn lock(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<User>> {
    let locked: Option<Uuid> =
        sqlx::query_scalar("select id from auth.users where id = $1 for update")
            .bind(id)
            .fetch_optional(&mut *db)
            .await?;
    match locked {
        Some(id) => find(db, id).await,
        None => Ok(None),
    }
}

/// # Errors
/// A unique violation when the address, number or id is taken.
pub(crate) async fn insert(db: &mut PgConnection, new: &NewUser) -> sqlx::Result<User> {
    let id: Uuid = sqlx::query_scalar(
        "insert into auth.users (id, aud, role, email, phone, encrypted_password,
           raw_app_meta_data, raw_user_meta_data, is_anonymous, is_sso_user)
         values (coalesce($1, gen_random_uuid()), $2, $3, lower($4), $5, $6, $7, $8, $9, $10)
         returning id",
    )
    .bind(new.id)
    .bind(&new.aud)
    .bind(&new.role)
    .bind(new.email.as_deref().filter(|email| !email.is_empty()))
    .bind(new.phone.as_deref().filter(|phone| !phone.is_empty()))
    .bind(&new.password_hash)
    .bind(Json(&new.app_metadata))
    .bind(Json(&new.user_metadata))
    .bind(new.is_anonymous)
    .bind(new.is_sso_user)
    .fetch_one(&mut *db)
    .await?;
    // Triggers of the application may have changed the row.
    sqlx::query_as(select_user!("where u.id = $1"))
        .bind(id)
        .fetch_one(db)
        .await
}

pub(crate) async fn confirm_email(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set email_confirmed_at = now(), confirmation_token = '', updated_at = now()
         where id = $1",
    )
    .bind(id)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn confirm_phone(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set phone_confirmed_at = now(), updated_at = now() where id = $1",
    )
    .bind(id)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn set_password(
    db: &mut PgConnection,
    id: Uuid,
    hash: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query("update auth.users set encrypted_password = $2, updated_at = now() where id = $1")
        .bind(id)
        .bind(hash)
        .execute(db)
        .await
        .map(drop)
}

/// A better hash of the same password: only if it is still the one that was checked, and whether it was.
pub(crate) async fn replace_hash(
    db: &mut PgConnection,
    id: Uuid,
    old: &str,
    new: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update auth.users set encrypted_password = $3 where id = $1 and encrypted_password = $2",
    )
    .bind(id)
    .bind(old)
    .bind(new)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Keys that are given are set; those that are null are removed.
pub(crate) async fn merge_user_metadata(
    db: &mut PgConnection,
    id: Uuid,
    changes: &Metadata,
) -> sqlx::Result<()> {
    merge(
        db,
        "update auth.users set updated_at = now(),
           raw_user_meta_data = (coalesce(raw_user_meta_data, '{}') || $2) - $3
         where id = $1",
        id,
        changes,
    )
    .await
}

/// Keys that are given are set; those that are null are removed.
pub(crate) async fn merge_app_metadata(
    db: &mut PgConnection,
    id: Uuid,
    changes: &Metadata,
) -> sqlx::Result<()> {
    merge(
        db,
        "update auth.users set updated_at = now(),
           raw_app_meta_data = (coalesce(raw_app_meta_data, '{}') || $2) - $3
         where id = $1",
        id,
        changes,
    )
    .await
}

async fn merge(
    db: &mut PgConnection,
    statement: &'static str,
    id: Uuid,
    changes: &Metadata,
) -> sqlx::Result<()> {
    let removed: Vec<&str> = changes
        .iter()
        .filter(|(_, value)| value.is_null())
        .map(|(key, _)| key.as_str())
        .collect();
    sqlx::query(statement)
        .bind(id)
        .bind(Json(changes))
        .bind(removed)
        .execute(db)
        .await
        .map(drop)
}

/// Writes `provider` and `providers` anew from the identities there are.
pub(crate) async fn refresh_providers(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users u set raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || case
             when p.all_of_them is null then '{}'::jsonb
             else jsonb_build_object(
               'provider', coalesce(
                 case when p.all_of_them ? (raw_app_meta_data ->> 'provider')
                   then raw_app_meta_data -> 'provider' end,
                 p.all_of_them -> 0),
               'providers', p.all_of_them)
           end
         from (select jsonb_agg(provider order by first) as all_of_them
               from (select provider, min(created_at) as first from auth.identities
                     where user_id = $1 group by provider) i) p
         where u.id = $1",
    )
    .bind(id)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn signed_in(db: &mut PgConnection, id: Uuid) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar(
        "update auth.users set last_sign_in_at = now(), updated_at = now() where id = $1
         returning last_sign_in_at",
    )
    .bind(id)
    .fetch_one(db)
    .await
}

pub(crate) async fn set_role(db: &mut PgConnection, id: Uuid, role: &str) -> sqlx::Result<()> {
    sqlx::query("update auth.users set role = $2, updated_at = now() where id = $1")
        .bind(id)
        .bind(role)
        .execute(db)
        .await
        .map(drop)
}

/// Shuts a user out until then, or lets them in again.
pub(crate) async fn set_banned_until(
    db: &mut PgConnection,
    id: Uuid,
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query("update auth.users set banned_until = $2, updated_at = now() where id = $1")
        .bind(id)
        .bind(until)
        .execute(db)
        .await
        .map(drop)
}

pub(crate) async fn set_email(db: &mut PgConnection, id: Uuid, email: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set email = lower(nullif($2, '')), updated_at = now() where id = $1",
    )
    .bind(id)
    .bind(email)
    .execute(db)
    .await
    .map(drop)
}

pub(crate) async fn set_phone(db: &mut PgConnection, id: Uuid, phone: &str) -> sqlx::Result<()> {
    sqlx::query("update auth.users set phone = nullif($2, ''), updated_at = now() where id = $1")
        .bind(id)
        .bind(phone)
        .execute(db)
        .await
        .map(drop)
}

/// An anonymous user has become a known one.
pub(crate) async fn set_known(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.users set is_anonymous = false, updated_at = now() where id = $1 and is_anonymous")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

pub(crate) async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from auth.users where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Keeps the row, for what refers to it, and nothing that tells who it was. Addresses become hashes
/// of themselves, so that the same person may sign up anew.
pub(crate) async fn soft_delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    for statement in [
        "update auth.users set deleted_at = now(), updated_at = now(),
           email = encode(sha256(convert_to(id::text || email, 'UTF8')), 'hex'),
           phone = left(encode(sha256(convert_to(id::text || phone, 'UTF8')), 'hex'), 15),
           encrypted_password = null, raw_user_meta_data = '{}', raw_app_meta_data = '{}',
           email_change = '', phone_change = '', confirmation_token = '', recovery_token = '',
           email_change_token_current = '', email_change_token_new = '', phone_change_token = '',
           reauthentication_token = ''
         where id = $1",
        "delete from auth.one_time_tokens where user_id = $1",
        "delete from auth.mfa_factors where user_id = $1",
        "delete from auth.recovery_codes where user_id = $1",
        "delete from auth.webauthn_credentials where user_id = $1",
        "delete from auth.api_keys where user_id = $1",
        "delete from auth.scim_users where user_id = $1",
        "update auth.identities set identity_data = '{}', updated_at = now(),
           provider_id = encode(sha256(convert_to(user_id::text || provider_id, 'UTF8')), 'hex')
         where user_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *db).await?;
    }
    Ok(())
}

/// One page, newest first, and how many there are in all. `filter` matches parts of addresses and
/// names; empty matches all.
pub(crate) async fn page(
    db: &mut PgConnection,
    aud: &str,
    filter: &str,
    ascending: bool,
    (offset, limit): (i64, i64),
) -> sqlx::Result<(Vec<User>, i64)> {
    let pattern = format!("%{}%", escape_like(filter));
    let total = sqlx::query_scalar(concat!("select count(*) from auth.users u ", listed!()))
        .bind(aud)
        .bind(&pattern)
        .fetch_one(&mut *db)
        .await?;
    let query = match ascending {
        true => select_user!(listed!(), " order by u.created_at, u.id offset $3 limit $4"),
        false => select_user!(
            listed!(),
            " order by u.created_at desc, u.id offset $3 limit $4"
        ),
    };
    let users = sqlx::query_as(query)
        .bind(aud)
        .bind(&pattern)
        .bind(offset)
        .bind(limit)
        .fetch_all(db)
        .await?;
    Ok((users, total))
}

/// The newest or oldest users after this one. Nothing is counted, and nothing read and left out.
pub(crate) async fn page_after(
    db: &mut PgConnection,
    aud: &str,
    filter: &str,
    ascending: bool,
    (after, limit): (Option<(DateTime<Utc>, Uuid)>, i64),
) -> sqlx::Result<Vec<User>> {
    let query = match ascending {
        true => select_user!(
            listed!(),
            " and ($3::timestamptz is null or (u.created_at, u.id) > ($3, $4))
              order by u.created_at, u.id limit $5"
        ),
        false => select_user!(
            listed!(),
            " and ($3::timestamptz is null or (u.created_at, u.id) < ($3, $4))
              order by u.created_at desc, u.id desc limit $5"
        ),
    };
    sqlx::query_as(query)
        .bind(aud)
        .bind(format!("%{}%", escape_like(filter)))
        .bind(after.map(|(created_at, _)| created_at))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(db)
        .await
}

/// A text that `like` takes as it is.
fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
