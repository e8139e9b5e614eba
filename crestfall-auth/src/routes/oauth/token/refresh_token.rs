//! `grant_type=refresh_token`: the next tokens of a session of the client's.

use super::Granted;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::oauth::authorization_request::resource;
use crate::oauth::client::Client;
use crate::oauth::parameters::Parameters;
use crate::oauth::scope::Scopes;
use crate::oauth::{OauthCode, OauthError};
use crate::session::{self, Refreshed};

pub(super) async fn grant(
    auth: &Auth,
    caller: &Caller,
    client: &Client,
    parameters: &Parameters,
) -> Result<Granted, OauthError> {
    let token = parameters.get("refresh_token").ok_or_else(|| {
        OauthError::invalid_request("refresh_token is required for refresh_token grant")
    })?;
    let mut tx = auth.begin().await?;
    let known = session::of_refresh_token(auth, &mut tx, token).await?;
    let session = known
        .map(|(session, _)| session)
        .filter(|session| session.oauth_client_id == Some(client.id));
    let scope = session.as_ref().and_then(|session| session.scopes.clone());
    let scope = scope.unwrap_or_default();
    if let Some(asked) = parameters.get("scope")
        && session.is_some()
        && !Scopes::parse(&scope).contains_all(&Scopes::parse(asked))
    {
        return Err(OauthError::new(
            OauthCode::InvalidScope,
            "the user has not agreed to this scope",
        ));
    }
    let resource = resource(auth.config(), parameters)?;
    if let Some(session) = &session
        && resource.is_some()
        && resource != session.resource
    {
        return Err(OauthError::new(
            OauthCode::InvalidTarget,
            "the session's tokens are not for this resource",
        ));
    }
    let refreshed = session::refresh(auth, &mut tx, caller, token, Some(client.id)).await?;
    tx.commit().await?;
    match refreshed {
        Refreshed::Tokens(tokens) => Ok(Granted::new(client, *tokens, scope)),
        Refreshed::Ended(error) => Err(error.into()),
    }
}
