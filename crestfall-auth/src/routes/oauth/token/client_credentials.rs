//! `grant_type=client_credentials`: a token for the client itself.

use super::Granted;
use crate::auth::Auth;
use crate::oauth::authorization_request::resource;
use crate::oauth::client::Client;
use crate::oauth::client_credentials;
use crate::oauth::parameters::Parameters;
use crate::oauth::scope::Scopes;
use crate::oauth::{OauthCode, OauthError};
use crate::token;

pub(super) fn grant(
    auth: &Auth,
    client: &Client,
    parameters: &Parameters,
) -> Result<Granted, OauthError> {
    // A public client's id is no secret: anybody could ask.
    if !client.is_confidential() {
        return Err(OauthError::new(
            OauthCode::UnauthorizedClient,
            "Client is not allowed to use grant type: client_credentials",
        ));
    }
    let own = client.own_scopes();
    let scopes = match parameters.get("scope").map(Scopes::parse) {
        None => own,
        Some(asked) if own.contains_all(&asked) => asked,
        Some(_) => {
            return Err(OauthError::new(
                OauthCode::InvalidScope,
                "the client may not ask for this scope",
            ));
        }
    };
    let resource = resource(auth.config(), parameters)?;
    let token = client_credentials::sign(auth, client, &scopes, resource.as_deref())?;
    Ok(Granted {
        expires_in: token.expires_at - token::now(),
        access_token: token.text,
        token_type: "bearer",
        refresh_token: None,
        id_token: None,
        scope: scopes.to_string(),
    })
}
