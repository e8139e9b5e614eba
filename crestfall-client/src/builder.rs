//! What a client is made of.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::client::{Client, Credential, Inner, Paths};
use crate::error::Error;
use crate::session::{MemoryStorage, SessionStorage, Sessions};
use crate::signing::Signer;
use crate::transport::{Key, Retry};

/// Makes a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use crestfall_client::{Client, session::FileStorage};
///
/// # fn main() -> Result<(), crestfall_client::Error> {
/// let client = Client::builder("http://127.0.0.1:8000")
///     .key("the project's anon key")
///     .storage(FileStorage::new("session.json"))
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a builder makes a client by `build`"]
pub struct Builder {
    url: String,
    key: Option<String>,
    paths: Paths,
    schema: String,
    http: Option<reqwest::Client>,
    headers: Vec<(String, String)>,
    timeout: Duration,
    refresh_ahead: Duration,
    retry: Retry,
    signer: Option<Signer>,
    storage: Arc<dyn SessionStorage>,
}

impl Builder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            key: None,
            paths: Paths::default(),
            schema: "public".to_owned(),
            http: None,
            headers: Vec::new(),
            timeout: Duration::from_secs(30),
            refresh_ahead: Duration::from_secs(60),
            retry: Retry::default(),
            signer: None,
            storage: Arc::new(MemoryStorage::default()),
        }
    }

    /// The project's key, sent with each request: as `apikey`, and as the bearer token while nobody
    /// is signed in. Default: none, which is anonymous.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into()).filter(|key: &String| !key.is_empty());
        self
    }

    /// Where the session is kept. Default: in memory, until the client is dropped.
    pub fn storage(mut self, storage: impl SessionStorage + 'static) -> Self {
        self.storage = Arc::new(storage);
        self
    }

    /// How long a request may take, from connecting to the last byte. One that is [repeated](Retry) has
    /// this time again with each attempt. Default: 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long before its end an access token is refreshed. Default: 60 seconds, but never more
    /// than a tenth of the token's life.
    pub fn refresh_ahead(mut self, ahead: Duration) -> Self {
        self.refresh_ahead = ahead;
        self
    }

    /// How requests that change nothing are repeated.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Signs each request, in place of a bearer token: for services.
    pub fn signer(mut self, signer: Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// The schema of relations and functions that are named without one. Default: `public`, as the
    /// server's; set both alike.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Where the services stand below the URL.
    pub fn paths(mut self, paths: Paths) -> Self {
        self.paths = paths;
        self
    }

    /// A header for every request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A client of HTTP of one's own: proxies, certificates, pools.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Makes the client. It does nothing yet.
    ///
    /// # Errors
    /// A URL that is none of http or https; a key or header that is none; no TLS on this system.
    pub fn build(self) -> Result<Client, Error> {
        let url = base(&self.url)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let invalid = || Error::Request(format!("`{name}` or its value is no header's"));
            let header = HeaderName::try_from(name.as_str()).map_err(|_| invalid())?;
            let value = HeaderValue::try_from(value.as_str()).map_err(|_| invalid())?;
            headers.append(header, value);
        }
        let http = match self.http {
            Some(http) => http,
            None => http()?,
        };
        let inner = Inner {
            url,
            key: self.key.as_deref().map(Key::new).transpose()?,
            paths: self.paths,
            schema: self.schema,
            http,
            headers,
            timeout: self.timeout,
            retry: self.retry,
            signer: self.signer,
            sessions: Sessions::new(self.storage, self.refresh_ahead),
        };
        Ok(Client {
            inner: Arc::new(inner),
            credential: Credential::Session,
        })
    }
}

fn base(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| {
        Error::Request(format!(
            "`{text}` is no URL, which begins with http:// or https://: {error}"
        ))
    })?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(Error::Request(format!(
            "the URL begins with `{other}:`, and not with http: or https:"
        ))),
    }
}

fn http() -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder();
    // Tokens must not follow a redirect to somebody else.
    #[cfg(not(target_arch = "wasm32"))]
    let builder = builder
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true);
    builder
        .build()
        .map_err(|error| Error::Request(format!("HTTP cannot be set up here: {error}")))
}
