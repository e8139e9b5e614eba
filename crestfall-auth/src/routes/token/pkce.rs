//! `grant_type=pkce` (GT-010).

use std::time::Duration;

use axum::Json;
use serde::Deserialize;
use serde_json::json;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::auth_code;
use crate::body::or_default;
use crate::caller::Caller;
use crate::directory;
use crate::error::{Error, ErrorCode, Result};
use crate::pkce::{self, Method};
use crate::session::{self, SessionOptions};
use crate::store::{flow_states, users};
use crate::token::TokenResponse;

/// How long a code may wait to be exchanged.
const LIFETIME: Duration = Duration::from_secs(300);

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    auth_code: String,
    #[serde(deserialize_with = "or_default")]
    code_verifier: String,
}

pub(super) async fn grant(
    auth: &Auth,
    caller: &Caller,
    request: Request,
) -> Result<Json<TokenResponse>> {
    if request.auth_code.is_empty() || request.code_verifier.is_empty() {
        return Err(Error::invalid(
            "invalid request: both auth code and code verifier should be non-empty",
        ));
    }
    let not_found = || {
        Error::new(
            ErrorCode::FlowStateNotFound,
            "invalid flow state, no valid flow state found",
        )
    };
    let mut tx = auth.begin().await?;
    let code_hash = auth_code::hash(&request.auth_code);
    let flow = flow_states::take_by_code(&mut tx, &code_hash)
        .await?
        .ok_or_else(not_found)?;
    let user_id = flow.user_id.ok_or_else(not_found)?;
    if flow.is_expired(LIFETIME) {
        tx.commit().await?;
        return Err(Error::new(
            ErrorCode::FlowStateExpired,
            "invalid flow state, flow state has expired",
        ));
    }
    let provider_tokens = auth_code::provider_tokens(auth, &flow)?;
    // A wrong verifier leaves the code to who has the right one: the transaction is given up.
    let challenge = flow.code_challenge.as_deref().ok_or_else(not_found)?;
    let method = flow.code_challenge_method.unwrap_or(Method::S256);
    pkce::verify(challenge, method, &request.code_verifier)?;
    let user = users::lock(&mut tx, user_id).await?;
    let user = user.filter(|user| user.deleted_at.is_none());
    let mut user = user.ok_or_else(not_found)?;
    if user.is_banned() {
        return Err(Error::new(ErrorCode::UserBanned, "User is banned"));
    }
    // Who signed up is back where they did: the password that several sign-ups left open is theirs.
    if let Some(hash) = &flow.password_hash
        && user.encrypted_password.is_none()
    {
        users::set_password(&mut tx, user.id, Some(hash)).await?;
        directory::push(auth, &mut tx, user.id).await?;
    }
    let traits = json!({ "provider_type": flow.provider_type });
    audit::record(&mut tx, caller, &user, Action::Login, traits).await?;
    let options = SessionOptions::default();
    let method = flow.authentication_method.as_str();
    let mut tokens = session::begin(auth, &mut tx, caller, &mut user, method, options).await?;
    tx.commit().await?;
    (tokens.provider_token, tokens.provider_refresh_token) = provider_tokens;
    Ok(Json(tokens))
}
