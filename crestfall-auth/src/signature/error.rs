//! Why a signed request is refused.

use crestfall_core::Problem;
use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};

use super::structured::NotStructured;

/// Why a signature does not prove anything. `Display` is for the log; the client is told less.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of `Signature-Input` and `Signature` is missing.
    #[error("the request has no `{0}` header")]
    Absent(&'static str),
    /// A header is not what its RFC says.
    #[error("the header `{header}` is malformed")]
    Malformed {
        /// Which one.
        header: &'static str,
        /// Where, if it is no structured field at all.
        source: Option<NotStructured>,
    },
    /// No signature, or more than one, is for us; which of them counts cannot be known.
    #[error("the request has {0} signatures that may be for this service, not one")]
    NotOne(usize),
    /// A component we do not know, or with parameters we do not know.
    #[error("the component `{0}` is not supported")]
    Component(String),
    /// A component is covered twice.
    #[error("the component `{0}` is covered twice")]
    Duplicate(String),
    /// A covered component is not in the request, or not exactly once where it has to be.
    #[error("the covered component `{0}` is not in the request")]
    NotInRequest(String),
    /// The policy wants a component that is not covered.
    #[error("the signature does not cover `{0}`")]
    NotCovered(&'static str),
    /// A parameter is missing, or not of its type.
    #[error("the signature parameter `{0}` is missing or malformed")]
    Parameter(&'static str),
    /// `created` is longer ago than the window.
    #[error("the signature was made {0} seconds ago, which is too long")]
    TooOld(i64),
    /// `created` is in the future.
    #[error("the signature was made {0} seconds in the future")]
    FromFuture(i64),
    /// `expires` has passed.
    #[error("the signature has expired")]
    Expired,
    /// No key has this `keyid`.
    #[error("the key `{0}` is not known")]
    UnknownKey(String),
    /// `alg` is not that of the key.
    #[error("the signature's `alg` is not the key's")]
    Algorithm,
    /// The key did not make this signature of this request.
    #[error("the signature is wrong")]
    WrongSignature,
    /// The body is not the one the digest is of.
    #[error("the body does not match `Content-Digest`")]
    WrongDigest,
    /// The nonce was used before.
    #[error("the nonce was used before")]
    Replayed,
    /// The body could not be read.
    #[error("the body could not be read")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Keys or nonces could not be asked: refused, since the request could be a replay.
    #[error("{what} could not be asked")]
    Unavailable {
        /// What is away.
        what: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// 401; 400 for a body that broke off, 503 while keys or nonces cannot be asked.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Absent(_) | Self::Malformed { .. } | Self::NotOne(_) => StatusCode::UNAUTHORIZED,
            Self::Component(_) | Self::Duplicate(_) => StatusCode::UNAUTHORIZED,
            Self::NotInRequest(_) | Self::NotCovered(_) => StatusCode::UNAUTHORIZED,
            Self::Parameter(_) | Self::TooOld(_) | Self::FromFuture(_) => StatusCode::UNAUTHORIZED,
            Self::Expired | Self::UnknownKey(_) | Self::Algorithm => StatusCode::UNAUTHORIZED,
            Self::WrongSignature | Self::WrongDigest | Self::Replayed => StatusCode::UNAUTHORIZED,
            Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the client may do about it. Whether the key or the signature was wrong is not told.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Absent(_) => "Send both `Signature-Input` and `Signature` (RFC 9421)",
            Self::Malformed { .. } => "Write the headers as RFC 9421, RFC 9530 and RFC 9651 say",
            Self::NotOne(_) => "Send one signature for this service",
            Self::Component(_) | Self::Duplicate(_) => {
                "Cover each component once, and only such as RFC 9421 has for requests"
            }
            Self::NotInRequest(_) => "Cover only what the request has",
            Self::NotCovered(_) => {
                "Cover `@method`, `@target-uri` (or `@authority`, `@path` and `@query`), and \
                 `content-digest` if there is a body"
            }
            Self::Parameter(_) => "Give `created`, `keyid` and a `nonce` of 8 to 128 characters",
            Self::TooOld(_) | Self::FromFuture(_) | Self::Expired => {
                "Sign right before sending, and check the clock"
            }
            Self::UnknownKey(_) | Self::Algorithm | Self::WrongSignature => {
                "Check key id, secret and the signature base"
            }
            Self::WrongDigest => "`Content-Digest` has to be of the body as it is sent",
            Self::Replayed => "Use a new nonce for each request",
            Self::Body(_) | Self::Unavailable { .. } => "Try again",
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = error.status();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return Self::unavailable(&error, 1);
        }
        let text = "The signature of the request was refused";
        let problem = Self::new(status, "signature_invalid", text).hint(error.hint());
        problem.header(WWW_AUTHENTICATE, HeaderValue::from_static("Signature"))
    }
}
