//! Refusals in the form that OAuth prescribes: `error` and `error_description` (RFC 6749, section
//! 5.2; RFC 7591, section 3.2.2).

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use serde_json::json;

use crate::error::{Error, ErrorCode};

/// The registered error codes that this server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OauthCode {
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InteractionRequired,
    InvalidClient,
    InvalidClientMetadata,
    InvalidGrant,
    InvalidRedirectUri,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    ServerError,
    SlowDown,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
}

impl OauthCode {
    /// As clients see it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::AuthorizationPending => "authorization_pending",
            Self::ExpiredToken => "expired_token",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidClient => "invalid_client",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::ServerError => "server_error",
            Self::SlowDown => "slow_down",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::AccessDenied
            | Self::AuthorizationPending
            | Self::ExpiredToken
            | Self::SlowDown
            | Self::InteractionRequired
            | Self::InvalidClientMetadata
            | Self::InvalidGrant
            | Self::InvalidRedirectUri
            | Self::InvalidRequest
            | Self::InvalidScope
            | Self::InvalidTarget
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::UnsupportedResponseType => StatusCode::BAD_REQUEST,
        }
    }
}

/// A refusal of a client's request.
#[derive(Clone, Debug)]
pub(crate) struct OauthError {
    pub(crate) code: OauthCode,
    pub(crate) description: Cow<'static, str>,
    /// What it comes from, for the log.
    source: Option<Error>,
}

impl OauthError {
    /// The description is said to the client.
    pub(crate) fn new(code: OauthCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: description.into(),
            source: None,
        }
    }

    /// What the client sent makes no sense.
    pub(crate) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(OauthCode::InvalidRequest, description)
    }

    /// The code or token that the client sent is not good.
    pub(crate) fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(OauthCode::InvalidGrant, description)
    }

    /// Writes its cause to the log, when it is a failure of ours.
    pub(crate) fn log(&self) {
        if let Some(source) = &self.source {
            source.log();
        }
    }
}

/// What the rest of the service refuses makes a client's grant no good; what fails, fails.
impl From<Error> for OauthError {
    fn from(error: Error) -> Self {
        let (code, description) = match (error.code(), error.status().is_server_error()) {
            (ErrorCode::ServiceBusy, _) => (
                OauthCode::TemporarilyUnavailable,
                "the server is busy; try again".into(),
            ),
            (_, true) => (OauthCode::ServerError, "unexpected failure".into()),
            (_, false) => (OauthCode::InvalidGrant, error.message().to_owned().into()),
        };
        Self {
            code,
            description,
            source: Some(error),
        }
    }
}

impl From<sqlx::Error> for OauthError {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

/// Answers of the token endpoint are for one client, once (RFC 6749, section 5.1).
pub(crate) const NOT_STORED: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        self.log();
        let body = json!({
            "error": self.code.as_str(),
            "error_description": self.description,
        });
        let mut response = (self.code.status(), NOT_STORED, Json(body)).into_response();
        if self.code == OauthCode::InvalidClient {
            let challenge = HeaderValue::from_static("Basic realm=\"oauth\", charset=\"UTF-8\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
