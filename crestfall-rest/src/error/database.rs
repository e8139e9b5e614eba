//! What PostgreSQL refuses, or why it could not be asked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING, WWW_AUTHENTICATE};
use serde::Deserialize;

use super::ApiError;

/// The fields of a PostgreSQL error that a client sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PgErrorFields {
    /// SQLSTATE.
    pub code: String,
    /// `MESSAGE`
    pub message: String,
    /// `DETAIL`
    pub detail: Option<String>,
    /// `HINT`
    pub hint: Option<String>,
}

/// The database refused, or could not be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum DatabaseError {
    /// No connection can be made (`PGRST000`).
    Connection(Option<String>),
    /// A connection broke while it was used (`PGRST001`).
    Client(Option<String>),
    /// No connection became free in time (`PGRST003`).
    PoolTimeout,
    /// Too many requests wait for a connection already.
    QueueFull,
    /// PostgreSQL answered with an error.
    Refused {
        /// Its words.
        fields: PgErrorFields,
        /// The caller proved who it is, so that a missing privilege is no reason to log in.
        authenticated: bool,
    },
    /// A function raised SQLSTATE `PGRST` to shape the whole answer.
    Raised(Box<Raised>),
    /// It did so, but not as it must be done (`PGRST121`).
    MalformedRaise(RaiseError),
}

/// An answer that a function raised with SQLSTATE `PGRST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    message: RaisedMessage,
    response: RaisedResponse,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct RaisedMessage {
    code: String,
    message: String,
    details: Option<String>,
    hint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct RaisedResponse {
    status: i64,
    status_text: Option<String>,
    headers: BTreeMap<String, String>,
}

/// What is wrong with an error raised with SQLSTATE `PGRST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RaiseError {
    /// `MESSAGE` is not the JSON it must be.
    Message(String),
    /// `DETAIL` is not the JSON it must be.
    Detail(String),
    /// There is no `DETAIL`.
    NoDetail,
}

impl DatabaseError {
    /// An error that PostgreSQL answered with.
    pub fn refused(fields: PgErrorFields, authenticated: bool) -> Self {
        if fields.code != "PGRST" {
            return Self::Refused {
                fields,
                authenticated,
            };
        }
        match Raised::parse(fields) {
            Ok(raised) => Self::Raised(Box::new(raised)),
            Err(error) => Self::MalformedRaise(error),
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Connection(_) | Self::Client(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::PoolTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::QueueFull => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused {
                fields,
                authenticated,
            } => status_of(fields, *authenticated),
            Self::Raised(raised) => custom_status(raised.response.status),
            Self::MalformedRaise(error) => ApiError::Raise(error.clone()).status(),
        }
    }

    /// The reason phrase that a function chose.
    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Self::Refused { fields, .. } => raised_status(&fields.code)?
                .is_some()
                .then(|| fields.message.clone()),
            Self::Raised(raised) => raised.response.status_text.clone(),
            Self::Connection(_)
            | Self::Client(_)
            | Self::PoolTimeout
            | Self::QueueFull
            | Self::MalformedRaise(_) => None,
        }
    }

    pub(super) fn code(&self) -> Cow<'_, str> {
        match self {
            Self::Connection(_) => "PGRST000".into(),
            Self::Client(_) => "PGRST001".into(),
            Self::PoolTimeout => "PGRST003".into(),
            // The anchor lets requests wait without limit and so has no code for it.
            Self::QueueFull => "CF102".into(),
            Self::Refused { fields, .. } => (&*fields.code).into(),
            Self::Raised(raised) => (&*raised.message.code).into(),
            Self::MalformedRaise(error) => ApiError::Raise(error.clone()).code().into(),
        }
    }

    pub(super) fn message(&self) -> Cow<'_, str> {
        match self {
            Self::Connection(_) => "Database connection error.".into(),
            Self::Client(_) => "Database client error. Retrying the connection.".into(),
            Self::PoolTimeout => "Timed out acquiring connection from connection pool.".into(),
            Self::QueueFull => "Too many requests wait for a database connection.".into(),
            Self::Refused { fields, .. } => (&*fields.message).into(),
            Self::Raised(raised) => (&*raised.message.message).into(),
            Self::MalformedRaise(error) => {
                let message = ApiError::Raise(error.clone()).message().into_owned();
                message.into()
            }
        }
    }

    pub(super) fn details(&self) -> Option<String> {
        match self {
            Self::Connection(cause) | Self::Client(cause) => cause.clone(),
            Self::PoolTimeout | Self::QueueFull => None,
            Self::Refused { fields, .. } => fields.detail.clone(),
            Self::Raised(raised) => raised.message.details.clone(),
            Self::MalformedRaise(error) => Some(error.details()),
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Connection(_) | Self::Client(_) | Self::PoolTimeout | Self::QueueFull => None,
            Self::Refused { fields, .. } => fields.hint.clone(),
            Self::Raised(raised) => raised.message.hint.clone(),
            Self::MalformedRaise(error) => Some(error.hint().into()),
        }
    }

    pub(super) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::Raised(raised) => raised.response.valid_headers().collect(),
            Self::Refused { .. } if self.status() == StatusCode::UNAUTHORIZED => {
                vec![(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))]
            }
            Self::Refused { .. }
            | Self::Connection(_)
            | Self::Client(_)
            | Self::PoolTimeout
            | Self::QueueFull
            | Self::MalformedRaise(_) => Vec::new(),
        }
    }
}

impl Raised {
    fn parse(fields: PgErrorFields) -> Result<Self, RaiseError> {
        let message = serde_json::from_str(&fields.message)
            .map_err(|_| RaiseError::Message(fields.message))?;
        let detail = fields.detail.ok_or(RaiseError::NoDetail)?;
        let response = serde_json::from_str(&detail).map_err(|_| RaiseError::Detail(detail))?;
        Ok(Self { message, response })
    }
}

impl RaisedResponse {
    /// What a header can hold, but the length: a function cannot break the answer.
    fn valid_headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.headers.iter().filter_map(|(name, value)| {
            let name = HeaderName::try_from(name).ok()?;
            let framing = name == CONTENT_LENGTH || name == TRANSFER_ENCODING;
            let value = HeaderValue::from_str(value).ok()?;
            (!framing).then_some((name, value))
        })
    }
}

impl RaiseError {
    pub(super) fn details(&self) -> String {
        match self {
            Self::Message(text) => format!("Invalid JSON value for MESSAGE: '{text}'"),
            Self::Detail(text) => format!("Invalid JSON value for DETAIL: '{text}'"),
            Self::NoDetail => "DETAIL is missing in the RAISE statement".into(),
        }
    }

    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Message(_) => {
                "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
            }
            Self::Detail(_) | Self::NoDetail => {
                "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
            }
        }
    }
}

/// A status that a function chose; one that HTTP does not have is the function's defect.
fn custom_status(number: i64) -> StatusCode {
    u16::try_from(number)
        .ok()
        .and_then(|number| StatusCode::from_u16(number).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Of SQLSTATE `PTxyz`, the number xyz if it is one; `None` for any other SQLSTATE.
fn raised_status(code: &str) -> Option<Option<i64>> {
    code.strip_prefix("PT").map(|digits| digits.parse().ok())
}

/// The status that stands for a SQLSTATE. Whole codes come before their classes.
fn status_of(fields: &PgErrorFields, authenticated: bool) -> StatusCode {
    if let Some(number) = raised_status(&fields.code) {
        return number.map_or(StatusCode::INTERNAL_SERVER_ERROR, custom_status);
    }
    let message = fields.message.as_str();
    match fields.code.as_str() {
        "23503" | "23505" => StatusCode::CONFLICT,
        "25006" => StatusCode::METHOD_NOT_ALLOWED,
        // The safeupdate module's refusal is the client's mistake, other cardinalities are not.
        "21000" if message.ends_with("requires a WHERE clause") => StatusCode::BAD_REQUEST,
        "21000" => StatusCode::INTERNAL_SERVER_ERROR,
        // The role of a token does not exist.
        "22023" if message.starts_with("role") && message.ends_with("does not exist") => {
            StatusCode::UNAUTHORIZED
        }
        "53400" | "42P17" => StatusCode::INTERNAL_SERVER_ERROR,
        "57P01" => StatusCode::SERVICE_UNAVAILABLE,
        "P0001" => StatusCode::BAD_REQUEST,
        // XML was asked for, and this PostgreSQL or this relation has none.
        "42883" if message.starts_with("function xmlagg(") => StatusCode::NOT_ACCEPTABLE,
        "42883" | "42P01" => StatusCode::NOT_FOUND,
        "42501" if authenticated => StatusCode::FORBIDDEN,
        "42501" => StatusCode::UNAUTHORIZED,
        code => status_of_class(code.get(..2).unwrap_or_default()),
    }
}

/// As the anchor's published table says (PR-140), class 54 included: what exceeds a limit of PostgreSQL
/// is often the caller's doing, but its clients know it as 500.
fn status_of_class(class: &str) -> StatusCode {
    match class {
        "08" | "53" => StatusCode::SERVICE_UNAVAILABLE,
        "0L" | "0P" | "28" => StatusCode::FORBIDDEN,
        "09" | "25" | "2D" | "38" | "39" | "3B" | "40" | "54" | "55" | "57" | "58" | "F0"
        | "HV" | "P0" | "XX" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
