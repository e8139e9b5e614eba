//! PostgREST's settings, read and checked. The field documentation names no key: each field is its
//! key with underscores.

use std::path::{Path, PathBuf};

use crestfall_core::QualifiedName;
use crestfall_core::jwt::{self, KeySet, RoleClaim};
use crestfall_rest::{ErrorVerbosity, OpenApiMode, TxEnd};

use super::file;
use super::source::Sources;
use super::uri;
use crate::setup::told;
use crate::telemetry::Level;

/// Why a configuration is refused, in the words that PostgREST's users know.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be used.
    #[error("Error in config {0}")]
    File(#[from] file::Error),
    /// A setting has a value that it cannot have.
    #[error("Error in config {0}")]
    Value(String),
    /// The file that `db-uri` names with `@` cannot be read.
    #[error("{}: {source}", path.display())]
    Uri {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The secret cannot be used.
    #[error("{}", told(.0))]
    Secret(#[from] jwt::ConfigError),
}

/// All settings of `crestfall rest`.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) admin_server_host: String,
    pub(crate) admin_server_port: Option<i64>,
    pub(crate) admin_server_unix_socket: Option<PathBuf>,
    pub(crate) admin_server_unix_socket_mode: u32,
    pub(crate) app_settings: Vec<(String, String)>,
    pub(crate) client_error_verbosity: ErrorVerbosity,
    pub(crate) db_aggregates_enabled: bool,
    pub(crate) db_anon_role: Option<String>,
    pub(crate) db_channel: String,
    pub(crate) db_channel_enabled: bool,
    pub(crate) db_config: bool,
    pub(crate) db_extra_search_path: Vec<String>,
    pub(crate) db_hoisted_tx_settings: Vec<String>,
    pub(crate) db_max_rows: Option<i64>,
    pub(crate) db_plan_enabled: bool,
    pub(crate) db_pool: i64,
    pub(crate) db_pool_acquisition_timeout: i64,
    pub(crate) db_pool_automatic_recovery: bool,
    pub(crate) db_pool_max_idletime: i64,
    pub(crate) db_pool_max_lifetime: i64,
    pub(crate) db_pre_config: Option<QualifiedName>,
    pub(crate) db_pre_request: Option<QualifiedName>,
    pub(crate) db_prepared_statements: bool,
    pub(crate) db_root_spec: Option<QualifiedName>,
    pub(crate) db_schemas: Vec<String>,
    pub(crate) db_tx_end: TxEnd,
    pub(crate) db_uri: String,
    /// Milliseconds that a catalogue load sleeps in the database after its queries (tests).
    pub(crate) internal_schema_cache_query_sleep: Option<i64>,
    /// Milliseconds that a catalogue load sleeps in the database before its queries (tests).
    pub(crate) internal_schema_cache_query_sleep_before_queries: Option<i64>,
    pub(crate) jwt_aud: Option<String>,
    pub(crate) jwt_cache_max_entries: i64,
    pub(crate) jwt_role_claim_key: RoleClaim,
    /// Decoded when `jwt_secret_is_base64`.
    pub(crate) jwt_secret: Option<Vec<u8>>,
    pub(crate) jwt_secret_is_base64: bool,
    pub(crate) log_level: Level,
    pub(crate) log_query: bool,
    pub(crate) openapi_mode: OpenApiMode,
    pub(crate) openapi_security_active: bool,
    pub(crate) openapi_server_proxy_uri: Option<String>,
    pub(crate) server_cors_allowed_origins: Vec<String>,
    pub(crate) server_host: String,
    pub(crate) server_port: i64,
    pub(crate) server_reuseport: bool,
    pub(crate) server_timing_enabled: bool,
    pub(crate) server_trace_header: Option<String>,
    pub(crate) server_unix_socket: Option<PathBuf>,
    pub(crate) server_unix_socket_mode: u32,
    pub(crate) url_use_legacy_target_names: bool,
}

impl Config {
    /// Reads the settings. `known_uri` is the database address of an earlier read: the address is
    /// not reloadable, and the file it came from may be gone.
    pub(crate) fn load(
        path: Option<&Path>,
        database: Vec<(String, String)>,
        known_uri: Option<&str>,
    ) -> Result<Self, Error> {
        let sources = Sources {
            database,
            environment: super::source::environment(),
            file: path.map(file::load).transpose()?.unwrap_or_default(),
        };
        let mut config = Self::read(&sources).map_err(Error::Value)?;
        config.db_uri = match known_uri {
            Some(uri) => uri.into(),
            None => read_uri(config.db_uri)?,
        };
        if let Some(setting) = sources.text("jwt-secret") {
            let secret = jwt::read_secret(&setting, config.jwt_secret_is_base64)?;
            KeySet::from_secret(&secret)?;
            config.jwt_secret = Some(secret);
        }
        Ok(config)
    }

    fn read(from: &Sources) -> Result<Self, String> {
        let flag = |key, default| from.boolean(key).unwrap_or(default);
        let number = |key, default| from.integer(key).unwrap_or(default);
        let name = |key| from.text(key).map(|text| QualifiedName::parse(&text));
        let server_port = number("server-port", 3000);
        let server_host = from.text("server-host").unwrap_or_else(|| "!4".into());
        Ok(Self {
            admin_server_host: from
                .text("admin-server-host")
                .unwrap_or_else(|| server_host.clone()),
            admin_server_port: admin_port(from, server_port)?,
            admin_server_unix_socket: from.text("admin-server-unix-socket").map(Into::into),
            admin_server_unix_socket_mode: socket_mode(from, "admin-server-unix-socket-mode")?,
            app_settings: from.app_settings(),
            client_error_verbosity: error_verbosity(from)?,
            db_aggregates_enabled: flag("db-aggregates-enabled", false),
            db_anon_role: from.text("db-anon-role"),
            db_channel: from.text("db-channel").unwrap_or_else(|| "pgrst".into()),
            db_channel_enabled: flag("db-channel-enabled", true),
            db_config: flag("db-config", true),
            db_extra_search_path: match from.text_or_empty("db-extra-search-path") {
                None => vec!["public".into()],
                Some(empty) if empty.is_empty() => Vec::new(),
                Some(list) => split(&list),
            },
            db_hoisted_tx_settings: from.text("db-hoisted-tx-settings").map_or_else(
                || crestfall_rest::Config::default().hoisted_tx_settings,
                |list| split(&list),
            ),
            db_max_rows: from
                .integer("db-max-rows")
                .or_else(|| from.integer("max-rows")),
            db_plan_enabled: flag("db-plan-enabled", false),
            db_pool: number("db-pool", 10),
            db_pool_acquisition_timeout: number("db-pool-acquisition-timeout", 10),
            db_pool_automatic_recovery: flag("db-pool-automatic-recovery", true),
            db_pool_max_idletime: from
                .integer("db-pool-timeout")
                .unwrap_or_else(|| number("db-pool-max-idletime", 30)),
            db_pool_max_lifetime: number("db-pool-max-lifetime", 1800),
            db_pre_config: name("db-pre-config"),
            db_pre_request: name("db-pre-request").or_else(|| name("pre-request")),
            db_prepared_statements: flag("db-prepared-statements", true),
            db_root_spec: name("db-root-spec").or_else(|| name("root-spec")),
            db_schemas: schemas(from)?,
            db_tx_end: tx_end(from)?,
            db_uri: from
                .text("db-uri")
                .unwrap_or_else(|| "postgresql://".into()),
            internal_schema_cache_query_sleep: from.integer("internal-schema-cache-query-sleep"),
            internal_schema_cache_query_sleep_before_queries: from
                .integer("internal-schema-cache-query-sleep-before-queries"),
            jwt_aud: audience(from)?,
            jwt_cache_max_entries: number("jwt-cache-max-entries", 1000),
            jwt_role_claim_key: role_claim_key(from)?,
            // Read by `load`, which may have to open a file.
            jwt_secret: None,
            jwt_secret_is_base64: from
                .boolean("jwt-secret-is-base64")
                .or_else(|| from.boolean("secret-is-base64"))
                .unwrap_or(false),
            log_level: log_level(from)?,
            log_query: flag("log-query", false),
            openapi_mode: openapi_mode(from)?,
            openapi_security_active: flag("openapi-security-active", false),
            openapi_server_proxy_uri: proxy_uri(from)?,
            server_cors_allowed_origins: from
                .text("server-cors-allowed-origins")
                .map(|list| split(&list))
                .unwrap_or_default(),
            server_host,
            server_port,
            server_reuseport: flag("server-reuseport", false),
            server_timing_enabled: flag("server-timing-enabled", false),
            server_trace_header: from.text("server-trace-header"),
            server_unix_socket: from.text("server-unix-socket").map(Into::into),
            server_unix_socket_mode: socket_mode(from, "server-unix-socket-mode")?,
            url_use_legacy_target_names: flag("url-use-legacy-target-names", true),
        })
    }
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(|item| item.trim().to_owned()).collect()
}

fn admin_port(from: &Sources, server_port: i64) -> Result<Option<i64>, String> {
    match from.integer("admin-server-port") {
        Some(port) if port == server_port => {
            Err("admin-server-port cannot be the same as server-port".into())
        }
        port => Ok(port),
    }
}

fn socket_mode(from: &Sources, key: &str) -> Result<u32, String> {
    let Some(text) = from.text(key) else {
        return Ok(0o660);
    };
    let digits = text
        .find(|c: char| !c.is_digit(8))
        .map_or(text.as_str(), |end| &text[..end]);
    match u32::from_str_radix(digits, 8) {
        Err(_) => Err(format!("Invalid {key}: not an octal")),
        Ok(mode) if (0o600..=0o777).contains(&mode) => Ok(mode),
        Ok(_) => Err(format!("Invalid {key}: needs to be between 600 and 777")),
    }
}

fn error_verbosity(from: &Sources) -> Result<ErrorVerbosity, String> {
    match from.text("client-error-verbosity").as_deref() {
        None | Some("verbose") => Ok(ErrorVerbosity::Verbose),
        Some("minimal") => Ok(ErrorVerbosity::Minimal),
        Some(_) => Err("Invalid client-error-verbosity. Check your configuration.".into()),
    }
}

fn schemas(from: &Sources) -> Result<Vec<String>, String> {
    let list = from.text("db-schemas").or_else(|| from.text("db-schema"));
    let schemas = list.map_or_else(|| vec!["public".into()], |list| split(&list));
    for refused in ["pg_catalog", "information_schema"] {
        if schemas.iter().any(|schema| schema == refused) {
            return Err(format!("db-schemas does not allow schema: '{refused}'"));
        }
    }
    Ok(schemas)
}

fn tx_end(from: &Sources) -> Result<TxEnd, String> {
    match from.text("db-tx-end").as_deref() {
        None | Some("commit") => Ok(TxEnd::Commit),
        Some("commit-allow-override") => Ok(TxEnd::CommitAllowOverride),
        Some("rollback") => Ok(TxEnd::Rollback),
        Some("rollback-allow-override") => Ok(TxEnd::RollbackAllowOverride),
        Some(_) => Err("Invalid transaction termination. Check your configuration.".into()),
    }
}

fn audience(from: &Sources) -> Result<Option<String>, String> {
    match from.text("jwt-aud") {
        Some(aud) if aud.contains(':') && !uri::is_uri(&aud) => {
            Err("jwt-aud should be a string or a valid URI".into())
        }
        aud => Ok(aud),
    }
}

fn role_claim_key(from: &Sources) -> Result<RoleClaim, String> {
    from.text("jwt-role-claim-key")
        .or_else(|| from.text("role-claim-key"))
        .map_or_else(
            || Ok(RoleClaim::default()),
            |text| {
                text.parse()
                    .map_err(|error: jwt::ConfigError| error.to_string())
            },
        )
}

fn log_level(from: &Sources) -> Result<Level, String> {
    from.text("log-level").map_or(Ok(Level::Error), |text| {
        Level::parse(&text)
            .ok_or_else(|| "Invalid logging level. Check your configuration.".to_owned())
    })
}

fn openapi_mode(from: &Sources) -> Result<OpenApiMode, String> {
    match from.text("openapi-mode").as_deref() {
        None | Some("follow-privileges") => Ok(OpenApiMode::FollowPrivileges),
        Some("ignore-privileges") => Ok(OpenApiMode::IgnorePrivileges),
        Some("disabled") => Ok(OpenApiMode::Disabled),
        Some(_) => Err("Invalid openapi-mode. Check your configuration.".into()),
    }
}

fn proxy_uri(from: &Sources) -> Result<Option<String>, String> {
    match from.text("openapi-server-proxy-uri") {
        Some(text) if !uri::is_proxy_uri(&text) => {
            Err("Malformed proxy uri, a correct example: https://example.com:8443/basePath".into())
        }
        uri => Ok(uri),
    }
}

/// The database address, from its file when it is `@file`.
fn read_uri(uri: String) -> Result<String, Error> {
    let Some(path) = uri.strip_prefix('@') else {
        return Ok(uri);
    };
    let path = PathBuf::from(path);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(source) => Err(Error::Uri { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, String> {
        Config::read(&Sources {
            database: pairs
                .iter()
                .map(|(key, value)| (key.replace('-', "_"), (*value).to_owned()))
                .collect(),
            ..Sources::default()
        })
    }

    #[test]
    fn values_out_of_range_are_refused_in_the_known_words() {
        for (key, value, words) in [
            ("server-unix-socket-mode", "800", "not an octal"),
            ("server-unix-socket-mode", "599", "between 600 and 777"),
            (
                "admin-server-unix-socket-mode",
                "1777",
                "between 600 and 777",
            ),
            ("log-level", "never", "Invalid logging level"),
            ("db-tx-end", "random", "Invalid transaction termination"),
            ("db-schemas", "public, pg_catalog", "'pg_catalog'"),
            ("db-schemas", "information_schema", "'information_schema'"),
            ("openapi-mode", "follow-", "Invalid openapi-mode"),
            ("client-error-verbosity", "x", "client-error-verbosity"),
            ("jwt-aud", "foo://%%$$^^.com", "jwt-aud should be"),
            ("admin-server-port", "3000", "cannot be the same"),
            (
                "openapi-server-proxy-uri",
                "htp:/@@x",
                "Malformed proxy uri",
            ),
            ("jwt-role-claim-key", "role.other", "(role.other)"),
        ] {
            let error = read(&[(key, value)]).err().unwrap();
            assert!(error.contains(words), "{key}: {error}");
        }
    }

    #[test]
    fn older_names_still_count() {
        let config = read(&[
            ("db-schema", "a"),
            ("max-rows", "7"),
            ("db-pool-timeout", "5"),
            ("pre-request", "s.f"),
            ("role-claim-key", "$.x"),
        ])
        .unwrap();
        assert_eq!(config.db_schemas, ["a"]);
        assert_eq!(config.db_max_rows, Some(7));
        assert_eq!(config.db_pool_max_idletime, 5);
        assert_eq!(config.db_pre_request, Some(QualifiedName::new("s", "f")));
        assert_eq!(config.jwt_role_claim_key.to_string(), "$.x");
    }

    #[test]
    fn an_empty_search_path_is_not_the_default_one() {
        assert_eq!(read(&[]).unwrap().db_extra_search_path, ["public"]);
        let empty = read(&[("db-extra-search-path", "")]).unwrap();
        assert!(empty.db_extra_search_path.is_empty());
    }
}
