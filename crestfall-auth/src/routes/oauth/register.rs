//! `POST /oauth/clients/register` (RFC 7591, GT-065): a client registers itself, as MCP clients do.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use super::clients::insert;
use crate::auth::Auth;
use crate::error::{Error, ErrorCode};
use crate::oauth::client::ClientView;
use crate::oauth::client_metadata::ClientMetadata;
use crate::oauth::error::NOT_STORED;
use crate::oauth::{OauthCode, OauthError};

/// The client, and what RFC 7591 wants said of its id and secret.
#[derive(Serialize)]
struct Registered<'a> {
    #[serde(flatten)]
    client: ClientView<'a>,
    /// Seconds of the epoch.
    client_id_issued_at: i64,
    /// Never.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u8>,
}

pub(super) async fn register(State(auth): State<Auth>, body: Bytes) -> Result<Response, Response> {
    if !auth.config().oauth_server.allow_dynamic_registration {
        return Err(Error::new(
            ErrorCode::OauthDynamicClientRegistrationDisabled,
            "Dynamic client registration is not enabled",
        )
        .into_response());
    }
    registered(&auth, &body)
        .await
        .map_err(IntoResponse::into_response)
}

async fn registered(auth: &Auth, body: &[u8]) -> Result<Response, OauthError> {
    let metadata: ClientMetadata = serde_json::from_slice(body)
        .map_err(|_| OauthError::new(OauthCode::InvalidClientMetadata, "Invalid JSON body"))?;
    let new = metadata.check_dynamic().map_err(|error| {
        let message = error.message().to_owned();
        let code = match message.contains("redirect_uri") {
            true => OauthCode::InvalidRedirectUri,
            false => OauthCode::InvalidClientMetadata,
        };
        OauthError::new(code, message)
    })?;
    let mut db = auth.pool().acquire().await?;
    let (client, secret) = insert(&mut db, &new).await?;
    let registered = Registered {
        client: ClientView::new(&client, secret.as_deref()),
        client_id_issued_at: client.created_at.timestamp(),
        client_secret_expires_at: secret.is_some().then_some(0),
    };
    Ok((StatusCode::CREATED, NOT_STORED, Json(registered)).into_response())
}
