//! Who sent a request: the address, the program, the languages.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use crestfall_core::client_ip::ClientIp;
use crestfall_core::request_id::RequestId;
use http::header::{ACCEPT_LANGUAGE, HeaderName, USER_AGENT};
use http::request::Parts;
use serde::{Deserialize, Serialize};

/// Longest user agent that is kept, in bytes.
const MAX_USER_AGENT: usize = 512;

/// What is known of the sender without any proof.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Caller {
    /// The address; unspecified when the server was not told.
    pub(crate) ip: IpAddr,
    /// The program, cut to a sane length.
    pub(crate) user_agent: Option<String>,
    /// `Accept-Language`, as sent.
    pub(crate) languages: Option<String>,
    /// The request's id, where a layer gave one.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

impl Caller {
    /// The address as text for an `inet`; none when it is not known.
    pub(crate) fn inet(&self) -> Option<String> {
        (!self.ip.is_unspecified()).then(|| self.ip.to_string())
    }

    pub(crate) fn of(parts: &Parts) -> Self {
        let text = |name: HeaderName| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some(value.chars().take(MAX_USER_AGENT).collect::<String>())
        };
        Self {
            ip: ClientIp::of(parts).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.0),
            user_agent: text(USER_AGENT),
            languages: text(ACCEPT_LANGUAGE),
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map(|id| id.as_str().to_owned()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
