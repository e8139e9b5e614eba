//! Which requests are limited, and what is counted together.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::MatchedPath;
use http::HeaderName;
use http::request::Parts;
use smallvec::SmallVec;

use super::Rate;
use crate::client_ip::{self, ClientIp};
use crate::identity::{ANONYMOUS_ROLE, Identity};

/// What tells the buckets of a rule apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// The client's network: an IPv4 address or an IPv6 /64. Clients without an address (at a unix
    /// socket, behind no trusted proxy) share one bucket.
    Ip,
    /// The database role.
    Role,
    /// The claim `sub` of a proved identity; the client's network without one.
    Subject,
    /// The value of a header such as `apikey`; the client's network without it. The value is as the
    /// client wrote it, so a rule by it does not hold back who makes values up: have one by
    /// [`By::Ip`] beside it, or refuse unknown keys first.
    Header(HeaderName),
    /// The route as the router names it, such as `/token/{id}`: however a client writes the path, and
    /// all paths without a route are one.
    Route,
}

type Condition = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// A limit of requests.
///
/// ```
/// use crestfall_core::rate_limit::{By, Rate, Rule};
///
/// let rule = Rule::new("sign-in", Rate::per_minute(30))
///     .by(By::Ip)
///     .by(By::Route)
///     .when(|request| request.method == http::Method::POST);
/// ```
#[derive(Clone)]
pub struct Rule {
    pub(super) name: Cow<'static, str>,
    pub(super) rate: Rate,
    by: SmallVec<[By; 2]>,
    when: Option<Condition>,
}

impl Rule {
    /// A rule for all requests together. The name begins the key of its buckets and stands in
    /// headers, where characters other than printable ASCII become `-`.
    pub fn new(name: impl Into<Cow<'static, str>>, rate: Rate) -> Self {
        let name = name.into();
        let is_plain = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        let name = match name.chars().all(is_plain) {
            true => name,
            false => name.replace(|c| !is_plain(c), "-").into(),
        };
        Self {
            name,
            rate,
            by: SmallVec::new(),
            when: None,
        }
    }

    /// Counts each value of this by itself; each combination when there are several.
    #[must_use]
    pub fn by(mut self, by: By) -> Self {
        self.by.push(by);
        self
    }

    /// Limits only requests for which this holds. Called again, both must hold.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.when = Some(match self.when.take() {
            None => Arc::new(condition),
            Some(first) => Arc::new(move |request| first(request) && condition(request)),
        });
        self
    }

    /// Limits only requests of this database role.
    #[must_use]
    pub fn role(self, role: impl Into<String>) -> Self {
        let role = role.into();
        self.when(move |request| role_of(request) == role)
    }

    /// The key of a request's bucket, unless the rule is not for it.
    pub(super) fn key(&self, request: &Parts) -> Option<Key> {
        let is_for = self.when.as_ref().is_none_or(|when| when(request));
        is_for.then(|| {
            let mut key = Key::default();
            push(&mut key, b'n', self.name.as_bytes());
            for by in &self.by {
                by.push(&mut key, request);
            }
            key
        })
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .field("rate", &self.rate)
            .field("by", &self.by)
            .finish_non_exhaustive()
    }
}

pub(super) type Key = SmallVec<[u8; 128]>;

/// Tagged and with its length: no two lists of parts give the same key.
fn push(key: &mut Key, tag: u8, part: &[u8]) {
    key.push(tag);
    key.extend_from_slice(&(part.len() as u64).to_be_bytes());
    key.extend_from_slice(part);
}

impl By {
    fn push(&self, key: &mut Key, request: &Parts) {
        match self {
            Self::Ip => push_network(key, request),
            Self::Role => push(key, b'r', role_of(request).as_bytes()),
            Self::Subject => match subject_of(request) {
                Some(subject) => push(key, b's', subject.as_bytes()),
                None => push_network(key, request),
            },
            Self::Header(name) => match request.headers.get(name) {
                Some(value) => push(key, b'h', value.as_bytes()),
                None => push_network(key, request),
            },
            Self::Route => {
                let path = request.extensions.get::<MatchedPath>();
                push(key, b'p', path.map_or("", MatchedPath::as_str).as_bytes());
            }
        }
    }
}

fn push_network(key: &mut Key, request: &Parts) {
    match ClientIp::of(request).map(|ClientIp(ip)| client_ip::network(ip).addr()) {
        Some(IpAddr::V4(ip)) => push(key, b'4', &ip.octets()),
        Some(IpAddr::V6(ip)) => push(key, b'6', &ip.octets()[..8]),
        None => push(key, b'-', &[]),
    }
}

fn role_of(request: &Parts) -> &str {
    let identity = request.extensions.get::<Identity>();
    identity.map_or(ANONYMOUS_ROLE, Identity::role)
}

fn subject_of(request: &Parts) -> Option<&str> {
    let identity = request.extensions.get::<Identity>()?;
    let subject = identity.claims().get("sub")?.as_str()?;
    (identity.is_authenticated() && !subject.is_empty()).then_some(subject)
}
