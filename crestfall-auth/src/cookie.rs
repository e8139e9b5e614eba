//! Session cookies for browser apps, and what keeps other sites from using them.
//!
//! The cookie holds an opaque token or a value sealed by the caller; scripts cannot read it
//! (`HttpOnly`), other sites' forms do not send it (`SameSite=Lax`), and over HTTPS its name begins
//! with `__Host-`, so that no subdomain and no plain connection can set it.

mod csrf;

use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

pub use csrf::{Csrf, CsrfLayer, CsrfService, Refusal};

/// The longest value written, in bytes; browsers keep 4096 for name, value and attributes.
const MAX_VALUE: usize = 3800;

/// A cookie of ours: how it is named and sent.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    name: String,
    secure: bool,
    domain: Option<String>,
    same_site: SameSite,
}

/// A value or name cannot stand in a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cookie's name and value need 1 to 3800 letters, digits and `-_.~:/+=`")]
pub struct NotACookie;

impl SessionCookie {
    /// A cookie of this base name, such as `session`. `secure` is false only for a service on plain
    /// HTTP: then the name gets no prefix and the cookie no `Secure`.
    ///
    /// # Errors
    /// A name of other characters than letters, digits, `-` and `_`.
    pub fn new(name: &str, secure: bool) -> Result<Self, NotACookie> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
            return Err(NotACookie);
        }
        let prefix = if secure { "__Host-" } else { "" };
        Ok(Self {
            name: format!("{prefix}{name}"),
            secure,
            domain: None,
            same_site: SameSite::Lax,
        })
    }

    /// A cookie that all hosts of a domain get, such as `example.org`. Its name begins with
    /// `__Secure-` over HTTPS. Any host of the domain can read it and set one of its own: use it only
    /// where all of them are yours.
    ///
    /// # Errors
    /// A name of other characters, or a domain that is none.
    pub fn for_domain(name: &str, secure: bool, domain: &str) -> Result<Self, NotACookie> {
        let plain = Self::new(name, false)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        if domain.is_empty() || domain.len() > 253 || !domain.bytes().all(allowed) {
            return Err(NotACookie);
        }
        let prefix = if secure { "__Secure-" } else { "" };
        Ok(Self {
            name: format!("{prefix}{}", plain.name),
            secure,
            domain: Some(domain),
            same_site: SameSite::Lax,
        })
    }

    /// Sent with forms of other sites, too, over HTTPS: for what is no proof by itself.
    pub(crate) fn across_sites(mut self) -> Self {
        if self.secure {
            self.same_site = SameSite::None;
        }
        self
    }

    /// The name as it is sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A `Set-Cookie` value. Without a lifetime the cookie ends with the browser's session.
    ///
    /// # Errors
    /// A value that is empty, too long, or has other characters than Base64 and tokens have.
    pub fn set(&self, value: &str, lifetime: Option<Duration>) -> Result<HeaderValue, NotACookie> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:/+=".contains(&byte);
        if value.is_empty() || value.len() > MAX_VALUE || !value.bytes().all(allowed) {
            return Err(NotACookie);
        }
        self.write(value, lifetime)
    }

    /// A `Set-Cookie` value that takes the cookie away.
    pub fn clear(&self) -> HeaderValue {
        let cleared = self.write("", Some(Duration::ZERO));
        // The name was checked, and nothing else of the text is given.
        cleared.unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    fn write(&self, value: &str, lifetime: Option<Duration>) -> Result<HeaderValue, NotACookie> {
        let mut cookie = Cookie::build((self.name.as_str(), value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(self.same_site)
            .build();
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain.as_str());
        }
        if let Some(lifetime) = lifetime {
            let seconds = i64::try_from(lifetime.as_secs()).map_err(|_| NotACookie)?;
            cookie.set_max_age(cookie::time::Duration::seconds(seconds));
        }
        HeaderValue::try_from(cookie.to_string()).map_err(|_| NotACookie)
    }

    /// The cookie's value in a request. Two cookies of the name (one of them set by another site of
    /// the domain) are none: which is ours cannot be known.
    pub fn read<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let mut values = cookies(headers).filter(|(name, _)| *name == self.name);
        let (_, value) = values.next()?;
        let only = values.next().is_none() && !value.is_empty();
        only.then_some(value)
    }
}

/// Name and value of each cookie of a request (RFC 6265, 5.4), over several headers as HTTP/2 sends
/// them.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';'));
    pairs.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn a_session_cookie_is_host_only_and_out_of_scripts_reach() {
        let cookie = SessionCookie::new("session", true).expect("a cookie");
        let set = cookie.set("abc.DEF-1_2", Some(Duration::from_secs(60)));
        assert_eq!(
            set.expect("a header"),
            "__Host-session=abc.DEF-1_2; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            cookie.clear(),
            "__Host-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"
        );
        let plain = SessionCookie::new("session", false).expect("a cookie");
        let set = plain.set("abc", None).expect("a header");
        assert_eq!(set, "session=abc; HttpOnly; SameSite=Lax; Path=/");
    }

    #[test]
    fn a_cookie_of_a_domain_names_it() {
        let cookie = SessionCookie::for_domain("session", true, ".Example.org").expect("a cookie");
        assert_eq!(
            cookie.set("x", None).expect("a header"),
            "__Secure-session=x; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=example.org"
        );
        for domain in ["", ".", "a b", "a;b", "é"] {
            let refused = SessionCookie::for_domain("session", true, domain);
            assert!(refused.is_err(), "{domain}");
        }
    }

    #[test]
    fn nothing_else_gets_into_a_cookie() {
        for name in ["", "a b", "a=b", "a;b", "é"] {
            assert!(SessionCookie::new(name, true).is_err(), "{name}");
        }
        let cookie = SessionCookie::new("s", true).expect("a cookie");
        for value in ["", "a;b", "a b", "a\r\nb", "a,b", "é", &"x".repeat(3801)] {
            assert!(cookie.set(value, None).is_err(), "{value}");
        }
    }

    #[test]
    fn a_cookie_is_read_if_there_is_one() {
        let cookie = SessionCookie::new("session", true).expect("a cookie");
        for (lines, value) in [
            (&["a=b; __Host-session=x=; c=d"][..], Some("x=")),
            (&["a=b", "__Host-session=x"][..], Some("x")),
            (&["__Host-session=x; __Host-session=y"][..], None),
            (&["__Host-session=x", "__Host-session=y"][..], None),
            (&["session=x"][..], None),
            (&["__host-session=x"][..], None),
            (&["__Host-session="][..], None),
            (&["__Host-session"][..], None),
            (&[][..], None),
        ] {
            assert_eq!(cookie.read(&headers(lines)), value, "{lines:?}");
        }
    }
}
