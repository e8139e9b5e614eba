//! Requests to addresses that users or settings name: webhooks, OIDC discovery, keys, hooks, captcha.

mod address;
mod error;
mod resolver;
mod target;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use reqwest::dns::Resolve;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units;
use resolver::{PublicOnly, System};
use target::{Targets, Trust};

pub use address::is_public;
pub use error::EgressError;

/// An HTTP client that an address from outside cannot turn against the network it stands in
/// (SSRF). Cheap to clone.
///
/// It calls public addresses only, by what a name resolves to when the connection is made; at ports
/// 80 and 443; by http or https; without a proxy. Answers are bounded in size and time. Redirects of
/// GET and HEAD are followed, each judged like the first address; other methods get the redirect
/// itself. What the operator's allow-list names is exempt from the rules on addresses and ports.
///
/// ```
/// use crestfall_core::egress::{Egress, EgressConfig};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let egress = Egress::new(EgressConfig::default()).expect("a client");
/// let error = egress.get("http://169.254.169.254/latest/meta-data/").await.unwrap_err();
/// assert!(error.is_refusal());
/// # }
/// ```
#[derive(Clone)]
pub struct Egress {
    inner: Arc<Inner>,
    timeout: Duration,
    max_bytes: usize,
}

struct Inner {
    targets: Targets,
    /// Resolves names to public addresses only.
    public: Client,
    /// Resolves names as the system does. Connections of the two never mix.
    allowed: Client,
    max_redirects: u8,
}

/// What may be called, and how much of it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EgressConfig {
    /// Hosts that are called though they are not public, as `host` (all ports) or `host:port`, such as
    /// `hooks.internal:8080`, `127.0.0.1:9999`, `[::1]:80`. Default: none.
    pub allow: Vec<String>,
    /// Ports of all other hosts. Default: 80 and 443.
    pub ports: Vec<u16>,
    /// For the whole exchange, redirects included. Default: `"10s"`.
    pub timeout: units::Duration,
    /// The largest body of an answer. Default: `"1MiB"`.
    pub max_bytes: units::Size,
    /// How many redirects are followed. Default: 3.
    pub max_redirects: u8,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            ports: vec![80, 443],
            timeout: units::Duration::seconds(10),
            max_bytes: units::Size::mebibytes(1),
            max_redirects: 3,
        }
    }
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// Its status; any.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Egress {
    /// # Errors
    /// When an entry of the allow-list is no host, or there is no TLS set-up.
    pub fn new(config: EgressConfig) -> Result<Self, EgressError> {
        Self::with_resolver(&config, System)
    }

    fn with_resolver(
        config: &EgressConfig,
        resolver: impl Resolve + 'static,
    ) -> Result<Self, EgressError> {
        let client = || {
            Client::builder()
                .redirect(Policy::none())
                // It would resolve names in our stead.
                .no_proxy()
                .user_agent(concat!("crestfall/", env!("CARGO_PKG_VERSION")))
        };
        let inner = Inner {
            targets: Targets::new(config)?,
            public: client()
                .dns_resolver(Arc::new(PublicOnly(resolver)))
                .build()
                .map_err(EgressError::Client)?,
            allowed: client().build().map_err(EgressError::Client)?,
            max_redirects: config.max_redirects,
        };
        Ok(Self {
            inner: Arc::new(inner),
            timeout: config.timeout.get(),
            max_bytes: config.max_bytes.get(),
        })
    }

    /// The same client with other limits: for the whole exchange, and the bytes of an answer's body.
    #[must_use]
    pub fn limited(&self, timeout: Duration, max_bytes: usize) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            timeout,
            max_bytes,
        }
    }

    /// Whether a URL may be called, as far as can be told without resolving its host: to refuse it
    /// when it is entered.
    ///
    /// # Errors
    /// What a request to it would be refused with.
    pub fn check(&self, url: &str) -> Result<(), EgressError> {
        self.inner.targets.check(&parse(url)?).map(drop)
    }

    /// GETs a URL.
    ///
    /// # Errors
    /// When it is refused or fails; a status of any kind is an answer.
    pub async fn get(&self, url: &str) -> Result<Answer, EgressError> {
        self.exchange(parse(url)?, Method::GET, HeaderMap::new(), Bytes::new())
            .await
    }

    /// POSTs a body to a URL.
    ///
    /// # Errors
    /// When it is refused or fails; a status of any kind is an answer.
    pub async fn post(
        &self,
        url: &str,
        content_type: HeaderValue,
        body: impl Into<Bytes>,
    ) -> Result<Answer, EgressError> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        self.exchange(parse(url)?, Method::POST, headers, body.into())
            .await
    }

    /// Sends a request, whose URI is absolute.
    ///
    /// # Errors
    /// When it is refused or fails; a status of any kind is an answer.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Answer, EgressError> {
        let (parts, body) = request.into_parts();
        let url = parse(&parts.uri.to_string())?;
        self.exchange(url, parts.method, parts.headers, body).await
    }

    async fn exchange(
        &self,
        url: Url,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, EgressError> {
        let exchange = async {
            let response = self.inner.follow(url, method, headers, body).await?;
            self.read(response).await
        };
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or(Err(EgressError::Timeout))
    }

    /// Reads an answer, and stops where it becomes too large.
    async fn read(&self, mut response: Response) -> Result<Answer, EgressError> {
        let max = self.max_bytes;
        let too_large = || EgressError::TooLarge(max);
        if response
            .content_length()
            .is_some_and(|length| length > max as u64)
        {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await? {
            if chunk.len() > max - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: body.freeze(),
        })
    }
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Egress")
            .field("targets", &self.inner.targets)
            .field("timeout", &self.timeout)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Sends a request and follows redirects.
    async fn follow(
        &self,
        mut url: Url,
        method: Method,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, EgressError> {
        // The length is the body's, whatever the caller thinks.
        for name in [CONTENT_LENGTH, TRANSFER_ENCODING, http::header::HOST] {
            headers.remove(name);
        }
        for _ in 0..=self.max_redirects {
            let client = match self.targets.check(&url)? {
                Trust::Public => &self.public,
                Trust::Allowed => &self.allowed,
            };
            let request = client.request(method.clone(), url.clone());
            let request = request.headers(headers.clone()).body(body.clone());
            let response = request.send().await?;
            let Some(next) = redirect(&method, &response, &url)? else {
                return Ok(response);
            };
            if next.origin() != url.origin() {
                headers = harmless(&headers);
            }
            url = next;
        }
        Err(EgressError::Redirects(self.max_redirects))
    }
}

/// Where an answer leads, if it is to be followed.
fn redirect(method: &Method, response: &Response, from: &Url) -> Result<Option<Url>, EgressError> {
    let follows = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308)
        && matches!(*method, Method::GET | Method::HEAD);
    let Some(location) = response.headers().get(LOCATION).filter(|_| follows) else {
        return Ok(None);
    };
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| EgressError::Url)?;
    let next = from.join(location).map_err(|_| EgressError::Url)?;
    if from.scheme() == "https" && next.scheme() == "http" {
        return Err(EgressError::Downgrade);
    }
    Ok(Some(next))
}

/// What another origin may be told: nothing that could be a credential.
fn harmless(headers: &HeaderMap) -> HeaderMap {
    let kept = [ACCEPT, USER_AGENT].into_iter();
    kept.filter_map(|name| Some((name.clone(), headers.get(&name)?.clone())))
        .collect()
}

fn parse(url: &str) -> Result<Url, EgressError> {
    Url::parse(url).map_err(|_| EgressError::Url)
}
