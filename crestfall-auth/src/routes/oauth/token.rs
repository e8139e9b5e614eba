//! `POST /oauth/token` (GT-068, GT-071): what a client exchanges for tokens.

mod approved;
mod authorization_code;
mod client_credentials;
mod device_code;
mod refresh_token;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::oauth::client::{
    AUTHORIZATION_CODE, CLIENT_CREDENTIALS, Client, DEVICE_CODE, REFRESH_TOKEN,
};
use crate::oauth::client_request::ClientRequest;
use crate::oauth::error::NOT_STORED;
use crate::oauth::{OauthCode, OauthError};
use crate::token::TokenResponse;

/// The answer to a grant (RFC 6749, section 5.1).
#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
}

impl Granted {
    /// A session's tokens; the one that continues it only for clients that may.
    fn new(client: &Client, tokens: TokenResponse, scope: String) -> Self {
        let may_refresh = client.may_use(REFRESH_TOKEN);
        Self {
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            refresh_token: may_refresh.then_some(tokens.refresh_token),
            id_token: None,
            scope,
        }
    }
}

pub(super) async fn grant(
    State(auth): State<Auth>,
    caller: Caller,
    request: ClientRequest,
) -> Result<Response, OauthError> {
    let ClientRequest { client, parameters } = request;
    let grant_type = parameters
        .get("grant_type")
        .ok_or_else(|| OauthError::invalid_request("grant_type is required"))?;
    let known = [
        AUTHORIZATION_CODE,
        REFRESH_TOKEN,
        DEVICE_CODE,
        CLIENT_CREDENTIALS,
    ];
    if known.contains(&grant_type) && !client.may_use(grant_type) {
        return Err(OauthError::new(
            OauthCode::UnauthorizedClient,
            format!("Client is not allowed to use grant type: {grant_type}"),
        ));
    }
    let granted = match grant_type {
        AUTHORIZATION_CODE => {
            authorization_code::grant(&auth, &caller, &client, &parameters).await?
        }
        REFRESH_TOKEN => refresh_token::grant(&auth, &caller, &client, &parameters).await?,
        DEVICE_CODE => device_code::grant(&auth, &caller, &client, &parameters).await?,
        CLIENT_CREDENTIALS => client_credentials::grant(&auth, &client, &parameters)?,
        other => {
            return Err(OauthError::new(
                OauthCode::UnsupportedGrantType,
                format!("Unsupported grant type: {}", other.escape_debug()),
            ));
        }
    };
    Ok((NOT_STORED, Json(granted)).into_response())
}
