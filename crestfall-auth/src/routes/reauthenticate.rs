//! `GET /reauthenticate` (GT-021): a code that lets a password be changed long after the sign-in.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::signed_in::SignedIn;
use crate::store::users;
use crate::{contact_change, sending};

pub(super) async fn send(
    State(auth): State<Auth>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<Json<Value>> {
    let user = &signed_in.user;
    let unconfirmed = |code: ErrorCode, message: &'static str| {
        Err(Error::new(code, message).with_status(http::StatusCode::UNPROCESSABLE_ENTITY))
    };
    match (user.email(), user.phone()) {
        ("", "") => {
            return Err(Error::invalid(
                "Reauthentication requires the user to have an email or a phone number",
            ));
        }
        ("", phone) => {
            if !user.is_phone_confirmed() {
                let message = "Please verify your phone first.";
                return unconfirmed(ErrorCode::PhoneNotConfirmed, message);
            }
            sending::phone(&auth, &caller, "reauthentication", phone).await?;
        }
        (email, _) => {
            if !user.is_email_confirmed() {
                let message = "Please verify your email first.";
                return unconfirmed(ErrorCode::EmailNotConfirmed, message);
            }
            sending::email(&auth, &caller, "reauthentication", email).await?;
        }
    }
    let mut tx = auth.begin().await?;
    users::lock(&mut tx, user.id).await?;
    let action = Action::UserReauthenticateRequested;
    audit::record(&mut tx, &caller, user, action, json!({})).await?;
    let message = contact_change::send_nonce(&auth, &mut tx, &caller, user).await?;
    tx.commit().await?;
    let id = match message {
        Some(message) => message.send(&auth, &caller).await?,
        None => None,
    };
    Ok(Json(match id {
        Some(id) => json!({ "message_id": id }),
        None => json!({}),
    }))
}
