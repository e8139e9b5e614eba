//! Builds a [`Verifier`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::error::ConfigError;
use super::keys::KeySet;
use super::refresh::Refresher;
use super::source::{JwksOptions, Source};
use super::verifier::{Keyring, Keys, Rules, Verifier};
use crate::identity::Identity;

/// The settings of a [`Verifier`]. What is wrong with them is told by [`build`](Self::build).
#[derive(Debug, Default)]
pub struct Builder {
    keys: Option<Result<KeySet, ConfigError>>,
    source: Option<SourcePlace>,
    jwks: JwksOptions,
    audience: Option<String>,
    issuer: Option<String>,
    role_claim: Option<String>,
    anonymous_role: Option<String>,
    leeway: Option<Duration>,
    cache_entries: Option<usize>,
    exp_required: Option<bool>,
}

#[derive(Debug)]
enum SourcePlace {
    File(PathBuf),
    Url(String),
}

impl Builder {
    /// Keys from a secret: a JWK or JWK set, or else a shared secret of 32 bytes or more for HS256.
    #[must_use]
    pub fn secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.keys = Some(KeySet::from_secret(secret.as_ref()));
        self
    }

    /// Keys made before.
    #[must_use]
    pub fn keys(mut self, keys: KeySet) -> Self {
        self.keys = Some(Ok(keys));
        self
    }

    /// Keys from a JWK set in a file, read again from time to time.
    #[must_use]
    pub fn jwks_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.source = Some(SourcePlace::File(path.into()));
        self
    }

    /// Keys from an issuer's JWK set, fetched again as its cache headers say and when a token names an
    /// unknown key. Tokens must then have an `exp` unless [`require_exp`](Self::require_exp) says else.
    #[must_use]
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.source = Some(SourcePlace::Url(url.into()));
        self
    }

    /// Bounds for [`jwks_url`](Self::jwks_url) and [`jwks_file`](Self::jwks_file).
    #[must_use]
    pub fn jwks_options(mut self, options: JwksOptions) -> Self {
        self.jwks = options;
        self
    }

    /// Whom tokens must be for. Those without `aud` are for everyone.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Who must have issued tokens: their `iss`, exactly. Default: anyone with a key.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Where the role stands ([`RoleClaim`](super::RoleClaim)). Default: `$.role`.
    #[must_use]
    pub fn role_claim(mut self, path: impl Into<String>) -> Self {
        self.role_claim = Some(path.into());
        self
    }

    /// The role of requests without a token and of tokens without a role. Default: those are refused.
    #[must_use]
    pub fn anonymous_role(mut self, role: impl Into<String>) -> Self {
        self.anonymous_role = Some(role.into());
        self
    }

    /// How far clocks may differ. Default: 30 seconds.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = Some(leeway);
        self
    }

    /// How many verified tokens are remembered; 0 is none. Default: 1000.
    #[must_use]
    pub fn cache_entries(mut self, entries: usize) -> Self {
        self.cache_entries = Some(entries);
        self
    }

    /// Whether tokens must have an `exp`. Default: only if the keys come from a URL.
    #[must_use]
    pub fn require_exp(mut self, required: bool) -> Self {
        self.exp_required = Some(required);
        self
    }

    /// The verifier. Without keys it knows anonymous requests only. Keys from a file or URL are loaded
    /// by a task of the current Tokio runtime; until they are there, tokens are refused with 503.
    ///
    /// # Errors
    /// Any setting that makes no sense; see [`ConfigError`].
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let rules = self.rules()?;
        let cache_entries = self.cache_entries.unwrap_or(1000);
        let keys = match (self.keys, &self.source) {
            (_, Some(_)) => Keys::Awaited,
            (Some(keys), None) => Keys::Known(keys?),
            (None, None) => Keys::Unset,
        };
        let counts = Arc::default();
        let keyring = Keyring::new(keys, cache_entries, &counts);
        let keyring = Arc::new(ArcSwap::from_pointee(keyring));
        let source = match self.source {
            None => None,
            Some(SourcePlace::File(path)) => Some(Source::file(path, self.jwks)),
            Some(SourcePlace::Url(url)) => Some(Source::url(&url, self.jwks)?),
        };
        let refresher = source.map(|source| {
            let (keyring, counts) = (Arc::clone(&keyring), Arc::clone(&counts));
            Refresher::start(source, move |keys| {
                let keys = Keyring::new(Keys::Known(keys), cache_entries, &counts);
                keyring.store(Arc::new(keys));
            })
        });
        Ok(Verifier::new(
            rules,
            keyring,
            refresher.transpose()?,
            counts,
        ))
    }

    fn rules(&self) -> Result<Rules, ConfigError> {
        let audience = self
            .audience
            .clone()
            .filter(|audience| !audience.is_empty());
        if audience
            .as_deref()
            .is_some_and(|audience| !is_string_or_uri(audience))
        {
            return Err(ConfigError::Audience);
        }
        let role_claim = self.role_claim.as_deref().map(str::parse).transpose()?;
        let from_url = matches!(self.source, Some(SourcePlace::Url(_)));
        let leeway = self.leeway.unwrap_or(Duration::from_secs(30));
        Ok(Rules {
            audience,
            issuer: self.issuer.clone(),
            role_claim: role_claim.unwrap_or_default(),
            anonymous: self.anonymous_role.as_deref().map(Identity::anonymous),
            leeway_seconds: i64::try_from(leeway.as_secs()).unwrap_or(i64::MAX),
            exp_required: self.exp_required.unwrap_or(from_url),
        })
    }
}

/// RFC 7519, StringOrURI: any string, but with a colon in it a URI: a scheme, then only characters
/// and escapes of RFC 3986.
fn is_string_or_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return true;
    };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(b);
    let escapes = rest.split('%').skip(1);
    let escaped = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    named && rest.as_bytes().iter().all(plain) && escapes.into_iter().all(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_with_a_colon_is_a_uri() {
        for good in [
            "us",
            "https://api.example.com/a?b#c",
            "urn:x:y",
            "a:%20",
            "what ever",
        ] {
            assert!(is_string_or_uri(good), "{good}");
        }
        for bad in [
            "foo://%%$$^^.com",
            ":x",
            "1a:b",
            "a b:c",
            "http://exa mple",
            "a:%2",
            "a:%zz",
        ] {
            assert!(!is_string_or_uri(bad), "{bad}");
            assert!(matches!(
                Verifier::builder().audience(bad).build(),
                Err(ConfigError::Audience)
            ));
        }
    }

    #[test]
    fn keys_from_elsewhere_need_a_runtime() {
        let built = Verifier::builder().jwks_file("keys.json").build();
        assert!(matches!(built, Err(ConfigError::NoRuntime)));
        for url in ["ftp://x/y", "keys.json", "file:///etc/passwd"] {
            assert!(matches!(
                Verifier::builder().jwks_url(url).build(),
                Err(ConfigError::Url(_))
            ));
        }
    }
}
