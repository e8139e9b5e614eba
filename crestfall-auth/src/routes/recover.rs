//! `POST /recover` (GT-014): a link to choose a new password.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::deferred::{Deferred, Wish};
use crate::error::{Error, Result};
use crate::pkce::Challenge;
use crate::query::Query;
use crate::routes::RedirectTo;
use crate::{address, sending};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    email: String,
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
    if request.email.is_empty() {
        return Err(Error::invalid("Password recovery requires an email"));
    }
    let address = address::email(&request.email)?;
    request.challenge.check()?;
    sending::email(&auth, &caller, "sign_in", &address).await?;
    let wish = Deferred {
        wish: Wish::Recovery,
        address,
        challenge: request.challenge,
        redirect_to: parameters.redirect_to.unwrap_or_default(),
        caller,
    };
    wish.promise(&auth).await?;
    Ok(Json(json!({})))
}
