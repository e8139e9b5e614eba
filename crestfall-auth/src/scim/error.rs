//! Refusals as SCIM has them (RFC 7644, section 3.12).

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

use super::MEDIA_TYPE;
use crate::error::{Error, ErrorCode};

/// The schema of refusals.
const URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A refusal or failure.
#[derive(Debug)]
pub(crate) struct ScimError {
    status: StatusCode,
    /// RFC 7644, table 9.
    kind: Option<&'static str>,
    detail: Cow<'static, str>,
    retry_after: Option<u64>,
}

/// What a handler gives.
pub(crate) type ScimResult<T> = Result<T, ScimError>;

impl ScimError {
    pub(crate) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            kind: None,
            detail: detail.into(),
            retry_after: None,
        }
    }

    fn of(kind: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: Some(kind),
            ..Self::new(StatusCode::BAD_REQUEST, detail)
        }
    }

    /// A value that cannot be.
    pub(crate) fn invalid_value(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of("invalidValue", detail)
    }

    /// A body that is no JSON, or no object of the right form.
    pub(crate) fn invalid_syntax(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of("invalidSyntax", detail)
    }

    pub(crate) fn invalid_filter(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of("invalidFilter", detail)
    }

    pub(crate) fn invalid_path(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of("invalidPath", detail)
    }

    /// A path that leads to nothing.
    pub(crate) fn no_target(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of("noTarget", detail)
    }

    /// Something that cannot be changed.
    pub(crate) fn mutability(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of("mutability", detail)
    }

    /// Somebody else has that.
    pub(crate) fn uniqueness(detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            ..Self::of("uniqueness", detail)
        }
    }

    /// No such user, or none of this client's: it is not told which.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Resource not found")
    }

    pub(crate) fn unauthorized() -> Self {
        let detail = "This endpoint requires the bearer token of a provisioning client";
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }
}

/// A refusal of the service's own rules.
impl From<Error> for ScimError {
    fn from(error: Error) -> Self {
        error.log();
        let status = error.status();
        let detail = error.message().to_owned();
        let taken = [
            ErrorCode::EmailExists,
            ErrorCode::UserAlreadyExists,
            ErrorCode::PhoneExists,
        ];
        match status {
            _ if taken.contains(&error.code()) => Self::uniqueness(detail),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                Self::invalid_value(detail)
            }
            status => Self {
                retry_after: error.seconds(),
                ..Self::new(status, detail)
            },
        }
    }
}

impl From<sqlx::Error> for ScimError {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": [URN],
            "status": self.status.as_str(),
            "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            body["scimType"] = kind.into();
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
