//! Statements of a sign-in by password, each a transaction by itself: one before the password is
//! checked, and one after.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row as _};
use uuid::Uuid;

use crate::store::sign_in_failures::{Counted, Limits, count_try};
use crate::store::users::user_columns;
use crate::user::User;

/// A user as they were at one moment.
pub(crate) struct Seen {
    pub(crate) user: User,
    /// Another one after every change of the user's row; none where it must be looked at anew.
    pub(crate) version: Option<String>,
}

/// By what a user is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    /// In any case of letters; none for what is no address, which nobody has.
    Email(Option<&'a str>),
    /// None for what is no number.
    Phone(Option<&'a str>),
}

/// A try to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try<'a> {
    /// What it counts on where there is no such user.
    pub(crate) nobody: &'a str,
    /// Whence it comes (a `cidr`).
    pub(crate) network: Option<&'a str>,
    pub(crate) limits: &'a Limits,
}

/// Who has the address that is $1, of the audience $2.
macro_rules! found {
    ($condition:literal) => {
        concat!(
            "select ",
            user_columns!(),
            ", u.xmin::text as version from auth.users u where ",
            $condition,
            " and u.aud = $2 and not u.is_sso_user limit 1"
        )
    };
}

macro_rules! counted {
    ($condition:literal) => {
        concat!(
            "with found as (",
            found!($condition),
            "), caller as (
               select coalesce((select id::text from found), $3) as subject, coalesce((
                 select network::text from auth.known_devices
                 where user_id = (select id from found) and network = $9::cidr
                   and last_seen_at > now() - make_interval(secs => $8)), '') as device),
             counted as (",
            count_try!(),
            ") select * from counted left join found on true"
        )
    };
}

/// The user with an address, as they are now; the same work whether there is one or not.
pub(crate) async fn find(
    db: &mut PgConnection,
    by: By<'_>,
    aud: &str,
) -> sqlx::Result<Option<Seen>> {
    let (statement, address) = match by {
        By::Email(address) => (found!("lower(u.email) = lower($1)"), address),
        By::Phone(number) => (found!("u.phone = $1"), number),
    };
    let row = sqlx::query(statement).bind(address).bind(aud);
    let row = row.fetch_optional(db).await?;
    row.as_ref().map(seen).transpose()
}

/// The same, and counts a try as one that failed, until it is known how it ends: of many at once none
/// is free. It counts for the user's known network, else for all strangers together.
pub(crate) async fn find_and_count(
    db: &mut PgConnection,
    by: By<'_>,
    aud: &str,
    new: Try<'_>,
) -> sqlx::Result<(Option<Seen>, Counted)> {
    let (statement, address) = match by {
        By::Email(address) => (counted!("lower(u.email) = lower($1)"), address),
        By::Phone(number) => (counted!("u.phone = $1"), number),
    };
    let row = sqlx::query(statement)
        .bind(address)
        .bind(aud)
        .bind(new.nobody)
        .bind(new.limits.attempts)
        .bind(new.limits.duration)
        .bind(new.limits.max_duration)
        .bind(new.limits.memory)
        .bind(new.limits.known_for)
        .bind(new.network)
        .fetch_one(db)
        .await?;
    let is_somebody = row.try_get::<Option<Uuid>, _>("id")?.is_some();
    let seen = is_somebody.then(|| seen(&row)).transpose()?;
    Ok((seen, Counted::from_row(&row)?))
}

fn seen(row: &PgRow) -> sqlx::Result<Seen> {
    Ok(Seen {
        user: User::from_row(row)?,
        version: row.try_get("version")?,
    })
}

/// What [`begin`] writes.
pub(crate) struct Begun<'a> {
    /// Of the session.
    pub(crate) id: Uuid,
    pub(crate) user: Uuid,
    /// The user's row as it was looked at, and whether there was a second factor.
    pub(crate) version: &'a str,
    pub(crate) has_factor: bool,
    /// Whence the user comes (a `cidr`).
    pub(crate) network: Option<String>,
    pub(crate) method: &'a str,
    pub(crate) not_after: Option<DateTime<Utc>>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) ip: Option<String>,
    /// Sealed.
    pub(crate) refresh_token_hmac_key: &'a str,
    /// The subject and device on which the try was counted.
    pub(crate) failure: Option<(&'a str, &'a str)>,
    pub(crate) log: &'a Value,
}

/// What [`begin`] runs, with what is done about the try that was counted: of $12 and $13.
macro_rules! begin {
    ($undo:literal) => {
        concat!(
            "with signed_in as (
           update auth.users u set last_sign_in_at = now(), updated_at = now()
           where u.id = $1 and u.xmin = $2::text::xid
             and $3 = exists(
               select from auth.mfa_factors f where f.user_id = u.id and f.status = 'verified')
             and ($3 or $4 is null or exists(
               select from auth.known_devices d
               where d.user_id = u.id and d.network = $4::cidr
                 and d.last_seen_at >= now() - interval '1 hour'))
           returning u.id),
         session as (
           insert into auth.sessions (id, user_id, aal, not_after, user_agent, ip,
             refresh_token_hmac_key, refresh_token_counter)
           select $5, id, 'aal1', $6, $7, $8::inet, $9, 0 from signed_in
           returning id),
         proof as (
           insert into auth.mfa_amr_claims (session_id, authentication_method)
           select id, $10 from session),
         ",
            $undo,
            " log as (
           insert into auth.audit_log_entries (payload, ip_address, created_at)
           select $11::json, coalesce($8, ''), clock_timestamp() from signed_in)
         select now() from signed_in"
        )
    };
}

/// Begins a session at `aal1`, takes back what was counted as a failure, and writes it to the log. None,
/// and nothing written, if the user is no longer who was looked at, or if there is more to do: to
/// remember, and to tell of, a network that was not seen within the hour.
pub(crate) async fn begin(
    db: &mut PgConnection,
    begun: &Begun<'_>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let (subject, device) = begun.failure.unzip();
    let statement = match device {
        None => begin!(""),
        // Strangers' failures are counted together: this one was none.
        Some("") => begin!(
            "taken_back as (
               update auth.sign_in_failures f set failures = greatest(f.failures - 1, 0)
               from signed_in
               where f.subject = $12 and f.device = $13
                 and (f.locked_until is null or f.locked_until <= now())),"
        ),
        Some(_) => begin!(
            "forgotten as (
               delete from auth.sign_in_failures f using signed_in
               where f.subject = $12 and f.device = $13),"
        ),
    };
    let query = sqlx::query_scalar(statement)
        .bind(begun.user)
        .bind(begun.version)
        .bind(begun.has_factor)
        .bind(&begun.network)
        .bind(begun.id)
        .bind(begun.not_after)
        .bind(begun.user_agent)
        .bind(&begun.ip)
        .bind(begun.refresh_token_hmac_key)
        .bind(begun.method)
        .bind(Json(begun.log));
    let query = match device {
        None => query,
        Some(_) => query.bind(subject).bind(device),
    };
    query.fetch_optional(db).await
}
