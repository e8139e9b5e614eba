//! The statements about jobs.

use std::time::Duration;

use sqlx::postgres::{PgPool, Postgres};
use sqlx::types::Uuid;
use sqlx::{Executor, Row as _};

use super::{Claim, Dead, Job};

pub(super) async fn enqueue<'e, E>(executor: E, job: &Job) -> Result<Option<i64>, sqlx::Error>
where
    E: Executor<'e, Database = Postgres>,
{
    let row = sqlx::query(include_str!("enqueue.sql"))
        .bind(&job.kind)
        .bind(&job.payload)
        .bind(&job.unique_key)
        .bind(job.confidential)
        .bind(i32::try_from(job.max_attempts).unwrap_or(i32::MAX))
        .bind(job.delay.as_secs_f64())
        .fetch_optional(executor)
        .await?;
    row.map(|row| row.try_get("id")).transpose()
}

pub(super) async fn claim(
    pool: &PgPool,
    kinds: &[String],
    limit: usize,
    lease: Duration,
) -> Result<Vec<Claim>, sqlx::Error> {
    let rows = sqlx::query(include_str!("claim.sql"))
        .bind(kinds)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(lease.as_secs_f64())
        .fetch_all(pool)
        .await?;
    rows.iter().map(read_claim).collect()
}

fn read_claim(row: &sqlx::postgres::PgRow) -> Result<Claim, sqlx::Error> {
    let attempt: i32 = row.try_get("attempts")?;
    let max_attempts: i32 = row.try_get("max_attempts")?;
    let payload: Option<serde_json::Value> = row.try_get("payload")?;
    Ok(Claim {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        payload: payload.unwrap_or_default(),
        attempt: attempt.unsigned_abs(),
        is_last: attempt >= max_attempts,
        lease: row.try_get("lease")?,
    })
}

/// How long until the next job is due or the next lease ends.
pub(super) async fn next_due(
    pool: &PgPool,
    kinds: &[String],
) -> Result<Option<Duration>, sqlx::Error> {
    let seconds: Option<f64> = sqlx::query_scalar(
        "select extract(epoch from min(run_at) - clock_timestamp())::float8 \
         from crestfall.jobs where dead_at is null and kind = any ($1)",
    )
    .bind(kinds)
    .fetch_one(pool)
    .await?;
    Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()))
}

/// Keeps a job for another lease. False when it is no longer ours.
pub(super) async fn extend(
    pool: &PgPool,
    id: i64,
    lease: Uuid,
    length: Duration,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update crestfall.jobs set run_at = clock_timestamp() + make_interval(secs => $3) \
         where id = $1 and lease = $2 and dead_at is null",
    )
    .bind(id)
    .bind(lease)
    .bind(length.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A job that is done leaves nothing behind.
pub(super) async fn finish(pool: &PgPool, id: i64, lease: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("delete from crestfall.jobs where id = $1 and lease = $2")
        .bind(id)
        .bind(lease)
        .execute(pool)
        .await?;
    Ok(())
}

/// Whether the job was given up.
pub(super) async fn fail(
    pool: &PgPool,
    claim: &Claim,
    error: &str,
    pause: Duration,
    permanent: bool,
) -> Result<bool, sqlx::Error> {
    let dead: Option<bool> = sqlx::query_scalar(include_str!("fail.sql"))
        .bind(claim.id)
        .bind(claim.lease)
        .bind(error)
        .bind(pause.as_secs_f64())
        .bind(permanent)
        .fetch_optional(pool)
        .await?;
    Ok(dead.unwrap_or(false))
}

/// The jobs given up now because their last worker was lost.
pub(super) async fn bury(
    pool: &PgPool,
    kinds: &[String],
) -> Result<Vec<(i64, String)>, sqlx::Error> {
    sqlx::query_as(include_str!("bury.sql"))
        .bind(kinds)
        .fetch_all(pool)
        .await
}

/// Forgets what was given up that long ago.
pub(super) async fn forget(
    pool: &PgPool,
    kinds: &[String],
    after: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from crestfall.jobs where kind = any ($1) \
         and dead_at < clock_timestamp() - make_interval(secs => $2)",
    )
    .bind(kinds)
    .bind(after.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn dead<'e, E>(executor: E, limit: i64) -> Result<Vec<Dead>, sqlx::Error>
where
    E: Executor<'e, Database = Postgres>,
{
    let rows = sqlx::query(
        "select id, kind, attempts, last_error, created_at, dead_at from crestfall.jobs \
         where dead_at is not null order by dead_at desc limit $1",
    )
    .bind(limit)
    .fetch_all(executor)
    .await?;
    rows.iter().map(read_dead).collect()
}

fn read_dead(row: &sqlx::postgres::PgRow) -> Result<Dead, sqlx::Error> {
    let attempts: i32 = row.try_get("attempts")?;
    Ok(Dead {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        attempts: attempts.unsigned_abs(),
        error: row.try_get("last_error")?,
        created_at: row.try_get("created_at")?,
        dead_at: row.try_get("dead_at")?,
    })
}
