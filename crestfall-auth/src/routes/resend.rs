//! `POST /resend` (GT-015): what was sent, once more.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::deferred::{Deferred, Wish};
use crate::error::{Error, ErrorCode, Result};
use crate::pkce::Challenge;
use crate::query::Query;
use crate::routes::RedirectTo;
use crate::{address, sending};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
    #[serde(flatten)]
    challenge: Challenge,
}

/// The answer is the same for every address.
pub(super) async fn send(
    State(auth): State<Auth>,
    Query(parameters): Query<RedirectTo>,
    caller: Caller,
    Body(request): Body<Request>,
) -> Result<Json<Value>> {
    let (wish, address) = check(&auth, &request)?;
    let sent_lately = match wish {
        Wish::PhoneConfirmation => sending::phone(&auth, &caller, "confirmation", &address).await,
        Wish::PhoneChange => sending::phone(&auth, &caller, "phone_change", &address).await,
        Wish::EmailChange => sending::email(&auth, &caller, "email_change", &address).await,
        Wish::Confirmation | Wish::Recovery | Wish::SignIn { .. } => {
            sending::email(&auth, &caller, "confirmation", &address).await
        }
    };
    match sent_lately {
        // GoTrue's clients take a number that nobody has for sent to, however often they ask: so it
        // is for every number, and nothing goes out.
        Err(error) if error.code() == ErrorCode::OverSmsSendRateLimit => {
            return Ok(Json(json!({})));
        }
        other => other?,
    }
    let deferred = Deferred {
        wish,
        address,
        challenge: request.challenge,
        redirect_to: parameters.redirect_to.unwrap_or_default(),
        caller,
    };
    deferred.promise(&auth).await?;
    Ok(Json(json!({})))
}

fn check(auth: &Auth, request: &Request) -> Result<(Wish, String)> {
    let wish = match request.kind.as_str() {
        "signup" => Wish::Confirmation,
        "email_change" => Wish::EmailChange,
        "sms" => Wish::PhoneConfirmation,
        "phone_change" => Wish::PhoneChange,
        _ => {
            return Err(Error::invalid(
                "Missing one of these types: signup, email_change, sms, phone_change",
            ));
        }
    };
    request.challenge.check()?;
    let by_phone = matches!(wish, Wish::PhoneConfirmation | Wish::PhoneChange);
    if !request.email.is_empty() && !request.phone.is_empty() {
        return Err(Error::invalid(
            "Only an email address or phone number should be provided.",
        ));
    }
    if request.email.is_empty() && !by_phone {
        return Err(Error::invalid("Type provided requires an email address"));
    }
    if request.phone.is_empty() && by_phone {
        return Err(Error::invalid("Type provided requires a phone number"));
    }
    let disabled =
        |code, message| Err(Error::new(code, message).with_status(http::StatusCode::BAD_REQUEST));
    let config = auth.config();
    if by_phone && !config.phone.enabled {
        return disabled(
            ErrorCode::PhoneProviderDisabled,
            "Phone logins are disabled",
        );
    }
    if !by_phone && !config.email.enabled {
        return disabled(
            ErrorCode::EmailProviderDisabled,
            "Email logins are disabled",
        );
    }
    let address = match by_phone {
        true => address::phone(&request.phone)?,
        false => address::email(&request.email)?,
    };
    Ok((wish, address))
}
