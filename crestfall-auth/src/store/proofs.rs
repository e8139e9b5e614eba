//! Statements about addresses: asked to prove themselves, proved, changed.

use sqlx::PgConnection;
use uuid::Uuid;

/// What was sent to a user, by the column that tells when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Confirmation,
    Invite,
    Recovery,
    EmailChange,
    Reauthentication,
}

pub(crate) async fn mark_sent(db: &mut PgConnection, user: Uuid, sent: Sent) -> sqlx::Result<()> {
    let statement = match sent {
        Sent::Confirmation => "update auth.users set confirmation_sent_at = now() where id = $1",
        Sent::Invite => {
            "update auth.users set confirmation_sent_at = now(), invited_at = now() where id = $1"
        }
        Sent::Recovery => "update auth.users set recovery_sent_at = now() where id = $1",
        Sent::EmailChange => "update auth.users set email_change_sent_at = now() where id = $1",
        Sent::Reauthentication => {
            "update auth.users set reauthentication_sent_at = now() where id = $1"
        }
    };
    sqlx::query(statement)
        .bind(user)
        .execute(db)
        .await
        .map(drop)
}

/// Removes all that somebody may have left in an account before its address was proved: the
/// password, other addresses and identities that are not proved, sessions, factors, keys, links on
/// their way (SEC-05). `provider` is `email` or `phone`, by which it is proved now.
pub(crate) async fn forget_unproven(
    db: &mut PgConnection,
    user: Uuid,
    provider: &str,
) -> sqlx::Result<()> {
    for statement in [
        "delete from auth.identities i using auth.users u
         where u.id = $1 and i.user_id = u.id and i.provider <> $2
           and not (i.provider = 'email' and u.email_confirmed_at is not null)
           and not (i.provider = 'phone' and u.phone_confirmed_at is not null)",
        "update auth.users set encrypted_password = null, email_change = '', phone_change = '',
           email = case when $2 = 'email' or email_confirmed_at is not null then email end,
           phone = case when $2 = 'phone' or phone_confirmed_at is not null then phone end,
           updated_at = now()
         where id = $1",
    ] {
        let query = sqlx::query(statement).bind(user).bind(provider);
        query.execute(&mut *db).await?;
    }
    for statement in [
        "delete from auth.sessions where user_id = $1",
        "delete from auth.mfa_factors where user_id = $1",
        "delete from auth.recovery_codes where user_id = $1",
        "delete from auth.webauthn_credentials where user_id = $1",
        "delete from auth.api_keys where user_id = $1",
        "delete from auth.one_time_tokens where user_id = $1",
        // Identities on their way to the account, and codes that open it.
        "delete from auth.flow_state where linking_target_id = $1
           or (user_id = $1 and auth_code is not null)",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *db).await?;
    }
    Ok(())
}

/// Notes the address that is to be proved. `confirmed` is how many of two proofs need not come any
/// more: 1 when one is enough.
pub(crate) async fn want_email(
    db: &mut PgConnection,
    user: Uuid,
    email: &str,
    confirmed: i16,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set email_change = $2, email_change_confirm_status = $3,
           email_change_sent_at = now(), updated_at = now()
         where id = $1",
    )
    .bind(user)
    .bind(email)
    .bind(confirmed)
    .execute(db)
    .await
    .map(drop)
}

/// The first of two proofs has come.
pub(crate) async fn one_proof_of_email(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query("update auth.users set email_change_confirm_status = 1 where id = $1")
        .bind(user)
        .execute(db)
        .await
        .map(drop)
}

/// # Errors
/// A unique violation when somebody else has the address by now.
pub(crate) async fn change_email(
    db: &mut PgConnection,
    user: Uuid,
    email: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set email = $2, email_confirmed_at = now(), email_change = '',
           email_change_confirm_status = 0, is_anonymous = false, updated_at = now()
         where id = $1",
    )
    .bind(user)
    .bind(email)
    .execute(db)
    .await
    .map(drop)
}

/// Notes the number that is to be proved.
pub(crate) async fn want_phone(db: &mut PgConnection, user: Uuid, phone: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set phone_change = $2, phone_change_sent_at = now(), updated_at = now()
         where id = $1",
    )
    .bind(user)
    .bind(phone)
    .execute(db)
    .await
    .map(drop)
}

/// # Errors
/// A unique violation when somebody else has the number by now.
pub(crate) async fn change_phone(
    db: &mut PgConnection,
    user: Uuid,
    phone: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.users set phone = $2, phone_confirmed_at = now(), phone_change = '',
           is_anonymous = false, updated_at = now()
         where id = $1",
    )
    .bind(user)
    .bind(phone)
    .execute(db)
    .await
    .map(drop)
}

/// Who asked for this address last; several may wait for it.
pub(crate) async fn who_want_email(
    db: &mut PgConnection,
    email: &str,
    aud: &str,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select id from auth.users where id in (
             select user_id from auth.one_time_tokens
             where relates_to = $1 and token_type = 'email_change_token_new')
           and email_change = $1 and aud = $2 and not is_sso_user
         order by email_change_sent_at desc nulls last limit 5",
    )
    .bind(email)
    .bind(aud)
    .fetch_all(db)
    .await
}

/// Who asked for this number last; several may wait for it.
pub(crate) async fn who_want_phone(
    db: &mut PgConnection,
    phone: &str,
    aud: &str,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select id from auth.users where id in (
             select user_id from auth.one_time_tokens
             where relates_to = $1 and token_type = 'phone_change_token')
           and phone_change = $1 and aud = $2 and not is_sso_user
         order by phone_change_sent_at desc nulls last limit 5",
    )
    .bind(phone)
    .bind(aud)
    .fetch_all(db)
    .await
}
