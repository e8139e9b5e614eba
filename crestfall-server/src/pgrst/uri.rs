//! The two settings that are URIs: `openapi-server-proxy-uri` and `jwt-aud`.

use http::Uri;

/// Whether text is an absolute `http` or `https` address with a host, and without user, query or
/// fragment.
pub(crate) fn is_proxy_uri(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    let port_is_valid = match authority.as_str().rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => {
            port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0)
        }
        _ => true,
    };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.query().is_none()
        && !text.contains('#')
        && !authority.host().is_empty()
        && !authority.as_str().contains('@')
        && port_is_valid
}

/// Whether text is a URI as RFC 3986 writes it: a scheme, then only the characters it allows.
pub(crate) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let scheme_is_valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    scheme_is_valid && rest.matches('#').count() <= 1 && has_only_uri_characters(rest)
}

fn has_only_uri_characters(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let escaped = bytes.get(at + 1..at + 3);
                if !escaped.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) {
                    return false;
                }
                at += 3;
            }
            b if b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&b) => at += 1,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_uri_is_absolute_and_bare() {
        for good in [
            "https://example.com",
            "http://example.com:8443/base",
            "https://[::1]/x",
            "HTTP://example.com",
        ] {
            assert!(is_proxy_uri(good), "{good}");
        }
        for bad in [
            "/base",
            "ftp://example.com",
            "https://user@example.com",
            "https://example.com/?q=1",
            "https://example.com:0",
            "https://example.com:99999",
            "htp:/@@localhorst.invalid",
            "example.com",
        ] {
            assert!(!is_proxy_uri(bad), "{bad}");
        }
    }

    #[test]
    fn a_uri_has_a_scheme_and_known_characters() {
        assert!(is_uri("https://example.org") && is_uri("urn:a%20b"));
        for bad in ["foo://%%$$^^.com", "http://%%localhorst.invalid", "1a:b"] {
            assert!(!is_uri(bad), "{bad}");
        }
    }
}
