//! The page that asks a user whether they agree is the application's own, not any that can run a
//! script in the user's browser.

use http::HeaderMap;
use http::header::ORIGIN;
use url::Url;

use crate::error::{Error, Result};
use crate::redirect::Redirects;

/// Refuses requests that a browser sent for a foreign page. Programs send no `Origin`.
///
/// # Errors
/// The origin is neither that of this service nor one that redirects may go to.
pub(crate) fn check(redirects: &Redirects, external_url: &str, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let is_ours = |origin: &str| {
        let page = format!("{origin}/");
        let service = Url::parse(external_url).ok();
        service.is_some_and(|service| service.origin().ascii_serialization() == origin)
            || redirects.allowed(origin).is_some()
            || redirects.allowed(&page).is_some()
    };
    match origin.to_str().is_ok_and(is_ours) {
        true => Ok(()),
        false => Err(Error::invalid("unauthorized request origin")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_ask() {
        let redirects = Redirects::new(
            "https://app.example.org/start",
            ["https://other.example.org/**"],
        )
        .expect("addresses");
        let is_allowed = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, origin.parse().expect("a header"));
            check(&redirects, "https://api.example.org/auth/v1", &headers).is_ok()
        };
        let programs = check(&redirects, "https://api.example.org", &HeaderMap::new());
        assert!(programs.is_ok());
        assert!(is_allowed("https://app.example.org"));
        assert!(is_allowed("https://api.example.org"));
        assert!(is_allowed("https://other.example.org"));
        for bad in [
            "null",
            "",
            "https://evil.example",
            "http://app.example.org",
            "https://app.example.org:8443",
            "https://app.example.org.evil.example",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
