//! Statements about networks from which users sign in.

use sqlx::PgConnection;
use uuid::Uuid;

/// A user has proved from this network (a `cidr`) who they are. Whether it is a new one.
pub(crate) async fn see(db: &mut PgConnection, user: Uuid, network: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "insert into auth.known_devices (user_id, network) values ($1, $2::cidr)
         on conflict (user_id, network) do update set last_seen_at = now()
         returning xmax = 0",
    )
    .bind(user)
    .bind(network)
    .fetch_one(db)
    .await
}

/// Whether the user has proved it from several networks.
pub(crate) async fn are_several(db: &mut PgConnection, user: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar("select count(*) > 1 from auth.known_devices where user_id = $1")
        .bind(user)
        .fetch_one(db)
        .await
}
