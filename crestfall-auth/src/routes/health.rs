//! `GET /health` (GT-001).

use axum::Json;
use serde_json::{Value, json};

pub(super) async fn show() -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "name": "Crestfall",
        "description": "Crestfall authentication, compatible with GoTrue",
    }))
}
