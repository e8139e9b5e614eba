//! The service's own endpoints, asked from within: by the login page and whatever else is a client
//! of the service that happens to stand beside it. Limits, lock-outs, hooks and audit are those of
//! the endpoints, and there is no second way in.

use axum::body::Body;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::request::Parts;
use http::{HeaderName, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};

/// In which form errors are wanted.
const API_VERSION: HeaderName = HeaderName::from_static("x-supabase-api-version");
/// The largest answer taken, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// What an endpoint answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Seconds, when there was a `Retry-After`.
    pub(crate) retry_after: Option<HeaderValue>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        self.status.is_success()
    }

    /// A text of the body; empty without it.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.body
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The code of an error, in either form of errors.
    pub(crate) fn code(&self) -> &str {
        match self.text("error_code") {
            "" => self.text("code"),
            code => code,
        }
    }
}

impl Auth {
    /// Asks an endpoint for whoever sent `parts`: same address, program and languages.
    pub(crate) async fn ask_own(
        &self,
        parts: &Parts,
        (method, path): (Method, &str),
        token: Option<&str>,
        body: &Value,
    ) -> Result<Answer> {
        let failed = |error: http::Error| Error::internal("Unexpected failure", error);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .map_err(failed)?;
        for name in [USER_AGENT, ACCEPT_LANGUAGE, API_VERSION] {
            if let Some(value) = parts.headers.get(&name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        if let Some(token) = token {
            let value = HeaderValue::try_from(format!("Bearer {token}"));
            let value = value.map_err(|error| Error::internal("Unexpected failure", error))?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        if let Some(ip) = crestfall_core::client_ip::ClientIp::of(parts) {
            request.extensions_mut().insert(ip);
        }
        let response = self.router::<()>().oneshot(request).await;
        let response = match response {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let collected = Limited::new(body, MAX_ANSWER).collect().await;
        let bytes = collected.map_err(|error| Error::internal("Unexpected failure", error))?;
        Ok(Answer {
            status: parts.status,
            retry_after: parts.headers.get(http::header::RETRY_AFTER).cloned(),
            body: serde_json::from_slice(&bytes.to_bytes()).unwrap_or(Value::Null),
        })
    }

    /// Refuses what another site made a browser send.
    pub(crate) fn check_own_page(&self, parts: &Parts) -> Result<()> {
        let refused = |_| Error::new(ErrorCode::CrossSite, "The request comes from another site");
        self.check_origin(parts).map_err(refused)
    }
}
