//! The browser that began a sign-in at a provider is the one that ends it: nobody is signed in, and no
//! account is linked, by an address that somebody else sent.
//!
//! The browser gets a random value in a cookie where it leaves for the provider. The sign-in is kept
//! under a hash of that value and of the `state` that the provider repeats, so that without the cookie
//! there is none under that `state`.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use url::Url;
use uuid::Uuid;

use crate::auth::Auth;
use crate::cookie::{NotACookie, SessionCookie};
use crate::error::{Error, Result};

const NAME: &str = "crestfall-browser";
/// For providers that send browsers back by a form, which other cookies do not go with.
const NAME_BY_POST: &str = "crestfall-browser-post";

/// One browser, for as long as a sign-in takes.
pub(crate) struct Browser(String);

impl Browser {
    fn new() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// The one that goes to a provider: it keeps the value that it has, for its other tabs.
    pub(crate) fn leaving(auth: &Auth, headers: &HeaderMap) -> Self {
        Self::read(auth, headers, NAME)
            .or_else(|| Self::read(auth, headers, NAME_BY_POST))
            .unwrap_or_else(Self::new)
    }

    /// The one that comes back, if it ever left.
    pub(crate) fn returning(auth: &Auth, headers: &HeaderMap, method: &Method) -> Option<Self> {
        let names = match *method {
            Method::POST => [NAME_BY_POST, NAME],
            _ => [NAME, NAME_BY_POST],
        };
        let mut found = names.into_iter();
        found.find_map(|name| Self::read(auth, headers, name))
    }

    fn read(auth: &Auth, headers: &HeaderMap, name: &str) -> Option<Self> {
        let value = cookie(auth, name).ok()?.read(headers)?;
        let is_ours = BASE64_URL_SAFE_NO_PAD
            .decode(value)
            .is_ok_and(|bytes| bytes.len() == 32);
        is_ours.then(|| Self(value.to_owned()))
    }

    /// What a sign-in of this browser with this `state` is kept under.
    pub(crate) fn flow(&self, state: Uuid) -> Uuid {
        let hash = self.hash("flow", state);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_ref()[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// What a page of ours, shown in this browser, sends as a sign that its button was pressed.
    pub(crate) fn confirmation(&self, state: Uuid) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.hash("confirm", state))
    }

    pub(crate) fn is_confirmed(&self, state: Uuid, confirmation: &str) -> bool {
        let expected = self.confirmation(state);
        verify_slices_are_equal(expected.as_bytes(), confirmation.as_bytes()).is_ok()
    }

    fn hash(&self, purpose: &str, state: Uuid) -> aws_lc_rs::digest::Digest {
        digest(&SHA256, format!("{purpose} {} {state}", self.0).as_bytes())
    }

    /// `Set-Cookie`, for a browser that comes back in this way.
    pub(crate) fn set_cookie(&self, auth: &Auth, comes_by_post: bool) -> Result<HeaderValue> {
        let lifetime = auth.config().external.flow_lifetime.get();
        let set = |name: &str| -> std::result::Result<HeaderValue, NotACookie> {
            let cookie = cookie(auth, name)?;
            let cookie = match comes_by_post {
                true => cookie.across_sites(),
                false => cookie,
            };
            cookie.set(&self.0, Some(lifetime.max(Duration::from_secs(1))))
        };
        let name = if comes_by_post { NAME_BY_POST } else { NAME };
        set(name).map_err(|error| Error::internal("Unexpected failure", error))
    }
}

fn cookie(auth: &Auth, name: &str) -> std::result::Result<SessionCookie, NotACookie> {
    SessionCookie::new(name, auth.config().external_url.starts_with("https://"))
}

/// Whether the answer to a script's request sets cookies that come to `/callback` again: a page of
/// this very origin sent it.
pub(crate) fn keeps_cookies(auth: &Auth, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = Url::parse(&auth.config().external_url).ok();
    let ours = ours.as_ref().and_then(authority);
    text(HeaderName::from_static("sec-fetch-site")) == Some("same-origin")
        && ours.is_some_and(|ours| text(HOST).is_some_and(|host| host.eq_ignore_ascii_case(&ours)))
}

/// Whether a provider that sends users to this address sends them to this service's host.
pub(crate) fn comes_back(auth: &Auth, redirect_uri: &str) -> bool {
    let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
    host(redirect_uri) == host(&auth.config().external_url)
}

/// As a browser writes it into `Host`.
fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_belongs_to_one_browser_and_one_state() {
        let (ada, eve) = (Browser::new(), Browser::new());
        let (state, other) = (Uuid::new_v4(), Uuid::new_v4());
        assert_eq!(ada.flow(state), ada.flow(state));
        for flow in [eve.flow(state), ada.flow(other), state] {
            assert_ne!(ada.flow(state), flow);
        }
        let confirmation = ada.confirmation(state);
        assert!(ada.is_confirmed(state, &confirmation));
        assert!(!eve.is_confirmed(state, &confirmation));
        assert!(!ada.is_confirmed(other, &confirmation) && !ada.is_confirmed(state, ""));
    }
}
