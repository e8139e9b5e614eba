//! `POST /otp` and `POST /magiclink` (GT-012, GT-013): a link or code to sign in, or up, with.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::code_message;
use crate::confirmation;
use crate::deferred::{Deferred, Wish};
use crate::error::{Error, ErrorCode, Result};
use crate::new_user;
use crate::pkce::Challenge;
use crate::query::Query;
use crate::routes::RedirectTo;
use crate::sending;
use crate::store::users;
use crate::user::{Metadata, User};
use crate::verification::Verification;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
    create_user: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    data: Metadata,
    #[serde(deserialize_with = "or_default")]
    channel: String,
    #[serde(flatten)]
    challenge: Challenge,
}

pub(super) async fn send(
    State(auth): State<Auth>,
    Query(parameters): Query<RedirectTo>,
    caller: Caller,
    Body(request): Body<Request>,
) -> Result<Json<Value>> {
    if !request.email.is_empty() && !request.phone.is_empty() {
        return Err(Error::invalid(
            "Only an email address or phone number should be provided",
        ));
    }
    if !request.email.is_empty() && !request.channel.is_empty() {
        return Err(Error::invalid(
            "Channel should only be specified with Phone OTP",
        ));
    }
    request.challenge.check()?;
    match (request.email.is_empty(), request.phone.is_empty()) {
        (false, _) => by_email(&auth, caller, parameters, request).await,
        (true, false) => by_phone(&auth, &caller, &request).await,
        (true, true) => Err(Error::invalid("One of email or phone must be set")),
    }
}

pub(super) async fn send_link(
    State(auth): State<Auth>,
    Query(parameters): Query<RedirectTo>,
    caller: Caller,
    Body(request): Body<Request>,
) -> Result<Json<Value>> {
    request.challenge.check()?;
    by_email(&auth, caller, parameters, request).await
}

async fn by_email(
    auth: &Auth,
    caller: Caller,
    parameters: RedirectTo,
    request: Request,
) -> Result<Json<Value>> {
    let config = auth.config();
    let disabled = |message| Err(Error::new(ErrorCode::EmailProviderDisabled, message));
    if !config.email.enabled {
        return disabled("Email logins are disabled");
    }
    if !config.email.magic_link {
        return disabled("Login with magic link is disabled");
    }
    let address = address::email(&request.email)?;
    sending::email(auth, &caller, "sign_in", &address).await?;
    let create_user = request.create_user.unwrap_or(true);
    if config.email.reveal_unknown && (!create_user || config.disable_signup) {
        let mut db = auth.pool().acquire().await?;
        let user = crate::directory::find_by_email(auth, &mut db, &address).await?;
        user.ok_or_else(|| unknown(create_user))?;
    }
    let wish = Deferred {
        wish: Wish::SignIn {
            create_user,
            data: request.data,
        },
        address,
        challenge: request.challenge,
        redirect_to: parameters.redirect_to.unwrap_or_default(),
        caller,
    };
    wish.promise(auth).await?;
    Ok(Json(json!({})))
}

/// There is no such user, and none is to be made.
fn unknown(create_user: bool) -> Error {
    match create_user {
        false => Error::new(ErrorCode::OtpDisabled, "Signups not allowed for otp"),
        true => Error::new(
            ErrorCode::SignupDisabled,
            "Signups not allowed for this instance",
        ),
    }
}

async fn by_phone(auth: &Auth, caller: &Caller, request: &Request) -> Result<Json<Value>> {
    let config = auth.config();
    if !config.phone.enabled {
        let message = "Unsupported phone provider";
        return Err(Error::new(ErrorCode::PhoneProviderDisabled, message)
            .with_status(http::StatusCode::BAD_REQUEST));
    }
    let phone = address::phone(&request.phone)?;
    code_message::channel(auth, &request.channel)?;
    sending::phone(auth, caller, "sign_in", &phone).await?;
    let create_user = request.create_user.unwrap_or(true);
    let mut tx = auth.begin().await?;
    let found = crate::directory::find_by_phone(auth, &mut tx, &phone).await?;
    let user = match found {
        Some(user) => user,
        None if create_user && !config.disable_signup => {
            new_user::create_by_otp(auth, &mut tx, caller, ("phone", &phone), &request.data).await?
        }
        None if config.email.reveal_unknown => return Err(unknown(create_user)),
        None => return Ok(Json(json!({}))),
    };
    let shut_out = |user: &User| user.is_banned() || user.deleted_at.is_some();
    let Some(user) = users::lock(&mut tx, user.id)
        .await?
        .filter(|user| !shut_out(user))
    else {
        return Ok(Json(json!({})));
    };
    let traits = json!({ "channel": request.channel });
    audit::record(
        &mut tx,
        caller,
        &user,
        Action::UserRecoveryRequested,
        traits,
    )
    .await?;
    let purpose = Verification::Sms;
    let message =
        confirmation::request_by_phone_for(auth, &mut tx, &user, purpose, &request.channel).await?;
    tx.commit().await?;
    Ok(Json(match message.send(auth, caller).await? {
        Some(id) => json!({ "message_id": id }),
        None => json!({}),
    }))
}
