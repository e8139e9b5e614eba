//! Refreshes: a refresh token exchanged for the next one (GT-008, GT-075).

use chrono::Utc;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::at_once::refresh_at_once;
use super::{load_user, open_key, respond, seal_key};
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::directory::{self, Lookup};
use crate::error::{Error, ErrorCode, Result};
use crate::refresh_token::RefreshToken;
use crate::sign_in_guard;
use crate::store::held_sessions::{self, Held};
use crate::store::sessions::{self, Session};
use crate::token::TokenResponse;
use crate::user::User;

/// What has to be kept although the request is refused.
pub(crate) enum Refreshed {
    Tokens(Box<TokenResponse>),
    /// The session was ended: commit, then answer with this.
    Ended(Error),
}

/// Exchanges the refresh token of a session that belongs to no OAuth client.
pub(crate) async fn refresh_own(auth: &Auth, caller: &Caller, text: &str) -> Result<TokenResponse> {
    if let Some(tokens) = refresh_at_once(auth, caller, text).await? {
        return Ok(tokens);
    }
    let mut tx = auth.begin().await?;
    let refreshed = refresh(auth, &mut tx, caller, text, None).await?;
    tx.commit().await?;
    match refreshed {
        Refreshed::Tokens(tokens) => Ok(*tokens),
        Refreshed::Ended(error) => Err(error),
    }
}

/// Exchanges a refresh token for the session's next tokens.
///
/// The session's row is locked first: a revocation that came before leaves nothing to refresh, one
/// that comes later waits and then ends what was given out here as well.
pub(crate) async fn refresh(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    text: &str,
    client: Option<Uuid>,
) -> Result<Refreshed> {
    let not_found = || {
        Error::new(
            ErrorCode::RefreshTokenNotFound,
            "Invalid Refresh Token: Refresh Token Not Found",
        )
    };
    let (session, used) = match RefreshToken::decode(text) {
        Some(token) => {
            let session = sessions::lock(db, token.session)
                .await?
                .ok_or_else(not_found)?;
            (session, Some(token))
        }
        None => (
            exchange_foreign(auth, db, text)
                .await?
                .ok_or_else(not_found)?,
            None,
        ),
    };
    let key = open_key(auth, &session)?;
    if used.is_some_and(|token| !token.is_genuine(&key)) || session.oauth_client_id != client {
        return Err(not_found());
    }
    directory::pull(auth, db, Lookup::Id(session.user_id)).await?;
    let user = load_user(db, session.user_id).await?;
    if auth.directory().is_some() && (user.is_banned() || user.deleted_at.is_some()) {
        // The directory has shut the user out: that is kept.
        return Ok(Refreshed::Ended(not_found()));
    }
    check_alive(auth, &user, &session)?;
    let next = match next(auth, &session, used) {
        Next::Unknown => return Err(not_found()),
        Next::Token(number) => number,
        Next::Reused => return reused(auth, db, caller, &user, &session).await,
    };
    sessions::refreshed(
        db,
        session.id,
        next,
        caller.user_agent.as_deref(),
        caller.inet(),
    )
    .await?;
    if session.ip != caller.inet() && (session.aal != "aal1" || !user.has_verified_factor()) {
        sign_in_guard::know(db, caller, user.id).await?;
    }
    audit::record(db, caller, &user, Action::TokenRefreshed, json!({})).await?;
    let refresh_token = RefreshToken::encode(session.id, next, &key);
    let response = respond(
        auth,
        db,
        caller,
        user,
        &session,
        refresh_token,
        "token_refresh",
    )
    .await?;
    Ok(Refreshed::Tokens(Box::new(response)))
}

/// What follows on a refresh token.
pub(super) enum Next {
    /// There never was such a token.
    Unknown,
    /// The token with this number.
    Token(i64),
    /// Nothing: it was superseded long ago.
    Reused,
}

/// None is used by who exchanges a token of GoTrue's.
pub(super) fn next(auth: &Auth, session: &Session, used: Option<RefreshToken>) -> Next {
    let current = session.refresh_token_counter.unwrap_or_default();
    match used.map_or(0, |token| current - token.counter) {
        ..0 => Next::Unknown,
        0 => Next::Token(current + 1),
        // The client lost the answer, or asked twice at once: the same successor again.
        1 => Next::Token(current),
        _ if is_recent(auth, session) => Next::Token(current),
        _ => Next::Reused,
    }
}

/// The session of a refresh token of ours, and whether the token is its newest.
pub(crate) async fn of_refresh_token(
    auth: &Auth,
    db: &mut PgConnection,
    text: &str,
) -> Result<Option<(Session, bool)>> {
    let Some(token) = RefreshToken::decode(text) else {
        return Ok(None);
    };
    let session = sessions::find(db, token.session).await?;
    let Some(session) = session.filter(|session| session.refresh_token_hmac_key.is_some()) else {
        return Ok(None);
    };
    if !token.is_genuine(&open_key(auth, &session)?) {
        return Ok(None);
    }
    let is_newest = session.refresh_token_counter == Some(token.counter);
    Ok(Some((session, is_newest)))
}

/// The session of a refresh token and its user, without using the token up. None if the token was
/// superseded long ago: [`refresh`] judges that.
pub(crate) async fn look(
    auth: &Auth,
    db: &mut PgConnection,
    text: &str,
) -> Result<Option<(User, Session)>> {
    let not_found = || Error::new(ErrorCode::RefreshTokenNotFound, "Invalid Refresh Token");
    let token = RefreshToken::decode(text).ok_or_else(not_found)?;
    let held = held_sessions::find(db, token.session).await?;
    let Held { session, user, .. } = held.ok_or_else(not_found)?;
    let key = open_key(auth, &session)?;
    if !token.is_genuine(&key) || session.oauth_client_id.is_some() {
        return Err(not_found());
    }
    check_alive(auth, &user, &session)?;
    let behind = session.refresh_token_counter.unwrap_or_default() - token.counter;
    let is_newest = behind == 0 || behind == 1 || (behind > 1 && is_recent(auth, &session));
    Ok(is_newest.then_some((user, session)))
}

/// A token that was superseded long ago: it was stolen, or its successor was. Nobody keeps the
/// session.
async fn reused(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    session: &Session,
) -> Result<Refreshed> {
    let traits = json!({ "session_id": session.id, "reason": "refresh_token_reused" });
    audit::record(db, caller, user, Action::TokenRevoked, traits).await?;
    if auth.config().sessions.rotation {
        sessions::delete(db, session.id).await?;
    }
    Ok(Refreshed::Ended(Error::new(
        ErrorCode::RefreshTokenAlreadyUsed,
        "Invalid Refresh Token: Already Used",
    )))
}

fn is_recent(auth: &Auth, session: &Session) -> bool {
    let interval = auth.config().sessions.reuse_interval.get();
    session.refreshed_at.is_some_and(|at| {
        let since = Utc::now().signed_duration_since(at.and_utc());
        since.to_std().unwrap_or_default() <= interval
    })
}

pub(super) fn check_alive(auth: &Auth, user: &User, session: &Session) -> Result<()> {
    if user.is_banned() {
        return Err(
            Error::new(ErrorCode::UserBanned, "Invalid Refresh Token: User Banned")
                .with_status(http::StatusCode::BAD_REQUEST),
        );
    }
    let expired = |message| Err(Error::new(ErrorCode::SessionExpired, message));
    if session.not_after.is_some_and(|end| end <= Utc::now()) {
        return expired("Invalid Refresh Token: Session Expired");
    }
    let last = session
        .refreshed_at
        .map_or(session.created_at, |at| at.and_utc());
    let idle = Utc::now()
        .signed_duration_since(last)
        .to_std()
        .unwrap_or_default();
    let limits = &auth.config().sessions;
    let inactivity = limits.inactivity_timeout.get();
    if !inactivity.is_zero() && idle > inactivity {
        return expired("Invalid Refresh Token: Session Expired (Inactivity)");
    }
    let age = Utc::now()
        .signed_duration_since(session.created_at)
        .to_std()
        .unwrap_or_default();
    // The settings may be others than when it began.
    let timebox = limits.timebox.get();
    if !timebox.is_zero() && age > timebox {
        return expired("Invalid Refresh Token: Session Expired");
    }
    let low = limits.allow_low_aal.get();
    if !low.is_zero() && session.aal == "aal1" && user.has_verified_factor() && age > low {
        return expired(
            "Invalid Refresh Token: Session Expired (Low AAL: User Needs MFA Verification)",
        );
    }
    Ok(())
}

/// A session that GoTrue began, from now on with our kind of refresh token.
async fn exchange_foreign(
    auth: &Auth,
    db: &mut PgConnection,
    text: &str,
) -> Result<Option<Session>> {
    let Some(id) = sessions::exchange_foreign(db, text).await? else {
        return Ok(None);
    };
    let Some(session) = sessions::lock(db, id).await? else {
        return Ok(None);
    };
    if session.refresh_token_hmac_key.is_some() {
        return Ok(Some(session));
    }
    let sealed = seal_key(auth, id, &rand::random::<[u8; 32]>())?;
    sessions::set_refresh_key(db, id, &sealed).await?;
    Ok(sessions::lock(db, id).await?)
}
