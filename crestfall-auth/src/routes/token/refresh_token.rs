//! `grant_type=refresh_token` (GT-008).

use axum::Json;
use serde::Deserialize;

use crate::auth::Auth;
use crate::body::or_default;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::session;
use crate::token::TokenResponse;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    refresh_token: String,
}

pub(super) async fn grant(
    auth: &Auth,
    caller: &Caller,
    request: Request,
) -> Result<Json<TokenResponse>> {
    if request.refresh_token.is_empty() {
        return Err(Error::invalid("refresh_token required"));
    }
    let tokens = session::refresh_own(auth, caller, &request.refresh_token).await?;
    Ok(Json(tokens))
}
