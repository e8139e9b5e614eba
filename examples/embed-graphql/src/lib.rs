//! A service with routes of its own; what Crestfall adds is marked.

use axum::extract::State;
use axum::{Json, Router, routing::get};
use crestfall_core::tx::RequestContext;
use crestfall_core::{Identity, identity::IdentifyLayer, jwt::Verifier};
use crestfall_graphql::{Config, ConnectError, GraphQl, Request};

/// An operation of the service's own, executed for whoever asks: policies decide which notes are seen.
async fn digest(State(graphql): State<GraphQl>, identity: Identity) -> Json<String> {
    let request = Request::new("{ notesCollection(first: 3) { edges { node { title } } } }");
    let answer = graphql
        .execute(&identity, &RequestContext::default(), request)
        .await;
    Json(String::from_utf8_lossy(&answer.to_body()).into_owned())
}

/// The service. Its callers are whom `verifier` says, on every route.
pub async fn app(url: &str, verifier: Verifier) -> Result<Router, ConnectError> {
    let graphql = GraphQl::connect(url, Config::default()).await?; // Crestfall
    Ok(Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/digest", get(digest))
        .nest("/graphql/v1", graphql.router()) // Crestfall
        .layer(IdentifyLayer::new(verifier)) // Crestfall
        .with_state(graphql))
}
