//! Errors as clients see them: RFC 9457 problem details, with PostgREST's members beside.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::jwt;

/// The body of an error answer, and its headers.
///
/// What it says is said to the caller: for a failure of ours use [`Problem::internal`], which says
/// nothing and logs all.
///
/// ```
/// use crestfall_core::Problem;
/// use http::StatusCode;
///
/// let problem = Problem::new(StatusCode::CONFLICT, "SHOP001", "the cart was changed elsewhere")
///     .hint("Load the cart again");
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<Members>);

/// Beside the pointer to it: an error is passed along more often than it happens.
#[derive(Clone, Debug, Serialize)]
struct Members {
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    detail: Cow<'static, str>,
    code: Cow<'static, str>,
    /// `detail` again, under the name PostgREST's clients read.
    message: Cow<'static, str>,
    details: Option<Cow<'static, str>>,
    hint: Option<Cow<'static, str>>,
    #[serde(skip)]
    headers: HeaderMap,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem with a code that never changes its meaning, and one sentence about this occurrence.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = message.into();
        Self(Box::new(Members {
            kind: Cow::Borrowed("about:blank"),
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            detail: message.clone(),
            code: code.into(),
            message,
            details: None,
            hint: None,
            headers: HeaderMap::new(),
        }))
    }

    /// A failure of ours: 500, and nothing about it. The error and its causes go to the log.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "answered with an internal error");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "CF500",
            "The server could not answer",
        )
    }

    /// Something we need is away for now: 503 with `Retry-After` (seconds). The error and its causes
    /// go to the log.
    pub fn unavailable(error: &(dyn std::error::Error + 'static), retry_after: u32) -> Self {
        tracing::warn!(error, "answered with unavailable");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "CF503",
            "The server is busy; try again",
        )
        .header(RETRY_AFTER, HeaderValue::from(retry_after))
    }

    /// A URI that identifies the kind of problem. Default: `about:blank`.
    #[must_use]
    pub fn kind(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.0.kind = uri.into();
        self
    }

    /// More about this occurrence.
    #[must_use]
    pub fn details(mut self, details: impl Into<Cow<'static, str>>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// What the caller may do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// A header of the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.0.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // A struct of strings always serializes; an empty body would still carry the status.
        let members = *self.0;
        let body = serde_json::to_vec(&members).unwrap_or_default();
        let media_type = HeaderValue::from_static("application/problem+json");
        (
            members.status,
            members.headers,
            [(CONTENT_TYPE, media_type)],
            body,
        )
            .into_response()
    }
}

impl From<jwt::Error> for Problem {
    fn from(error: jwt::Error) -> Self {
        let mut problem = Self::new(error.status(), error.code(), error.message());
        problem.0.details = error.details().map(Cow::Borrowed);
        problem.0.hint = error.hint().map(Cow::Borrowed);
        let challenge = error.www_authenticate();
        if let Some(value) = challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            problem.0.headers.insert(WWW_AUTHENTICATE, value);
        }
        if error.status() == StatusCode::SERVICE_UNAVAILABLE {
            problem.0.headers.insert(RETRY_AFTER, HeaderValue::from(1));
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn it_is_a_problem_with_postgrests_members() {
        let problem = Problem::new(StatusCode::CONFLICT, "X1", "taken").hint("choose another");
        assert_eq!(
            serde_json::to_value(&problem).expect("JSON"),
            json!({
                "type": "about:blank", "title": "Conflict", "status": 409, "detail": "taken",
                "code": "X1", "message": "taken", "details": null, "hint": "choose another",
            })
        );
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn a_failure_of_ours_says_nothing() {
        let secret = std::io::Error::other("password of 10.0.0.7");
        for problem in [Problem::internal(&secret), Problem::unavailable(&secret, 3)] {
            let body: Value = serde_json::to_value(&problem).expect("JSON");
            assert!(!body.to_string().contains("10.0.0.7"), "{body}");
        }
        let response = Problem::unavailable(&secret, 3).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "3");
    }

    #[test]
    fn a_refused_token_challenges() {
        let response = Problem::from(jwt::Error::Expired).into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            response.headers()[WWW_AUTHENTICATE],
            r#"Bearer error="invalid_token", error_description="JWT expired""#
        );
    }
}
