//! `/forward-auth`: what Caddy and Traefik ask, and `/forward-auth/nginx`.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use crestfall_core::client_ip::ClientIp;
use crestfall_core::{Identity, Problem};
use http::header::{
    ACCEPT, CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, SET_COOKIE, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{Method, StatusCode};

use crate::auth::Auth;
use crate::authenticator::credential::Credential;
use crate::config::ForwardAuthPolicy;
use crate::forward_auth::{Decision, Form, ForwardAuth, Subject, Target};
use crate::reconfigure::Live;

const USER: HeaderName = HeaderName::from_static("remote-user");
const GROUPS: HeaderName = HeaderName::from_static("remote-groups");
const NAME: HeaderName = HeaderName::from_static("remote-name");
const EMAIL: HeaderName = HeaderName::from_static("remote-email");

pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/forward-auth", any(forwarded))
        .route("/forward-auth/traefik", any(forwarded))
        .route("/forward-auth/nginx", any(original))
}

async fn forwarded(State(auth): State<Auth>, parts: Parts) -> Response {
    answer(&auth, &parts, Form::Forwarded).await
}

async fn original(State(auth): State<Auth>, parts: Parts) -> Response {
    answer(&auth, &parts, Form::Original).await
}

async fn answer(auth: &Auth, parts: &Parts, form: Form) -> Response {
    let mut response = match judge(auth, parts, form).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn judge(auth: &Auth, parts: &Parts, form: Form) -> Result<Response, Problem> {
    let guard = auth.forward_auth();
    if guard.domains().is_empty() {
        let message = "Forward auth is off: forward_auth.domains is empty";
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "forward_auth_off",
            message,
        ));
    }
    let ip = ClientIp::of(parts).map(|ip| ip.0);
    let target = Target::read(parts, form, ip, guard.domains()).map_err(|error| {
        // 403, since nginx takes no 400 from whom it asks.
        Problem::new(
            StatusCode::FORBIDDEN,
            "forward_auth_target",
            error.to_string(),
        )
    })?;
    // Who asks is of no interest where everybody may.
    if guard.rules().is_open(&target) {
        return Ok(allowed(&Subject::default(), None));
    }
    let (identity, renewed) = match identify(auth, parts).await {
        Ok(identified) => identified,
        Err(problem) => return Ok(bad_credentials(parts, form, guard, &target, problem)),
    };
    let subject = Subject::of(&identity);
    Ok(match guard.rules().decide(&target, subject.as_ref()) {
        Decision::Open => allowed(&Subject::default(), renewed),
        Decision::Allowed => allowed(&subject.unwrap_or_default(), renewed),
        Decision::SignIn(policy) => sign_in(parts, form, guard, &target, policy),
        Decision::Denied => {
            let message = "You may not see this page";
            Problem::new(StatusCode::FORBIDDEN, "forward_auth_denied", message).into_response()
        }
    })
}

async fn identify(auth: &Auth, parts: &Parts) -> Result<(Identity, Option<HeaderValue>), Problem> {
    let cookies = auth.cookies();
    match Credential::find(&parts.headers, cookies.cookie()) {
        Ok(Credential::Cookie(value)) => auth.identify_cookie(value, parts).await,
        _ => Ok((auth.identify(parts).await?, None)),
    }
}

/// 200 with all four headers, empty or not: a proxy that copies them overwrites what a client made up.
fn allowed(subject: &Subject, renewed: Option<HeaderValue>) -> Response {
    let groups: Vec<&str> = subject
        .groups
        .iter()
        .map(String::as_str)
        .filter(|group| !group.contains(','))
        .collect();
    let headers = [
        (USER, value(subject.user())),
        (GROUPS, value(&groups.join(","))),
        (NAME, value(&subject.name)),
        (EMAIL, value(&subject.email)),
    ];
    let mut response = (StatusCode::OK, headers).into_response();
    if let Some(cookie) = renewed {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Text as a header: UTF-8 without control characters.
fn value(text: &str) -> HeaderValue {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    HeaderValue::from_bytes(clean.trim().as_bytes()).unwrap_or(HeaderValue::from_static(""))
}

/// A browser that shows a page is led to the login page, everything else is told 401. nginx leads by
/// itself, to `Location`.
fn sign_in(
    parts: &Parts,
    form: Form,
    guard: &ForwardAuth,
    target: &Target,
    policy: ForwardAuthPolicy,
) -> Response {
    let login = guard.login_for(target, policy);
    let location = HeaderValue::try_from(login.as_str());
    let location = location.unwrap_or(HeaderValue::from_static("/"));
    if form == Form::Forwarded && shows_a_page(parts) {
        return (StatusCode::FOUND, [(LOCATION, location)]).into_response();
    }
    let message = match policy {
        ForwardAuthPolicy::TwoFactor => "This page needs a second factor",
        _ => "This page needs you to sign in",
    };
    Problem::new(StatusCode::UNAUTHORIZED, "forward_auth_sign_in", message)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        .header(LOCATION, location)
        .into_response()
}

/// A session that ended leads to the login page, and its cookie is taken away; any other credential
/// that is wrong is a program's, which is told so.
fn bad_credentials(
    parts: &Parts,
    form: Form,
    guard: &ForwardAuth,
    target: &Target,
    problem: Problem,
) -> Response {
    let is_session = problem.code() == "session_ended";
    let refusal = problem.into_response();
    if !is_session {
        return refusal;
    }
    let policy = ForwardAuthPolicy::OneFactor;
    let mut response = sign_in(parts, form, guard, target, policy);
    for cookie in refusal.headers().get_all(SET_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    response
}

fn shows_a_page(parts: &Parts) -> bool {
    let method = parts.headers.get("x-forwarded-method");
    let method = method.map_or(Method::GET.as_str().as_bytes(), HeaderValue::as_bytes);
    let accept = parts
        .headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    matches!(method, b"GET" | b"HEAD") && accept.is_some_and(|text| text.contains("text/html"))
}
