//! From PostgREST's settings to what the process runs with.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::config::{Config, Error};
use crate::cors::Cors;
use crate::edge::Policy;
use crate::hosts::Hosts;
use crate::http::{Address, Limits};
use crate::setup::{Database, InDatabase, Secret, Setup, Tokens};
use crate::telemetry::Format;

/// The version whose behaviour this is.
pub(crate) const VERSION: &str = "16.2";

impl Config {
    /// What the process runs with.
    pub(crate) fn setup(&self) -> Result<Setup, Error> {
        Ok(Setup {
            api: self.api_address()?,
            admin: self.admin_address()?,
            limits: Limits::default(),
            policy: self.policy()?,
            log: (Format::Postgrest, self.log_level),
            warnings: self.warnings(),
            database: self.database(),
            tokens: Tokens {
                secret: self.jwt_secret.clone().map(Secret::new),
                jwks_url: None,
                audience: self.jwt_aud.clone(),
                role_claim: self.jwt_role_claim_key.to_string(),
                cache_entries: count(self.jwt_cache_max_entries),
                anonymous_role: self.db_anon_role.clone(),
            },
            rest: self.rest(),
            rest_paths: vec![""],
            graphql: None,
            graphql_paths: Vec::new(),
            graphql_ui: false,
            takes_api_key: false,
            describes: false,
            auth: None,
            rbac: None,
            audit: None,
        })
    }

    fn warnings(&self) -> Vec<String> {
        if !self.jwt_role_claim_key.is_deprecated() {
            return Vec::new();
        }
        let setting = format!("`jwt-role-claim-key={}`", self.jwt_role_claim_key);
        vec![
            format!("WARNING: The config {setting} is using the deprecated JSPath syntax."),
            format!(
                "Update {setting} to the new JSONPath syntax as support for JSPath will be removed \
                 in a future release. See the migration guide on how to update: \
                 https://github.com/PostgREST/postgrest/blob/main/CHANGELOG.md#migration-to-v16"
            ),
        ]
    }

    fn api_address(&self) -> Result<Address, Error> {
        Ok(match &self.server_unix_socket {
            Some(path) => unix(path, self.server_unix_socket_mode),
            None => Address::Tcp {
                host: self.server_host.clone(),
                port: port("server-port", self.server_port)?,
                reuse_port: self.server_reuseport,
            },
        })
    }

    fn admin_address(&self) -> Result<Option<Address>, Error> {
        if let Some(path) = &self.admin_server_unix_socket {
            return Ok(Some(unix(path, self.admin_server_unix_socket_mode)));
        }
        let Some(number) = self.admin_server_port else {
            return Ok(None);
        };
        Ok(Some(Address::Tcp {
            host: self.admin_server_host.clone(),
            port: port("admin-server-port", number)?,
            reuse_port: false,
        }))
    }

    fn policy(&self) -> Result<Policy, Error> {
        let trace = self.server_trace_header.as_ref().map(|name| {
            name.parse::<HeaderName>()
                .map_err(|_| Error::Value(format!("server-trace-header is no header: '{name}'")))
        });
        Ok(Policy {
            server: HeaderValue::from_static("postgrest/16.2"),
            trace: trace.transpose()?,
            cors: Cors::new(&self.server_cors_allowed_origins),
            hosts: Hosts::default(),
            client_ip: None,
        })
    }

    fn database(&self) -> Database {
        Database {
            url: Secret::new(self.db_uri.clone()),
            read_replicas: Vec::new(),
            application_name: format!("PostgREST {VERSION}"),
            pool_size: count(self.db_pool).max(1),
            acquire_timeout: seconds(self.db_pool_acquisition_timeout),
            max_idle: seconds(self.db_pool_max_idletime),
            max_lifetime: seconds(self.db_pool_max_lifetime),
            recovers: self.db_pool_automatic_recovery,
            prepared: self.db_prepared_statements,
            channel: self.db_channel_enabled.then(|| self.db_channel.clone()),
            in_database: self.db_config.then(|| InDatabase {
                function: self.db_pre_config.clone(),
            }),
            load_pauses: [
                self.internal_schema_cache_query_sleep_before_queries,
                self.internal_schema_cache_query_sleep,
            ]
            .map(|pause| {
                let pause = pause.and_then(|pause| u64::try_from(pause).ok());
                Duration::from_millis(pause.unwrap_or(0))
            }),
        }
    }

    fn rest(&self) -> crestfall_rest::Config {
        crestfall_rest::Config {
            schemas: self.db_schemas.clone(),
            extra_search_path: self.db_extra_search_path.clone(),
            max_rows: self.db_max_rows.and_then(|rows| u64::try_from(rows).ok()),
            aggregates_enabled: self.db_aggregates_enabled,
            plan_enabled: self.db_plan_enabled,
            pre_request: self.db_pre_request.clone(),
            root_spec: self.db_root_spec.clone(),
            tx_end: self.db_tx_end,
            hoisted_tx_settings: self.db_hoisted_tx_settings.clone(),
            openapi_mode: self.openapi_mode,
            openapi_security_active: self.openapi_security_active,
            openapi_server_proxy_uri: self.openapi_server_proxy_uri.clone(),
            error_verbosity: self.client_error_verbosity,
            server_timing: self.server_timing_enabled,
            legacy_target_names: self.url_use_legacy_target_names,
            app_settings: self.app_settings.clone(),
            log_query: self.log_query,
            ..crestfall_rest::Config::default()
        }
    }
}

fn unix(path: &PathBuf, mode: u32) -> Address {
    Address::Unix {
        path: path.into(),
        mode,
    }
}

fn port(key: &str, number: i64) -> Result<u16, Error> {
    u16::try_from(number).map_err(|_| Error::Value(format!("{key} is no port: {number}")))
}

/// Negative is none.
fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn seconds(number: i64) -> Duration {
    Duration::from_secs(u64::try_from(number).unwrap_or(0))
}
