//! Sessions: begun by a sign-in, continued by refreshes, ended for good (D6).

mod at_once;
mod refresh;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::notice;
use crate::refresh_token::RefreshToken;
use crate::sign_in_guard;
use crate::store::sessions::{NewSession, Session};
use crate::store::{sessions, users};
use crate::token::{self, TokenResponse};
use crate::user::User;

pub(crate) use at_once::begin_at_once;
pub(crate) use refresh::{Refreshed, look, of_refresh_token, refresh, refresh_own};

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
    let session = sessions::insert(
        db,
        &NewSession {
            id,
            user_id: user.id,
            aal: "aal1",
            method,
            not_after: not_after(auth),
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

/// When a session that begins now ends in any case.
fn not_after(auth: &Auth) -> Option<DateTime<Utc>> {
    let timebox = auth.config().sessions.timebox.get();
    (!timebox.is_zero())
        .then(|| TimeDelta::from_std(timebox).ok())
        .flatten()
        .map(|timebox| Utc::now() + timebox)
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
    answer(auth, user, &claims, refresh_token)
}

fn answer(
    auth: &Auth,
    user: User,
    claims: &Map<String, Value>,
    refresh_token: String,
) -> Result<TokenResponse> {
    let access_token = token::sign(auth, claims)?;
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
