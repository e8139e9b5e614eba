//! A service with state, pool and routes of its own; what Crestfall adds is marked.

use axum::extract::{FromRef, State};
use axum::{Json, Router, routing::get};
use crestfall_core::identity::{IdentifyLayer, Identity};
use crestfall_core::{Problem, Tx, jwt::Verifier};
use crestfall_rest::{Config, ConnectError, Rest};
use sqlx::PgPool;

#[derive(Clone)]
struct Service {
    greeting: &'static str,
    pool: PgPool,
}

// Crestfall: where `Tx` finds the pool.
impl FromRef<Service> for PgPool {
    fn from_ref(service: &Service) -> Self {
        service.pool.clone()
    }
}

async fn hello(State(service): State<Service>) -> &'static str {
    service.greeting
}

// Crestfall: `Tx` is a transaction under the caller's role and claims, so policies decide.
async fn open_notes(identity: Identity, mut tx: Tx) -> Result<Json<(String, i64)>, Problem> {
    let count = sqlx::query_scalar("select count(*) from notes where not done");
    let count = count.fetch_one(&mut *tx).await;
    let count = count.map_err(|error| Problem::internal(&error))?;
    Ok(Json((identity.role().to_owned(), count)))
}

/// The whole service. Its callers are whom `verifier` says, on every route.
///
/// # Errors
/// The database cannot be reached or understood.
pub async fn app(pool: PgPool, url: &str, verifier: Verifier) -> Result<Router, ConnectError> {
    let rest = Rest::connect(url, Config::default()).await?; // Crestfall
    let greeting = "hello";
    Ok(Router::new()
        .route("/hello", get(hello))
        .route("/notes/open", get(open_notes))
        .nest_service("/rest/v1", rest.router::<()>()) // Crestfall
        .layer(IdentifyLayer::new(verifier)) // Crestfall
        .with_state(Service { greeting, pool }))
}
