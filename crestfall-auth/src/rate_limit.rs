//! Which requests are limited, and how (GT-085, D36, SEC-16): one table, in front of all routes.
//!
//! Limits count by network, never by anything that a request may say as it likes: another address,
//! spelling, header or path of the same route is no way round them. A path that is not spelled as its
//! route is has no route.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use crestfall_core::client_ip;
use crestfall_core::rate_limit::{By, Rate, RateLimitLayer, RateLimiter, Rule};
use http::Method;
use http::request::Parts;
use tower::{Layer as _, ServiceExt as _};
use url::form_urlencoded;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::config::RateLimits;
use crate::error::{Error, ErrorCode, Result};

/// A route with a limit. Rows with one name share their buckets.
struct Row {
    name: &'static str,
    method: Option<Method>,
    /// Segments of the path below the service; `*` is any one.
    path: &'static str,
    rate: fn(&RateLimits) -> Option<Rate>,
    when: fn(&Parts) -> bool,
}

const fn row(
    name: &'static str,
    method: Method,
    path: &'static str,
    rate: fn(&RateLimits) -> Option<Rate>,
) -> Row {
    Row {
        name,
        method: Some(method),
        path,
        rate,
        when: |_| true,
    }
}

/// Every limited route.
fn table() -> Vec<Row> {
    let otp = |limits: &RateLimits| limits.otp.rate();
    let factor = |limits: &RateLimits| limits.mfa_challenge_and_verify.rate();
    let passkey = |limits: &RateLimits| limits.passkey.rate();
    let sso = |limits: &RateLimits| limits.sso.rate();
    let external = |limits: &RateLimits| limits.external.rate();
    let oauth = |limits: &RateLimits| limits.oauth_authorize.rate();
    let service = |limits: &RateLimits| limits.oauth_service.rate();
    // GET and POST mean the same there, and a HEAD does what its GET does.
    let any = |name, path, rate| Row {
        method: None,
        ..row(name, Method::GET, path, rate)
    };
    vec![
        row("signup", Method::POST, "/signup", otp),
        row("otp", Method::POST, "/otp", otp),
        row("magiclink", Method::POST, "/magiclink", otp),
        row("recover", Method::POST, "/recover", otp),
        row("resend", Method::POST, "/resend", otp),
        any("reauthenticate", "/reauthenticate", otp),
        row("user", Method::PUT, "/user", otp),
        Row {
            when: |request| !is_web3(request),
            ..row("token", Method::POST, "/token", |limits| {
                limits.token_refresh.rate()
            })
        },
        Row {
            when: is_web3,
            ..row("web3", Method::POST, "/token", |limits| limits.web3.rate())
        },
        any("verify", "/verify", |limits| limits.verify.rate()),
        row("sso", Method::POST, "/sso", sso),
        row("saml", Method::POST, "/sso/saml/acs", sso),
        row(
            "factor-challenge",
            Method::POST,
            "/factors/*/challenge",
            factor,
        ),
        row("factor-verify", Method::POST, "/factors/*/verify", factor),
        row(
            "passkey",
            Method::POST,
            "/passkeys/authentication/options",
            passkey,
        ),
        row(
            "passkey-verify",
            Method::POST,
            "/passkeys/authentication/verify",
            passkey,
        ),
        any("authorize", "/authorize", external),
        any("callback", "/callback", external),
        any("oauth-authorize", "/oauth/authorize", oauth),
        any("oauth-authorization", "/oauth/authorizations/*", oauth),
        any("oauth-consent", "/oauth/authorizations/*/consent", oauth),
        any("oauth-device-begin", "/oauth/device_authorization", oauth),
        any("oauth-device", "/oauth/device", oauth),
        any("oauth-token", "/oauth/token", |limits| {
            limits.oauth_token.rate()
        }),
        any("oauth-introspect", "/oauth/introspect", service),
        any("oauth-revoke", "/oauth/revoke", service),
        any("oauth-userinfo", "/oauth/userinfo", service),
        row(
            "oauth-register",
            Method::POST,
            "/oauth/clients/register",
            |limits| limits.oauth_dynamic_client_register.rate(),
        ),
    ]
}

/// What goes in front of the routes.
pub(crate) async fn limit(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let Ok(response) = auth.limits().layer(next).oneshot(request).await;
    response
}

/// The limits that these settings ask for.
pub(crate) fn layer(limits: &RateLimits, limiter: &RateLimiter) -> RateLimitLayer {
    let rules = table().into_iter().filter_map(|row| {
        let rate = (row.rate)(limits)?;
        let rule = Rule::new(row.name, rate).by(By::Ip);
        Some(rule.when(move |request| row.is_for(request)))
    });
    RateLimitLayer::new(limiter.clone())
        .rules(rules)
        .refuse_with(|_| axum::response::IntoResponse::into_response(reached()))
}

impl Row {
    fn is_for(&self, request: &Parts) -> bool {
        self.method
            .as_ref()
            .is_none_or(|method| *method == request.method)
            && is_path(self.path, request.uri.path())
            && (self.when)(request)
    }
}

/// As the router compares: by segments, as they came.
fn is_path(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    pattern.split('/').all(|wanted| match segments.next() {
        Some(segment) => segment == wanted || (wanted == "*" && !segment.is_empty()),
        None => false,
    }) && segments.next().is_none()
}

fn is_web3(request: &Parts) -> bool {
    let query = request.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "grant_type" && value == "web3")
}

fn reached() -> Error {
    Error::new(
        ErrorCode::OverRequestRateLimit,
        "Request rate limit reached",
    )
}

/// One more anonymous user from this network.
pub(crate) async fn anonymous_user(auth: &Auth, caller: &Caller) -> Result<()> {
    let rate = auth.config().rate_limits.anonymous_users.rate();
    count(auth, caller, "anonymous", rate, reached).await
}

/// One more mail, asked for from this network.
pub(crate) async fn mail(auth: &Auth, caller: &Caller) -> Result<()> {
    let rate = auth.config().rate_limits.email_sent.rate();
    let reached = || {
        Error::new(
            ErrorCode::OverEmailSendRateLimit,
            "email rate limit exceeded",
        )
    };
    count(auth, caller, "mail", rate, reached).await
}

/// One more text message, asked for from this network.
pub(crate) async fn sms(auth: &Auth, caller: &Caller) -> Result<()> {
    let rate = auth.config().rate_limits.sms_sent.rate();
    let reached = || Error::new(ErrorCode::OverSmsSendRateLimit, "SMS rate limit exceeded");
    count(auth, caller, "sms", rate, reached).await
}

async fn count(
    auth: &Auth,
    caller: &Caller,
    name: &str,
    rate: Option<Rate>,
    refusal: impl FnOnce() -> Error,
) -> Result<()> {
    let Some(rate) = rate else { return Ok(()) };
    let network = client_ip::network(caller.ip);
    let decision = auth
        .limiter()
        .check(&rate, format!("auth:{name}:{network}"))
        .await;
    match decision.allowed {
        true => Ok(()),
        false => Err(refusal().retry_after(decision.retry_after_seconds())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_for_the_paths_of_its_route_alone() {
        assert!(is_path("/token", "/token"));
        for other in ["//token", "/token/", "/Token", "/%74oken", "/oauth/token"] {
            assert!(!is_path("/token", other), "{other}");
        }
        assert!(is_path("/factors/*/verify", "/factors/1/verify"));
        assert!(!is_path("/factors/*/verify", "/factors//verify"));
        assert!(!is_path("/factors/*/verify", "/factors/1/2/verify"));
    }

    #[test]
    fn the_grant_is_read_as_the_router_reads_it() {
        let is_web3 = |query: &str| {
            let request = http::Request::post(format!("/token?{query}"));
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            is_web3(&parts)
        };
        assert!(is_web3("grant_type=web3"));
        assert!(is_web3("x=1&grant_type=%77eb3"));
        assert!(!is_web3("grant_type=password"));
        assert!(!is_web3(""));
    }
}
