//! `grant_type=authorization_code`: the code that the user's browser brought, for a session of the
//! client's own.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Granted;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::auth_code;
use crate::caller::Caller;
use crate::error::Error;
use crate::oauth::authorization_request::resource;
use crate::oauth::client::Client;
use crate::oauth::id_token::IdToken;
use crate::oauth::parameters::Parameters;
use crate::oauth::scope::{OPENID, Scopes};
use crate::oauth::{OauthCode, OauthError};
use crate::pkce;
use crate::refresh_token::RefreshToken;
use crate::session::{self, SessionOptions};
use crate::store::oauth_authorizations::{self, Authorization};
use crate::store::{oauth_clients, oauth_consents, sessions, users};
use crate::token::TokenResponse;
use crate::user::User;

/// What the session says of how its user came in.
const METHOD: &str = "oauth_provider/authorization_code";

pub(super) async fn grant(
    auth: &Auth,
    caller: &Caller,
    client: &Client,
    parameters: &Parameters,
) -> Result<Granted, OauthError> {
    let code = parameters.get("code").ok_or_else(|| {
        OauthError::invalid_request("code is required for authorization_code grant")
    })?;
    let mut tx = auth.begin().await?;
    let authorization = oauth_authorizations::lock_by_code(&mut tx, &auth_code::hash(code))
        .await?
        .ok_or_else(|| OauthError::invalid_grant("Invalid authorization code"))?;
    if authorization.client_id != client.id {
        return Err(OauthError::invalid_grant(
            "Authorization code was not issued for this client",
        ));
    }
    if authorization.used_at.is_some() {
        end_what_it_gave(&mut tx, caller, &authorization).await?;
        tx.commit().await?;
        return Err(OauthError::invalid_grant(
            "Authorization code has already been used",
        ));
    }
    check(auth, &authorization, parameters)?;
    let mut user = user(&mut tx, &authorization, client).await?;
    let tokens = begin_session(auth, &mut tx, caller, &mut user, &authorization).await?;
    let mut granted = Granted::new(client, tokens, authorization.scope.clone());
    granted.id_token = id_token(auth, &user, &authorization, &granted.access_token)?;
    tx.commit().await?;
    Ok(granted)
}

/// Each of these alone makes the code worth nothing (SEC-19).
fn check(
    auth: &Auth,
    authorization: &Authorization,
    parameters: &Parameters,
) -> Result<(), OauthError> {
    if authorization.is_expired {
        return Err(OauthError::invalid_grant("Authorization code has expired"));
    }
    let redirect_uri = parameters.get("redirect_uri");
    if redirect_uri.is_some_and(|uri| uri != authorization.redirect_uri) {
        return Err(OauthError::invalid_grant("Invalid redirect_uri"));
    }
    let resource = resource(auth.config(), parameters)?;
    if resource.is_some() && resource != authorization.resource {
        return Err(OauthError::new(
            OauthCode::InvalidTarget,
            "Authorization code resource does not match the resource parameter",
        ));
    }
    check_verifier(authorization, parameters.get("code_verifier"))
}

/// No code is given out without a challenge; one without is none of ours.
fn check_verifier(authorization: &Authorization, verifier: Option<&str>) -> Result<(), OauthError> {
    let challenge = authorization.code_challenge.as_deref();
    let (Some(challenge), Some(method)) = (challenge, authorization.code_challenge_method) else {
        return Err(OauthError::invalid_grant("Invalid authorization code"));
    };
    let verifier = verifier.ok_or_else(|| {
        OauthError::invalid_grant("PKCE verification failed: code_verifier is required")
    })?;
    pkce::verify(challenge, method, verifier).map_err(|error| {
        OauthError::invalid_grant(format!("PKCE verification failed: {}", error.message()))
    })
}

/// The user, who still agrees, of a client that still is. Both stay so until the session is there for
/// whoever changes them to find.
async fn user(
    db: &mut PgConnection,
    authorization: &Authorization,
    client: &Client,
) -> Result<User, OauthError> {
    let gone = || OauthError::invalid_grant("Authorization code has no associated user");
    let id = authorization.user_id.ok_or_else(gone)?;
    let withdrawn = || OauthError::invalid_grant("the user has withdrawn their consent");
    oauth_clients::hold(db, client.id)
        .await?
        .ok_or_else(withdrawn)?;
    let agreed = oauth_consents::hold(db, id, client.id)
        .await?
        .ok_or_else(withdrawn)?;
    if !Scopes::parse(&agreed).contains_all(&Scopes::parse(&authorization.scope)) {
        return Err(withdrawn());
    }
    let user = users::lock(db, id).await?;
    let user = user.filter(|user| user.deleted_at.is_none());
    let user = user.ok_or_else(gone)?;
    match user.is_banned() {
        false => Ok(user),
        true => Err(OauthError::invalid_grant("User is banned")),
    }
}

async fn begin_session(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &mut User,
    authorization: &Authorization,
) -> Result<TokenResponse, OauthError> {
    let options = SessionOptions {
        oauth_client: Some((authorization.client_id, &authorization.scope)),
        resource: authorization.resource.as_deref(),
        ..SessionOptions::default()
    };
    let tokens = session::begin(auth, db, caller, user, METHOD, options).await?;
    let session = session_of(&tokens)?;
    oauth_authorizations::set_used(db, authorization.id, session).await?;
    let traits = json!({
        "provider_type": "oauth_provider_authorization_code",
        "client_id": authorization.client_id,
    });
    audit::record(db, caller, user, Action::Login, traits).await?;
    Ok(tokens)
}

fn session_of(tokens: &TokenResponse) -> Result<Uuid, Error> {
    let token = RefreshToken::decode(&tokens.refresh_token);
    let token = token.ok_or_else(|| {
        Error::internal("Unexpected failure", "a new refresh token cannot be read")
    })?;
    Ok(token.session)
}

fn id_token(
    auth: &Auth,
    user: &User,
    authorization: &Authorization,
    access_token: &str,
) -> Result<Option<String>, OauthError> {
    let scopes = Scopes::parse(&authorization.scope);
    if !scopes.contains(OPENID) {
        return Ok(None);
    }
    let id_token = IdToken {
        user,
        client: authorization.client_id,
        scopes: &scopes,
        nonce: authorization.nonce.as_deref(),
        auth_time: authorization.auth_time.unwrap_or(authorization.created_at),
        access_token,
    };
    Ok(Some(id_token.sign(auth)?))
}

/// Two have the code: one of them stole it. Nobody keeps what it gave (RFC 6749, section 4.1.2).
async fn end_what_it_gave(
    db: &mut PgConnection,
    caller: &Caller,
    authorization: &Authorization,
) -> Result<(), OauthError> {
    let (Some(session), Some(user)) = (authorization.session_id, authorization.user_id) else {
        return Ok(());
    };
    if !sessions::delete(db, session).await? {
        return Ok(());
    }
    if let Some(user) = users::find(db, user).await? {
        let traits = json!({
            "session_id": session,
            "oauth_client_id": authorization.client_id,
            "reason": "authorization_code_reused",
        });
        audit::record(db, caller, &user, Action::TokenRevoked, traits).await?;
    }
    Ok(())
}
