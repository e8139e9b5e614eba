//! The page that asks a user whether they agree is the application's own, not any that can run a
//! script in the user's browser.

use http::HeaderMap;
use http::header::ORIGIN;
use url::{Host, Url};

use crate::config::Config;
use crate::error::{Error, Result};

/// Refuses requests that a browser sent for a foreign page. Programs send no `Origin`.
///
/// # Errors
/// The origin is neither that of `site_url`, of `external_url`, nor of one of `redirect_urls`.
pub(crate) fn check(config: &Config, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    let ours = [&config.site_url, &config.external_url]
        .into_iter()
        .chain(&config.redirect_urls)
        .filter_map(|text| Url::parse(text).ok());
    match origin.is_some_and(|origin| ours.into_iter().any(|ours| is_same(&ours, &origin))) {
        true => Ok(()),
        false => Err(Error::invalid("unauthorized request origin")),
    }
}

/// A program under development may be on any port of this machine.
fn is_same(ours: &Url, origin: &Url) -> bool {
    let is_loopback = match origin.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    ours.scheme() == origin.scheme()
        && ours.host_str().is_some()
        && ours.host_str() == origin.host_str()
        && (is_loopback || ours.port_or_known_default() == origin.port_or_known_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_ask() {
        let config = Config {
            site_url: "https://app.example.org/start".to_owned(),
            external_url: "https://api.example.org/auth/v1".to_owned(),
            redirect_urls: vec!["https://other.example.org/**".to_owned()],
            ..Config::default()
        };
        let is_allowed = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, origin.parse().expect("a header"));
            check(&config, &headers).is_ok()
        };
        assert!(check(&config, &HeaderMap::new()).is_ok());
        assert!(is_allowed("https://app.example.org"));
        assert!(is_allowed("https://api.example.org"));
        assert!(is_allowed("https://other.example.org"));
        for bad in [
            "null",
            "https://evil.example",
            "http://app.example.org",
            "https://app.example.org:8443",
            "https://app.example.org.evil.example",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
