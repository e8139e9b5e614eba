//! What the keywords about TLS mean together.

use std::path::{Path, PathBuf};

use super::ConnectConfig;
use super::resolve::one_of;
use crate::db::DbError;

/// `sslmode`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// The files and switches of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ssl {
    pub(crate) roots: RootCerts,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) revoked: Option<PathBuf>,
    pub(crate) server_name: bool,
    pub(crate) direct: bool,
    pub(crate) tls12: bool,
    pub(crate) tls13: bool,
}

/// `sslrootcert`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RootCerts {
    /// None: nothing can be verified.
    None,
    /// The operating system's.
    System,
    /// A PEM file.
    File(PathBuf),
}

/// Reads them.
pub(super) fn resolve(config: &ConnectConfig) -> Result<(SslMode, Ssl), DbError> {
    let home = config
        .get("home")
        .map(|home| Path::new(home).join(".postgresql"));
    let default_file = |name: &str| {
        let path = home.as_ref()?.join(name);
        path.exists().then_some(path)
    };
    let file = |keyword: &str, default: &str| {
        config
            .get(keyword)
            .map(PathBuf::from)
            .or_else(|| default_file(default))
    };
    let roots = match config.get("sslrootcert") {
        Some("system") => RootCerts::System,
        _ => file("sslrootcert", "root.crt").map_or(RootCerts::None, RootCerts::File),
    };
    let mode = ssl_mode(config, &roots)?;
    let (tls12, tls13) = tls_versions(config)?;
    let send_certificate = config.get("sslcertmode") != Some("disable");
    let certificate = file("sslcert", "postgresql.crt").filter(|_| send_certificate);
    let ssl = Ssl {
        roots,
        key: certificate
            .as_ref()
            .and_then(|_| file("sslkey", "postgresql.key")),
        certificate,
        revoked: file("sslcrl", "root.crl"),
        server_name: config.get("sslsni") != Some("0"),
        direct: one_of(
            config,
            "sslnegotiation",
            &[("postgres", false), ("direct", true)],
        )?
        .unwrap_or(false),
        tls12,
        tls13,
    };
    if ssl.direct && mode < SslMode::Require {
        return Err(DbError::Config(
            "sslnegotiation=direct needs sslmode=require or stronger".into(),
        ));
    }
    Ok((mode, ssl))
}

fn ssl_mode(config: &ConnectConfig, roots: &RootCerts) -> Result<SslMode, DbError> {
    let found = one_of(
        config,
        "sslmode",
        &[
            ("disable", SslMode::Disable),
            ("allow", SslMode::Allow),
            ("prefer", SslMode::Prefer),
            ("require", SslMode::Require),
            ("verify-ca", SslMode::VerifyCa),
            ("verify-full", SslMode::VerifyFull),
        ],
    )?;
    let old = match config.get("requiressl") {
        Some("1") => SslMode::Require,
        _ => SslMode::Prefer,
    };
    match (found, roots) {
        (None, RootCerts::System) => Ok(SslMode::VerifyFull),
        (Some(mode), RootCerts::System) if mode != SslMode::VerifyFull => {
            Err(DbError::Config(format!(
                "weak sslmode \"{}\" may not be used with sslrootcert=system (use \"verify-full\")",
                config.get("sslmode").unwrap_or_default()
            )))
        }
        (Some(SslMode::VerifyCa | SslMode::VerifyFull), RootCerts::None) => {
            Err(DbError::Config(
                "no root certificate to verify the server with: set sslrootcert to a file or to \"system\", or sslmode to a mode that does not verify".into(),
            ))
        }
        (mode, _) => Ok(mode.unwrap_or(old)),
    }
}

fn tls_versions(config: &ConnectConfig) -> Result<(bool, bool), DbError> {
    // In order; those before 1.2 are accepted as bounds and never spoken.
    const VERSIONS: [(&str, u8); 4] = [
        ("TLSv1", 10),
        ("TLSv1.1", 11),
        ("TLSv1.2", 12),
        ("TLSv1.3", 13),
    ];
    let min = one_of(config, "ssl_min_protocol_version", &VERSIONS)?.unwrap_or(12);
    let max = one_of(config, "ssl_max_protocol_version", &VERSIONS)?.unwrap_or(13);
    if max < 12 || min > max {
        return Err(DbError::Config(
            "invalid SSL protocol version range: TLSv1.2 and TLSv1.3 are supported".into(),
        ));
    }
    Ok((min <= 12, max >= 13))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> Result<SslMode, String> {
        let config = ConnectConfig::parse(text).unwrap();
        resolve(&config)
            .map(|(mode, _)| mode)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_modes_are_libpqs() {
        assert_eq!(mode("host=h"), Ok(SslMode::Prefer));
        assert_eq!(mode("requiressl=1"), Ok(SslMode::Require));
        assert_eq!(mode("sslrootcert=system"), Ok(SslMode::VerifyFull));
        assert!(
            mode("sslrootcert=system sslmode=require")
                .unwrap_err()
                .starts_with("weak sslmode")
        );
        assert!(
            mode("sslmode=verify-full")
                .unwrap_err()
                .starts_with("no root certificate")
        );
        assert!(
            mode("sslmode=on")
                .unwrap_err()
                .starts_with("invalid sslmode")
        );
        assert!(mode("sslnegotiation=direct").is_err());
        assert!(mode("ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2").is_err());
    }
}
