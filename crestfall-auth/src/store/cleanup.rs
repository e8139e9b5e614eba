//! Statements that remove what has expired.

use std::time::Duration;

use sqlx::PgConnection;

/// The advisory lock of who cleans up: `crauthcl` in ASCII.
const LOCK: i64 = 0x6372_6175_7468_636c;

/// What is removed; a duration is how long ago it has to have been made or last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    OneTimeTokens,
    UsedLinks,
    FlowStates(Duration),
    OauthClientStates(Duration),
    OauthAuthorizations(Duration),
    MfaChallenges(Duration),
    UnverifiedFactors(Duration),
    WebauthnChallenges,
    SessionsPastEnd(Duration),
    SessionsOlderThan(Duration),
    SessionsIdle(Duration),
    RefreshTokensUsed(Duration),
    Revocations(Duration),
    SignInFailures(Duration),
    KnownDevices(Duration),
    AnonymousUsers(Duration),
    AuditEntries(Duration),
}

/// Deletes at most $2 rows that nobody else has locked; $1 is an age in seconds.
macro_rules! delete {
    ($table:literal, $condition:expr) => {
        concat!(
            "delete from ",
            $table,
            " where ctid = any(array(select ctid from ",
            $table,
            " where $1::float8 is not null and ",
            $condition,
            " limit $2 for update skip locked))"
        )
    };
}

/// Deletes rows whose time is further back than that age; conditions may stand before the time.
macro_rules! older {
    ($table:literal, $time:literal) => {
        delete!(
            $table,
            concat!($time, " < now() - make_interval(secs => $1)")
        )
    };
}

impl Task {
    fn statement(self) -> &'static str {
        match self {
            Self::OneTimeTokens => delete!("auth.one_time_tokens", "expires_at < now()"),
            Self::UsedLinks => delete!("auth.used_links", "used_at < now() - interval '1 minute'"),
            Self::FlowStates(_) => older!("auth.flow_state", "created_at"),
            Self::OauthClientStates(_) => older!("auth.oauth_client_states", "created_at"),
            Self::OauthAuthorizations(_) => older!("auth.oauth_authorizations", "expires_at"),
            Self::MfaChallenges(_) => older!("auth.mfa_challenges", "created_at"),
            Self::UnverifiedFactors(_) => {
                older!("auth.mfa_factors", "status = 'unverified' and created_at")
            }
            Self::WebauthnChallenges => delete!("auth.webauthn_challenges", "expires_at < now()"),
            Self::SessionsPastEnd(_) => older!("auth.sessions", "not_after"),
            Self::SessionsOlderThan(_) => older!("auth.sessions", "created_at"),
            Self::SessionsIdle(_) => older!(
                "auth.sessions",
                "coalesce(refreshed_at at time zone 'utc', created_at)
                  "
            ),
            Self::RefreshTokensUsed(_) => older!("auth.refresh_tokens", "revoked and updated_at"),
            Self::Revocations(_) => older!("auth.revocations", "revoked_at"),
            Self::SignInFailures(_) => delete!(
                "auth.sign_in_failures",
                "last_at < now() - make_interval(secs => $1)
                   and (locked_until is null or locked_until < now())"
            ),
            Self::KnownDevices(_) => older!("auth.known_devices", "last_seen_at"),
            Self::AnonymousUsers(_) => older!("auth.users", "is_anonymous and created_at"),
            Self::AuditEntries(_) => older!("auth.audit_log_entries", "created_at"),
        }
    }

    fn age(self) -> Duration {
        match self {
            Self::OneTimeTokens | Self::UsedLinks | Self::WebauthnChallenges => Duration::ZERO,
            Self::FlowStates(age)
            | Self::OauthClientStates(age)
            | Self::OauthAuthorizations(age)
            | Self::MfaChallenges(age)
            | Self::UnverifiedFactors(age)
            | Self::SessionsPastEnd(age)
            | Self::SessionsOlderThan(age)
            | Self::SessionsIdle(age)
            | Self::RefreshTokensUsed(age)
            | Self::Revocations(age)
            | Self::SignInFailures(age)
            | Self::KnownDevices(age)
            | Self::AnonymousUsers(age)
            | Self::AuditEntries(age) => age,
        }
    }
}

/// Whether no other node cleans up at the moment; holds until the transaction ends.
pub(crate) async fn is_alone(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_xact_lock($1)")
        .bind(LOCK)
        .fetch_one(db)
        .await
}

/// Removes one batch. How many rows.
pub(crate) async fn remove(db: &mut PgConnection, task: Task, batch: i64) -> sqlx::Result<u64> {
    let done = sqlx::query(task.statement())
        .bind(task.age().as_secs_f64())
        .bind(batch)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
