//! What a request says, refused as a problem when it makes no sense.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A JSON object in the body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| Error::Invalid(error.body_text()))?;
        // A list would fill the fields in their order.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(Error::Invalid("The body must be a JSON object".to_owned()));
        }
        let value = serde_json::from_slice(&bytes);
        value
            .map(Self)
            .map_err(|error| Error::Invalid(format!("The body makes no sense: {error}")))
    }
}

/// Parameters after the `?`.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(value) = query.map_err(|error| Error::Invalid(error.body_text()))?;
        Ok(Self(value))
    }
}

/// Parts of the path. What is no id is the id of nothing.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        let Path(value) = path.map_err(|_| Error::NotFound("There is no such thing".into()))?;
        Ok(Self(value))
    }
}
