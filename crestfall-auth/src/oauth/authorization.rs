//! A user's decision about what a client asks for (GT-067).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::authorization_request::{refusal, success};
use super::client::{Client, ClientSummary};
use super::device;
use super::error::{OauthCode, OauthError};
use super::redirect_uri;
use super::scope::Scopes;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::auth_code;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::signed_in::SignedIn;
use crate::store::oauth_authorizations::{self as store, Authorization, Status};
use crate::store::sessions::Session;
use crate::store::{oauth_clients, oauth_consents};

/// What comes of opening a request.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Opened {
    /// The user is to be asked.
    Asks(Box<Details>),
    /// The user has agreed to as much before.
    Approved(Decided),
}

/// What the user is asked.
#[derive(Serialize)]
pub(crate) struct Details {
    authorization_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    redirect_uri: String,
    /// What the user's device shows, to be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_code: Option<String>,
    client: ClientSummary,
    user: Asked,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
}

#[derive(Serialize)]
struct Asked {
    id: uuid::Uuid,
    email: String,
}

/// Where the user's browser goes now; nowhere, when it is a device that waits.
#[derive(Serialize)]
pub(crate) struct Decided {
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<String>,
}

/// A new name for a request, for the page's address.
pub(crate) fn new_id() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// Whether a text could name a request: the database takes not every text.
fn is_id(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Shows a request to the user who opens it first; from then on it is theirs.
pub(crate) async fn open(
    auth: &Auth,
    db: &mut PgConnection,
    id: &str,
    signed_in: &SignedIn,
) -> Result<Opened> {
    let (authorization, client) =
        pending(db, id, "authorization request cannot be processed").await?;
    let user = &signed_in.user;
    if authorization.user_id.is_some_and(|other| other != user.id) {
        return Err(not_found());
    }
    let auth_time = auth_time(signed_in.session()?);
    check_freshness(&authorization, auth_time)?;
    if authorization.user_id.is_none() {
        store::set_user(db, authorization.id, user.id).await?;
        let consent = oauth_consents::hold(db, user.id, client.id).await?;
        if let Some(scopes) = consent
            && may_go_without_asking(&authorization, &client, &Scopes::parse(&scopes))
            && signed_in.is_at_highest_level()
        {
            let redirect_url = give_code(auth, db, &authorization, auth_time).await?;
            return Ok(Opened::Approved(Decided { redirect_url }));
        }
    }
    Ok(Opened::Asks(Box::new(Details {
        authorization_id: authorization.authorization_id,
        redirect_uri: authorization.redirect_uri,
        user_code: authorization.user_code.as_deref().map(device::show),
        client: ClientSummary::from(&client),
        user: Asked {
            id: user.id,
            email: user.email().to_owned(),
        },
        scope: authorization.scope,
        resource: authorization.resource,
    })))
}

/// The user agrees: the client gets a code.
pub(crate) async fn approve(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    id: &str,
    signed_in: &SignedIn,
) -> Result<Decided> {
    let authorization = opened_by(db, id, signed_in).await?;
    let auth_time = auth_time(signed_in.session()?);
    check_freshness(&authorization, auth_time)?;
    if !signed_in.is_at_highest_level() {
        return Err(Error::new(
            ErrorCode::InsufficientAal,
            "AAL2 session is required to approve an application",
        ));
    }
    let redirect_url = give_code(auth, db, &authorization, auth_time).await?;
    let (user, client) = (&signed_in.user, authorization.client_id);
    oauth_consents::give(db, user.id, client, &authorization.scope).await?;
    let traits = json!({ "oauth_client_id": client, "scope": authorization.scope });
    audit::record(db, caller, user, Action::OauthGrantGiven, traits).await?;
    Ok(Decided { redirect_url })
}

/// The user does not agree: the client is told so.
pub(crate) async fn deny(
    auth: &Auth,
    db: &mut PgConnection,
    id: &str,
    signed_in: &SignedIn,
) -> Result<Decided> {
    let authorization = opened_by(db, id, signed_in).await?;
    store::deny(db, authorization.id).await?;
    let denied = OauthError::new(OauthCode::AccessDenied, "User denied the request");
    let state = authorization.state.as_deref();
    let redirect_url = authorization
        .user_code
        .is_none()
        .then(|| refusal(auth, &authorization.redirect_uri, &denied, state));
    Ok(Decided { redirect_url })
}

/// A request that nobody has decided yet, locked, and its client.
async fn pending(
    db: &mut PgConnection,
    id: &str,
    decided: &'static str,
) -> Result<(Authorization, Client)> {
    if !is_id(id) {
        return Err(not_found());
    }
    let authorization = store::lock(db, id).await?.ok_or_else(not_found)?;
    if authorization.is_expired {
        return Err(not_found());
    }
    if authorization.status != Status::Pending {
        return Err(Error::invalid(decided));
    }
    let client = oauth_clients::hold(db, authorization.client_id).await?;
    Ok((authorization, client.ok_or_else(not_found)?))
}

/// The same, for the user who opened it.
async fn opened_by(db: &mut PgConnection, id: &str, signed_in: &SignedIn) -> Result<Authorization> {
    let (authorization, _) = pending(db, id, "authorization request is no longer pending").await?;
    match authorization.user_id == Some(signed_in.user.id) {
        true => Ok(authorization),
        false => Err(not_found()),
    }
}

/// Somebody else's request is none.
fn not_found() -> Error {
    Error::new(
        ErrorCode::OauthAuthorizationNotFound,
        "authorization not found",
    )
}

/// Whether what the user agreed to before is enough. Where any program of the user's machine could
/// have begun this in the client's name, the user is asked each time (RFC 8252, section 8.6); so is one
/// who typed what somebody else's device may have shown (RFC 8628, section 5.4).
fn may_go_without_asking(authorization: &Authorization, client: &Client, agreed: &Scopes) -> bool {
    let is_certain =
        client.is_confidential() || redirect_uri::is_claimed(&authorization.redirect_uri);
    is_certain
        && authorization.user_code.is_none()
        && authorization.prompt.is_none()
        && agreed.contains_all(&Scopes::parse(&authorization.scope))
}

/// When the user last proved who they are.
fn auth_time(session: &Session) -> DateTime<Utc> {
    let newest = session.amr.iter().map(|entry| entry.timestamp).max();
    let newest = newest.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    newest.unwrap_or(session.created_at)
}

/// A client may want the user to have proved who they are just now (`prompt=login`), or not long ago
/// (`max_age`).
fn check_freshness(authorization: &Authorization, auth_time: DateTime<Utc>) -> Result<()> {
    let prompt = Scopes::parse(authorization.prompt.as_deref().unwrap_or_default());
    // Whole seconds: `amr` knows no others.
    let is_before = auth_time.timestamp() < authorization.created_at.timestamp();
    let age = Utc::now().timestamp() - auth_time.timestamp();
    let is_too_old = authorization.max_age.is_some_and(|max_age| age > max_age);
    match prompt.contains("login") && is_before || is_too_old {
        false => Ok(()),
        true => Err(Error::new(
            ErrorCode::ReauthenticationNeeded,
            "The application asks you to sign in again",
        )),
    }
}

/// Where the browser takes the code; a device that waits comes for its tokens itself.
async fn give_code(
    auth: &Auth,
    db: &mut PgConnection,
    authorization: &Authorization,
    auth_time: DateTime<Utc>,
) -> Result<Option<String>> {
    let settings = &auth.config().oauth_server;
    if authorization.user_code.is_some() {
        let lifetime = settings.authorization_ttl.get().as_secs_f64();
        store::approve(db, authorization.id, None, auth_time, lifetime).await?;
        return Ok(None);
    }
    let code = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let hash = auth_code::hash(&code);
    let lifetime = settings.code_lifetime.get().as_secs_f64();
    store::approve(db, authorization.id, Some(&hash), auth_time, lifetime).await?;
    let state = authorization.state.as_deref();
    let redirect_url = success(auth, &authorization.redirect_uri, &code, state);
    Ok(Some(redirect_url))
}
