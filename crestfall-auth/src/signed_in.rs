//! Who a request to this service comes from, by its bearer token: a signed-in user, or somebody who
//! may administer users.

use std::sync::LazyLock;

use axum::extract::{FromRef, FromRequestParts};
use crestfall_core::Identity;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::api_key::Scope;
use crate::auth::Auth;
use crate::authenticator::credential::Credential;
use crate::directory::{self, Lookup};
use crate::error::{Error, ErrorCode, Result};
use crate::require_scope::scopes_of;
use crate::store::sessions::Session;
use crate::store::{held_sessions, users};
use crate::user::User;

/// The scope of keys that may administer.
static ADMINISTER: LazyLock<Scope> =
    LazyLock::new(|| "auth:admin".parse().expect("a scope, as a test proves"));

/// A user with a live session of their own. An OAuth client's session is refused: what it was allowed
/// is said in its scopes, and managing the account is no scope.
pub(crate) struct SignedIn {
    pub(crate) user: User,
    /// None for a token without one, as hooks and tests make them.
    pub(crate) session: Option<Session>,
    /// What the token says.
    pub(crate) identity: Identity,
}

/// A user with a live session, or an OAuth client with one in a user's name, for the few endpoints
/// where a client may ask.
pub(crate) struct UserOrClient(pub(crate) SignedIn);

/// Somebody whose token has an administrator's role and was given to no OAuth client.
pub(crate) struct Admin {
    pub(crate) identity: Identity,
}

impl SignedIn {
    /// The session, for what needs one.
    pub(crate) fn session(&self) -> Result<&Session> {
        self.session
            .as_ref()
            .ok_or_else(|| Error::new(ErrorCode::SessionNotFound, "The token has no session"))
    }

    /// Whether a second factor was proved, or there is none to prove.
    pub(crate) fn is_at_highest_level(&self) -> bool {
        let aal = self
            .session
            .as_ref()
            .map_or("aal1", |session| session.aal.as_str());
        aal != "aal1" || !self.user.has_verified_factor()
    }
}

impl UserOrClient {
    /// The OAuth client that asks, if it is not the user.
    pub(crate) fn client(&self) -> Option<Uuid> {
        self.0.session.as_ref()?.oauth_client_id
    }
}

impl Admin {
    /// The user that acts, when it is one and not a key.
    pub(crate) fn user_id(&self) -> Option<Uuid> {
        let subject = self.identity.claims().get("sub")?.as_str()?;
        subject.parse().ok()
    }
}

/// The claims of the request's bearer token. Header `apikey` proves nothing here.
async fn identify(auth: &Auth, parts: &Parts) -> Result<Identity> {
    let missing = || {
        Error::new(
            ErrorCode::NoAuthorization,
            "This endpoint requires a valid Bearer token",
        )
    };
    if !parts.headers.contains_key(AUTHORIZATION) {
        return Err(missing());
    }
    let verifier = auth.verifier().load_full();
    let identity = verifier
        .identify_or_refresh(&parts.headers)
        .await
        .map_err(|error| {
            let message = format!(
                "invalid JWT: unable to parse or verify signature, {}",
                error.message()
            );
            Error::new(ErrorCode::BadJwt, message)
        })?;
    if !identity.is_authenticated() {
        return Err(missing());
    }
    check_claims(auth, &identity).map_err(|reason| {
        let message = format!("invalid JWT: unable to parse or verify signature, {reason}");
        Error::new(ErrorCode::BadJwt, message)
    })?;
    Ok(identity)
}

/// What a token must say beyond a good signature: who it is for, so that an ID token for somebody
/// else's program is none of ours; and when it ends, unless it is an administrator's key.
pub(crate) fn check_claims(auth: &Auth, identity: &Identity) -> Result<(), &'static str> {
    let tokens = &auth.config().tokens;
    let claims = identity.claims();
    let is_ours = |audience: &Value| audience.as_str() == Some(&tokens.audience);
    let for_us = match claims.get("aud") {
        None | Some(Value::Null) => true,
        Some(Value::Array(all)) => all.is_empty() || all.iter().any(is_ours),
        Some(audience) => is_ours(audience) || audience == "",
    };
    if !for_us {
        return Err("token is for another audience");
    }
    let is_admin = tokens
        .admin_roles
        .iter()
        .any(|role| role == identity.role());
    if claims.get("exp").is_none() && !is_admin {
        return Err("token has no expiry");
    }
    Ok(())
}

/// Neither an OAuth client in a user's name nor one in its own manages accounts.
fn refuse_client(identity: &Identity, session: Option<&Session>) -> Result<()> {
    let is_client = identity.claims().get("client_id").is_some()
        || session.is_some_and(|session| session.oauth_client_id.is_some());
    match is_client {
        false => Ok(()),
        true => Err(Error::new(
            ErrorCode::NoAuthorization,
            "OAuth clients are not allowed to perform these actions",
        )
        .with_status(http::StatusCode::FORBIDDEN)),
    }
}

/// Whom an API key stands for, sent as the bearer token (Supabase's clients send it so): a service's
/// that may administer.
async fn service_key(auth: &Auth, parts: &Parts) -> Result<Option<Identity>> {
    let credential = Credential::find(&parts.headers, None);
    let Ok(Credential::ApiKey(key)) = credential else {
        return Ok(None);
    };
    if !parts.headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let identity = auth.identify_api_key(key, parts).await;
    let identity = identity.map_err(|problem| match problem.status().is_server_error() {
        true => Error::new(ErrorCode::ServiceBusy, "The server is busy; try again"),
        false => Error::new(ErrorCode::BadJwt, "The API key is not valid"),
    })?;
    let is_users = identity.claims().get("sub").is_some();
    let may_administer = scopes_of(&identity).covers(&ADMINISTER);
    match may_administer && !is_users {
        true => Ok(Some(identity)),
        false => Err(Error::new(ErrorCode::NotAdmin, "User not allowed")),
    }
}

fn uuid_claim(identity: &Identity, name: &str) -> Result<Option<Uuid>> {
    match identity.claims().get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let parsed = value.as_str().and_then(|text| text.parse().ok());
            let invalid = || {
                let message = format!("invalid claim: {name} claim must be a UUID");
                Error::new(ErrorCode::BadJwt, message)
            };
            parsed.ok_or_else(invalid).map(Some)
        }
    }
}

/// The user and, if the token has one, the session.
async fn load(
    db: &mut PgConnection,
    subject: Uuid,
    session: Option<Uuid>,
) -> Result<(User, Option<Session>)> {
    if let Some(id) = session
        && let Some(held) = held_sessions::find(db, id).await?
        && held.user.id == subject
        && held.user.deleted_at.is_none()
    {
        return Ok((held.user, Some(held.session)));
    }
    let user = users::find(db, subject).await?;
    let user = user
        .filter(|user| user.deleted_at.is_none())
        .ok_or_else(|| {
            let message = "User from sub claim in JWT does not exist";
            let status = http::StatusCode::FORBIDDEN;
            Error::new(ErrorCode::UserNotFound, message).with_status(status)
        })?;
    match session {
        None => Ok((user, None)),
        Some(_) => Err(Error::new(
            ErrorCode::SessionNotFound,
            "Session from session_id claim in JWT does not exist",
        )),
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let UserOrClient(signed_in) = UserOrClient::from_request_parts(parts, state).await?;
        refuse_client(&signed_in.identity, signed_in.session.as_ref())?;
        Ok(signed_in)
    }
}

impl<S> FromRequestParts<S> for UserOrClient
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let auth = Auth::from_ref(state);
        let identity = identify(&auth, parts).await?;
        let subject = uuid_claim(&identity, "sub")?
            .ok_or_else(|| Error::new(ErrorCode::BadJwt, "invalid claim: missing sub claim"))?;
        let session_id = uuid_claim(&identity, "session_id")?;
        let mut db = auth.lane().acquire().await?;
        directory::pull(&auth, &mut db, Lookup::Id(subject)).await?;
        let (user, session) = load(&mut db, subject, session_id).await?;
        db.done();
        if user.is_banned() {
            return Err(Error::new(ErrorCode::UserBanned, "User is banned"));
        }
        Ok(Self(SignedIn {
            user,
            session,
            identity,
        }))
    }
}

impl<S> FromRequestParts<S> for Admin
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let auth = Auth::from_ref(state);
        let identity = match service_key(&auth, parts).await? {
            Some(identity) => identity,
            None => identify(&auth, parts).await?,
        };
        refuse_client(&identity, None)?;
        let roles = &auth.config().tokens.admin_roles;
        match roles.iter().any(|role| role == identity.role()) {
            true => Ok(Self { identity }),
            false => Err(Error::new(ErrorCode::NotAdmin, "User not allowed")),
        }
    }
}
