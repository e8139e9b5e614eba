//! Everything the REST API can answer with instead of rows.

mod api;
mod catalog;
mod database;
mod fuzzy;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use axum::body::Body;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::config::ErrorVerbosity;

pub use api::{ApiError, RangeError};
pub use catalog::CatalogError;
pub use database::{DatabaseError, PgErrorFields, RaiseError};

/// What the REST API answers with when it cannot do what it is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The request makes no sense, whatever the database holds (`PGRST1xx`).
    Api(ApiError),
    /// The catalogue does not know what the request names (`PGRST2xx`).
    Catalog(CatalogError),
    /// The token is refused (`PGRST3xx`).
    Jwt(Box<JwtRefusal>),
    /// There is no catalogue yet (`PGRST002`).
    NoCatalog,
    /// The database refused, or could not be asked.
    Database(Box<DatabaseError>),
    /// A defect of the server itself (`PGRSTX00`); the log has the cause.
    Internal,
}

/// Why a token is refused, as the part that checks tokens words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtRefusal {
    /// `PGRST300` to `PGRST303`.
    pub code: &'static str,
    /// The answer's status.
    pub status: StatusCode,
    /// What is wrong.
    pub message: String,
    /// More about it.
    pub details: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The `WWW-Authenticate` header.
    pub www_authenticate: Option<String>,
}

impl Error {
    /// The answer's status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Api(error) => error.status(),
            Self::Catalog(error) => error.status(),
            Self::Jwt(refusal) => refusal.status,
            Self::NoCatalog => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(error) => error.status(),
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What stands beside the status number, where it is not the usual phrase.
    fn reason(&self) -> Option<String> {
        match self {
            Self::Database(error) => error.reason(),
            Self::Api(_) | Self::Catalog(_) | Self::Jwt(_) | Self::NoCatalog | Self::Internal => {
                None
            }
        }
    }

    /// `PGRSTxxx`, or PostgreSQL's SQLSTATE.
    pub fn code(&self) -> Cow<'_, str> {
        match self {
            Self::Api(error) => error.code().into(),
            Self::Catalog(error) => error.code().into(),
            Self::Jwt(refusal) => refusal.code.into(),
            Self::NoCatalog => "PGRST002".into(),
            Self::Database(error) => error.code(),
            Self::Internal => "PGRSTX00".into(),
        }
    }

    /// What is wrong.
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Self::Api(error) => error.message(),
            Self::Catalog(error) => error.message(),
            Self::Jwt(refusal) => (&*refusal.message).into(),
            Self::NoCatalog => {
                "Could not query the database for the schema cache. Retrying.".into()
            }
            Self::Database(error) => error.message(),
            Self::Internal => "Internal server error".into(),
        }
    }

    /// More about it: text, or a list of candidates.
    pub fn details(&self) -> Option<Value> {
        match self {
            Self::Api(error) => error.details().map(Value::from),
            Self::Catalog(error) => error.details(),
            Self::Jwt(refusal) => refusal.details.clone().map(Value::from),
            Self::Database(error) => error.details().map(Value::from),
            Self::NoCatalog | Self::Internal => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Value> {
        match self {
            Self::Api(error) => error.hint().map(Value::from),
            Self::Catalog(error) => error.hint().map(Value::from),
            Self::Jwt(refusal) => refusal.hint.clone().map(Value::from),
            Self::Database(error) => error.hint().map(Value::from),
            Self::NoCatalog | Self::Internal => None,
        }
    }

    /// Headers beyond those that every error has.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::Jwt(refusal) => refusal
                .www_authenticate
                .as_deref()
                .and_then(|value| HeaderValue::from_str(value).ok())
                .map(|value| (WWW_AUTHENTICATE, value))
                .into_iter()
                .collect(),
            Self::Database(error) => error.headers(),
            Self::Api(_) | Self::Catalog(_) | Self::NoCatalog | Self::Internal => Vec::new(),
        }
    }

    /// The answer.
    pub fn into_response(self, verbosity: ErrorVerbosity) -> Response<Body> {
        let body = ErrorBody {
            error: &self,
            verbosity,
        };
        // Strings and lists of strings always serialize.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        if let Some(reason) = self.reason()
            && let Ok(reason) = ReasonPhrase::try_from(reason.into_bytes())
        {
            response.extensions_mut().insert(reason);
        }
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        headers.insert(CONTENT_LENGTH, body.len().into());
        let proxy_status = format!("PostgREST; error={}", self.code());
        if let Ok(value) = HeaderValue::try_from(proxy_status) {
            headers.insert(HeaderName::from_static("proxy-status"), value);
        }
        for (name, value) in self.headers() {
            headers.append(name, value);
        }
        *response.body_mut() = Body::from(body);
        response
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<CatalogError> for Error {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<JwtRefusal> for Error {
    fn from(refusal: JwtRefusal) -> Self {
        Self::Jwt(Box::new(refusal))
    }
}

/// An error as a client reads it.
struct ErrorBody<'e> {
    error: &'e Error,
    verbosity: ErrorVerbosity,
}

impl Serialize for ErrorBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // Keys in alphabetical order, as the anchor writes them.
        map.serialize_entry("code", &self.error.code())?;
        if self.verbosity == ErrorVerbosity::Verbose {
            map.serialize_entry("details", &self.error.details())?;
            map.serialize_entry("hint", &self.error.hint())?;
        }
        map.serialize_entry("message", &self.error.message())?;
        map.end()
    }
}
