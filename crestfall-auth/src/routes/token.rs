//! `POST /token` (GT-007 to GT-011): one way to sign in for each `grant_type`.

mod id_token;
mod password;
mod pkce;
mod refresh_token;

use axum::extract::FromRequest;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::auth::Auth;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::query::Query;

#[derive(Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    grant_type: String,
}

pub(super) async fn grant(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    caller: Caller,
    request: Request,
) -> Result<Response> {
    match parameters.grant_type.as_str() {
        "password" => {
            let Body(body) = Body::from_request(request, &()).await?;
            password::grant(&auth, &caller, body)
                .await
                .map(IntoResponse::into_response)
        }
        "refresh_token" => {
            let Body(body) = Body::from_request(request, &()).await?;
            refresh_token::grant(&auth, &caller, body)
                .await
                .map(IntoResponse::into_response)
        }
        "pkce" => {
            let Body(body) = Body::from_request(request, &()).await?;
            pkce::grant(&auth, &caller, body)
                .await
                .map(IntoResponse::into_response)
        }
        "id_token" => {
            let headers = request.headers().clone();
            let Body(body) = Body::from_request(request, &()).await?;
            id_token::grant(&auth, &caller, headers, body).await
        }
        "web3" => Err(Error::new(
            ErrorCode::Web3ProviderDisabled,
            "Web3 provider is disabled",
        )),
        _ => Err(Error::new(
            ErrorCode::InvalidCredentials,
            "unsupported_grant_type",
        )),
    }
}
