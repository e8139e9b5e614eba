//! Statements about proofs that failed.

use sqlx::PgConnection;
use uuid::Uuid;

/// When who fails is locked out; times in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) attempts: i32,
    pub(crate) duration: f64,
    pub(crate) max_duration: f64,
    pub(crate) memory: f64,
    pub(crate) known_for: f64,
}

/// What one more try comes to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Counted {
    /// Who tries: a network known to the account, or empty for strangers.
    pub(crate) device: String,
    /// Tries so far, this one with them.
    pub(crate) failures: i32,
    pub(crate) is_locked: bool,
    /// Whether this try was the one too many.
    pub(crate) locked_now: bool,
    /// Whether the owner has a code that is taken all the same.
    pub(crate) has_unlock_code: bool,
}

/// Counts a try of `caller`, a relation of subject and device. What is locked stays as it is. $4 to $7
/// are [`Limits`] up to `memory`.
macro_rules! count_try {
    () => {
        "insert into auth.sign_in_failures as f (subject, device, failures)
         select subject, device, 1 from caller
         on conflict (subject, device) do update set
           failures = case
             when f.locked_until > now() then f.failures
             when f.last_at < now() - make_interval(secs => $7) then 1
             -- Once locked, a quarter of the tries until it is locked again.
             when f.failures >= $4 then $4 - $4 / 4
             else f.failures + 1 end,
           locks = case
             when f.locked_until > now() then f.locks
             when f.last_at < now() - make_interval(secs => $7) then 0
             when f.failures >= $4 then least(f.locks + 1, 30)
             else f.locks end,
           locked_at = case
             when f.locked_until > now() or f.last_at < now() - make_interval(secs => $7)
               or f.failures < $4 then f.locked_at
             else now() end,
           locked_until = case
             when f.locked_until > now() then f.locked_until
             when f.last_at < now() - make_interval(secs => $7) then null
             when f.failures >= $4
               then now() + make_interval(secs => least($5 * power(2, f.locks), $6))
             else null end,
           last_at = case when f.locked_until > now() then f.last_at else now() end
         returning device, failures, coalesce(locked_until > now(), false) as is_locked,
           coalesce(locked_until > now() and locked_at = now(), false) as locked_now,
           coalesce(exists(select from auth.one_time_tokens t where t.id = f.unlock_token), false)
             as has_unlock_code"
    };
}
pub(crate) use count_try;

/// Counts a try before it is known how it ends, so that of many at once none is free. It counts
/// for the user's known network, else for all strangers together. What is locked stays as it is.
pub(crate) async fn count(
    db: &mut PgConnection,
    subject: &str,
    user: Option<Uuid>,
    network: Option<&str>,
    limits: &Limits,
) -> sqlx::Result<Counted> {
    sqlx::query_as(concat!(
        "with caller as (
           select $1 as subject, coalesce((
             select network::text from auth.known_devices
             where user_id = $2 and network = $3::cidr
               and last_seen_at > now() - make_interval(secs => $8)), '') as device) ",
        count_try!()
    ))
    .bind(subject)
    .bind(user)
    .bind(network)
    .bind(limits.attempts)
    .bind(limits.duration)
    .bind(limits.max_duration)
    .bind(limits.memory)
    .bind(limits.known_for)
    .fetch_one(db)
    .await
}

/// The try was none that failed.
pub(crate) async fn take_back(
    db: &mut PgConnection,
    subject: &str,
    device: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.sign_in_failures set failures = greatest(failures - 1, 0)
         where subject = $1 and device = $2 and (locked_until is null or locked_until <= now())",
    )
    .bind(subject)
    .bind(device)
    .execute(db)
    .await
    .map(drop)
}

/// A known network has proved who it is: what it failed before was its owner's.
pub(crate) async fn forget(db: &mut PgConnection, subject: &str, device: &str) -> sqlx::Result<()> {
    sqlx::query("delete from auth.sign_in_failures where subject = $1 and device = $2")
        .bind(subject)
        .bind(device)
        .execute(db)
        .await
        .map(drop)
}

/// The user's recovery token, just made, lets in where the account is locked.
pub(crate) async fn set_unlock_token(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update auth.sign_in_failures set unlock_token = (
           select id from auth.one_time_tokens
           where user_id = $1 and token_type = 'recovery_token')
         where subject = $1::text",
    )
    .bind(user)
    .execute(db)
    .await
    .map(drop)
}
