//! `/oauth/authorizations/{id}` (GT-067): what the page that asks the user shows and does.

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;

use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::oauth::authorization::{self, Decided, Opened};
use crate::oauth::error::NOT_STORED;
use crate::oauth::page_origin;
use crate::path::Path;
use crate::signed_in::SignedIn;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Decision {
    #[serde(deserialize_with = "or_default")]
    action: String,
}

/// An answer that may have a code in it.
type NotStored<T> = ([(HeaderName, &'static str); 1], Json<T>);

pub(super) async fn show(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    headers: HeaderMap,
    signed_in: SignedIn,
) -> Result<NotStored<Opened>> {
    page_origin::check(auth.redirects(), &auth.config().external_url, &headers)?;
    let mut tx = auth.begin().await?;
    let opened = authorization::open(&auth, &mut tx, &id, &signed_in).await?;
    tx.commit().await?;
    Ok((NOT_STORED, Json(opened)))
}

pub(super) async fn decide(
    State(auth): State<Auth>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
    signed_in: SignedIn,
    Body(decision): Body<Decision>,
) -> Result<NotStored<Decided>> {
    page_origin::check(auth.redirects(), &auth.config().external_url, &headers)?;
    let mut tx = auth.begin().await?;
    let decided = match decision.action.as_str() {
        "approve" => authorization::approve(&auth, &mut tx, &caller, &id, &signed_in).await?,
        "deny" => authorization::deny(&auth, &mut tx, &id, &signed_in).await?,
        _ => return Err(Error::invalid("action must be 'approve' or 'deny'")),
    };
    tx.commit().await?;
    Ok((NOT_STORED, Json(decided)))
}
