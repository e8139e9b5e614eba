//! `POST /oauth/introspect` (RFC 7662, GT-071): whether a token is good, now.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::auth::Auth;
use crate::oauth::client::{Client, RegistrationType};
use crate::oauth::client_request::ClientRequest;
use crate::oauth::error::NOT_STORED;
use crate::oauth::presented_token::PresentedToken;
use crate::oauth::{OauthCode, OauthError};

pub(super) async fn show(
    State(auth): State<Auth>,
    ClientRequest { client, parameters }: ClientRequest,
) -> Result<Response, OauthError> {
    if !client.is_confidential() {
        return Err(OauthError::new(
            OauthCode::UnauthorizedClient,
            "only confidential clients may introspect",
        ));
    }
    let text = parameters
        .get("token")
        .ok_or_else(|| OauthError::invalid_request("token is required"))?;
    let mut db = auth.pool().acquire().await?;
    let token = PresentedToken::find(&auth, &mut db, text).await?;
    let answer = match token {
        Some(token) if may_see(&client, &token) && token.is_active(&mut db).await? => {
            describe(&auth, &token)
        }
        _ => json!({ "active": false }),
    };
    Ok((NOT_STORED, Json(answer)).into_response())
}

/// A service that an administrator registered may ask about the tokens it is sent, whoever they were
/// given to; a client that nobody knows, about its own. A refresh token is nobody's but its client's.
fn may_see(client: &Client, token: &PresentedToken) -> bool {
    let is_own = token.client() == Some(client.id);
    let is_refresh = matches!(token, PresentedToken::Refresh { .. });
    is_own || client.registration_type == RegistrationType::Manual && !is_refresh
}

fn describe(auth: &Auth, token: &PresentedToken) -> Value {
    let mut answer = Map::new();
    answer.insert("active".to_owned(), true.into());
    let mut add = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    match token {
        PresentedToken::Access { identity, .. } | PresentedToken::Own { identity, .. } => {
            add("token_type", "bearer".into());
            let names = [
                "iss",
                "sub",
                "aud",
                "exp",
                "iat",
                "jti",
                "client_id",
                "scope",
                "role",
                "aal",
                "session_id",
            ];
            for name in names {
                if let Some(value) = identity.claims().get(name) {
                    add(name, value.clone());
                }
            }
        }
        PresentedToken::Refresh { session, .. } => {
            add("token_type", "refresh_token".into());
            add("iss", auth.issuer().into());
            add("sub", session.user_id.to_string().into());
            add("iat", session.created_at.timestamp().into());
            add("session_id", session.id.to_string().into());
            if let Some(client) = session.oauth_client_id {
                add("client_id", client.to_string().into());
            }
            if let Some(scopes) = &session.scopes {
                add("scope", scopes.as_str().into());
            }
            if let Some(end) = session.not_after {
                add("exp", end.timestamp().into());
            }
        }
    }
    Value::Object(answer)
}
