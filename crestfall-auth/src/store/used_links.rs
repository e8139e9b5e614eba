//! Statements about links that were used a moment ago.

use sqlx::PgConnection;

/// Keeps the sealed answer to a press of a link's button, and forgets older ones.
pub(crate) async fn keep(
    db: &mut PgConnection,
    token_hash: &str,
    press: &str,
    answer: &str,
) -> sqlx::Result<()> {
    sqlx::query("delete from auth.used_links where used_at < now() - interval '1 minute'")
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into auth.used_links (token_hash, press, answer) values ($1, $2, $3)
         on conflict (token_hash) do nothing",
    )
    .bind(token_hash)
    .bind(press)
    .bind(answer)
    .execute(db)
    .await
    .map(drop)
}

/// The sealed answer to the same press, if it was given in the last ten seconds.
pub(crate) async fn answer(
    db: &mut PgConnection,
    token_hash: &str,
    press: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "select answer from auth.used_links
         where token_hash = $1 and press = $2 and used_at > now() - interval '10 seconds'",
    )
    .bind(token_hash)
    .bind(press)
    .fetch_optional(db)
    .await
}
