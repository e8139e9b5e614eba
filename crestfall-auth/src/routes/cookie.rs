//! `/cookie/session`: a browser app's session in a cookie that no script can read.

use axum::extract::{FromRequest as _, Request, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::reconfigure::Live;
use crate::refresh_token::RefreshToken;
use crate::session;
use crate::store::{sessions, users};

pub(super) fn routes() -> Router<Live> {
    Router::new().route("/cookie/session", post(begin).get(show).delete(end))
}

/// Either the tokens of a session, or what the password grant takes.
#[derive(Deserialize, Default)]
#[serde(default)]
struct SessionRequest {
    #[serde(deserialize_with = "or_default")]
    access_token: String,
    #[serde(deserialize_with = "or_default")]
    refresh_token: String,
    #[serde(flatten)]
    credentials: serde_json::Map<String, Value>,
}

/// Puts a session into a cookie. Tokens that were sent are used up: they cannot go on beside it.
async fn begin(State(auth): State<Auth>, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    auth.check_own_page(&parts)?;
    let request = Request::from_parts(parts.clone(), body);
    let Body(request) = Body::<SessionRequest>::from_request(request, &()).await?;
    if request.access_token.is_empty() && request.refresh_token.is_empty() {
        return sign_in(&auth, &parts, &Value::Object(request.credentials)).await;
    }
    exchange(&auth, &parts, &request).await
}

async fn sign_in(auth: &Auth, parts: &Parts, credentials: &Value) -> Result<Response> {
    let endpoint = (Method::POST, "/token?grant_type=password");
    let answer = auth.ask_own(parts, endpoint, None, credentials).await?;
    if !answer.is_ok() {
        let mut response = (answer.status, Json(&answer.body)).into_response();
        if let Some(seconds) = answer.retry_after {
            let headers = response.headers_mut();
            headers.insert(http::header::RETRY_AFTER, seconds);
        }
        return Ok(response);
    }
    let user = answer.body.get("user").cloned().unwrap_or_default();
    with_cookie(auth, answer.text("refresh_token"), &user)
}

async fn exchange(auth: &Auth, parts: &Parts, request: &SessionRequest) -> Result<Response> {
    let wrong = || {
        Error::new(
            ErrorCode::BadJwt,
            "access_token and refresh_token have to be those of one session",
        )
    };
    let identity = auth.identify_token(request.access_token.as_bytes()).await;
    let identity = identity.map_err(|_| wrong())?;
    let session = identity.claims().get("session_id").and_then(Value::as_str);
    let token = RefreshToken::decode(&request.refresh_token).ok_or_else(wrong)?;
    if session != Some(token.session.to_string().as_str()) {
        return Err(wrong());
    }
    let caller = Caller::of(parts);
    let tokens = session::refresh_own(auth, &caller, &request.refresh_token).await?;
    with_cookie(auth, &tokens.refresh_token, &json!(tokens.user))
}

fn with_cookie(auth: &Auth, refresh_token: &str, user: &Value) -> Result<Response> {
    let headers = [
        (SET_COOKIE, auth.session_cookie(refresh_token)?),
        (CACHE_CONTROL, http::HeaderValue::from_static("no-store")),
    ];
    Ok((AppendHeaders(headers), Json(json!({ "user": user }))).into_response())
}

/// Who the cookie's session is of: `{ "claims": … }`, what an access token would say; its successor
/// when it is due.
async fn show(State(auth): State<Auth>, parts: Parts) -> Result<Response, Response> {
    let missing = || Error::new(ErrorCode::NoAuthorization, "There is no session cookie");
    let cookie = auth.cookies().cookie();
    let value = cookie.and_then(|cookie| cookie.read(&parts.headers));
    let value = value.ok_or_else(|| missing().into_response())?;
    let identified = auth.identify_cookie(value, &parts).await;
    let (identity, renewed) = identified.map_err(IntoResponse::into_response)?;
    let renewed = renewed.map(|cookie| (SET_COOKIE, cookie));
    let fresh = (CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    let headers: Vec<_> = renewed.into_iter().chain([fresh]).collect();
    let body = json!({ "claims": identity.claims().as_value() });
    Ok((AppendHeaders(headers), Json(body)).into_response())
}

/// Ends the cookie's session, and takes the cookie away. Without a session it does the latter alone.
async fn end(State(auth): State<Auth>, parts: Parts) -> Result<Response> {
    auth.check_own_page(&parts)?;
    end_session(&auth, &parts).await?;
    let cleared = auth.cleared_cookie().map(|cookie| (SET_COOKIE, cookie));
    let headers: Vec<_> = cleared.into_iter().collect();
    Ok((StatusCode::NO_CONTENT, AppendHeaders(headers)).into_response())
}

/// Ends the session of the cookie, if there is one.
pub(super) async fn end_session(auth: &Auth, parts: &Parts) -> Result<()> {
    let held = auth.held_cookie(parts);
    let token = held.and_then(|held| RefreshToken::decode(&held.refresh_token));
    let Some(token) = token else {
        return Ok(());
    };
    let mut tx = auth.begin().await?;
    let Some(session) = sessions::lock(&mut tx, token.session).await? else {
        return Ok(());
    };
    if let Some(user) = users::find(&mut tx, session.user_id).await? {
        let traits = json!({ "scope": "local" });
        audit::record(&mut tx, &Caller::of(parts), &user, Action::Logout, traits).await?;
    }
    sessions::delete(&mut tx, session.id).await?;
    tx.commit().await?;
    Ok(())
}
