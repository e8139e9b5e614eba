//! A service with state, pool and routes of its own; what Crestfall adds is marked.

use axum::extract::{FromRef, State};
use axum::{Router, routing::get};
use crestfall_core::{Problem, Tx, identity::IdentifyLayer, jwt::Verifier};
use crestfall_rest::{Config, ConnectError, Rest};
use sqlx::PgPool;

#[derive(Clone, FromRef)]
struct Service {
    greeting: &'static str,
    pool: PgPool, // Crestfall: `Tx` finds it by `FromRef`.
}

async fn hello(State(service): State<Service>) -> &'static str {
    service.greeting
}

// Crestfall: `Tx` is a transaction under the caller's role and claims, so policies decide.
async fn open_notes(mut tx: Tx) -> Result<String, Problem> {
    let count = sqlx::query_scalar("select count(*)::text from notes where not done");
    let count = count.fetch_one(&mut *tx).await;
    count.map_err(|error| Problem::internal(&error))
}

/// The service. Its callers are whom `verifier` says, on every route.
pub async fn app(pool: PgPool, url: &str, verifier: Verifier) -> Result<Router, ConnectError> {
    let greeting = "hello";
    let rest = Rest::connect(url, Config::default()).await?; // Crestfall
    Ok(Router::new()
        .route("/hello", get(hello))
        .route("/notes/open", get(open_notes))
        .nest_service("/rest/v1", rest.router::<()>()) // Crestfall
        .layer(IdentifyLayer::new(verifier)) // Crestfall
        .with_state(Service { greeting, pool }))
}
