//! `/verify` (GT-016, GT-017): what was sent to an address comes back, as a link or a code.
//!
//! Opening a link changes nothing (D7): mail scanners, previews and prefetches open links too. It
//! shows a page whose button sends a form to the same address, and that counts. `email.verify_on_get`
//! has links count at once, as in GoTrue.

mod code;
mod link;
pub(super) mod page;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde_json::json;

use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::query::Query;
use crate::verification::Verification;

use code::Answer;
use link::Link;

/// The query of a link.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Parameters {
    token: String,
    token_hash: String,
    #[serde(rename = "type")]
    kind: String,
    redirect_to: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Submission {
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    token: String,
    #[serde(deserialize_with = "or_default")]
    token_hash: String,
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
}

/// A link is opened.
pub(super) async fn open(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
) -> Result<Response> {
    let link = Link::of(&auth, &parameters)?;
    let by_a_person = method == Method::GET && !is_prefetch(&headers);
    match auth.config().email.verify_on_get && by_a_person {
        true => Ok(link.follow(&auth, &caller, "").await),
        false => Ok(link.show(&auth, &caller).await),
    }
}

/// The button of a link's page, or a client with a code or a link's token.
pub(super) async fn submit(
    State(auth): State<Auth>,
    Query(parameters): Query<Parameters>,
    caller: Caller,
    request: Request,
) -> Result<Response> {
    if is_form(request.headers()) {
        let link = Link::of(&auth, &parameters)?;
        // Another site's form would sign the visitor in as somebody of its choosing.
        if is_from_elsewhere(request.headers()) {
            return Ok(link.show(&auth, &caller).await);
        }
        let form = Bytes::from_request(request, &()).await.unwrap_or_default();
        return Ok(link.follow(&auth, &caller, &press(&form)).await);
    }
    let Body(submission) = Body::<Submission>::from_request(request, &()).await?;
    let answer = submission.verify(&auth, &caller).await?;
    Ok(match answer {
        Answer::Tokens(tokens) => Json(tokens).into_response(),
        Answer::FirstOfTwo => {
            Json(json!({ "msg": link::FIRST_OF_TWO, "code": "200" })).into_response()
        }
    })
}

impl Submission {
    async fn verify(&self, auth: &Auth, caller: &Caller) -> Result<Answer> {
        if self.kind.is_empty() {
            return Err(Error::invalid("Verify requires a verification type"));
        }
        if self.token.is_empty() == self.token_hash.is_empty() {
            return Err(Error::invalid(
                "Verify requires either a token or a token hash",
            ));
        }
        let unsupported = || Error::invalid("Unsupported verification type");
        let verification = Verification::parse(&self.kind).ok_or_else(unsupported)?;
        if self.token.is_empty() {
            if !self.email.is_empty() || !self.phone.is_empty() {
                return Err(Error::invalid(
                    "Only the token_hash and type should be provided",
                ));
            }
            if verification.is_by_phone() {
                return Err(Error::invalid("Invalid email verification type"));
            }
            return code::by_hash(auth, caller, verification, &self.token_hash).await;
        }
        match (self.email.as_str(), self.phone.as_str()) {
            (email, "") if !email.is_empty() => {
                code::by_email(auth, caller, verification, email, &self.token).await
            }
            ("", phone) if !phone.is_empty() => {
                code::by_phone(auth, caller, verification, phone, &self.token).await
            }
            _ => Err(Error::invalid(
                "Only an email address or phone number should be provided on verify",
            )),
        }
    }
}

/// What the page had in its form.
fn press(form: &[u8]) -> String {
    url::form_urlencoded::parse(form)
        .find(|(name, _)| name == "press")
        .map(|(_, value)| value.chars().take(64).collect())
        .unwrap_or_default()
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    value.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Browsers say where a request comes from (Fetch Metadata).
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    matches!(
        header(headers, "sec-fetch-site"),
        "cross-site" | "same-site"
    )
}

/// Fetched in advance, without anybody having asked for it.
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| {
            let value = header(headers, name);
            value.contains("prefetch") || value.contains("preview") || value.contains("prerender")
        })
}
