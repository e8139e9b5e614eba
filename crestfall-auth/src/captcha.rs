//! Captchas (GT-083): who signs up, signs in or asks for mail has to have solved one, where the
//! settings say so.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderValue, Method};
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::routes::MAX_BODY;
use crate::signed_in::Admin;

/// What needs a captcha, all by POST.
const PATHS: [&str; 8] = [
    "/signup",
    "/token",
    "/otp",
    "/magiclink",
    "/recover",
    "/resend",
    "/sso",
    "/passkeys/authentication/options",
];
/// Ways to sign in that have something else to show.
const EXEMPT_GRANTS: [&str; 3] = ["pkce", "refresh_token", "id_token"];
/// A captcha's token has some hundred bytes.
const MAX_ANSWER: usize = 64 << 10;

/// Middleware: lets through what needs no captcha, or has one.
pub(crate) async fn require(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    if !auth.config().captcha.enabled {
        return next.run(request).await;
    }
    match check(&auth, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The request again, its body read and put back.
async fn check(auth: &Auth, request: Request) -> Result<Request> {
    let (mut parts, body) = request.into_parts();
    if !is_needed(&parts) || is_admin(auth, &mut parts).await {
        return Ok(Request::from_parts(parts, body));
    }
    let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| {
        Error::new(
            ErrorCode::RequestEntityTooLarge,
            "Request body is too large; the limit is 1 MiB",
        )
    })?;
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let token = body
        .pointer("/gotrue_meta_security/captcha_token")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    if token.is_empty() {
        return Err(disallowed("no captcha_token found"));
    }
    verify(auth, &Caller::of(&parts), token).await?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn disallowed(reason: &str) -> Error {
    Error::new(
        ErrorCode::CaptchaFailed,
        format!("captcha protection: request disallowed ({reason})"),
    )
}

fn is_needed(request: &Parts) -> bool {
    let path = request.uri.path();
    request.method == Method::POST
        && PATHS.contains(&path)
        && !(path == "/token" && is_exempt(request.uri.query().unwrap_or_default()))
}

/// Every grant that is named, should several be.
fn is_exempt(query: &str) -> bool {
    let mut grants = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "grant_type")
        .map(|(_, grant)| EXEMPT_GRANTS.contains(&grant.as_ref()))
        .peekable();
    grants.peek().is_some() && grants.all(|is_exempt| is_exempt)
}

async fn is_admin(auth: &Auth, parts: &mut Parts) -> bool {
    use axum::extract::FromRequestParts as _;
    Admin::from_request_parts(parts, auth).await.is_ok()
}

#[derive(Deserialize)]
struct Verification {
    #[serde(default)]
    success: bool,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

async fn verify(auth: &Auth, caller: &Caller, token: &str) -> Result<()> {
    let config = &auth.config().captcha;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("secret", config.secret.expose().trim())
        .append_pair("response", token)
        .append_pair("remoteip", &caller.inet().unwrap_or_default())
        .finish();
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    let answer = auth
        .egress()
        .limited(config.timeout.get(), MAX_ANSWER)
        .post(config.url(), form_type, form)
        .await
        .map_err(|error| Error::internal("captcha verification process failed", error))?;
    let answer: Verification = serde_json::from_slice(&answer.body)
        .map_err(|error| Error::internal("captcha verification process failed", error))?;
    match answer.success {
        true => Ok(()),
        false => Err(disallowed(&answer.error_codes.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gt_083_grants_that_show_something_else_need_no_captcha() {
        assert!(is_exempt("grant_type=refresh_token"));
        assert!(is_exempt("grant_type=p%6bce"));
        for other in [
            "grant_type=password",
            "",
            "grant_type=pkce&grant_type=password",
        ] {
            assert!(!is_exempt(other), "{other}");
        }
    }
}
