//! Access tokens: what they say (GT-072), and the answer they come in (GT-028).

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::store::sessions::{Amr, Session};
use crate::user::User;

/// The answer to a sign-in or refresh.
#[derive(Serialize)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: String,
    pub(crate) token_type: &'static str,
    /// Seconds.
    pub(crate) expires_in: i64,
    /// Seconds of the epoch.
    pub(crate) expires_at: i64,
    pub(crate) refresh_token: String,
    pub(crate) user: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider_refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weak_password: Option<Value>,
}

/// A signed access token and when it ends.
pub(crate) struct AccessToken {
    pub(crate) text: String,
    /// Seconds of the epoch.
    pub(crate) expires_at: i64,
}

/// The claims of a session's next access token.
pub(crate) fn claims(auth: &Auth, user: &User, session: &Session) -> Map<String, Value> {
    let config = auth.config();
    let issued_at = now();
    let claims = json!({
        "iss": auth.issuer(),
        "sub": user.id,
        "aud": config.tokens.audience,
        "exp": expiry(auth, user, session, issued_at),
        "iat": issued_at,
        "email": user.email(),
        "phone": user.phone(),
        "app_metadata": user.app_metadata.0,
        "user_metadata": user.user_metadata.0,
        "role": user.role,
        "aal": session.aal,
        "amr": session.amr.0,
        "session_id": session.id,
        "is_anonymous": user.is_anonymous,
    });
    let Value::Object(mut claims) = claims else {
        unreachable!("an object literal is an object");
    };
    if let Some(client) = session.oauth_client_id {
        claims.insert("client_id".into(), client.to_string().into());
    }
    if let Some(scopes) = session
        .scopes
        .as_deref()
        .filter(|scopes| !scopes.is_empty())
    {
        claims.insert("scope".into(), scopes.into());
    }
    if let Some(resource) = &session.resource {
        claims.insert("aud".into(), json!([config.tokens.audience, resource]));
    }
    claims
}

/// A user who has not proved the second factor may be given less time.
fn expiry(auth: &Auth, user: &User, session: &Session, issued_at: i64) -> i64 {
    let config = auth.config();
    let seconds =
        |duration: crestfall_core::units::Duration| duration.get().as_secs().cast_signed();
    let expires_at = issued_at + seconds(config.tokens.lifetime);
    let low = seconds(config.sessions.allow_low_aal);
    if low > 0 && session.aal == "aal1" && user.has_verified_factor() {
        return expires_at.min(session.created_at.timestamp() + low);
    }
    expires_at
}

/// Signs claims. They must keep what a token of ours has to have.
pub(crate) fn sign(auth: &Auth, claims: &Map<String, Value>) -> Result<AccessToken> {
    let expires_at = claims
        .get("exp")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let text = auth
        .keys()
        .signing()
        .current()
        .sign(claims)
        .map_err(|error| Error::internal("error generating jwt token", error))?;
    Ok(AccessToken { text, expires_at })
}

/// The level that a list of proofs amounts to.
pub(crate) fn assurance_level(amr: &[Amr]) -> &'static str {
    match amr.iter().any(|entry| is_second_factor(&entry.method)) {
        true => "aal2",
        false => "aal1",
    }
}

/// Whether a method of `amr` proves a second factor.
pub(crate) fn is_second_factor(method: &str) -> bool {
    matches!(
        method,
        "totp" | "mfa/phone" | "mfa/webauthn" | "mfa/recovery_code"
    )
}

/// Seconds of the epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().cast_signed())
}
