//! The JSON body of a request.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorCode};

/// A request's body, whatever its `Content-Type` says: GoTrue's clients do not always say it.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|error| match error.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Error::new(
                        ErrorCode::RequestEntityTooLarge,
                        "Request body is too large; the limit is 1 MiB",
                    ),
                    _ => Error::new(ErrorCode::BadJson, "Could not read the request body"),
                })?;
        parse(&bytes).map(Self)
    }
}

/// No body is an empty object. Nothing else than an object is one: a list would fill the fields in
/// their order.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let bytes = match bytes.trim_ascii() {
        [] => b"{}",
        bytes => bytes,
    };
    if !bytes.starts_with(b"{") {
        return Err(Error::new(
            ErrorCode::BadJson,
            "Could not parse request body as JSON: expected an object",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("Could not parse request body as JSON: {error}");
        Error::new(ErrorCode::BadJson, message)
    })
}

/// A member that is null is one that is not there.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
