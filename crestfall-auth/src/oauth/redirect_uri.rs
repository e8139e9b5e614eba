//! Where a client has the user's browser sent back to (RFC 6749, section 3.1.2; RFC 8252; SEC-07).
//!
//! A registered address is checked once, strictly, and from then on compared as text: nothing is
//! decoded or normalized, so there is no second reading of it to be exploited.

use url::{Host, Url, form_urlencoded};

/// Longest address, in bytes.
pub(crate) const MAX_LENGTH: usize = 2048;

/// Schemes that run or show what is in the address, or leave the browser's own rules.
const FORBIDDEN_SCHEMES: [&str; 10] = [
    "javascript",
    "data",
    "file",
    "vbscript",
    "about",
    "blob",
    "filesystem",
    "view-source",
    "intent",
    "content",
];

/// Whether a client may register this address.
///
/// # Errors
/// Why not, as the sentence's end.
pub(crate) fn check(uri: &str) -> Result<(), String> {
    if uri.is_empty() {
        return Err("redirect URI cannot be empty".to_owned());
    }
    if uri.len() > MAX_LENGTH {
        return Err(format!("cannot exceed {MAX_LENGTH} characters"));
    }
    // A comma separates addresses where they are stored. Browsers read a backslash as a slash and
    // skip tabs and newlines.
    if !uri
        .bytes()
        .all(|b| b.is_ascii_graphic() && b != b'\\' && b != b',')
    {
        return Err("must be printable ASCII without commas and backslashes".to_owned());
    }
    let url = Url::parse(uri).map_err(|_| "must have scheme and host".to_owned())?;
    let scheme = url.scheme();
    if FORBIDDEN_SCHEMES.contains(&scheme) {
        return Err(format!(
            "scheme '{scheme}' is not allowed for security reasons"
        ));
    }
    if uri.contains('#') {
        return Err("fragment not allowed in redirect URI".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("user name and password not allowed in redirect URI".to_owned());
    }
    let has_authority = uri
        .get(scheme.len()..)
        .is_some_and(|rest| rest.starts_with("://"));
    match scheme {
        "https" if has_authority && url.host().is_some() => Ok(()),
        "http" if has_authority && is_loopback(&url) => Ok(()),
        "http" => Err("HTTP scheme only allowed for localhost".to_owned()),
        "https" => Err("must have scheme and host".to_owned()),
        _ if has_authority && url.host_str().is_some_and(|host| !host.is_empty()) => Ok(()),
        // A native application's own scheme is a domain of its maker, backwards (RFC 8252, 7.1).
        _ if scheme.contains('.') && url.path().starts_with('/') => Ok(()),
        _ => Err("must have scheme and host".to_owned()),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback() && url.host_str() == Some("127.0.0.1"),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a client that registered the one address may use the other: the same text; for a native
/// application on this machine, with another port, which it is given as it starts (RFC 8252, 7.3).
pub(crate) fn matches(registered: &str, asked: &str, is_native: bool) -> bool {
    if registered == asked {
        return true;
    }
    let (Some(registered), Some(asked)) = (Loopback::split(registered), Loopback::split(asked))
    else {
        return false;
    };
    is_native && registered == asked
}

/// An `http` address of this machine, but for its port.
#[derive(PartialEq, Eq)]
struct Loopback<'a> {
    host: &'a str,
    /// Path and query.
    rest: &'a str,
}

impl<'a> Loopback<'a> {
    fn split(uri: &'a str) -> Option<Self> {
        let after_scheme = uri.strip_prefix("http://")?;
        let hosts = ["localhost", "127.0.0.1", "[::1]"];
        let host = hosts
            .into_iter()
            .find(|host| after_scheme.starts_with(host))?;
        let (host, after_host) = after_scheme.split_at(host.len());
        let rest = match after_host.strip_prefix(':') {
            None => after_host,
            Some(after_colon) => {
                let digits = after_colon.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = after_colon.split_at(digits);
                port.parse::<u16>().ok().filter(|port| *port > 0)?;
                rest
            }
        };
        let ends_host = rest.is_empty() || rest.starts_with(['/', '?']);
        ends_host.then_some(Self { host, rest })
    }
}

/// Whether the browser can be sure to bring the answer to the one who registered the address: no
/// other program of the user's machine can claim it.
pub(crate) fn is_claimed(uri: &str) -> bool {
    uri.starts_with("https://")
}

/// The address with parameters behind those it has.
pub(crate) fn with_parameters<'a>(
    uri: &str,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_that_can_be_registered() {
        for good in [
            "https://app.example.org/callback",
            "https://app.example.org",
            "https://app.example.org:8443/cb?x=1",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:80/cb",
            "myapp://callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "com.example.app:/oauth2redirect",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    /// SEC-07.
    #[test]
    fn addresses_that_cannot_be_registered() {
        for bad in [
            "",
            "//evil.example",
            "/relative",
            "https:evil.example",
            "https:/evil.example",
            "\\evil.example",
            "https://good.example\\@evil.example",
            "https://user@evil.example/",
            "https://good.example:pass@evil.example/",
            "https://e\tvil.example/",
            "https://evil.example/\n",
            "https://bücher.example/",
            "javascript:alert(1)",
            "JavaScript://x/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:https://x/y",
            "intent://x#Intent;end",
            "https://app.example.org/cb#fragment",
            "https://app.example.org/cb#",
            "http://app.example.org/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.1/cb\\",
            "https://app.example.org/,javascript:alert(1)",
            "myapp:callback",
            "https://",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&format!("https://x.org/{}", "a".repeat(MAX_LENGTH))).is_err());
    }

    #[test]
    fn addresses_match_as_text() {
        let registered = "https://app.example.org/docs";
        assert!(matches(registered, registered, true));
        for other in [
            "https://app.example.org/docss",
            "https://app.example.org/docs/",
            "https://app.example.org/docs?x",
            "https://app.example.org:443/docs",
            "https://app.example.org/%64ocs",
            "https://app.example.org/docs/../docs",
            "HTTPS://app.example.org/docs",
            "https://app.example.org@evil.example/docs",
            "http://app.example.org/docs",
        ] {
            assert!(!matches(registered, other, true), "{other}");
        }
    }

    /// RFC 8252, 7.3.
    #[test]
    fn a_native_application_chooses_its_port() {
        let registered = "http://127.0.0.1:3000/cb";
        for good in ["http://127.0.0.1:51004/cb", "http://127.0.0.1/cb"] {
            assert!(matches(registered, good, true), "{good}");
            assert!(!matches(registered, good, false), "{good}");
        }
        for bad in [
            "http://localhost:3000/cb",
            "http://127.0.0.1:3000/other",
            "http://127.0.0.1:3000@evil.example/cb",
            "http://127.0.0.1:3000.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "https://127.0.0.1:3000/cb",
        ] {
            assert!(!matches(registered, bad, true), "{bad}");
        }
    }

    #[test]
    fn parameters_come_behind_those_that_are_there() {
        let add = |uri| with_parameters(uri, [("code", "a b&"), ("iss", "https://x")]);
        let query = "code=a+b%26&iss=https%3A%2F%2Fx";
        assert_eq!(add("https://a.org/cb"), format!("https://a.org/cb?{query}"));
        assert_eq!(
            add("https://a.org/cb?"),
            format!("https://a.org/cb?{query}")
        );
        assert_eq!(
            add("https://a.org/cb?x=1"),
            format!("https://a.org/cb?x=1&{query}")
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(registered in ".*", asked in ".*") {
            let _ = check(&registered);
            let _ = matches(&registered, &asked, true);
        }

        #[test]
        fn what_can_be_registered_fits_a_header(uri in "[a-z]{1,6}://[ -~]{1,40}") {
            if check(&uri).is_ok() {
                let location = with_parameters(&uri, [("state", "\u{0}\r\n")]);
                prop_assert!(http::HeaderValue::try_from(location).is_ok());
            }
        }
    }
}
