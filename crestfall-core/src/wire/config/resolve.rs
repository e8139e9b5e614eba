//! What the keywords of a [`ConnectConfig`] mean together.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ssl::{self, Ssl, SslMode};
use super::{ConnectConfig, passfile};
use crate::db::DbError;

/// Everything needed to connect.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) targets: Vec<Target>,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) application_name: Option<String>,
    pub(crate) options: Option<String>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) session_attrs: SessionAttrs,
    pub(crate) shuffle: bool,
    pub(crate) channel_binding: ChannelBinding,
    pub(crate) require_auth: Option<RequireAuth>,
    pub(crate) ssl_mode: SslMode,
    pub(crate) ssl: Ssl,
    pub(crate) keepalive: Option<Keepalive>,
    pub(crate) user_timeout: Option<Duration>,
}

/// One of the hosts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: HostAddress,
    pub(crate) port: u16,
    pub(crate) password: Option<String>,
}

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostAddress {
    /// A directory with sockets.
    Directory(PathBuf),
    /// A name, whose address may be given.
    Name(String, Option<IpAddr>),
}

/// `target_session_attrs`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionAttrs {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// `channel_binding`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}

/// `require_auth`: the methods that may, or may not, be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequireAuth {
    methods: Vec<String>,
    allowed: bool,
}

impl RequireAuth {
    /// Whether the server may use this method; `none` is no authentication at all.
    pub(crate) fn permits(&self, method: &str) -> bool {
        self.methods.iter().any(|named| named == method) == self.allowed
    }
}

/// TCP keepalive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keepalive {
    pub(crate) idle: Duration,
    pub(crate) interval: Duration,
    pub(crate) count: u32,
}

/// Reads one keyword after another.
pub(super) fn resolve(config: &ConnectConfig) -> Result<Resolved, DbError> {
    refuse_unsupported(config)?;
    let user = match config.get("user") {
        Some(user) => user.to_owned(),
        None => system_user()?,
    };
    let database = config.get("dbname").unwrap_or(&user).to_owned();
    let (ssl_mode, ssl) = ssl::resolve(config)?;
    Ok(Resolved {
        targets: targets(config, &user, &database)?,
        application_name: config
            .get("application_name")
            .or(config.get("fallback_application_name"))
            .map(str::to_owned),
        options: config.get("options").map(str::to_owned),
        connect_timeout: connect_timeout(config)?,
        session_attrs: session_attrs(config)?,
        shuffle: one_of(
            config,
            "load_balance_hosts",
            &[("disable", false), ("random", true)],
        )?
        .unwrap_or(false),
        channel_binding: one_of(
            config,
            "channel_binding",
            &[
                ("disable", ChannelBinding::Disable),
                ("prefer", ChannelBinding::Prefer),
                ("require", ChannelBinding::Require),
            ],
        )?
        .unwrap_or(ChannelBinding::Prefer),
        require_auth: require_auth(config)?,
        ssl_mode,
        ssl,
        keepalive: keepalive(config)?,
        user_timeout: number(config, "tcp_user_timeout")?
            .filter(|ms| *ms > 0)
            .map(|ms| Duration::from_millis(ms.into())),
        user,
        database,
    })
}

fn bad(keyword: &str, value: &str) -> DbError {
    DbError::Config(format!("invalid {keyword} value: \"{value}\""))
}

/// What libpq knows and we do not: better said than silently ignored.
fn refuse_unsupported(config: &ConnectConfig) -> Result<(), DbError> {
    for keyword in [
        "service",
        "sslcrldir",
        "requirepeer",
        "replication",
        "sslpassword",
    ] {
        if config.get(keyword).is_some() {
            return Err(DbError::Config(format!(
                "the connection option \"{keyword}\" is not supported"
            )));
        }
    }
    if config.get("gssencmode") == Some("require") {
        return Err(DbError::Config(
            "gssencmode=require is not supported".into(),
        ));
    }
    match config.get("client_encoding") {
        None => Ok(()),
        Some(name) if ["utf8", "utf-8", "auto", "unicode"].contains(&&*name.to_lowercase()) => {
            Ok(())
        }
        Some(name) => Err(DbError::Config(format!(
            "client_encoding is always UTF8, not \"{name}\""
        ))),
    }
}

fn system_user() -> Result<String, DbError> {
    nix::unistd::User::from_uid(nix::unistd::geteuid())
        .ok()
        .flatten()
        .map(|user| user.name)
        .ok_or_else(|| DbError::Config("no user name is given, and the system knows none".into()))
}

/// A keyword with a few values.
pub(super) fn one_of<T: Copy>(
    config: &ConnectConfig,
    keyword: &str,
    values: &[(&str, T)],
) -> Result<Option<T>, DbError> {
    let Some(text) = config.get(keyword) else {
        return Ok(None);
    };
    values
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| Some(*value))
        .ok_or_else(|| bad(keyword, text))
}

fn number(config: &ConnectConfig, keyword: &str) -> Result<Option<u32>, DbError> {
    config
        .get(keyword)
        .map(|text| text.trim().parse().map_err(|_| bad(keyword, text)))
        .transpose()
}

/// Seconds; zero and negative mean no limit.
fn connect_timeout(config: &ConnectConfig) -> Result<Option<Duration>, DbError> {
    let Some(text) = config.get("connect_timeout") else {
        return Ok(Some(Duration::from_secs(10)));
    };
    let seconds: i64 = text
        .trim()
        .parse()
        .map_err(|_| bad("connect_timeout", text))?;
    Ok(u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs))
}

fn session_attrs(config: &ConnectConfig) -> Result<SessionAttrs, DbError> {
    let found = one_of(
        config,
        "target_session_attrs",
        &[
            ("any", SessionAttrs::Any),
            ("read-write", SessionAttrs::ReadWrite),
            ("read-only", SessionAttrs::ReadOnly),
            ("primary", SessionAttrs::Primary),
            ("standby", SessionAttrs::Standby),
            ("prefer-standby", SessionAttrs::PreferStandby),
        ],
    )?;
    Ok(found.unwrap_or(SessionAttrs::Any))
}

fn require_auth(config: &ConnectConfig) -> Result<Option<RequireAuth>, DbError> {
    let Some(text) = config.get("require_auth") else {
        return Ok(None);
    };
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    let negated = names.iter().filter(|name| name.starts_with('!')).count();
    if negated != 0 && negated != names.len() {
        return Err(bad("require_auth", text));
    }
    let known = [
        "password",
        "md5",
        "scram-sha-256",
        "none",
        "gss",
        "sspi",
        "oauth",
    ];
    let methods: Vec<String> = names
        .iter()
        .map(|name| name.trim_start_matches('!').to_owned())
        .collect();
    if methods.iter().any(|name| !known.contains(&name.as_str())) {
        return Err(bad("require_auth", text));
    }
    Ok(Some(RequireAuth {
        methods,
        allowed: negated == 0,
    }))
}

fn keepalive(config: &ConnectConfig) -> Result<Option<Keepalive>, DbError> {
    if number(config, "keepalives")? == Some(0) {
        return Ok(None);
    }
    let seconds = |keyword| {
        let value = number(config, keyword)?.filter(|seconds| *seconds > 0);
        Ok::<_, DbError>(value.map(|seconds| Duration::from_secs(seconds.into())))
    };
    // Not the system's two hours: a server that vanished is noticed within two minutes.
    let (idle, interval) = (seconds("keepalives_idle")?, seconds("keepalives_interval")?);
    let count = number(config, "keepalives_count")?.filter(|count| *count > 0);
    Ok(Some(Keepalive {
        idle: idle.unwrap_or(Duration::from_secs(60)),
        interval: interval.unwrap_or(Duration::from_secs(10)),
        count: count.unwrap_or(6),
    }))
}

/// Matches the comma-separated lists of `host`, `hostaddr` and `port`.
fn targets(config: &ConnectConfig, user: &str, database: &str) -> Result<Vec<Target>, DbError> {
    let list = |keyword| -> Vec<&str> {
        config
            .get(keyword)
            .map_or(Vec::new(), |text| text.split(',').map(str::trim).collect())
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = hosts.len().max(addresses.len()).max(1);
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(DbError::Config(format!(
            "could not match {} host names to {} hostaddr values",
            hosts.len(),
            addresses.len()
        )));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(DbError::Config(format!(
            "could not match {} port numbers to {count} hosts",
            ports.len()
        )));
    }
    let pick = |list: &[&'_ str], index: usize| -> String {
        let one = if list.len() == 1 {
            list.first()
        } else {
            list.get(index)
        };
        one.map(|text| (*text).to_owned()).unwrap_or_default()
    };
    (0..count)
        .map(|index| {
            let port = port(&pick(&ports, index))?;
            let name = hosts.get(index).copied().unwrap_or_default();
            let address = addresses.get(index).copied().unwrap_or_default();
            let host = host_address(name, address, port)?;
            let password = password(config, &host, port, user, database);
            Ok(Target {
                host,
                port,
                password,
            })
        })
        .collect()
}

fn port(text: &str) -> Result<u16, DbError> {
    if text.is_empty() {
        return Ok(5432);
    }
    text.parse()
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| DbError::Config(format!("invalid port number: \"{text}\"")))
}

fn host_address(name: &str, address: &str, port: u16) -> Result<HostAddress, DbError> {
    if name.starts_with('@') {
        return Err(DbError::Config("abstract sockets are not supported".into()));
    }
    let address: Option<IpAddr> =
        match address {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                DbError::Config(format!("could not parse network address \"{text}\""))
            })?),
        };
    Ok(match (name, address) {
        ("", None) => default_host(port),
        ("", Some(address)) => HostAddress::Name(address.to_string(), Some(address)),
        (name, None) if name.starts_with('/') => HostAddress::Directory(name.into()),
        (name, address) => HostAddress::Name(name.to_owned(), address),
    })
}

/// Where packages put the socket; the first that exists.
fn default_host(port: u16) -> HostAddress {
    ["/run/postgresql", "/var/run/postgresql", "/tmp"]
        .into_iter()
        .map(PathBuf::from)
        .find(|directory| directory.join(format!(".s.PGSQL.{port}")).exists())
        .map_or_else(
            || HostAddress::Name("localhost".into(), None),
            HostAddress::Directory,
        )
}

fn password(
    config: &ConnectConfig,
    host: &HostAddress,
    port: u16,
    user: &str,
    database: &str,
) -> Option<String> {
    if let Some(password) = config.get("password") {
        return Some(password.to_owned());
    }
    let path = match config.get("passfile") {
        Some(path) => PathBuf::from(path),
        None => Path::new(config.get("home")?).join(".pgpass"),
    };
    let directory;
    let host = match host {
        HostAddress::Name(name, _) => name.as_str(),
        HostAddress::Directory(path) => {
            directory = path.to_string_lossy();
            match &*directory {
                "/run/postgresql" | "/var/run/postgresql" | "/tmp" => "localhost",
                other => other,
            }
        }
    };
    passfile::look_up(&path, [host, &port.to_string(), database, user])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Resolved {
        ConnectConfig::parse(text).unwrap().resolve().unwrap()
    }

    fn refused(text: &str) -> String {
        let error = ConnectConfig::parse(text).unwrap().resolve().err();
        error.map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn hosts_and_ports_are_matched() {
        let resolved = resolved("postgres://u@a,b:6,%2Fsock/db");
        let ports: Vec<_> = resolved.targets.iter().map(|target| target.port).collect();
        assert_eq!(ports, [5432, 6, 5432]);
        assert_eq!(
            resolved.targets[2].host,
            HostAddress::Directory("/sock".into())
        );
        assert_eq!(
            refused("host=a,b,c port=1,2"),
            "could not match 2 port numbers to 3 hosts"
        );
        assert_eq!(refused("host=a port=x"), "invalid port number: \"x\"");
    }

    #[test]
    fn one_port_serves_all_hosts() {
        let resolved = resolved("host=a,b port=7 user=u");
        assert!(resolved.targets.iter().all(|target| target.port == 7));
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        assert!(refused("user=u service=x").contains("not supported"));
        assert!(refused("user=u gssencmode=require").contains("not supported"));
        assert!(refused("user=u client_encoding=latin1").contains("UTF8"));
    }

    #[test]
    fn authentication_methods_are_permitted_or_forbidden() {
        let only = resolved("user=u require_auth=scram-sha-256,md5")
            .require_auth
            .unwrap();
        assert!(only.permits("md5") && !only.permits("password"));
        let not = resolved("user=u require_auth=!password")
            .require_auth
            .unwrap();
        assert!(not.permits("md5") && !not.permits("password"));
        assert!(refused("user=u require_auth=md5,!none").starts_with("invalid require_auth"));
    }
}
