//! From `crestfall.toml` to what the process runs with.

use std::path::{Path, PathBuf};

use crestfall_core::QualifiedName;
use crestfall_core::client_ip::{ClientIpConfig, ClientIpLayer};
use crestfall_core::jwt::RoleClaim;
use crestfall_graphql::TrustedDocuments;
use crestfall_rbac::Tell;
use http::{HeaderName, HeaderValue};

use super::Error;
use super::sections::{
    Admin, Errors, ExplainPolicies, Introspection, OpenApi, Persisted, Rest, Server, Settings,
    Subscriptions, TxEnd,
};
use crate::cors::Cors;
use crate::edge::Policy;
use crate::hosts::{Hosts, NoHost};
use crate::http::{Address, Limits};
use crate::setup::{Audit, Auth, Database, Rbac, Secret, Setup, Tokens};

/// Where the REST API stands: our path and the one its clients expect.
const REST_PATHS: [&str; 2] = ["/rest/v1", "/postgresql/rest"];

/// Where the GraphQL API stands: the path its clients expect, and ours.
const GRAPHQL_PATHS: [&str; 2] = ["/graphql/v1", "/postgresql/graphql"];

/// What a page may read of an answer besides what PostgREST lets it read.
const EXPOSED: &[&str] = &[
    "Link",
    "X-Total-Count",
    "X-Supabase-Api-Version",
    "Retry-After",
    "WWW-Authenticate",
];

/// Where the authentication service stands: the path its clients expect, and ours.
const AUTH_PATHS: [&str; 2] = ["/auth/v1", "/authentication"];

/// Where the authorization service stands.
const RBAC_PATHS: [&str; 2] = ["/rbac/v1", "/authorization"];

/// What puts roles into tokens.
const TOKEN_CLAIMS: &str = "pg-functions://postgres/rbac/token_claims";

impl Settings {
    /// What the process runs with; refuses what cannot work or is not safe.
    pub(crate) fn setup(&self) -> Result<Setup, Error> {
        Ok(Setup {
            api: self.server.address()?,
            admin: self.admin.address()?,
            limits: self.server.limits(),
            policy: self.server.policy()?,
            log: (self.log.format, self.log.level),
            warnings: Vec::new(),
            database: self.database()?,
            tokens: self.tokens()?,
            rest: crestfall_rest::Config {
                name_requests: self.audit.name_requests,
                ..self.rest.config(self.log.queries)?
            },
            rest_paths: REST_PATHS.to_vec(),
            graphql: self.graphql()?,
            graphql_paths: GRAPHQL_PATHS.to_vec(),
            graphql_ui: self.graphql.ui,
            takes_api_key: true,
            describes: self.server.docs,
            auth: self.auth()?,
            rbac: self.rbac()?,
            audit: self.audit(),
        })
    }

    fn database(&self) -> Result<Database, Error> {
        let database = &self.database;
        if database.pool_size == 0 {
            return Err(refused("database.pool_size", "must be at least 1"));
        }
        Ok(Database {
            url: Secret::new(database.url()?),
            read_replicas: database
                .read_replicas
                .iter()
                .cloned()
                .map(Secret::new)
                .collect(),
            application_name: "crestfall".into(),
            pool_size: database.pool_size,
            acquire_timeout: database.acquire_timeout.get(),
            max_idle: database.max_idle.get(),
            max_lifetime: database.max_lifetime.get(),
            recovers: true,
            prepared: database.prepared,
            channel: given(&database.channel),
            in_database: None,
            load_pauses: Default::default(),
        })
    }

    fn graphql(&self) -> Result<Option<crestfall_graphql::Config>, Error> {
        let (graphql, rest) = (&self.graphql, &self.rest);
        if !graphql.enabled {
            return Ok(None);
        }
        let schemas = match graphql.schemas.as_slice() {
            [] => rest.schemas.clone(),
            named => named.to_vec(),
        };
        if !schemas.iter().all(|schema| rest.schemas.contains(schema)) {
            let message = "must be among rest.schemas: both APIs share one catalogue";
            return Err(refused("graphql.schemas", message));
        }
        Ok(Some(crestfall_graphql::Config {
            schemas,
            extra_search_path: rest.extra_search_path.clone(),
            pre_request: given(&rest.pre_request).map(|name| QualifiedName::parse(&name)),
            protects_anonymous: !rest.unprotected,
            extended: graphql.extended,
            limits: crestfall_graphql::Limits {
                body_bytes: graphql.max_body.get(),
                document_bytes: graphql.max_document.get(),
                // Every level is a call on the stack.
                depth: graphql.max_depth.clamp(1, 200),
                selections: graphql.max_selections,
                tokens: graphql.max_tokens,
                root_fields: graphql.max_root_fields,
                aliases: graphql.max_aliases,
                fragments: graphql.max_fragments,
                directives: graphql.max_directives,
                related: graphql.max_related,
                list_items: graphql.max_list_items,
                values: graphql.max_values,
                cost: graphql.max_cost,
                introspection: graphql.max_introspection,
            },
            role_costs: graphql.role_costs.clone().into_iter().collect(),
            drop_in: graphql.drop_in,
            introspection: graphql.introspection.into(),
            role_introspection: graphql
                .role_introspection
                .iter()
                .map(|(role, of_role)| (role.clone(), (*of_role).into()))
                .collect(),
            subscriptions: graphql.subscriptions.config(),
            persisted: graphql.persisted.config()?,
            log_query: self.log.queries,
        }))
    }

    fn audit(&self) -> Option<Audit> {
        let audit = &self.audit;
        let every = audit.seal_every.get();
        Some(Audit {
            enabled: audit.enabled,
            retention: given(&audit.retention),
            period: audit.period.as_str(),
            seal_every: (!every.is_zero()).then_some(every),
            seal_key: Some(audit.seal_key.clone()).filter(|key| !key.is_empty()),
        })
    }

    fn auth(&self) -> Result<Option<Auth>, Error> {
        let auth = &self.auth;
        if !auth.enabled {
            return Ok(None);
        }
        if auth.pool_size < 2 {
            return Err(refused("auth.pool_size", "must be at least 2"));
        }
        let mut config = auth.service.clone();
        config.tokens.secret = self.shared_secret()?;
        let hook = &mut config.hooks.custom_access_token;
        if self.rbac.enabled && self.rbac.token_claims && !hook.enabled {
            hook.enabled = true;
            hook.uri = TOKEN_CLAIMS.to_owned();
            // No decision relies on these claims: without them there is a token all the same.
            hook.fail_open = true;
        }
        let database = match auth.database_url.expose() {
            "" => self.database.url()?,
            url => url.to_owned(),
        };
        let redis = Some(&self.redis).filter(|redis| !redis.url.is_empty());
        Ok(Some(Auth {
            config,
            database: Secret::new(database),
            pool_size: auth.pool_size,
            acquire_timeout: self.database.acquire_timeout.get(),
            redis: redis.map(|redis| {
                let url = Secret::new(redis.url.expose().to_owned());
                (url, redis.timeout.get())
            }),
            catches_mail: auth.catch_mail,
            paths: AUTH_PATHS.to_vec(),
            client_ip: self.server.client_ip()?,
        }))
    }

    fn rbac(&self) -> Result<Option<Rbac>, Error> {
        let rbac = &self.rbac;
        if !rbac.enabled {
            return Ok(None);
        }
        if rbac.pool_size < 2 {
            return Err(refused("rbac.pool_size", "must be at least 2"));
        }
        let tell = match rbac.tell_missing {
            true => Tell::Everybody,
            false => Tell::WhoMaySeeRoles,
        };
        let mut config = crestfall_rbac::Config::default()
            .cached_subjects(rbac.cached_subjects)
            .tell_missing(tell);
        if !self.redis.url.is_empty() {
            let shared = config.redis(self.redis.url.expose());
            config = shared.map_err(|error| refused("redis.url", &error.to_string()))?;
        }
        Ok(Some(Rbac {
            config,
            database: Secret::new(self.database.url()?),
            pool_size: rbac.pool_size,
            acquire_timeout: self.database.acquire_timeout.get(),
            paths: RBAC_PATHS.to_vec(),
        }))
    }

    /// The secret whose tokens the authentication service and the REST API accept: `jwt.secret`,
    /// unless `auth.tokens.secret` says the same. What only the REST API would hold to is refused.
    fn shared_secret(&self) -> Result<crestfall_core::Secret, Error> {
        let jwt = &self.jwt;
        for (key, is_set) in [
            ("jwt.jwks_url", !jwt.jwks_url.is_empty()),
            ("jwt.audience", !jwt.audience.is_empty()),
            ("jwt.role_claim", jwt.role_claim != "$.role"),
        ] {
            if is_set {
                let message = "is for tokens of another issuer: not beside auth.enabled";
                return Err(refused(key, message));
            }
        }
        let own = &self.auth.service.tokens.secret;
        let shared = jwt.secret()?.unwrap_or_default();
        if shared.starts_with(['{', '[']) {
            let message = "must be a text beside auth.enabled; keys are auth.tokens.keys";
            return Err(refused("jwt.secret", message));
        }
        match (own.is_empty(), shared.is_empty()) {
            (true, _) => Ok(crestfall_core::Secret::new(shared)),
            (false, true) => Ok(own.clone()),
            (false, false) if own.expose() == shared => Ok(own.clone()),
            (false, false) => Err(refused("auth.tokens.secret", "is not jwt.secret")),
        }
    }

    fn tokens(&self) -> Result<Tokens, Error> {
        let jwt = &self.jwt;
        let role_claim = jwt.role_claim.parse::<RoleClaim>();
        if !role_claim.is_ok_and(|path| !path.is_deprecated()) {
            return Err(refused("jwt.role_claim", "is no JSONPath, such as $.role"));
        }
        let jwks_url = given(&jwt.jwks_url);
        if jwks_url
            .as_ref()
            .is_some_and(|url| !url.starts_with("http"))
        {
            return Err(refused("jwt.jwks_url", "is no http or https address"));
        }
        Ok(Tokens {
            secret: jwt.secret()?.map(|secret| Secret::new(secret.into_bytes())),
            jwks_url,
            audience: given(&jwt.audience),
            role_claim: jwt.role_claim.clone(),
            cache_entries: jwt.cache_entries,
            anonymous_role: given(&jwt.anonymous_role),
        })
    }
}

impl Server {
    fn address(&self) -> Result<Address, Error> {
        Ok(match &self.unix_socket {
            Some(path) => unix(path, &self.unix_socket_mode, "server.unix_socket_mode")?,
            None => Address::Tcp {
                host: self.host.clone(),
                port: self.port,
                reuse_port: self.reuse_port,
            },
        })
    }

    fn limits(&self) -> Limits {
        Limits {
            head_timeout: self.head_timeout.get(),
            body_timeout: self.body_timeout.get(),
            write_timeout: self.write_timeout.get(),
            max_head_bytes: self.max_head.get(),
            max_connections: self.max_connections.max(1),
            shutdown_timeout: self.shutdown_timeout.get(),
        }
    }

    fn client_ip(&self) -> Result<ClientIpLayer, Error> {
        let config = ClientIpConfig {
            trusted_proxies: self.trusted_proxies,
            header: given(&self.client_ip_header),
        };
        ClientIpLayer::new(&config)
            .map_err(|_| refused("server.client_ip_header", "is no header's name"))
    }

    fn policy(&self) -> Result<Policy, Error> {
        let hosts = Hosts::new(&self.allowed_hosts);
        let trace = given(&self.trace_header).map(|name| name.parse::<HeaderName>());
        Ok(Policy {
            server: HeaderValue::from_static(concat!("crestfall/", env!("CARGO_PKG_VERSION"))),
            trace: trace
                .transpose()
                .map_err(|_| refused("server.trace_header", "is no header's name"))?,
            cors: Cors::new(&self.cors_origins).exposing(EXPOSED),
            hosts: hosts.map_err(|NoHost(host)| {
                refused(
                    "server.allowed_hosts",
                    &format!("`{host}` is no host's name"),
                )
            })?,
            client_ip: Some(self.client_ip()?),
        })
    }
}

impl Admin {
    fn address(&self) -> Result<Option<Address>, Error> {
        if let Some(path) = &self.unix_socket {
            return unix(path, &self.unix_socket_mode, "admin.unix_socket_mode").map(Some);
        }
        Ok(self.port.map(|port| Address::Tcp {
            host: self.host.clone(),
            port,
            reuse_port: false,
        }))
    }
}

impl Rest {
    fn config(&self, log_query: bool) -> Result<crestfall_rest::Config, Error> {
        let refused_schema =
            |schema: &&String| matches!(schema.as_str(), "pg_catalog" | "information_schema" | "");
        if self.schemas.is_empty() || self.schemas.iter().any(|schema| refused_schema(&schema)) {
            return Err(refused(
                "rest.schemas",
                "must name schemas, and none of PostgreSQL's own",
            ));
        }
        let function = |name: &str| given(name).map(|name| QualifiedName::parse(&name));
        Ok(crestfall_rest::Config {
            schemas: self.schemas.clone(),
            extra_search_path: self.extra_search_path.clone(),
            max_rows: self.max_rows,
            aggregates_enabled: self.aggregates,
            plan_enabled: self.plans,
            pre_request: function(&self.pre_request),
            root_spec: function(&self.root_spec),
            tx_end: self.tx_end.into(),
            hoisted_tx_settings: self.hoisted_tx_settings.clone(),
            openapi_mode: self.openapi.into(),
            openapi_security_active: true,
            openapi_server_proxy_uri: given(&self.openapi_url),
            error_verbosity: self.errors.into(),
            server_timing: self.server_timing,
            protects_anonymous: !self.unprotected,
            estimates_hidden_rows: self.unprotected,
            explain_policies: self.explain_policies.into(),
            log_query,
            max_body_bytes: self.max_body.get(),
            max_depth: self.max_depth,
            ..crestfall_rest::Config::default()
        })
    }
}

impl Persisted {
    fn config(&self) -> Result<crestfall_graphql::Persisted, Error> {
        let trusted = self.trusted.as_deref().map(trusted_documents).transpose();
        let trusted = trusted
            .map_err(|message| refused("graphql.persisted.trusted", &message))?
            .unwrap_or_default();
        if self.trusted_only && trusted.is_empty() {
            let message = "needs documents in graphql.persisted.trusted";
            return Err(refused("graphql.persisted.trusted_only", message));
        }
        Ok(crestfall_graphql::Persisted {
            automatic: self.automatic,
            trusted,
            trusted_only: self.trusted_only,
        })
    }
}

/// The documents of a manifest, or of the files in a folder.
fn trusted_documents(path: &Path) -> Result<TrustedDocuments, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        let manifest = std::fs::read_to_string(path).map_err(told)?;
        return TrustedDocuments::from_manifest(&manifest)
            .map_err(|error| format!("{}: {error}", path.display()));
    }
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(path).map_err(told)? {
        let file = entry.map_err(told)?.path();
        let is_document = file
            .extension()
            .is_some_and(|extension| extension == "graphql" || extension == "gql");
        if let (true, Some(name)) = (is_document, file.file_stem()) {
            let text = std::fs::read_to_string(&file).map_err(told)?;
            documents.push((name.to_string_lossy().into_owned(), text));
        }
    }
    Ok(TrustedDocuments::new(documents))
}

impl Subscriptions {
    fn config(&self) -> crestfall_graphql::Subscriptions {
        crestfall_graphql::Subscriptions {
            enabled: self.enabled,
            interval: self.interval.get(),
            polls: self.polls,
            max_connections: self.max_connections,
            max_per_connection: self.max_per_connection,
            max_per_identity: self.max_per_identity,
            max_queries: self.max_queries,
            init_timeout: self.init_timeout.get(),
            keep_alive: self.keep_alive.get(),
            send_timeout: self.send_timeout.get(),
        }
    }
}

impl From<Introspection> for crestfall_graphql::Introspection {
    fn from(introspection: Introspection) -> Self {
        match introspection {
            Introspection::Comment => Self::Comment,
            Introspection::On => Self::On,
            Introspection::Off => Self::Off,
        }
    }
}

impl From<TxEnd> for crestfall_rest::TxEnd {
    fn from(end: TxEnd) -> Self {
        match end {
            TxEnd::Commit => Self::Commit,
            TxEnd::CommitAllowOverride => Self::CommitAllowOverride,
            TxEnd::Rollback => Self::Rollback,
            TxEnd::RollbackAllowOverride => Self::RollbackAllowOverride,
        }
    }
}

impl From<ExplainPolicies> for crestfall_rest::ExplainPolicies {
    fn from(who: ExplainPolicies) -> Self {
        match who {
            ExplainPolicies::Off => Self::Off,
            ExplainPolicies::Owners => Self::Owners,
            ExplainPolicies::Everyone => Self::Everyone,
        }
    }
}

impl From<OpenApi> for crestfall_rest::OpenApiMode {
    fn from(mode: OpenApi) -> Self {
        match mode {
            OpenApi::FollowPrivileges => Self::FollowPrivileges,
            OpenApi::IgnorePrivileges => Self::IgnorePrivileges,
            OpenApi::Disabled => Self::Disabled,
        }
    }
}

impl From<Errors> for crestfall_rest::ErrorVerbosity {
    fn from(errors: Errors) -> Self {
        match errors {
            Errors::Verbose => Self::Verbose,
            Errors::Minimal => Self::Minimal,
        }
    }
}

/// A text that is not empty.
fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn refused(key: &'static str, message: &str) -> Error {
    Error::Value {
        key,
        message: message.into(),
    }
}

fn unix(path: &PathBuf, mode: &str, key: &'static str) -> Result<Address, Error> {
    match u32::from_str_radix(mode, 8) {
        Ok(mode @ 0o600..=0o777) => Ok(Address::Unix {
            path: path.into(),
            mode,
        }),
        _ => Err(refused(key, "must be octal, from 600 to 777")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_work() {
        let setup = Settings::default().setup().unwrap();
        assert_eq!(setup.rest_paths, REST_PATHS);
        assert!(setup.takes_api_key && setup.tokens.secret.is_none());
    }

    #[test]
    fn what_cannot_work_is_named() {
        let refused = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.setup().unwrap_err().to_string()
        };
        for (error, key) in [
            (refused(|s| s.database.pool_size = 0), "database.pool_size"),
            (
                refused(|s| s.rest.schemas = vec!["pg_catalog".into()]),
                "rest.schemas",
            ),
            (
                refused(|s| s.jwt.role_claim = "role".into()),
                "jwt.role_claim",
            ),
            (refused(|s| s.jwt.secret = "short".into()), "jwt.secret"),
            (
                refused(|s| s.jwt.jwks_url = "file:///x".into()),
                "jwt.jwks_url",
            ),
            (
                refused(|s| s.server.trace_header = "a b".into()),
                "server.trace_header",
            ),
            (
                refused(|s| {
                    s.server.unix_socket = Some("/tmp/x".into());
                    s.server.unix_socket_mode = "999".into();
                }),
                "server.unix_socket_mode",
            ),
        ] {
            assert!(error.starts_with(key), "{error}");
        }
    }
}
