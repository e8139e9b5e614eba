//! One OpenAPI document for a service and for what it has nested; what Crestfall adds is marked.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use crestfall_rest::{Error, ErrorVerbosity, Rest};
use http::request::Parts;
use serde::Serialize;
use serde_json::Value;
use utoipa::OpenApi;

/// An answer of this service's own.
#[derive(Serialize, utoipa::ToSchema)]
struct Greeting {
    text: String,
}

#[utoipa::path(get, path = "/hello", responses((status = 200, body = Greeting)))]
async fn hello() -> Json<Greeting> {
    let text = "hello".to_owned();
    Json(Greeting { text })
}

/// The service's document.
#[derive(OpenApi)]
#[openapi(info(title = "Shop"), paths(hello))]
struct ShopApi;

/// The document as the caller may use it.
async fn openapi(State(rest): State<Rest>, parts: Parts) -> Response {
    match document(&rest, &parts).await {
        Ok(document) => Json(document).into_response(),
        Err(error) => error.into_response(ErrorVerbosity::Verbose),
    }
}

async fn document(rest: &Rest, parts: &Parts) -> Result<Value, Error> {
    let mut document = serde_json::to_value(ShopApi::openapi()).map_err(|_| Error::Internal)?;
    let rows = rest.openapi(parts).await?; // Crestfall
    rows.mounted("/rest/v1").merge_into(&mut document); // Crestfall
    let accounts = crestfall_auth::openapi(); // Crestfall
    accounts.mounted("/auth/v1").merge_into(&mut document); // Crestfall
    Ok(document)
}

/// The service, beside whose routes `rest` is nested; accounts would be nested the same way.
pub fn app(rest: Rest) -> Router {
    Router::new()
        .route("/hello", get(hello))
        .route("/openapi.json", get(openapi))
        .nest_service("/rest/v1", rest.router::<()>())
        .with_state(rest)
}
