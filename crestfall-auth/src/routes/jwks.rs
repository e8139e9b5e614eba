//! `GET /.well-known/jwks.json` (GT-003): public keys only.

use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use serde_json::Value;

use crate::auth::Auth;

pub(super) async fn show(
    State(auth): State<Auth>,
) -> ([(HeaderName, &'static str); 1], Json<Value>) {
    (
        [(CACHE_CONTROL, "public, max-age=600")],
        Json(auth.keys().jwks()),
    )
}
