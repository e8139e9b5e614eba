//! Who the client is, behind proxies or not.

mod layer;

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

pub use layer::{ClientIpLayer, PutClientIp};

/// The client's address, IPv4 in its own form even when it came as `::ffff:192.0.2.1`.
///
/// As an extractor it is what a [`ClientIpLayer`] found, else the connection's peer. A request may
/// have none, as at a unix socket: extract `Option<ClientIp>` where that must work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

/// Which proxies are believed. By default none: the client is the peer of the connection, and what
/// headers say is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClientIpConfig {
    /// How many proxies of yours a request passes. Each appends to `X-Forwarded-For` whom it got the
    /// request from, so with n of them the n-th address from the right is the client's. 0 ignores the
    /// header.
    pub trusted_proxies: u8,
    /// A header that your proxy sets to the client's address alone, such as `CF-Connecting-IP` or
    /// `X-Real-IP`, and that nobody else can send past it. Goes before `trusted_proxies`.
    pub header: Option<String>,
}

/// Not a header name.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no name of a header")]
pub struct InvalidHeader(String);

/// How to find the client.
#[derive(Clone, Debug)]
enum Source {
    Peer,
    /// The address so many places from the right.
    ForwardedFor(usize),
    Header(HeaderName),
}

impl Source {
    fn new(config: &ClientIpConfig) -> Result<Self, InvalidHeader> {
        let header = config.header.as_deref().filter(|name| !name.is_empty());
        match (header, config.trusted_proxies) {
            (Some(name), _) => HeaderName::try_from(name)
                .map(Self::Header)
                .map_err(|_| InvalidHeader(name.to_owned())),
            (None, 0) => Ok(Self::Peer),
            (None, hops) => Ok(Self::ForwardedFor(hops.into())),
        }
    }

    /// The client. A request that lacks what a trusted proxy would have written came past it: then its
    /// peer is all that is known for certain.
    fn find(&self, request: &Parts) -> Option<IpAddr> {
        let told = match self {
            Self::Peer => None,
            Self::ForwardedFor(hops) => forwarded_for(&request.headers, *hops),
            Self::Header(name) => only(&request.headers, name).and_then(parse),
        };
        told.or_else(|| peer(request))
    }
}

/// The n-th address from the right, over all headers of this name as if they were one.
fn forwarded_for(headers: &HeaderMap, from_right: usize) -> Option<IpAddr> {
    let values = headers.get_all("x-forwarded-for").iter().rev();
    values
        .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','))
        .nth(from_right - 1)
        .and_then(parse)
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let ip = match bare.unwrap_or(text).parse::<IpAddr>() {
        Ok(ip) => ip,
        Err(_) => text.parse::<SocketAddr>().ok()?.ip(),
    };
    Some(ip.to_canonical())
}

fn peer(request: &Parts) -> Option<IpAddr> {
    let info = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(info.0.ip().to_canonical())
}

/// Whom to take for one client: an IPv4 address, or the /64 in which a client of IPv6 may choose its
/// address at will.
pub fn network(ip: IpAddr) -> IpNet {
    let ip = ip.to_canonical();
    let bits = if ip.is_ipv4() { 32 } else { 64 };
    IpNet::new_assert(ip, bits).trunc()
}

impl ClientIp {
    /// What a layer found, else the peer.
    pub fn of(request: &Parts) -> Option<Self> {
        let found = request.extensions.get::<Self>().copied();
        found.or_else(|| peer(request).map(Self))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for ClientIp {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        request: &mut Parts,
        _: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(Self::of(request))
    }
}

impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Problem;

    async fn from_request_parts(request: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(request).ok_or_else(|| {
            tracing::error!("a request has no client address; is a trusted proxy missing?");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "CF500",
                "The server could not answer",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn client(config: ClientIpConfig, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        let peer: SocketAddr = "[::ffff:192.0.2.9]:4711".parse().expect("an address");
        parts.extensions.insert(ConnectInfo(peer));
        let source = Source::new(&config).expect("a source");
        source.find(&parts).map(|ip| ip.to_string())
    }

    fn behind(trusted_proxies: u8, forwarded_for: &[&str]) -> String {
        let headers: Vec<_> = forwarded_for
            .iter()
            .map(|value| ("x-forwarded-for", *value))
            .collect();
        let config = ClientIpConfig {
            trusted_proxies,
            header: None,
        };
        client(config, &headers).expect("an address")
    }

    #[test]
    fn sec_16_by_default_headers_are_ignored() {
        assert_eq!(behind(0, &["1.1.1.1", "2.2.2.2"]), "192.0.2.9");
    }

    #[test]
    fn sec_16_the_nth_address_from_the_right_counts_whatever_the_client_puts_left_of_it() {
        assert_eq!(behind(1, &["6.6.6.6, 1.1.1.1"]), "1.1.1.1");
        assert_eq!(behind(1, &["6.6.6.6,7.7.7.7", "1.1.1.1"]), "1.1.1.1");
        assert_eq!(behind(2, &["6.6.6.6", "1.1.1.1, 10.0.0.1"]), "1.1.1.1");
        assert_eq!(behind(2, &["1.1.1.1"]), "192.0.2.9", "it came past a proxy");
        assert_eq!(behind(1, &["6.6.6.6, unknown"]), "192.0.2.9");
        assert_eq!(behind(1, &[]), "192.0.2.9");
    }

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        for (text, ip) in [
            ("192.0.2.1:80", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("::ffff:1.1.1.1", "1.1.1.1"),
        ] {
            assert_eq!(behind(1, &[text]), ip);
        }
    }

    #[test]
    fn an_own_header_counts_when_there_is_one_of_it() {
        let config = ClientIpConfig {
            trusted_proxies: 1,
            header: Some("CF-Connecting-IP".to_owned()),
        };
        let one = [
            ("cf-connecting-ip", "1.1.1.1"),
            ("x-forwarded-for", "6.6.6.6"),
        ];
        assert_eq!(client(config.clone(), &one).as_deref(), Some("1.1.1.1"));
        let two = [
            ("cf-connecting-ip", "6.6.6.6"),
            ("cf-connecting-ip", "1.1.1.1"),
        ];
        assert_eq!(client(config, &two).as_deref(), Some("192.0.2.9"));
        let wrong = ClientIpConfig {
            header: Some("no header".to_owned()),
            ..ClientIpConfig::default()
        };
        assert!(ClientIpLayer::new(&wrong).is_err());
    }

    #[test]
    fn sec_16_a_client_is_an_ipv4_address_or_an_ipv6_64() {
        let network = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(network("192.0.2.1"), "192.0.2.1/32");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1/32");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }
}
