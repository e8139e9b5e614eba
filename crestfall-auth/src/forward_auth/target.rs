//! What a proxy holds back: where a request was going, as the proxy says; and where one may be led
//! back to.

use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// The longest address, in bytes.
const MAX_URL: usize = 8192;

/// How a proxy says where a request was going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `X-Forwarded-Proto`, `-Host`, `-Uri` and `-Method`: Caddy, Traefik.
    Forwarded,
    /// `X-Original-URL` and `X-Original-Method`: nginx.
    Original,
}

/// Where a request was going.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    url: Url,
    /// In lower case.
    host: String,
    /// The path, decoded.
    path: String,
    method: Method,
    ip: Option<IpAddr>,
}

/// What the proxy says makes no sense, or could be read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTarget {
    #[error("the header `{0}` is missing, or there more than once")]
    Header(&'static str),
    #[error("the address is no http(s) URL that everybody reads in one way")]
    Url,
    #[error("the host is not of the domains that are guarded here")]
    Domain,
}

impl Target {
    /// # Errors
    /// Headers that are not there, that are there twice, or that could be read in two ways.
    pub(crate) fn read(
        parts: &Parts,
        form: Form,
        ip: Option<IpAddr>,
        domains: &Domains,
    ) -> Result<Self, BadTarget> {
        let headers = &parts.headers;
        let (url, method) = match form {
            Form::Forwarded => {
                let scheme = only(headers, "x-forwarded-proto")?;
                let host = only(headers, "x-forwarded-host")?;
                let uri = only(headers, "x-forwarded-uri")?;
                let method = only(headers, "x-forwarded-method")?;
                if !uri.starts_with('/') || host.contains(['/', '?', '#', '@', ',', ' ']) {
                    return Err(BadTarget::Url);
                }
                (format!("{scheme}://{host}{uri}"), method)
            }
            Form::Original => {
                let url = only(headers, "x-original-url")?;
                (url.to_owned(), only(headers, "x-original-method")?)
            }
        };
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| BadTarget::Url)?;
        let url = plain(&url).ok_or(BadTarget::Url)?;
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        if !domains.contain(&url) {
            return Err(BadTarget::Domain);
        }
        let path = decoded_path(&url).ok_or(BadTarget::Url)?;
        Ok(Self {
            url,
            host,
            path,
            method,
            ip,
        })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.ip
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, BadTarget> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    let value = value.filter(|value| !value.is_empty());
    match (value, values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(BadTarget::Header(name)),
    }
}

/// An http(s) URL without user information that browsers and we read alike.
fn plain(text: &str) -> Option<Url> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`".contains(&byte);
    if text.len() > MAX_URL || !text.bytes().all(plain) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.split(['/', '?', '#']).next()?;
    if !is_http || authority.is_empty() || authority.contains('@') {
        return None;
    }
    // Dots that a browser would take away before it asks.
    let path = rest.get(authority.len()..)?.split(['?', '#']).next()?;
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    if path.split('/').any(is_dots) {
        return None;
    }
    Url::parse(text).ok()
}

/// What rules see of a path: decoded once. Not one that an application could take for another: with
/// dots or backslashes behind the encoding, or empty segments.
fn decoded_path(url: &Url) -> Option<String> {
    let decoded = percent_decode_str(url.path()).decode_utf8().ok()?;
    let is_dots = |segment: &str| segment == "." || segment == "..";
    let twisted = decoded.contains('\\')
        || decoded.contains("//")
        || decoded.chars().any(char::is_control)
        || decoded.split('/').any(is_dots);
    (!twisted).then(|| decoded.into_owned())
}

/// The domains that are guarded.
#[derive(Clone, Debug)]
pub(crate) struct Domains {
    names: Vec<String>,
    allow_http: bool,
}

impl Domains {
    pub(super) fn new(names: &[String], allow_http: bool) -> Self {
        let clean = |name: &String| {
            let name = name.trim_start_matches("*.").trim_start_matches('.');
            name.trim_end_matches('.').to_ascii_lowercase()
        };
        let names = names.iter().map(clean).filter(|name| !name.is_empty());
        Self {
            names: names.collect(),
            allow_http,
        }
    }

    /// Whether any is guarded at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn contain(&self, url: &Url) -> bool {
        let host = match url.host() {
            Some(Host::Domain(host)) => host.to_ascii_lowercase(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(_)) | None => return false,
        };
        let mut names = self.names.iter();
        names.any(|name| {
            let before = host.strip_suffix(name.as_str());
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    /// The address to be led back to, if it is within the domains: never elsewhere.
    pub(crate) fn safe_return(&self, text: &str) -> Option<Url> {
        let url = plain(text)?;
        let scheme = url.scheme() == "https" || self.allow_http;
        (scheme && self.contain(&url)).then_some(url)
    }

    /// What a form on the login page may lead to, for its `form-action`.
    pub(crate) fn sources(&self) -> Vec<String> {
        let schemes: &[&str] = match self.allow_http {
            true => &["https", "http"],
            false => &["https"],
        };
        let names = self.names.iter();
        names
            .flat_map(|name| {
                let hosts = [format!("{name}:*"), format!("*.{name}:*")];
                schemes
                    .iter()
                    .flat_map(move |scheme| hosts.clone().map(|host| format!("{scheme}://{host}")))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains() -> Domains {
        Domains::new(&["example.org".into()], false)
    }

    #[test]
    fn one_is_led_back_within_the_domains_only() {
        for good in [
            "https://example.org",
            "https://app.example.org/a?b=c#d",
            "https://a.b.EXAMPLE.org:8443/",
        ] {
            assert!(domains().safe_return(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "/",
            "//example.org",
            "/\\example.org",
            "https:example.org",
            "https:///example.org",
            "https://example.org.evil.com",
            "https://evilexample.org",
            "https://evil.com/.example.org",
            "https://evil.com?.example.org",
            "https://evil.com#.example.org",
            "https://example.org@evil.com",
            "https://evil.com\\.example.org",
            "https://evil.com%2f.example.org",
            "https://example.org%00.evil.com",
            "http://example.org",
            "javascript://example.org/%0aalert(1)",
            "https://example.org\t.evil.com",
            " https://example.org",
            "https://[::1]/",
            "https://example.org/../x",
        ] {
            assert!(domains().safe_return(bad).is_none(), "{bad}");
        }
    }

    fn read(lines: &[(&'static str, &str)]) -> Result<Target, BadTarget> {
        let mut request = http::Request::builder();
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let form = match parts.headers.contains_key("x-original-url") {
            true => Form::Original,
            false => Form::Forwarded,
        };
        Target::read(&parts, form, None, &domains())
    }

    #[test]
    fn a_target_is_what_the_proxy_says_if_it_says_it_once() {
        let forwarded = |host: &str, uri: &str| {
            read(&[
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", host),
                ("x-forwarded-uri", uri),
                ("x-forwarded-method", "GET"),
            ])
        };
        let target = forwarded("App.example.org", "/a%20b?x=1").expect("a target");
        assert_eq!((target.host(), target.path()), ("app.example.org", "/a b"));
        for (host, uri) in [
            ("evil.com", "/"),
            ("example.org@evil.com", "/"),
            ("evil.com, example.org", "/"),
            ("example.org", "x"),
            ("example.org", "/public/../admin"),
            ("example.org", "/public/%2e%2E/admin"),
            ("example.org", "/public%2f..%2fadmin"),
            ("example.org", "//admin"),
            ("example.org", "/public/%2fadmin"),
            ("example.org", "/public\\..\\admin"),
            ("example.org", "/a%5c..%5cb"),
            ("example.org", "/%00"),
            ("example.org", "/%ff"),
        ] {
            assert!(forwarded(host, uri).is_err(), "{host} {uri}");
        }
        let original = [
            ("x-original-url", "https://app.example.org/x"),
            ("x-original-method", "PUT"),
        ];
        assert_eq!(read(&original).expect("a target").method(), Method::PUT);
        assert!(read(&original[..1]).is_err());
        let twice = [original[0], original[0], original[1]];
        assert_eq!(
            read(&twice).err(),
            Some(BadTarget::Header("x-original-url"))
        );
    }
}
