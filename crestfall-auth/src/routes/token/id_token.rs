//! `grant_type=id_token` (GT-009): an ID token that a program got from a provider by itself.

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::FromRequestParts as _;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request as HttpRequest, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::auth::Auth;
use crate::body::or_default;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::external_user::{self, Entered, Proof};
use crate::provider::{
    ExternalUser, IdTokens, NonceCheck, Provider, ProviderError, of_issuer, unverified_issuer,
};
use crate::session::{self, SessionOptions};
use crate::signed_in::SignedIn;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    id_token: String,
    #[serde(deserialize_with = "or_default")]
    access_token: String,
    #[serde(deserialize_with = "or_default")]
    nonce: String,
    #[serde(deserialize_with = "or_default")]
    provider: String,
    #[serde(deserialize_with = "or_default")]
    client_id: String,
    #[serde(deserialize_with = "or_default")]
    issuer: String,
    #[serde(deserialize_with = "or_default")]
    link_identity: bool,
}

/// A refusal in the form of RFC 6749, section 5.2, as GoTrue's clients expect it here.
fn refuse(error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

pub(super) async fn grant(
    auth: &Auth,
    caller: &Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<Response> {
    const INVALID: &str = "invalid request";
    if request.id_token.is_empty() {
        return Ok(refuse(INVALID, "id_token required"));
    }
    if request.provider.is_empty() && (request.client_id.is_empty() || request.issuer.is_empty()) {
        return Ok(refuse(INVALID, "provider or client_id and issuer required"));
    }
    let target = match request.link_identity {
        false => None,
        true if !headers.contains_key(AUTHORIZATION) => {
            let message = "Linking requires a valid user access token in Authorization";
            return Ok(refuse(INVALID, message));
        }
        true => Some(linking_user(auth, headers).await?),
    };
    let issuer = issuer_of(auth, &request).await?;
    let user = match verify(auth, &issuer, &request).await {
        Ok(user) => user,
        Err(error) => {
            let (kind, description) = match &error {
                ProviderError::Audience => (INVALID, "Unacceptable audience in id_token"),
                ProviderError::NonceMissing => (
                    INVALID,
                    "Passed nonce and nonce in id_token should either both exist or not.",
                ),
                ProviderError::NonceWrong => ("invalid nonce", "Nonces mismatch"),
                _ => (INVALID, "Bad ID token"),
            };
            let error = &error as &dyn std::error::Error;
            tracing::info!(error, "an ID token was refused");
            return Ok(refuse(kind, description));
        }
    };
    let proof = Proof {
        provider: &issuer.name,
        user: &user,
        email_optional: issuer.email_optional,
        redirect_to: "",
    };
    let mut tx = auth.begin().await?;
    let entered = match &target {
        Some(target) => external_user::link(auth, &mut tx, caller, target.user.id, &proof).await?,
        None => external_user::enter(auth, &mut tx, caller, &proof).await?,
    };
    let mut user = match entered {
        Entered::In(user) => *user,
        Entered::Refused(error) => {
            tx.commit().await?;
            return Err(error);
        }
    };
    let options = SessionOptions::default();
    let tokens = session::begin(auth, &mut tx, caller, &mut user, "oauth", options).await?;
    tx.commit().await?;
    Ok(Json(tokens).into_response())
}

async fn linking_user(auth: &Auth, headers: HeaderMap) -> Result<SignedIn> {
    if !auth.config().manual_linking {
        return Err(Error::new(
            ErrorCode::ManualLinkingDisabled,
            "Manual linking is disabled",
        ));
    }
    let (mut parts, ()) = HttpRequest::new(()).into_parts();
    parts.headers = headers;
    let signed_in = SignedIn::from_request_parts(&mut parts, auth).await?;
    match signed_in.is_at_highest_level() {
        true => Ok(signed_in),
        false => Err(Error::new(
            ErrorCode::InsufficientAal,
            "AAL2 session is required to change identities when MFA is enabled.",
        )),
    }
}

/// Whose token it may be. What the token itself says chooses nothing.
async fn issuer_of(auth: &Auth, request: &Request) -> Result<IdTokens> {
    let name = match request.provider.to_ascii_lowercase() {
        name if !name.is_empty() => name,
        _ => match of_issuer(&request.issuer) {
            Some(known) => known.name.to_owned(),
            None => issuer_by_settings(auth, &request.issuer),
        },
    };
    if name.is_empty() {
        let allowed = &auth.config().external.id_token_issuers;
        return match allowed.contains(&request.issuer) {
            true => Ok(IdTokens::of_allowed_issuer(
                &request.issuer,
                &request.client_id,
            )),
            false => Err(Error::invalid(format!(
                "Custom OIDC provider \"{}\" not allowed",
                request.provider
            ))),
        };
    }
    let issuer = Provider::for_id_tokens(auth, &name).await?;
    let mismatch = || Error::invalid("Provided issuer does not match ID token issuer");
    let given = request.issuer.as_str();
    let said = unverified_issuer(&request.id_token);
    let same =
        given.is_empty() || (issuer.may_be_issued_by(given) && said.as_deref() == Some(given));
    same.then_some(issuer).ok_or_else(mismatch)
}

/// The provider that the settings put at this issuer, such as a realm of Keycloak.
fn issuer_by_settings(auth: &Auth, issuer: &str) -> String {
    let issuer = issuer.trim_end_matches('/');
    let mut providers = auth.config().providers.iter();
    let found = providers.find(|(_, settings)| {
        settings.enabled && !issuer.is_empty() && settings.url.trim_end_matches('/') == issuer
    });
    found.map(|(name, _)| name.clone()).unwrap_or_default()
}

async fn verify(
    auth: &Auth,
    issuer: &IdTokens,
    request: &Request,
) -> Result<ExternalUser, ProviderError> {
    // Programs send the provider the hash of what they send us (GoTrue's convention).
    let hash: String = digest(&SHA256, request.nonce.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let nonce = match (issuer.skip_nonce_check, request.nonce.is_empty()) {
        (true, _) => NonceCheck::None,
        (false, true) => NonceCheck::Absent,
        (false, false) => NonceCheck::Required(&hash),
    };
    let access_token = Some(request.access_token.as_str()).filter(|token| !token.is_empty());
    issuer
        .verify(auth, &request.id_token, access_token, nonce)
        .await
}
