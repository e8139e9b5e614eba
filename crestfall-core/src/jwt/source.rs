//! Where keys that change come from: a file, or a URL with the cache headers of HTTP.

use std::path::PathBuf;
use std::time::Duration;

use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::error::ConfigError;
use super::jwk::Malformed;
use super::keys::KeySet;

/// How keys from a file or URL are kept fresh.
#[derive(Clone, Debug)]
pub struct JwksOptions {
    /// How long one fetch may take.
    pub timeout: Duration,
    /// The largest answer read, in bytes.
    pub max_bytes: usize,
    /// How long keys are taken for fresh when the server says nothing; also how often a file is read.
    pub default_age: Duration,
    /// The shortest time between two regular fetches, whatever `max-age` says.
    pub min_age: Duration,
    /// The longest.
    pub max_age: Duration,
    /// A token with an unknown `kid` causes a fetch, but not within this time of the last one.
    pub cooldown: Duration,
}

impl Default for JwksOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            max_bytes: 256 * 1024,
            default_age: Duration::from_secs(300),
            min_age: Duration::from_secs(30),
            max_age: Duration::from_secs(3600),
            cooldown: Duration::from_secs(10),
        }
    }
}

/// A place keys are loaded from, with what is remembered of the last load.
pub(super) struct Source {
    place: Place,
    options: JwksOptions,
    last_body: Option<Vec<u8>>,
}

enum Place {
    File(PathBuf),
    Url {
        url: reqwest::Url,
        client: reqwest::Client,
        etag: Option<HeaderValue>,
    },
}

/// A successful load.
pub(super) struct Loaded {
    /// None if they are as they were.
    pub(super) keys: Option<KeySet>,
    pub(super) fresh_for: Duration,
}

/// Why a load failed; the keys in use stay.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
    #[error("the request failed")]
    Http(#[from] reqwest::Error),
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the answer is no JWK set")]
    NotJwks,
    #[error("the keys cannot be used")]
    Keys(#[from] ConfigError),
}

/// What a place gave: new bytes or word that nothing changed.
enum Body {
    Unchanged(Duration),
    Bytes(Vec<u8>, Duration),
}

impl Source {
    pub(super) fn file(path: PathBuf, options: JwksOptions) -> Self {
        Self {
            place: Place::File(path),
            options,
            last_body: None,
        }
    }

    /// # Errors
    /// No http(s) URL, or no TLS set-up.
    pub(super) fn url(url: &str, options: JwksOptions) -> Result<Self, ConfigError> {
        let refused = || ConfigError::Url(url.to_owned());
        let parsed = reqwest::Url::parse(url).map_err(|_| refused())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refused());
        }
        let client = reqwest::Client::builder()
            .timeout(options.timeout)
            // Who may redirect could otherwise point us at another's keys, or into our network.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(ConfigError::Client)?;
        let place = Place::Url {
            url: parsed,
            client,
            etag: None,
        };
        Ok(Self {
            place,
            options,
            last_body: None,
        })
    }

    pub(super) fn options(&self) -> &JwksOptions {
        &self.options
    }

    /// Loads the keys once.
    pub(super) async fn load(&mut self) -> Result<Loaded, LoadError> {
        let (bytes, fresh_for) = match self.place.read(&self.options).await? {
            Body::Unchanged(fresh_for) => {
                return Ok(Loaded {
                    keys: None,
                    fresh_for,
                });
            }
            Body::Bytes(bytes, fresh_for) => (bytes, fresh_for),
        };
        if self.last_body.as_ref() == Some(&bytes) {
            return Ok(Loaded {
                keys: None,
                fresh_for,
            });
        }
        let keys = KeySet::from_json(&bytes, Malformed::Skip).ok_or(LoadError::NotJwks)??;
        self.last_body = Some(bytes);
        Ok(Loaded {
            keys: Some(keys),
            fresh_for,
        })
    }

    /// Forgets what was seen, so that the next load reads everything anew: the last one was of no use.
    pub(super) fn forget(&mut self) {
        self.last_body = None;
        if let Place::Url { etag, .. } = &mut self.place {
            *etag = None;
        }
    }
}

impl Place {
    async fn read(&mut self, options: &JwksOptions) -> Result<Body, LoadError> {
        match self {
            Self::File(path) => {
                let size = tokio::fs::metadata(&path).await?.len();
                if size > options.max_bytes as u64 {
                    return Err(LoadError::TooLarge(options.max_bytes));
                }
                Ok(Body::Bytes(
                    tokio::fs::read(&path).await?,
                    options.default_age,
                ))
            }
            Self::Url { url, client, etag } => fetch(client, url, etag, options).await,
        }
    }
}

async fn fetch(
    client: &reqwest::Client,
    url: &reqwest::Url,
    etag: &mut Option<HeaderValue>,
    options: &JwksOptions,
) -> Result<Body, LoadError> {
    let mut request = client.get(url.clone());
    if let Some(etag) = etag.as_ref() {
        request = request.header(IF_NONE_MATCH, etag);
    }
    let mut response = request.send().await?;
    let fresh_for = freshness(response.headers(), options);
    match response.status() {
        StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Body::Unchanged(fresh_for)),
        StatusCode::OK => {}
        other => return Err(LoadError::Status(other)),
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > options.max_bytes {
            return Err(LoadError::TooLarge(options.max_bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    *etag = response.headers().get(ETAG).cloned();
    Ok(Body::Bytes(bytes, fresh_for))
}

/// How long the answer may be used: its `max-age` within our bounds.
fn freshness(headers: &HeaderMap, options: &JwksOptions) -> Duration {
    let directives = headers
        .get(CACHE_CONTROL)
        .and_then(|value| value.to_str().ok());
    let age = directives
        .and_then(|all| all.split(',').find_map(age))
        .unwrap_or(options.default_age);
    age.min(options.max_age).max(options.min_age)
}

/// The age a `Cache-Control` directive gives; forbidding caches gives none at all.
fn age(directive: &str) -> Option<Duration> {
    let directive = directive.trim().to_ascii_lowercase();
    match directive.split_once('=') {
        Some(("max-age", seconds)) => seconds
            .trim_matches('"')
            .parse()
            .ok()
            .map(Duration::from_secs),
        None if directive == "no-store" || directive == "no-cache" => Some(Duration::ZERO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_age_is_honoured_within_bounds() {
        let fresh = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, text.parse().expect("a header value"));
            freshness(&headers, &JwksOptions::default()).as_secs()
        };
        assert_eq!(fresh("public, max-age=600"), 600);
        assert_eq!(fresh("MAX-AGE=\"600\""), 600);
        assert_eq!(fresh("max-age=1"), 30);
        assert_eq!(fresh("max-age=99999999"), 3600);
        assert_eq!(fresh("no-store"), 30);
        assert_eq!(fresh("public"), 300);
        assert_eq!(fresh("max-age=-5"), 300);
        assert_eq!(
            freshness(&HeaderMap::new(), &JwksOptions::default()).as_secs(),
            300
        );
    }
}
