//! Which URLs may be called.

use std::net::IpAddr;

use reqwest::Url;

use super::{EgressConfig, EgressError, is_public};

/// The operator's word on what may be called.
#[derive(Debug)]
pub(super) struct Targets {
    allowed: Vec<Allowed>,
    ports: Vec<u16>,
}

/// A host that is called wherever it is, at one port or all.
#[derive(Debug, PartialEq, Eq)]
struct Allowed {
    host: String,
    port: Option<u16>,
}

/// How far a URL is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Its host may resolve to public addresses only.
    Public,
    /// The operator has named it.
    Allowed,
}

impl Targets {
    pub(super) fn new(config: &EgressConfig) -> Result<Self, EgressError> {
        let allowed = config
            .allow
            .iter()
            .map(|text| Allowed::parse(text).ok_or_else(|| EgressError::Config(text.clone())));
        Ok(Self {
            allowed: allowed.collect::<Result<_, _>>()?,
            ports: config.ports.clone(),
        })
    }

    /// Judges a URL by what it says; what its host resolves to is the resolver's business.
    pub(super) fn check(&self, url: &Url) -> Result<Trust, EgressError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EgressError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::Credentials);
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(EgressError::Url);
        };
        let host = plain(host);
        let is_it = |allowed: &Allowed| {
            allowed.host == host && allowed.port.is_none_or(|allowed| allowed == port)
        };
        if self.allowed.iter().any(is_it) {
            return Ok(Trust::Allowed);
        }
        if !self.ports.contains(&port) {
            return Err(EgressError::Port(port));
        }
        let refused = match host.parse::<IpAddr>() {
            Ok(ip) => !is_public(ip),
            Err(_) => is_local(&host),
        };
        if refused {
            return Err(EgressError::Address);
        }
        Ok(Trust::Public)
    }
}

/// A host as it is compared: `url` has made it ASCII, lower-case, and an IPv4 address of any spelling
/// four decimal numbers; here go the brackets of IPv6 and the root's dot.
fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.trim_end_matches('.').to_owned()
}

/// Names of this machine or network, whatever a resolver makes of them (RFC 6761, 6762, 8375, and
/// `internal` as reserved by ICANN).
fn is_local(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    matches!(last, "" | "localhost" | "local" | "internal") || host.ends_with(".home.arpa")
}

impl Allowed {
    /// `host`, `host:port`, `192.0.2.1:80`, `[::1]:80`, `::1`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(IpAddr::V6(ip)) = text.parse() {
            return Some(Self {
                host: ip.to_string(),
                port: None,
            });
        }
        // Written like the host of a URL, so that both are normalised alike.
        let has_port = text.rsplit_once(':').map(|(_, port)| port);
        let has_port = has_port.filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        let url = Url::parse(&format!("http://{text}/")).ok()?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_bare = is_bare && url.username().is_empty() && url.password().is_none();
        Some(Self {
            host: plain(url.host_str().filter(|host| is_bare && !host.is_empty())?),
            port: has_port.map(|_| url.port_or_known_default().unwrap_or(80)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], url: &str) -> Result<Trust, EgressError> {
        let config = EgressConfig {
            allow: allow.iter().map(ToString::to_string).collect(),
            ..EgressConfig::default()
        };
        let url = Url::parse(url).map_err(|_| EgressError::Url)?;
        Targets::new(&config).expect("targets").check(&url)
    }

    #[test]
    fn sec_20_an_address_is_refused_in_any_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7f.0x0.0x0.0x1",
            "0177.0.0.1",
            "017700000001",
            "0177.0x0.1",
            "127.0.0.1.",
            "0",
            "0.0.0.0",
            "0x0",
            "%31%32%37.0.0.1",
            "①②⑦.⓪.⓪.①",
            "127。0。0。1",
            "10.0.0.1",
            "0xa9fea9fe",
            "2852039166",
            "169.254.169.254",
            "0251.0376.0251.0376",
            "192.168.1",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b::8.8.8.8]",
            "[2002:7f00:1::]",
            "[2001:0:1::1]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[fc00::1]",
            "[ff02::1]",
            "100.64.0.1",
            "224.0.0.1",
            "192.0.2.1",
        ] {
            for url in [format!("http://{host}/"), format!("https://{host}:443/x")] {
                let judged = check(&[], &url);
                assert!(
                    matches!(judged, Err(EgressError::Address)),
                    "{url} {judged:?}"
                );
            }
        }
    }

    #[test]
    fn sec_20_names_of_this_machine_are_refused() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "localhost..",
            "a.localhost",
            "a.localhost.",
            "ｌocalhost",
            "printer.local",
            "metadata.google.internal",
            "metadata.google.internal.",
            "nas.home.arpa",
        ] {
            let url = format!("http://{host}/");
            assert!(check(&[], &url).is_err(), "{url}");
        }
    }

    #[test]
    fn sec_20_other_schemes_ports_and_credentials_are_refused() {
        for url in [
            "ftp://example.org",
            "file:///etc/passwd",
            "gopher://example.org",
            "ws://example.org",
            "data:,x",
            "unix:/x",
        ] {
            assert!(matches!(check(&[], url), Err(EgressError::Scheme)), "{url}");
        }
        for (url, port) in [
            ("http://example.org:22", 22),
            ("https://example.org:6379/", 6379),
        ] {
            assert!(
                matches!(check(&[], url), Err(EgressError::Port(found)) if found == port),
                "{url}"
            );
        }
        for url in [
            "http://user@example.org",
            "https://user:password@example.org",
            "http://:p@example.org",
        ] {
            assert!(
                matches!(check(&[], url), Err(EgressError::Credentials)),
                "{url}"
            );
        }
    }

    #[test]
    fn public_hosts_pass_at_the_usual_ports() {
        for url in [
            "http://example.org",
            "https://example.org/a?b",
            "http://example.org:443",
            "https://8.8.8.8",
            "https://[2606:4700::1111]/",
            "https://bücher.example",
            "https://localhost.example.org",
        ] {
            assert_eq!(check(&[], url).ok(), Some(Trust::Public), "{url}");
        }
    }

    #[test]
    fn a_host_that_is_named_passes_at_its_port_or_at_all() {
        let allow = [
            "Hooks.internal",
            "127.0.0.1:9999",
            "[::1]:80",
            "fd00::7",
            "db:5432",
            "0x7f000002",
        ];
        for url in [
            "http://hooks.internal",
            "http://HOOKS.internal.:8080",
            "https://127.0.0.1:9999",
            "http://127.1:9999",
            "http://[::1]",
            "http://[fd00::7]:1",
            "http://db:5432",
            "http://127.0.0.2:1",
        ] {
            assert_eq!(check(&allow, url).ok(), Some(Trust::Allowed), "{url}");
        }
        for url in [
            "http://127.0.0.1:9998",
            "http://127.0.0.1",
            "https://[::1]",
            "http://a.hooks.internal",
            "http://hooks.internal@127.0.0.3/",
        ] {
            assert!(check(&allow, url).is_err(), "{url}");
        }
        assert_eq!(
            check(&allow, "http://db").ok(),
            Some(Trust::Public),
            "only as far as it resolves so"
        );
    }

    #[test]
    fn what_is_no_host_cannot_be_allowed() {
        for text in [
            "",
            "http://x",
            "a/b",
            "a b",
            "user@host",
            "host:99999",
            "host?x",
            "host:80/",
        ] {
            assert_eq!(Allowed::parse(text), None, "{text}");
        }
    }
}
