//! Statements about networks from which users sign in.

use sqlx::PgConnection;
use uuid::Uuid;

/// A user has proved from this network (a `cidr`) who they are. Whether it is a new one. When it was
/// last seen is kept to the hour: most sign-ins write nothing.
pub(crate) async fn see(db: &mut PgConnection, user: Uuid, network: &str) -> sqlx::Result<bool> {
    let is_new = sqlx::query_scalar(
        "insert into auth.known_devices as known (user_id, network) values ($1, $2::cidr)
         on conflict (user_id, network) do update set last_seen_at = now()
           where known.last_seen_at < now() - interval '1 hour'
         returning xmax = 0",
    )
    .bind(user)
    .bind(network)
    .fetch_optional(db)
    .await?;
    Ok(is_new.unwrap_or(false))
}

/// Whether the user has proved it from several networks.
pub(crate) async fn are_several(db: &mut PgConnection, user: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar("select count(*) > 1 from auth.known_devices where user_id = $1")
        .bind(user)
        .fetch_one(db)
        .await
}
