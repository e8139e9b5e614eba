//! What comes most often, in two statements: one that looks, and one that writes if what was looked at
//! is still as it was.
//!
//! Both answer none where more is to be done, or where something is not as it should be: the caller goes
//! the long way then, within one transaction, which decides everything anew and says what is wrong.

use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::refresh::{Next, check_alive, next};
use super::{answer, not_after, open_key, seal_key};
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::Result;
use crate::hook::HookPoint;
use crate::refresh_token::RefreshToken;
use crate::sign_in_guard::{self, Attempt};
use crate::store::held_sessions::{self, Refreshed};
use crate::store::sessions::{Amr, Session};
use crate::store::sign_ins::{self, Begun, Seen};
use crate::token::{self, TokenResponse};

/// Whether a session concerns nobody but this service.
fn is_plain(auth: &Auth) -> bool {
    auth.directory().is_none() && !auth.hooks().is_enabled(HookPoint::CustomAccessToken)
}

/// Exchanges a refresh token, if that is all there is to do.
pub(super) async fn refresh_at_once(
    auth: &Auth,
    caller: &Caller,
    text: &str,
) -> Result<Option<TokenResponse>> {
    let Some(used) = RefreshToken::decode(text).filter(|_| is_plain(auth)) else {
        return Ok(None);
    };
    let mut db = auth.lane().acquire().await?;
    let Some(held) = held_sessions::find(&mut db, used.session).await? else {
        return Ok(None);
    };
    let (session, user) = (held.session, held.user);
    let key = open_key(auth, &session)?;
    // Another network may be one to remember.
    let is_plain = session.oauth_client_id.is_none() && session.ip == caller.inet();
    if !is_plain || !used.is_genuine(&key) || check_alive(auth, &user, &session).is_err() {
        return Ok(None);
    }
    let Next::Token(counter) = next(auth, &session, Some(used)) else {
        return Ok(None);
    };
    let log = audit::entry(caller, &user, Action::TokenRefreshed, json!({}));
    let claims = token::claims(auth, &user, &session);
    let refresh_token = RefreshToken::encode(session.id, counter, &key);
    let tokens = answer(auth, user, &claims, refresh_token)?;
    let refreshed = Refreshed {
        id: session.id,
        version: &held.version,
        counter,
        user_agent: caller.user_agent.as_deref(),
        ip: caller.inet(),
        log: &log,
    };
    let is_written = held_sessions::refreshed(&mut db, &refreshed).await?;
    db.done();
    Ok(is_written.then_some(tokens))
}

/// Begins a session of somebody who has just proved a password, if that is all there is to do: the
/// user has not changed since, and comes from where they came before.
pub(crate) async fn begin_at_once(
    auth: &Auth,
    caller: &Caller,
    seen: &Seen,
    attempt: &Attempt,
    provider: &str,
) -> Result<Option<TokenResponse>> {
    let single = auth.config().sessions.single_per_user;
    let Some(version) = seen.version.as_deref() else {
        return Ok(None);
    };
    if single || !is_plain(auth) || seen.user.is_banned() || seen.user.deleted_at.is_some() {
        return Ok(None);
    }
    let mut user = seen.user.clone();
    let method = "password";
    let id = Uuid::new_v4();
    let key: [u8; 32] = rand::random();
    let sealed_key = seal_key(auth, id, &key)?;
    let not_after = not_after(auth);
    let log = audit::entry(
        caller,
        &user,
        Action::Login,
        json!({ "provider": provider }),
    );
    let begun = Begun {
        id,
        user: user.id,
        version,
        has_factor: user.has_verified_factor(),
        network: sign_in_guard::network(caller),
        method,
        not_after,
        user_agent: caller.user_agent.as_deref(),
        ip: caller.inet(),
        refresh_token_hmac_key: &sealed_key,
        failure: attempt.counted(),
        log: &log,
    };
    let mut db = auth.lane().acquire().await?;
    let signed_in_at = sign_ins::begin(&mut db, &begun).await?;
    db.done();
    let Some(signed_in_at) = signed_in_at else {
        return Ok(None);
    };
    user.last_sign_in_at = Some(signed_in_at);
    let session = Session {
        id,
        user_id: user.id,
        created_at: signed_in_at,
        refreshed_at: None,
        not_after,
        aal: "aal1".to_owned(),
        user_agent: caller.user_agent.clone(),
        ip: caller.inet(),
        oauth_client_id: None,
        scopes: None,
        resource: None,
        refresh_token_hmac_key: Some(sealed_key),
        refresh_token_counter: Some(0),
        amr: Json(vec![Amr {
            method: method.to_owned(),
            timestamp: signed_in_at.timestamp(),
        }]),
    };
    let claims = token::claims(auth, &user, &session);
    let refresh_token = RefreshToken::encode(id, 0, &key);
    answer(auth, user, &claims, refresh_token).map(Some)
}
