//! `--dump-config`: the effective settings as a configuration file that reads back the same.

use std::path::PathBuf;

use base64::Engine as _;
use crestfall_core::QualifiedName;
use crestfall_core::jwt::RoleClaim;
use crestfall_rest::{ErrorVerbosity, OpenApiMode, TxEnd};

use super::config::Config;

/// The settings as sorted `key = value` lines. Secrets are among them: that is what it is for.
pub(crate) fn dump(config: &Config) -> String {
    let settings = config
        .app_settings
        .iter()
        .map(|(key, value)| (key.as_str(), quoted(value)));
    let mut lines: Vec<String> = database(config)
        .into_iter()
        .chain(server(config))
        .chain(settings)
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    lines.sort();
    lines.concat()
}

fn database(c: &Config) -> Vec<(&'static str, String)> {
    vec![
        ("db-aggregates-enabled", c.db_aggregates_enabled.to_string()),
        ("db-anon-role", optional(c.db_anon_role.as_deref())),
        ("db-channel", quoted(&c.db_channel)),
        ("db-channel-enabled", c.db_channel_enabled.to_string()),
        ("db-config", c.db_config.to_string()),
        ("db-extra-search-path", list(&c.db_extra_search_path)),
        ("db-hoisted-tx-settings", list(&c.db_hoisted_tx_settings)),
        ("db-max-rows", number(c.db_max_rows)),
        ("db-plan-enabled", c.db_plan_enabled.to_string()),
        ("db-pool", c.db_pool.to_string()),
        (
            "db-pool-acquisition-timeout",
            c.db_pool_acquisition_timeout.to_string(),
        ),
        (
            "db-pool-automatic-recovery",
            c.db_pool_automatic_recovery.to_string(),
        ),
        ("db-pool-max-idletime", c.db_pool_max_idletime.to_string()),
        ("db-pool-max-lifetime", c.db_pool_max_lifetime.to_string()),
        ("db-pre-config", name(c.db_pre_config.as_ref())),
        ("db-pre-request", name(c.db_pre_request.as_ref())),
        (
            "db-prepared-statements",
            c.db_prepared_statements.to_string(),
        ),
        ("db-root-spec", name(c.db_root_spec.as_ref())),
        ("db-schemas", list(&c.db_schemas)),
        ("db-tx-end", quoted(tx_end(c.db_tx_end))),
        ("db-uri", quoted(&c.db_uri)),
        ("jwt-aud", optional(c.jwt_aud.as_deref())),
        ("jwt-cache-max-entries", c.jwt_cache_max_entries.to_string()),
        ("jwt-role-claim-key", role_claim(&c.jwt_role_claim_key)),
        ("jwt-secret", quoted(&secret(c))),
        ("jwt-secret-is-base64", c.jwt_secret_is_base64.to_string()),
    ]
}

fn server(c: &Config) -> Vec<(&'static str, String)> {
    vec![
        ("admin-server-host", quoted(&c.admin_server_host)),
        ("admin-server-port", number(c.admin_server_port)),
        (
            "admin-server-unix-socket",
            path(c.admin_server_unix_socket.as_ref()),
        ),
        (
            "admin-server-unix-socket-mode",
            mode(c.admin_server_unix_socket_mode),
        ),
        (
            "client-error-verbosity",
            quoted(match c.client_error_verbosity {
                ErrorVerbosity::Verbose => "verbose",
                ErrorVerbosity::Minimal => "minimal",
            }),
        ),
        ("log-level", quoted(c.log_level.name())),
        ("log-query", c.log_query.to_string()),
        ("openapi-mode", quoted(openapi_mode(c.openapi_mode))),
        (
            "openapi-security-active",
            c.openapi_security_active.to_string(),
        ),
        (
            "openapi-server-proxy-uri",
            optional(c.openapi_server_proxy_uri.as_deref()),
        ),
        (
            "server-cors-allowed-origins",
            list(&c.server_cors_allowed_origins),
        ),
        ("server-host", quoted(&c.server_host)),
        ("server-port", c.server_port.to_string()),
        ("server-reuseport", c.server_reuseport.to_string()),
        ("server-timing-enabled", c.server_timing_enabled.to_string()),
        (
            "server-trace-header",
            optional(c.server_trace_header.as_deref()),
        ),
        ("server-unix-socket", path(c.server_unix_socket.as_ref())),
        ("server-unix-socket-mode", mode(c.server_unix_socket_mode)),
        (
            "url-use-legacy-target-names",
            c.url_use_legacy_target_names.to_string(),
        ),
    ]
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

/// In a configuration file a dollar is written twice; the older notation has none to escape.
fn role_claim(path: &RoleClaim) -> String {
    let text = path.to_string();
    match path.is_deprecated() {
        true => quoted(&text),
        false => quoted(&text.replace('$', "$$")),
    }
}

fn optional(text: Option<&str>) -> String {
    quoted(text.unwrap_or_default())
}

fn list(items: &[String]) -> String {
    quoted(&items.join(","))
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| quoted(""), |value| value.to_string())
}

fn mode(value: u32) -> String {
    quoted(&format!("{value:o}"))
}

fn path(value: Option<&PathBuf>) -> String {
    quoted(&value.map(|path| path.to_string_lossy()).unwrap_or_default())
}

fn name(value: Option<&QualifiedName>) -> String {
    quoted(&value.map_or_else(String::new, |name| match &*name.schema {
        "" => name.name.to_string(),
        schema => format!("{schema}.{}", name.name),
    }))
}

fn secret(c: &Config) -> String {
    let secret = c.jwt_secret.as_deref().unwrap_or_default();
    if c.jwt_secret_is_base64 {
        base64::engine::general_purpose::STANDARD.encode(secret)
    } else {
        String::from_utf8_lossy(secret).into_owned()
    }
}

fn tx_end(end: TxEnd) -> &'static str {
    match end {
        TxEnd::Commit => "commit",
        TxEnd::CommitAllowOverride => "commit-allow-override",
        TxEnd::Rollback => "rollback",
        TxEnd::RollbackAllowOverride => "rollback-allow-override",
    }
}

fn openapi_mode(mode: OpenApiMode) -> &'static str {
    match mode {
        OpenApiMode::FollowPrivileges => "follow-privileges",
        OpenApiMode::IgnorePrivileges => "ignore-privileges",
        OpenApiMode::Disabled => "disabled",
    }
}
