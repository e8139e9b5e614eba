//! The two forms of an error's body, which the caller's API version chooses between (GT-031).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Extensions, HeaderMap};
use serde_json::json;

use super::Error;

const VERSION_HEADER: HeaderName = HeaderName::from_static("x-supabase-api-version");
const VERSION_2024: &str = "2024-01-01";

/// The version of the API that a caller speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiVersion {
    /// No version named: `{code: status, error_code, msg}`.
    Initial,
    /// From 2024-01-01 on: `{code, message}`.
    V20240101,
}

impl ApiVersion {
    fn of(headers: &HeaderMap) -> Self {
        // Dates in ISO 8601 sort as text.
        let named = headers.get(VERSION_HEADER).and_then(|v| v.to_str().ok());
        match named {
            Some(date) if date.len() == VERSION_2024.len() && date >= VERSION_2024 => {
                Self::V20240101
            }
            _ => Self::Initial,
        }
    }
}

/// The answer to an error.
pub(super) fn body(error: &Error, version: ApiVersion) -> Response {
    let mut body = match version {
        ApiVersion::Initial => json!({
            "code": error.status.as_u16(),
            "error_code": error.code.as_str(),
            "msg": error.message,
        }),
        ApiVersion::V20240101 => json!({
            "code": error.code.as_str(),
            "message": error.message,
        }),
    };
    if let Some(reasons) = &error.weak_password {
        body["weak_password"] = json!({ "reasons": reasons });
    }
    let mut response = (error.status, Json(body)).into_response();
    if let Some(seconds) = error.retry_after {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if version == ApiVersion::V20240101 {
        let value = HeaderValue::from_static(VERSION_2024);
        response.headers_mut().insert(VERSION_HEADER, value);
    }
    response
}

/// Middleware: an error is answered in the form that the caller understands.
pub(crate) async fn answer_in_the_callers_form(request: Request, next: Next) -> Response {
    let version = ApiVersion::of(request.headers());
    let mut response = next.run(request).await;
    if version == ApiVersion::Initial {
        return response;
    }
    let Some(error) = response.extensions_mut().remove::<Error>() else {
        return response;
    };
    let mut answer = body(&error, version);
    // What layers below have added stays.
    for (name, value) in response.headers() {
        if name != CONTENT_LENGTH && !answer.headers().contains_key(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    *answer.extensions_mut() = std::mem::take::<Extensions>(response.extensions_mut());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(value: &str) -> ApiVersion {
        let mut headers = HeaderMap::new();
        headers.insert(VERSION_HEADER, value.parse().expect("a header value"));
        ApiVersion::of(&headers)
    }

    #[test]
    fn the_named_version_chooses_the_form() {
        assert_eq!(version("2024-01-01"), ApiVersion::V20240101);
        assert_eq!(version("2025-06-30"), ApiVersion::V20240101);
        assert_eq!(version("2023-12-31"), ApiVersion::Initial);
        assert_eq!(version("latest"), ApiVersion::Initial);
        assert_eq!(ApiVersion::of(&HeaderMap::new()), ApiVersion::Initial);
    }
}
