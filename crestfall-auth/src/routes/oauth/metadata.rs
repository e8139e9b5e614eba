//! `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server` (GT-004).

use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use serde_json::Value;

use crate::auth::Auth;
use crate::oauth::metadata;

pub(super) async fn show(
    State(auth): State<Auth>,
) -> ([(HeaderName, &'static str); 1], Json<Value>) {
    (
        [(CACHE_CONTROL, "public, max-age=600")],
        Json(metadata::document(&auth)),
    )
}
