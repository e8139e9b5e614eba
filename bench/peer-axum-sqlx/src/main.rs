//! A service as a careful team would write it by hand with axum and sqlx: one handler for each
//! scenario of the benchmark, row-level security by role and claims in every transaction,
//! prepared statements, and JSON made by PostgreSQL so that a handler only passes it on.

mod caller;
mod handlers;

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let connections = env::var("POOL_SIZE")?.parse()?;
    let pool = PgPoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        // The ping before each use would be a fifth round trip per request.
        .test_before_acquire(false)
        .connect(&env::var("DATABASE_URL")?)
        .await?;
    let app = Router::new()
        .route("/items/{id}", get(handlers::item))
        .route("/items_rls/{id}", get(handlers::item_under_policy))
        .route("/items", get(handlers::items_of_category))
        .route("/parents", get(handlers::parents_of_group))
        .route("/events", post(handlers::create_event))
        .route("/rpc/item_price", post(handlers::item_price))
        .with_state(pool);
    let listener = TcpListener::bind(env::var("LISTEN")?)
        .await?
        .tap_io(|stream| {
            // Latency matters more than a packet; a socket that refuses works all the same.
            let _ = stream.set_nodelay(true);
        });
    axum::serve(listener, app).await?;
    Ok(())
}
