//! The base URL under which clients reach the API (`openapi-server-proxy-uri`).

/// The parts of a base URL that the document names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProxyUri<'a> {
    /// `https`, else `http`.
    pub(super) secure: bool,
    /// As written; an IPv6 address with its brackets.
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// As written, or `/`.
    pub(super) path: &'a str,
}

impl<'a> ProxyUri<'a> {
    /// Reads an absolute URL (RFC 3986) with the scheme http or https and a host, and without
    /// user information, query and fragment. None for anything else.
    pub(super) fn parse(uri: &'a str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let secure = scheme.eq_ignore_ascii_case("https");
        if !secure && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority);
        if !is_host(host) || !is_path(path) {
            return None;
        }
        Some(Self {
            secure,
            host,
            port: match port {
                Some(digits) => parse_port(digits)?,
                None if secure => 443,
                None => 80,
            },
            path: if path.is_empty() { "/" } else { path },
        })
    }
}

/// The colon of a port follows the brackets of an IPv6 address.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_brackets = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    match authority[after_brackets..].find(':') {
        Some(colon) => {
            let (host, port) = authority.split_at(after_brackets + colon);
            (host, Some(&port[1..]))
        }
        None => (authority, None),
    }
}

fn parse_port(digits: &str) -> Option<u16> {
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.parse().ok().filter(|&port| port > 0);
    port.filter(|_| all_digits)
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(literal) => literal
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => !host.is_empty() && is_made_of(host, ""),
    }
}

fn is_path(path: &str) -> bool {
    is_made_of(path, "/:@")
}

/// Only characters that RFC 3986 allows in a host or path, besides `also`; each `%` starts an
/// escape.
fn is_made_of(text: &str, also: &str) -> bool {
    let escapes_are_whole = text.split('%').skip(1).all(|escape| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let allowed = |character: char| {
        character.is_ascii_alphanumeric()
            || "-._~!$&'()*+,;=%".contains(character)
            || also.contains(character)
    };
    escapes_are_whole && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_and_a_path_have_defaults() {
        let expected = |secure, host, port, path| ProxyUri {
            secure,
            host,
            port,
            path,
        };
        let cases = [
            (
                "https://example.com/openapi.json",
                expected(true, "example.com", 443, "/openapi.json"),
            ),
            (
                "http://example.com",
                expected(false, "example.com", 80, "/"),
            ),
            (
                "HTTPS://Example.com:8443/a%20b/",
                expected(true, "Example.com", 8443, "/a%20b/"),
            ),
            ("http://[::1]:3000/x", expected(false, "[::1]", 3000, "/x")),
            ("http://[::1]", expected(false, "[::1]", 80, "/")),
        ];
        for (uri, expected) in cases {
            assert_eq!(ProxyUri::parse(uri), Some(expected), "{uri}");
        }
    }

    #[test]
    fn anything_but_a_plain_base_url_is_refused() {
        let malformed = [
            "",
            "example.com",
            "/path",
            "ftp://example.com",
            "http:///path",
            "http://user@example.com",
            "http://example.com?query=1",
            "http://example.com/?",
            "http://example.com/#part",
            "http://example.com:0",
            "http://example.com:65536",
            "http://example.com:",
            "http://example.com:+80",
            "http://exa mple.com",
            "http://example.com/%2",
            "http://example.com/é",
            "http://[::1",
            "http://[::g]",
            "http://a:b:80",
        ];
        for uri in malformed {
            assert_eq!(ProxyUri::parse(uri), None, "{uri}");
        }
    }
}
