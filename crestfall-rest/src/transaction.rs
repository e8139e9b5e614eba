//! What a request's transaction is told before its statement runs.

use std::net::IpAddr;

use crestfall_core::db::{DbError, Isolation, Statement};
use crestfall_core::tx::{acting, cookies_json, headers_json};
use crestfall_core::{Identity, QualifiedName};

use http::{HeaderMap, Method};

use crate::error::{DatabaseError, Error, PgErrorFields};
use crate::plan::{Kind, StatementPlan};
use crate::request::ApiRequest;
use crate::settings::Settings;

/// Who asks, and by which HTTP request.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) identity: &'a Identity,
    /// The role is not the one of those who did not log in.
    pub(crate) authenticated: bool,
    pub(crate) method: &'a Method,
    /// The path as sent, with the mount point removed.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// The request's id and the client's address, where layers in front gave them.
    pub(crate) id: Option<&'a str>,
    pub(crate) ip: Option<IpAddr>,
}

/// The settings of one transaction, in the order in which they are made.
pub(crate) struct Transaction<'a> {
    caller: Caller<'a>,
    timezone: Option<&'a str>,
    /// `request.headers` as JSON.
    headers: String,
    /// `request.cookies` as JSON.
    cookies: String,
    /// `request.ip`.
    ip: Option<String>,
    /// `request.context`: who acts; empty where nothing is written, or requests have no id, as with PostgREST.
    acting: String,
    /// The connection's name while the request runs.
    application_name: Option<String>,
    search_path: &'a str,
    role: &'a [(String, String)],
    function: &'a [(String, String)],
    app: &'a [(String, String)],
    pub(crate) isolation: Option<Isolation>,
    /// The pre-request function.
    pub(crate) prelude: Option<Statement>,
}

impl<'a> Transaction<'a> {
    /// Collects the settings for a request; `plan` adds those of a function.
    pub(crate) fn new(
        caller: Caller<'a>,
        request: &'a ApiRequest,
        settings: &'a Settings,
        plan: Option<&'a StatementPlan>,
    ) -> Self {
        let routine = match plan.map(|plan| &plan.kind) {
            Some(Kind::Call { call, .. }) => Some(&*call.routine),
            Some(Kind::Read { .. } | Kind::Write { .. }) | None => None,
        };
        let role = settings.role(caller.identity.role());
        let function_isolation = routine.and_then(|routine| routine.isolation.as_deref());
        let role_isolation = role.and_then(|role| role.isolation.as_deref());
        let ip = caller.ip.map(|ip| ip.to_string());
        Self {
            caller,
            timezone: request.preferences.timezone.as_deref(),
            headers: headers_json(caller.headers),
            cookies: cookies_json(caller.headers),
            acting: match (caller.id, plan) {
                (Some(id), Some(plan)) if writes(plan) => {
                    acting(caller.identity, id, ip.as_deref().unwrap_or_default())
                }
                _ => String::new(),
            },
            ip,
            application_name: caller
                .id
                .filter(|_| settings.config.name_requests)
                .map(|id| format!("crestfall/{id}")),
            search_path: &request.search_path,
            role: role
                .map(|role| role.settings.as_slice())
                .unwrap_or_default(),
            function: routine
                .map(|routine| routine.settings.as_slice())
                .unwrap_or_default(),
            app: &settings.config.app_settings,
            isolation: function_isolation.or(role_isolation).and_then(isolation),
            prelude: settings.config.pre_request.as_ref().map(pre_request),
        }
    }

    /// Names and values for `set_config`, those of the response only where it is read; in order: what a role is set to comes before the role
    /// itself, which may not be allowed to set it.
    pub(crate) fn settings(&self, reads_response: bool) -> Vec<(&str, &str)> {
        let mut settings = Vec::with_capacity(16);
        settings.push(("search_path", self.search_path));
        settings.extend(pairs(self.role));
        settings.push(("role", self.caller.identity.role()));
        settings.push(("request.jwt.claims", self.caller.identity.claims().as_str()));
        settings.push(("request.method", self.caller.method.as_str()));
        settings.push(("request.path", self.caller.path));
        settings.push(("request.headers", self.headers.as_str()));
        settings.push(("request.cookies", self.cookies.as_str()));
        settings.extend(self.caller.id.map(|id| ("request.id", id)));
        settings.extend(self.ip.as_deref().map(|ip| ("request.ip", ip)));
        if !self.acting.is_empty() {
            settings.push(("request.context", self.acting.as_str()));
        }
        let name = self.application_name.as_deref();
        settings.extend(name.map(|name| ("application_name", name)));
        settings.extend(self.timezone.map(|timezone| ("timezone", timezone)));
        if reads_response {
            // A function may have set them for its session: what it said is of no other's answer.
            settings.push(("response.headers", ""));
            settings.push(("response.status", ""));
        }
        settings.extend(pairs(self.function));
        settings.extend(pairs(self.app));
        settings
    }

    /// A database error as the caller may see it.
    pub(crate) fn failed(&self, source: DbError) -> Error {
        database_error(source, self.caller.authenticated).into()
    }
}

fn database_error(source: DbError, authenticated: bool) -> DatabaseError {
    match source {
        DbError::Postgres(error) => {
            let error = *error;
            let fields = PgErrorFields {
                code: error.code,
                message: error.message,
                detail: error.detail,
                hint: error.hint,
            };
            DatabaseError::refused(fields, authenticated)
        }
        DbError::PoolTimeout => DatabaseError::PoolTimeout,
        DbError::QueueFull => DatabaseError::QueueFull,
        other => DatabaseError::Connection(Some(other.to_string())),
    }
}

fn writes(plan: &StatementPlan) -> bool {
    match &plan.kind {
        Kind::Read { .. } => false,
        Kind::Write { .. } => true,
        Kind::Call { invocation, call } => !call.is_read_only(*invocation),
    }
}

fn pairs(settings: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

fn pre_request(function: &QualifiedName) -> Statement {
    Statement::new(format!("select {function}()"))
}

fn isolation(level: &str) -> Option<Isolation> {
    match level.trim().to_ascii_lowercase().as_str() {
        "serializable" => Some(Isolation::Serializable),
        "repeatable read" => Some(Isolation::RepeatableRead),
        // The default needs no word.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::*;

    #[test]
    fn cookies_are_kept_apart_from_headers_pr_132() {
        let mut headers = HeaderMap::new();
        headers.insert("x-thing", "1".parse().unwrap());
        headers.insert(COOKIE, "a=b=c; d;e=".parse().unwrap());
        assert_eq!(headers_json(&headers), r#"{"x-thing":"1"}"#);
        assert_eq!(cookies_json(&headers), r#"{"a":"b=c","d":"","e":""}"#);
    }

    #[test]
    fn only_stricter_isolation_levels_are_named_pr_131() {
        assert_eq!(isolation("SERIALIZABLE"), Some(Isolation::Serializable));
        assert_eq!(
            isolation("repeatable read"),
            Some(Isolation::RepeatableRead)
        );
        assert_eq!(isolation("read committed"), None);
    }
}
