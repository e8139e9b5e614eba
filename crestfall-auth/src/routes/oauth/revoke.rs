//! `POST /oauth/revoke` (RFC 7009, GT-071): a client gives a token back. Its whole session ends.

use axum::extract::State;
use http::{HeaderName, StatusCode};
use serde_json::json;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::oauth::OauthError;
use crate::oauth::client_credentials;
use crate::oauth::client_request::ClientRequest;
use crate::oauth::error::NOT_STORED;
use crate::oauth::presented_token::PresentedToken;
use crate::store::{oauth_clients, sessions, users};

type Done = (StatusCode, [(HeaderName, &'static str); 1]);

pub(super) async fn revoke(
    State(auth): State<Auth>,
    caller: Caller,
    ClientRequest { client, parameters }: ClientRequest,
) -> Result<Done, OauthError> {
    let done = (StatusCode::OK, NOT_STORED);
    let text = parameters
        .get("token")
        .ok_or_else(|| OauthError::invalid_request("token is required"))?;
    let mut tx = auth.begin().await?;
    // What is no token, or none any more, needs no revoking (RFC 7009, section 2.2).
    let Some(token) = PresentedToken::find(&auth, &mut tx, text).await? else {
        return Ok(done);
    };
    if token.client() != Some(client.id) {
        return Err(OauthError::invalid_grant(
            "the token was not issued to this client",
        ));
    }
    match token {
        PresentedToken::Access { session, .. } | PresentedToken::Refresh { session, .. } => {
            sessions::delete(&mut tx, session.id).await?;
            if let Some(user) = users::find(&mut tx, session.user_id).await? {
                let traits = json!({ "session_id": session.id, "oauth_client_id": client.id });
                audit::record(&mut tx, &caller, &user, Action::TokenRevoked, traits).await?;
            }
        }
        PresentedToken::Own { .. } => {
            if let Some(before) = oauth_clients::lock(&mut tx, client.id).await? {
                oauth_clients::touch(&mut tx, client.id).await?;
                client_credentials::revoke(&mut tx, &before).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(done)
}
