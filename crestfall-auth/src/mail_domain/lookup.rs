//! Which servers take a domain's mail (RFC 5321, section 5.1; RFC 7505).

use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::config::EmailValidation;

/// How long one name server may take.
const PATIENCE: Duration = Duration::from_millis(1200);
/// Answers that are remembered.
const REMEMBERED: u64 = 1024;
/// How long, at most: who repairs a domain is believed soon.
const LONGEST: Duration = Duration::from_secs(300);
/// The port of DNS.
const PORT: u16 = 53;

/// What is known of a domain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Names, or addresses where there are no names.
    Servers(Vec<String>),
    /// There is no such domain, nothing in it, or it says that it takes no mail.
    Nothing,
    /// Nobody answers, or nothing that is understood.
    Unknown,
}

/// Looks for servers of mail. Remembers what it found.
pub(crate) struct MailServers {
    /// None where nobody will ask, or the machine knows no name server.
    resolver: Option<TokioResolver>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NameServersError {
    /// This is no address.
    #[error("`{0}` is no address of a name server, such as `192.0.2.1` or `[2001:db8::1]:53`")]
    Address(String, #[source] AddrParseError),
    /// The resolver cannot be made.
    #[error("the resolver cannot be made")]
    Resolver(#[source] NetError),
}

impl MailServers {
    /// By the name servers of the settings, else by the machine's.
    ///
    /// # Errors
    /// One of the settings is no address.
    pub(crate) fn new(settings: &EmailValidation) -> Result<Self, NameServersError> {
        let servers = settings.nameservers.iter().map(|text| name_server(text));
        let servers = servers.collect::<Result<Vec<_>, _>>()?;
        if !settings.extended {
            return Ok(Self { resolver: None });
        }
        let provider = TokioRuntimeProvider::default();
        let mut builder = match servers.is_empty() {
            false => {
                let config = ResolverConfig::from_name_servers(servers);
                TokioResolver::builder_with_config(config, provider)
            }
            true => match TokioResolver::builder(provider) {
                Ok(builder) => builder,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "no name server is known: any domain is taken for good"
                    );
                    return Ok(Self { resolver: None });
                }
            },
        };
        set_limits(builder.options_mut());
        let resolver = builder.build().map_err(NameServersError::Resolver)?;
        Ok(Self {
            resolver: Some(resolver),
        })
    }

    /// Asks for names first, then for addresses of the domain itself.
    pub(super) async fn of(&self, domain: &str) -> Found {
        let Some(resolver) = &self.resolver else {
            return Found::Unknown;
        };
        // With its dot no domain of the machine's is tried behind it.
        let Ok(name) = Name::from_ascii(format!("{}.", domain.trim_end_matches('.'))) else {
            return Found::Nothing;
        };
        let found = resolver.lookup(name.clone(), RecordType::MX).await;
        let servers: Vec<String> = match found {
            Ok(found) => names(found.answers().iter().map(|record| &record.data)),
            Err(error) if error.is_nx_domain() => return Found::Nothing,
            Err(error) if error.is_no_records_found() => return addresses(resolver, name).await,
            Err(error) => return unknown(&error),
        };
        match servers.is_empty() {
            true => Found::Nothing,
            false => Found::Servers(servers),
        }
    }
}

/// Mail servers but the root, which stands for none (RFC 7505).
fn names<'a>(answers: impl Iterator<Item = &'a RData>) -> Vec<String> {
    let servers = answers.filter_map(|data| match data {
        RData::MX(server) if !server.exchange.is_root() => Some(server.exchange.to_ascii()),
        _ => None,
    });
    servers.collect()
}

/// Where no server is named, the domain itself is one, if it has an address.
async fn addresses(resolver: &TokioResolver, name: Name) -> Found {
    let (old, new) = tokio::join!(
        resolver.lookup(name.clone(), RecordType::A),
        resolver.lookup(name, RecordType::AAAA)
    );
    let mut servers = Vec::new();
    let mut failure = None;
    for found in [old, new] {
        match found {
            Ok(found) => {
                servers.extend(
                    found
                        .answers()
                        .iter()
                        .filter_map(|record| match &record.data {
                            RData::A(address) => Some(address.0.to_string()),
                            RData::AAAA(address) => Some(address.0.to_string()),
                            _ => None,
                        }),
                )
            }
            Err(error) if error.is_no_records_found() => {}
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        _ if !servers.is_empty() => Found::Servers(servers),
        Some(error) => unknown(&error),
        None => Found::Nothing,
    }
}

fn unknown(error: &NetError) -> Found {
    let error = error as &dyn std::error::Error;
    tracing::debug!(
        error,
        "the servers of a domain's mail could not be found out"
    );
    Found::Unknown
}

/// By UDP, and by TCP what is too long for it.
fn name_server(text: &str) -> Result<NameServerConfig, NameServersError> {
    let address = match text.parse::<IpAddr>() {
        Ok(address) => SocketAddr::new(address, PORT),
        Err(_) => text
            .parse::<SocketAddr>()
            .map_err(|error| NameServersError::Address(text.to_owned(), error))?,
    };
    let on_its_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    let connections = connections.map(on_its_port).to_vec();
    Ok(NameServerConfig::new(address.ip(), true, connections))
}

fn set_limits(options: &mut ResolverOpts) {
    options.timeout = PATIENCE;
    options.attempts = 1;
    options.cache_size = REMEMBERED;
    options.positive_max_ttl = Some(LONGEST);
    options.negative_max_ttl = Some(LONGEST);
    // Mail is not delivered by `/etc/hosts`.
    options.use_hosts_file = ResolveHosts::Never;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_have_a_port_or_that_of_dns_gt_090() {
        for (text, ip, port) in [
            ("192.0.2.1", "192.0.2.1", 53),
            ("192.0.2.1:5353", "192.0.2.1", 5353),
            ("2001:db8::1", "2001:db8::1", 53),
            ("[2001:db8::1]:5353", "2001:db8::1", 5353),
        ] {
            let server = name_server(text).unwrap();
            assert_eq!(server.ip, ip.parse::<IpAddr>().unwrap(), "{text}");
            assert_eq!(server.connections.len(), 2);
            assert!(server.connections.iter().all(|one| one.port == port));
        }
        for text in ["", "dns.example.org", "192.0.2.1:", "192.0.2.1:99999"] {
            let error = name_server(text).unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        }
    }
}
