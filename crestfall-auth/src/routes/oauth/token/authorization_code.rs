//! `grant_type=authorization_code`: the code that the user's browser brought, for a session of the
//! client's own.

use super::{Granted, approved};
use crate::auth::Auth;
use crate::auth_code;
use crate::caller::Caller;
use crate::oauth::authorization_request::resource;
use crate::oauth::client::Client;
use crate::oauth::parameters::Parameters;
use crate::oauth::{OauthCode, OauthError};
use crate::pkce;
use crate::store::oauth_authorizations::{self, Authorization};

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
        approved::end_what_it_gave(&mut tx, caller, &authorization).await?;
        tx.commit().await?;
        return Err(OauthError::invalid_grant(
            "Authorization code has already been used",
        ));
    }
    check(auth, &authorization, parameters)?;
    let granted = approved::grant(auth, &mut tx, caller, client, &authorization, METHOD).await?;
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
