//! Where and how to connect: libpq's connection strings, keywords, environment and password file.

mod parse;
mod passfile;
mod resolve;
mod ssl;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub(crate) use resolve::{ChannelBinding, HostAddress, Keepalive, Resolved, SessionAttrs, Target};
pub(crate) use ssl::{RootCerts, Ssl, SslMode};

use crate::db::DbError;

/// Keywords whose values are never shown.
const SECRET: [&str; 2] = ["password", "sslpassword"];

/// Keyword and the environment variable it falls back to.
const KEYWORDS: [(&str, Option<&str>); 45] = [
    ("application_name", Some("PGAPPNAME")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("client_encoding", None),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("dbname", Some("PGDATABASE")),
    ("fallback_application_name", None),
    ("gssdelegation", None),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("gsslib", None),
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("keepalives", None),
    ("keepalives_count", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("krbsrvname", None),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    ("max_protocol_version", None),
    ("min_protocol_version", None),
    ("options", Some("PGOPTIONS")),
    ("passfile", Some("PGPASSFILE")),
    ("password", Some("PGPASSWORD")),
    ("port", Some("PGPORT")),
    ("replication", None),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("requiressl", None),
    ("service", Some("PGSERVICE")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    ("sslcert", Some("PGSSLCERT")),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("sslcompression", None),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslmode", Some("PGSSLMODE")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("sslpassword", None),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslsni", Some("PGSSLSNI")),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("tcp_user_timeout", None),
    ("user", Some("PGUSER")),
    // Not libpq's: where the defaults of the SSL files and the password file are looked for.
    ("home", Some("HOME")),
];

/// Where and how to connect to PostgreSQL, by libpq's
/// [keywords](https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
///
/// ```
/// use crestfall_core::db::ConnectConfig;
///
/// let config: ConnectConfig = "postgres://app:s%40cret@db1,db2:5433/shop?sslmode=verify-full".parse()?;
/// assert_eq!(config.get("host"), Some("db1,db2"));
/// assert_eq!(config.get("password"), Some("s@cret"));
/// let config: ConnectConfig = r"host=/run/postgresql password='it\'s'".parse()?;
/// assert_eq!(config.get("password"), Some("it's"));
/// assert!(!format!("{config:?}").contains("it's"));
/// # Ok::<(), crestfall_core::db::DbError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConnectConfig {
    values: BTreeMap<&'static str, String>,
}

impl ConnectConfig {
    /// Reads a connection URI (`postgres://...`) or a string of `keyword=value`.
    ///
    /// # Errors
    /// [`DbError::Config`], which says what is wrong without the password.
    pub fn parse(text: &str) -> Result<Self, DbError> {
        let mut config = Self::default();
        for (keyword, value) in parse::connection_string(text)? {
            config.set(&keyword, value)?;
        }
        Ok(config)
    }

    /// [`ConnectConfig::parse`], then what it leaves open from the process's `PGHOST`, `PGUSER`, ...
    /// as libpq takes them.
    ///
    /// # Errors
    /// As [`ConnectConfig::parse`].
    pub fn from_libpq(text: &str) -> Result<Self, DbError> {
        Ok(Self::parse(text)?.or_environment(|name| std::env::var(name).ok()))
    }

    /// Takes what is not set yet from an environment, by libpq's variable names.
    #[must_use]
    pub fn or_environment(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        for (keyword, name) in KEYWORDS {
            if let Some(name) = name
                && !self.values.contains_key(keyword)
                && let Some(value) = variable(name)
            {
                self.values.insert(keyword, value);
            }
        }
        self
    }

    /// Sets one keyword, for which an empty value means the default.
    ///
    /// # Errors
    /// [`DbError::Config`] for a keyword libpq does not know.
    pub fn set(&mut self, keyword: &str, value: impl Into<String>) -> Result<&mut Self, DbError> {
        let Some((known, _)) = KEYWORDS.iter().find(|(known, _)| *known == keyword) else {
            return Err(DbError::Config(format!(
                "invalid connection option \"{keyword}\""
            )));
        };
        self.values.insert(known, value.into());
        Ok(self)
    }

    /// The value of a keyword, unless it is unset or empty.
    pub fn get(&self, keyword: &str) -> Option<&str> {
        let value = self.values.get(keyword)?;
        (!value.is_empty()).then_some(value)
    }

    /// What the keywords mean.
    ///
    /// # Errors
    /// [`DbError::Config`] for a value that makes no sense or is not supported.
    pub(crate) fn resolve(&self) -> Result<Resolved, DbError> {
        resolve::resolve(self)
    }

    /// Whether everything makes sense, without connecting.
    ///
    /// # Errors
    /// [`DbError::Config`] for a value that makes no sense or is not supported.
    pub fn check(&self) -> Result<(), DbError> {
        self.resolve().map(drop)
    }
}

impl FromStr for ConnectConfig {
    type Err = DbError;

    fn from_str(text: &str) -> Result<Self, DbError> {
        Self::parse(text)
    }
}

impl fmt::Debug for ConnectConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.values.iter().map(|(keyword, value)| {
            let hidden = SECRET.contains(keyword);
            (*keyword, if hidden { "***" } else { value.as_str() })
        });
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_fills_what_is_open() {
        let config = ConnectConfig::parse("host=here").unwrap();
        let config = config.or_environment(|name| Some(format!("env {name}")));
        assert_eq!(config.get("host"), Some("here"));
        assert_eq!(config.get("user"), Some("env PGUSER"));
    }

    #[test]
    fn an_unknown_keyword_is_named() {
        let error = ConnectConfig::parse("hots=x").unwrap_err();
        assert_eq!(error.to_string(), "invalid connection option \"hots\"");
    }
}
