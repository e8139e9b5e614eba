//! Sessions: begun by a sign-in, continued by refreshes, ended for good (D6).

use chrono::{TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::directory::{self, Lookup};
use crate::error::{Error, ErrorCode, Result};
use crate::notice;
use crate::refresh_token::RefreshToken;
use crate::sign_in_guard;
use crate::store::sessions::{NewSession, Session};
use crate::store::{sessions, users};
use crate::token::{self, TokenResponse};
use crate::user::User;

/// What a new session is for, beyond its user.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SessionOptions<'a> {
    /// A session of this kind, where a user may have one of each kind.
    pub(crate) tag: Option<&'a str>,
    /// The OAuth client that it belongs to, and what it may do.
    pub(crate) oauth_client: Option<(Uuid, &'a str)>,
    /// Whom its tokens are for as well (RFC 8707).
    pub(crate) resource: Option<&'a str>,
}

/// Begins a session: the user has just proved, by this method (an `amr` value), who they are.
pub(crate) async fn begin(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &mut User,
    method: &str,
    options: SessionOptions<'_>,
) -> Result<TokenResponse> {
    if auth.config().sessions.single_per_user && options.oauth_client.is_none() {
        sessions::delete_all(db, user.id, None).await?;
    }
    let id = Uuid::new_v4();
    let key: [u8; 32] = rand::random();
    let sealed_key = seal_key(auth, id, &key)?;
    let timebox = auth.config().sessions.timebox.get();
    let not_after = (!timebox.is_zero())
        .then(|| TimeDelta::from_std(timebox).ok())
        .flatten()
        .map(|timebox| Utc::now() + timebox);
    let session = sessions::insert(
        db,
        &NewSession {
            id,
            user_id: user.id,
            aal: "aal1",
            method,
            not_after,
            user_agent: caller.user_agent.as_deref(),
            ip: caller.inet(),
            tag: options.tag,
            oauth_client_id: options.oauth_client.map(|(client, _)| client),
            scopes: options.oauth_client.map(|(_, scopes)| scopes),
            resource: options.resource,
            refresh_token_hmac_key: &sealed_key,
        },
    )
    .await?;
    user.last_sign_in_at = Some(users::signed_in(db, user.id).await?);
    // With a second factor to prove, half a proof makes no network a known one.
    if !user.has_verified_factor() {
        let is_new = sign_in_guard::know(db, caller, user.id).await?;
        if is_new {
            notice::new_sign_in(auth, db, caller, user, (id, method)).await?;
        }
    }
    respond(
        auth,
        db,
        caller,
        user.clone(),
        &session,
        RefreshToken::encode(id, 0, &key),
        method,
    )
    .await
}

/// A session's next tokens after its user has proved something more.
pub(crate) async fn lift(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    session: Uuid,
    (method, factor): (&str, Option<Uuid>),
) -> Result<TokenResponse> {
    let before = lock(db, session).await?;
    let mut amr = before.amr.0.clone();
    amr.push(sessions::Amr {
        method: method.to_owned(),
        timestamp: token::now(),
    });
    sessions::prove(db, session, method, token::assurance_level(&amr), factor).await?;
    let session = lock(db, session).await?;
    let user = load_user(db, session.user_id).await?;
    let key = open_key(auth, &session)?;
    let counter = session.refresh_token_counter.unwrap_or_default() + 1;
    sessions::refreshed(
        db,
        session.id,
        counter,
        caller.user_agent.as_deref(),
        caller.inet(),
    )
    .await?;
    sign_in_guard::know(db, caller, user.id).await?;
    let refresh_token = RefreshToken::encode(session.id, counter, &key);
    respond(auth, db, caller, user, &session, refresh_token, method).await
}

/// What has to be kept although the request is refused.
pub(crate) enum Refreshed {
    Tokens(Box<TokenResponse>),
    /// The session was ended: commit, then answer with this.
    Ended(Error),
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
    let current = session.refresh_token_counter.unwrap_or_default();
    let next = match used.map_or(0, |token| current - token.counter) {
        ..0 => return Err(not_found()),
        0 => current + 1,
        // The client lost the answer, or asked twice at once: the same successor again.
        1 => current,
        _ if is_recent(auth, &session) => current,
        _ => return reused(auth, db, caller, &user, &session).await,
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
    let session = sessions::find(db, token.session).await?;
    let session = session.ok_or_else(not_found)?;
    let key = open_key(auth, &session)?;
    if !token.is_genuine(&key) || session.oauth_client_id.is_some() {
        return Err(not_found());
    }
    let user = load_user(db, session.user_id).await?;
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

fn check_alive(auth: &Auth, user: &User, session: &Session) -> Result<()> {
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

async fn respond(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: User,
    session: &Session,
    refresh_token: String,
    method: &str,
) -> Result<TokenResponse> {
    let claims = token::claims(auth, &user, session);
    let claims = auth
        .customize_claims(db, caller, &user, method, claims)
        .await?;
    let access_token = token::sign(auth, &claims)?;
    Ok(TokenResponse {
        expires_in: access_token.expires_at - token::now(),
        expires_at: access_token.expires_at,
        access_token: access_token.text,
        token_type: "bearer",
        refresh_token,
        user,
        provider_token: None,
        provider_refresh_token: None,
        weak_password: None,
    })
}

async fn lock(db: &mut PgConnection, id: Uuid) -> Result<Session> {
    sessions::lock(db, id).await?.ok_or_else(|| {
        Error::new(
            ErrorCode::SessionNotFound,
            "Session from session_id claim in JWT does not exist",
        )
    })
}

async fn load_user(db: &mut PgConnection, id: Uuid) -> Result<User> {
    let gone = || {
        Error::new(
            ErrorCode::UserNotFound,
            "User from sub claim in JWT does not exist",
        )
    };
    users::find(db, id).await?.ok_or_else(gone)
}

fn context(session: Uuid) -> String {
    format!("auth.sessions.{session}")
}

fn seal_key(auth: &Auth, session: Uuid, key: &[u8]) -> Result<String> {
    let sealed = auth.sealer().seal(key, &context(session));
    sealed.map_err(|error| Error::internal("Unexpected failure", error))
}

fn open_key(auth: &Auth, session: &Session) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    let sealed = session
        .refresh_token_hmac_key
        .as_deref()
        .unwrap_or_default();
    let key = auth.sealer().open(sealed, &context(session.id));
    key.map_err(|error| Error::internal("Unexpected failure", error))
}
