//! Every statement of this crate.

use chrono::{DateTime, Utc};
use crestfall_core::migrate::{Migration, MigrationSet};
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::chain::{Finding, Seal, SignedSeal};
use crate::entry::Entry;
use crate::event::Event;
use crate::log::Tracked;
use crate::pgaudit::Actor;

/// What the log keeps in the database, in order, to be run by `crestfall_core::migrate`: the schema
/// `audit`.
pub fn migrations() -> Vec<MigrationSet> {
    macro_rules! migration {
        ($name:literal) => {
            Migration::new(
                $name,
                include_str!(concat!("../migrations/", $name, ".sql")),
            )
        };
    }
    vec![MigrationSet::embedded(
        "crestfall-audit",
        &[
            migration!("0001_log"),
            migration!("0002_capture"),
            migration!("0003_track"),
            migration!("0004_read"),
            migration!("0005_upkeep"),
            migration!("0006_ddl"),
            migration!("0007_events"),
        ],
    )]
}

/// The columns of [`Entry`].
macro_rules! entries {
    ($from:literal) => {
        concat!(
            "select position, at, transaction::text, operation, schema_name, relation_name, key, before, \
             after, changed, actor, session, api_key, organisation, request, ip, role, login, detail from ",
            $from
        )
    };
}

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Puts a table under audit.
/// $1 relation  text
/// $2 options   jsonb
pub(crate) async fn track(db: impl PgExecutor<'_>, relation: &str, options: &Value) -> Result<()> {
    sqlx::query("select audit.track($1::text::regclass, $2)")
        .bind(relation)
        .bind(options)
        .execute(db)
        .await
        .map(|_| ())
}

/// Whether it was under audit.
/// $1 relation  text
pub(crate) async fn untrack(db: impl PgExecutor<'_>, relation: &str) -> Result<bool> {
    sqlx::query_scalar("select audit.untrack($1::text::regclass)")
        .bind(relation)
        .fetch_one(db)
        .await
}

/// Whether DDL is logged after this.
pub(crate) async fn track_ddl(db: impl PgExecutor<'_>) -> Result<bool> {
    sqlx::query_scalar("select audit.track_ddl()")
        .fetch_one(db)
        .await
}

/// Whether DDL is logged.
pub(crate) async fn tracks_ddl(db: impl PgExecutor<'_>) -> Result<bool> {
    let sql = "select exists (select from pg_event_trigger where evtname = 'crestfall_audit_ddl' \
               and evtenabled in ('O', 'A'))";
    sqlx::query_scalar(sql).fetch_one(db).await
}

/// What is under audit.
pub(crate) async fn status(db: impl PgExecutor<'_>) -> Result<Vec<Tracked>> {
    sqlx::query_as("select relation, root, options, tracked_at, problem from audit.status()")
        .fetch_all(db)
        .await
}

/// What was made right.
pub(crate) async fn refresh(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    sqlx::query_scalar("select audit.refresh()")
        .fetch_all(db)
        .await
}

/// $1 relation  text
/// $2 key       text[]
pub(crate) async fn history(
    db: impl PgExecutor<'_>,
    relation: &str,
    key: &[&str],
) -> Result<Vec<Entry>> {
    sqlx::query_as(entries!(
        "audit.history($1::text::regclass, variadic $2) order by position"
    ))
    .bind(relation)
    .bind(key)
    .fetch_all(db)
    .await
}

/// $1 after  bigint
/// $2 most   integer
pub(crate) async fn changes(db: impl PgExecutor<'_>, after: i64, most: i32) -> Result<Vec<Entry>> {
    sqlx::query_as(entries!("audit.changes($1, $2) order by position"))
        .bind(after)
        .bind(most)
        .fetch_all(db)
        .await
}

/// What was put under audit of Crestfall's own.
pub(crate) async fn adopt(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    sqlx::query_scalar("select audit.adopt()")
        .fetch_all(db)
        .await
}

/// Writes events down.
/// $1 events  jsonb  an array
pub(crate) async fn record(db: impl PgExecutor<'_>, events: &[Event]) -> Result<()> {
    sqlx::query("select audit.record_all($1)")
        .bind(Json(events))
        .execute(db)
        .await
        .map(|_| ())
}

/// What upkeep did.
pub(crate) async fn maintain(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    sqlx::query_scalar("select audit.maintain()")
        .fetch_all(db)
        .await
}

/// $1 retention  text  an interval, null keeps everything
/// $2 period     text
pub(crate) async fn configure(
    db: impl PgExecutor<'_>,
    retention: Option<&str>,
    period: &str,
) -> Result<()> {
    sqlx::query("update audit.settings set retention = $1::text::interval, period = $2")
        .bind(retention)
        .bind(period)
        .execute(db)
        .await
        .map(|_| ())
}

/// Seals at most so many entries.
/// $1 most  integer
pub(crate) async fn seal(db: impl PgExecutor<'_>, most: i32) -> Result<Vec<Seal>> {
    sqlx::query_as("select id, hash from audit.seal($1) order by id")
        .bind(most)
        .fetch_all(db)
        .await
}

/// Seals without a signature.
pub(crate) async fn unsigned(db: impl PgExecutor<'_>) -> Result<Vec<Seal>> {
    let sql = "select s.id, s.hash from audit.seals s left join audit.signatures g on g.seal = s.id \
               where g.seal is null order by s.id";
    sqlx::query_as(sql).fetch_all(db).await
}

/// $1 seal       bigint
/// $2 signature  bytea
pub(crate) async fn sign(db: impl PgExecutor<'_>, seal: i64, signature: &[u8]) -> Result<()> {
    sqlx::query("select audit.sign($1, $2)")
        .bind(seal)
        .bind(signature)
        .execute(db)
        .await
        .map(|_| ())
}

/// Every seal with its signature.
/// $1 from  bigint
pub(crate) async fn signatures(db: impl PgExecutor<'_>, from: i64) -> Result<Vec<SignedSeal>> {
    let sql = "select s.id, s.hash, g.signature from audit.seals s \
               left join audit.signatures g on g.seal = s.id where s.id >= $1 order by s.id";
    sqlx::query_as(sql).bind(from).fetch_all(db).await
}

/// $1 hash  text  hexadecimal
pub(crate) async fn has_seal(db: impl PgExecutor<'_>, hash: &str) -> Result<bool> {
    let sql = "select exists (select from audit.seals where encode(hash, 'hex') = lower($1))";
    sqlx::query_scalar(sql).bind(hash).fetch_one(db).await
}

/// $1 from  bigint
pub(crate) async fn verify(db: impl PgExecutor<'_>, from: i64) -> Result<Vec<Finding>> {
    sqlx::query_as("select seal, partition, problem from audit.verify($1)")
        .bind(from)
        .fetch_all(db)
        .await
}

/// Seals from one on; the last hash; sealed entries; entries that no seal covers.
/// $1 from  bigint
pub(crate) async fn chain(
    db: impl PgExecutor<'_>,
    from: i64,
) -> Result<(i64, Option<Vec<u8>>, i64, i64)> {
    sqlx::query_as(include_str!("store/chain.sql"))
        .bind(from)
        .fetch_one(db)
        .await
}

/// Who was behind requests.
/// $1 requests  text[]
/// $2 from      timestamptz
/// $3 to        timestamptz
pub(crate) async fn actors(
    db: impl PgExecutor<'_>,
    requests: &[String],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Actor>> {
    sqlx::query_as(include_str!("store/actors.sql"))
        .bind(requests)
        .bind(from)
        .bind(to)
        .fetch_all(db)
        .await
}
