//! What an approved request gives its client, once: a session of its own.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Granted;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::Error;
use crate::oauth::OauthError;
use crate::oauth::client::Client;
use crate::oauth::id_token::IdToken;
use crate::oauth::scope::{OPENID, Scopes};
use crate::refresh_token::RefreshToken;
use crate::session::{self, SessionOptions};
use crate::store::oauth_authorizations::{self, Authorization};
use crate::store::{oauth_clients, oauth_consents, sessions, users};
use crate::token::TokenResponse;
use crate::user::User;

/// Begins the session. Everything else about the request was checked.
pub(super) async fn grant(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    client: &Client,
    authorization: &Authorization,
    method: &str,
) -> Result<Granted, OauthError> {
    let mut user = user(db, authorization, client).await?;
    let tokens = begin_session(auth, db, caller, &mut user, authorization, method).await?;
    let mut granted = Granted::new(client, tokens, authorization.scope.clone());
    granted.id_token = id_token(auth, &user, authorization, &granted.access_token)?;
    Ok(granted)
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
    method: &str,
) -> Result<TokenResponse, OauthError> {
    let options = SessionOptions {
        oauth_client: Some((authorization.client_id, &authorization.scope)),
        resource: authorization.resource.as_deref(),
        ..SessionOptions::default()
    };
    let tokens = session::begin(auth, db, caller, user, method, options).await?;
    let session = session_of(&tokens)?;
    oauth_authorizations::set_used(db, authorization.id, session).await?;
    let traits = json!({
        "provider_type": method.replace('/', "_"),
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
pub(super) async fn end_what_it_gave(
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
