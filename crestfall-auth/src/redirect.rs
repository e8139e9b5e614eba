//! Where a browser may be sent with a token: the one validator that every flow asks (SEC-07,
//! GT-088), on its error paths too.
//!
//! Allowed are the site itself (its scheme, host and port; on the loopback any port, RFC 8252), and
//! what a pattern of the allow list matches. A pattern is GoTrue's: `*` matches any characters but
//! `.` and `/`, `**` any at all, `?` one but these; also `[a-z]`, `[!a-z]` and `{a,b}`; `\` takes the
//! next character as it is. It is held against the whole URL without its fragment.
//!
//! Stricter than GoTrue, whose URL parser and a browser's may differ: the text must be the URL that a
//! browser would open, character for character but for case and the escapes browsers add. So a `\`,
//! tab or line break, a user name, an IP address in another spelling or a host that a pattern's `**`
//! would reach across `/`, `?` or `#` is refused, whatever the list says.

mod glob;

use std::net::IpAddr;

use url::{Host, Url};

use glob::Glob;
pub use glob::GlobError;

/// The longest URL looked at, in bytes.
const MAX_LENGTH: usize = 4096;

/// Schemes that run code, read files, show text of the sender's making or are no page: never allowed.
const FORBIDDEN: [&str; 10] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "filesystem",
    "view-source",
    "ws",
    "wss",
];

/// A setting is wrong.
#[derive(Debug, thiserror::Error)]
pub enum RedirectConfigError {
    /// The site is no URL with a host.
    #[error("the site URL is not a URL with a host")]
    Site,
    /// A pattern of the allow list is malformed.
    #[error("the pattern `{0}` of the redirect allow list is malformed")]
    Pattern(String, #[source] GlobError),
}

/// The site and its allow list.
#[derive(Clone, Debug)]
pub struct Redirects {
    site: Url,
    allowed: Vec<Glob>,
}

impl Redirects {
    /// A validator for a site (`SITE_URL`) and patterns (`URI_ALLOW_LIST`).
    ///
    /// # Errors
    /// A site without host, or with a scheme that is never allowed; a malformed pattern.
    pub fn new<T: AsRef<str>>(
        site: &str,
        patterns: impl IntoIterator<Item = T>,
    ) -> Result<Self, RedirectConfigError> {
        let site = Url::parse(site).map_err(|_| RedirectConfigError::Site)?;
        if FORBIDDEN.contains(&site.scheme()) || !site.has_host() {
            return Err(RedirectConfigError::Site);
        }
        let compile = |pattern: T| {
            let pattern = pattern.as_ref().trim();
            Glob::new(pattern)
                .map_err(|error| RedirectConfigError::Pattern(pattern.to_owned(), error))
        };
        let allowed = patterns
            .into_iter()
            .map(compile)
            .collect::<Result<_, _>>()?;
        Ok(Self { site, allowed })
    }

    /// The site, where everyone goes who may not go elsewhere.
    pub fn site(&self) -> &Url {
        &self.site
    }

    /// The URL to redirect to, if that is allowed.
    pub fn allowed(&self, target: &str) -> Option<Url> {
        let url = plain(target)?;
        if self.is_site(&url) {
            return Some(url);
        }
        match url.host() {
            Some(Host::Ipv4(address)) if !address.is_loopback() => return None,
            Some(Host::Ipv6(address)) if !address.is_loopback() => return None,
            // As in GoTrue: a native app listens on whatever port it gets.
            Some(Host::Ipv4(_) | Host::Ipv6(_)) if is_http(&url) => return Some(url),
            _ => {}
        }
        let (without_fragment, _) = target.split_once('#').unwrap_or((target, ""));
        let mut globs = self.allowed.iter();
        globs
            .any(|glob| glob.matches(without_fragment))
            .then_some(url)
    }

    /// The first target that is there and allowed, else the site: what GoTrue does with
    /// `redirect_to` and then `Referer`.
    pub fn choose<'a>(&self, targets: impl IntoIterator<Item = Option<&'a str>>) -> Url {
        let mut targets = targets.into_iter().flatten();
        let chosen = targets.find_map(|target| self.allowed(target));
        chosen.unwrap_or_else(|| self.site.clone())
    }

    fn is_site(&self, url: &Url) -> bool {
        let same_host = url.scheme() == self.site.scheme() && url.host() == self.site.host();
        let port = |url: &Url| url.port_or_known_default();
        url.has_host() && same_host && (port(url) == port(&self.site) || is_loopback(url))
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// The absolute URL that this text is in every reader's eyes, or none.
fn plain(target: &str) -> Option<Url> {
    // Browsers drop tabs and line breaks, trim spaces, and take `\` for `/`.
    let unambiguous = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte);
    if target.len() > MAX_LENGTH || !target.bytes().all(unambiguous) {
        return None;
    }
    let url = Url::parse(target).ok()?;
    if FORBIDDEN.contains(&url.scheme()) || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let rest = target.get(url.scheme().len() + 1..)?;
    if !is_http(&url) {
        return Some(url).filter(|_| is_app_link(rest));
    }
    // `https:host` and `https:///host` are `https://host` to browsers only.
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host = authority_host(authority)?;
    let same = url.host_str()?.eq_ignore_ascii_case(host);
    // The same host in other digits (`2130706433`, `0x7f.1`, `[0:0:0:0:0:0:0:1]`) is not the same
    // text; of these only the long spelling of an IPv6 address is let through.
    let long_ipv6 = host.starts_with('[') && matches!(url.host(), Some(Host::Ipv6(_)));
    // Dot segments, escaped or not, would move the path after a pattern had matched it.
    let path = target.len() - rest.len() + 2 + authority.len();
    let same_path = has_no_dot_segments(target.get(path..)?);
    ((same || long_ipv6) && is_hostname(&url, host) && same_path).then_some(url)
}

/// The host of `host[:port]`; none with an empty host or user information.
fn authority_host(authority: &str) -> Option<&str> {
    if authority.contains('@') {
        return None;
    }
    let host = match authority.rfind(']') {
        Some(end) => authority.get(..=end)?,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

fn is_hostname(url: &Url, host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let ends = |end: Option<&u8>| end.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = host.as_bytes();
    match url.host() {
        Some(Host::Domain(_)) => {
            bytes.iter().all(|byte| allowed(*byte)) && ends(bytes.first()) && ends(bytes.last())
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// No `.` or `..` segment in a path, as written or as `%2e`.
fn has_no_dot_segments(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    !path.split('/').any(is_dots)
}

/// What follows the scheme of an app's own URL (`com.example.app://login`): at least something, and no
/// user name.
fn is_app_link(rest: &str) -> bool {
    let authority = rest.strip_prefix("//").unwrap_or_default();
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    !authority.contains('@') && has_no_dot_segments(rest)
}

/// Adds parameters to the query, after those that are there.
pub fn with_query<'a>(
    mut url: Url,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Url {
    let mut parameters = parameters.into_iter().peekable();
    if parameters.peek().is_some() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    url
}

/// Puts parameters into the fragment, in place of the one that is there: how tokens are handed to an
/// app in the browser, since no server sees a fragment.
pub fn with_fragment<'a>(
    mut url: Url,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Url {
    let mut fragment = url::form_urlencoded::Serializer::new(String::new());
    fragment.extend_pairs(parameters);
    url.set_fragment(Some(&fragment.finish()));
    url
}

#[cfg(test)]
mod tests;
