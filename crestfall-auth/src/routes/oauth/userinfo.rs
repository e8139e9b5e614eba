//! `/oauth/userinfo` (GT-069): what the client's scopes open of its user.

use axum::Json;
use axum::extract::FromRequestParts as _;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Map, Value};

use crate::auth::Auth;
use crate::error::{Error, ErrorCode};
use crate::oauth::scope::{PHONE, PROFILE, Scopes};
use crate::oauth::user_claims;
use crate::signed_in::{SignedIn, UserOrClient};

pub(super) async fn show(State(auth): State<Auth>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match UserOrClient::from_request_parts(&mut parts, &auth).await {
        Ok(UserOrClient(signed_in)) => {
            ([(CACHE_CONTROL, "no-store")], Json(claims(&signed_in))).into_response()
        }
        Err(error) => refusal(error),
    }
}

fn claims(signed_in: &SignedIn) -> Map<String, Value> {
    let user = &signed_in.user;
    let session = signed_in.session.as_ref();
    let scopes = session.and_then(|session| session.scopes.as_deref());
    let scopes = Scopes::parse(scopes.unwrap_or_default());
    let mut claims = user_claims::by_scope(user, &scopes);
    claims.insert("sub".to_owned(), user.id.to_string().into());
    if scopes.contains(PROFILE) {
        let metadata = Value::Object(user.user_metadata.0.clone());
        claims.insert("user_metadata".to_owned(), metadata);
    }
    // GoTrue's names beside those of OpenID Connect.
    if scopes.contains(PHONE) && !user.phone().is_empty() {
        claims.insert("phone".to_owned(), user.phone().into());
        claims.insert(
            "phone_verified".to_owned(),
            user.is_phone_confirmed().into(),
        );
    }
    claims
}

/// A client's library renews its token on 401, as RFC 6750 has it.
fn refusal(error: Error) -> Response {
    let challenge = match error.code() {
        ErrorCode::NoAuthorization => "Bearer",
        ErrorCode::BadJwt | ErrorCode::SessionNotFound | ErrorCode::UserNotFound => {
            "Bearer error=\"invalid_token\""
        }
        _ => return error.into_response(),
    };
    let mut response = error.with_status(StatusCode::UNAUTHORIZED).into_response();
    let challenge = HeaderValue::from_static(challenge);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}
