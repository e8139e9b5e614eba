//! Devices without a browser (RFC 8628): `POST /oauth/device_authorization`, from the device, and
//! `POST /oauth/device`, from the page where its user types the code.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crestfall_core::rate_limit::Rate;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::authorize::page;
use crate::auth::Auth;
use crate::auth_code;
use crate::body::{Body, or_default};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::authorization::new_id;
use crate::oauth::authorization_request::{resource, scopes};
use crate::oauth::client::DEVICE_CODE;
use crate::oauth::client_request::ClientRequest;
use crate::oauth::error::NOT_STORED;
use crate::oauth::redirect_uri::with_parameters;
use crate::oauth::{OauthCode, OauthError, device, page_origin};
use crate::signed_in::SignedIn;
use crate::store::oauth_authorizations::{self, NewDevice};

/// How long a device waits between two questions, in seconds.
pub(super) const INTERVAL: u32 = 5;
/// How often a user may mistype.
const TRIES: Rate = Rate::new(20, Duration::from_secs(3600));
/// How often a code that is taken is made anew: two alike are one in billions.
const ATTEMPTS: usize = 3;

/// What a device is told.
#[derive(Serialize)]
struct DeviceAuthorization {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    /// Seconds.
    expires_in: u64,
    /// Seconds.
    interval: u32,
}

/// Keeps what a device asks for and gives it a code to ask again with, and one to show.
pub(super) async fn begin(
    State(auth): State<Auth>,
    ClientRequest { client, parameters }: ClientRequest,
) -> Result<Response, OauthError> {
    if !client.may_use(DEVICE_CODE) {
        return Err(OauthError::new(
            OauthCode::UnauthorizedClient,
            format!("Client is not allowed to use grant type: {DEVICE_CODE}"),
        ));
    }
    let scopes = scopes(&auth, &parameters)?;
    let resource = resource(auth.config(), &parameters)?;
    let page = page(&auth)?;
    let lifetime = auth.config().oauth_server.authorization_ttl.get();
    let device_code = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let mut db = auth.pool().acquire().await?;
    for _ in 0..ATTEMPTS {
        let user_code = device::new_user_code();
        let new = NewDevice {
            authorization_id: &new_id(),
            client_id: client.id,
            scope: &scopes.to_string(),
            resource: resource.as_deref(),
            device_code_hash: &auth_code::hash(&device_code),
            user_code: &user_code,
            seconds: lifetime.as_secs_f64().max(1.0),
        };
        if oauth_authorizations::insert_device(&mut db, &new).await? {
            let user_code = device::show(&user_code);
            let complete = with_parameters(&page, [("user_code", user_code.as_str())]);
            let answer = DeviceAuthorization {
                device_code,
                user_code,
                verification_uri: page,
                verification_uri_complete: complete,
                expires_in: lifetime.as_secs(),
                interval: INTERVAL,
            };
            return Ok((NOT_STORED, Json(answer)).into_response());
        }
    }
    Err(OauthError::new(
        OauthCode::TemporarilyUnavailable,
        "no code could be made; try again",
    ))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    #[serde(deserialize_with = "or_default")]
    user_code: String,
}

/// The request that is behind a code.
#[derive(Serialize)]
pub(super) struct Found {
    authorization_id: String,
}

/// From a code that a user typed to the request that the user is to decide.
pub(super) async fn find(
    State(auth): State<Auth>,
    headers: HeaderMap,
    signed_in: SignedIn,
    Body(typed): Body<Typed>,
) -> Result<Json<Found>> {
    page_origin::check(auth.redirects(), &auth.config().external_url, &headers)?;
    let key = format!("oauth_device {}", signed_in.user.id);
    let tries = auth.limiter().check(&TRIES, &key).await;
    if !tries.allowed {
        return Err(Error::new(
            ErrorCode::OverRequestRateLimit,
            "Too many codes were tried; try again later",
        )
        .retry_after(tries.retry_after_seconds()));
    }
    let unknown = || {
        Error::new(
            ErrorCode::OauthAuthorizationNotFound,
            "authorization not found",
        )
    };
    let user_code = device::read(&typed.user_code).ok_or_else(unknown)?;
    let mut db = auth.pool().acquire().await?;
    let id = oauth_authorizations::id_of_user_code(&mut db, &user_code).await?;
    Ok(Json(Found {
        authorization_id: id.ok_or_else(unknown)?,
    }))
}
