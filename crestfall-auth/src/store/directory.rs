//! Statements about shadows of users who are kept elsewhere.

use sqlx::PgConnection;
use sqlx::types::Json;

use crate::directory::{DirectoryUser, Lookup};

/// Writes the shadow as the directory has the user, if it is not so already.
pub(crate) async fn shadow(
    db: &mut PgConnection,
    user: &DirectoryUser,
    (aud, role): (&str, &str),
) -> sqlx::Result<()> {
    // An address that was somebody else's until now.
    sqlx::query(
        "update auth.users set email = case when email = lower($2) then null else email end,
           phone = case when phone = $3 then null else phone end
         where id <> $1 and (email = lower($2) and not is_sso_user or phone = $3)",
    )
    .bind(user.id)
    .bind(&user.email)
    .bind(&user.phone)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "insert into auth.users as u (id, aud, role, email, phone, encrypted_password,
           email_confirmed_at, phone_confirmed_at, raw_app_meta_data, raw_user_meta_data, banned_until)
         values ($1, $11, coalesce($4, $12), lower($2), $3, $5,
           case when $6 then now() end, case when $7 then now() end,
           jsonb_build_object('provider', $13::text, 'providers', jsonb_build_array($13::text))
             || coalesce($8, '{}'),
           coalesce($9, '{}'), case when $10 then '9999-12-31'::timestamptz end)
         on conflict (id) do update set
           role = coalesce($4, u.role), email = excluded.email, phone = excluded.phone,
           encrypted_password = excluded.encrypted_password,
           email_confirmed_at = case when $6 then coalesce(u.email_confirmed_at, now()) end,
           phone_confirmed_at = case when $7 then coalesce(u.phone_confirmed_at, now()) end,
           raw_app_meta_data = coalesce(u.raw_app_meta_data, '{}') || coalesce($8, '{}'),
           raw_user_meta_data = coalesce($9, u.raw_user_meta_data),
           banned_until = case when $10 then excluded.banned_until
             when u.banned_until = '9999-12-31'::timestamptz then null else u.banned_until end,
           deleted_at = null, updated_at = now()
         where u.deleted_at is not null
           or (u.role, u.email, u.phone, u.encrypted_password)
             is distinct from (coalesce($4, u.role), excluded.email, excluded.phone,
               excluded.encrypted_password)
           or (u.email_confirmed_at is not null) <> $6 or (u.phone_confirmed_at is not null) <> $7
           or not coalesce(u.raw_app_meta_data, '{}') @> coalesce($8, '{}')
           or u.raw_user_meta_data is distinct from coalesce($9, u.raw_user_meta_data)
           or (u.banned_until is not distinct from '9999-12-31'::timestamptz) <> $10",
    )
    .bind(user.id)
    .bind(&user.email)
    .bind(&user.phone)
    .bind(&user.role)
    .bind(&user.password_hash)
    .bind(user.email_confirmed)
    .bind(user.phone_confirmed)
    .bind(user.app_metadata.as_ref().map(Json))
    .bind(user.user_metadata.as_ref().map(Json))
    .bind(user.disabled)
    .bind(aud)
    .bind(role)
    .bind(if user.email.is_some() { "email" } else { "phone" })
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "insert into auth.identities (user_id, provider, provider_id, identity_data)
         select id, 'email', id::text,
           jsonb_build_object('sub', id, 'email', email, 'email_verified', email_confirmed_at is not null)
         from auth.users where id = $1 and email is not null
         on conflict (provider_id, provider) do nothing",
    )
    .bind(user.id)
    .execute(db)
    .await
    .map(drop)
}

/// The directory has nobody by this: neither has the shadow. Who is looked for by id is gone for
/// good, with all sessions.
pub(crate) async fn fade(db: &mut PgConnection, by: Lookup<'_>) -> sqlx::Result<()> {
    let query = match by {
        Lookup::Id(id) => sqlx::query(
            "update auth.users set deleted_at = now(), updated_at = now()
             where id = $1 and deleted_at is null and not is_anonymous",
        )
        .bind(id),
        Lookup::Email(email) => sqlx::query(
            "update auth.users set email = null, updated_at = now()
             where lower(email) = $1 and not is_sso_user",
        )
        .bind(email),
        Lookup::Phone(phone) => {
            sqlx::query("update auth.users set phone = null, updated_at = now() where phone = $1")
                .bind(phone)
        }
    };
    query.execute(db).await.map(drop)
}
