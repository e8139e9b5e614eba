//! Which hooks there are.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use crestfall_core::egress::Egress;
use serde_json::{Value, json};
use sqlx::PgConnection;
use url::{Host, Url};
use uuid::Uuid;

use super::answer::{Failure, refusal, refused};
use super::function::Function;
use super::http::Http;
use super::signature::Signer;
use super::{Hook, HookError, HookPoint};
use crate::caller::Caller;
use crate::config::{Config, HookConfig};
use crate::error::{Error, ErrorCode, Result};

/// How long a hook in Rust has.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The hooks of a service.
pub(crate) struct Registry(HashMap<HookPoint, Entry>);

struct Entry {
    transport: Transport,
    fail_open: bool,
}

enum Transport {
    Function(Function),
    Http(Http),
    Rust(Arc<dyn Hook>),
}

/// A hook of the settings that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("hook {0}: {1}")]
pub(crate) struct InvalidHook(&'static str, &'static str);

impl Registry {
    /// Those of the settings; the embedder's own go before them.
    pub(crate) fn new(
        config: &Config,
        egress: &Egress,
        own: HashMap<HookPoint, Arc<dyn Hook>>,
    ) -> std::result::Result<Self, InvalidHook> {
        let mut entries = HashMap::new();
        for point in HookPoint::ALL {
            let settings = point.config(&config.hooks);
            let transport = match own.get(&point) {
                Some(hook) => Transport::Rust(Arc::clone(hook)),
                None if !settings.enabled => continue,
                None => transport(settings, config, egress)
                    .map_err(|reason| InvalidHook(point.name(), reason))?,
            };
            let fail_open = settings.fail_open && point.may_fail_open();
            entries.insert(
                point,
                Entry {
                    transport,
                    fail_open,
                },
            );
        }
        Ok(Self(entries))
    }

    pub(crate) fn is_enabled(&self, point: HookPoint) -> bool {
        self.0.contains_key(&point)
    }

    /// Asks. None when there is no hook, or it failed and that does not count.
    pub(super) async fn call(
        &self,
        db: &mut PgConnection,
        caller: &Caller,
        point: HookPoint,
        members: Value,
    ) -> Result<Option<Value>> {
        let Some(entry) = self.0.get(&point) else {
            return Ok(None);
        };
        let input = input(point, caller, members);
        let answer = match &entry.transport {
            Transport::Function(function) => function.call(db, &input).await,
            Transport::Http(http) => http.call(&input).await,
            Transport::Rust(hook) => call_rust(hook.as_ref(), db, input).await,
        };
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(Failure::Failed(error)) if entry.fail_open => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    hook = point.name(),
                    error,
                    "a hook failed; going on without"
                );
                Ok(None)
            }
            Err(Failure::Failed(error) | Failure::Refused(error)) => Err(error),
        }
    }
}

fn input(point: HookPoint, caller: &Caller, mut members: Value) -> Value {
    let mut metadata = json!({
        "uuid": Uuid::new_v4(),
        "time": Utc::now().to_rfc3339_opts(SecondsFormat::Nanos, true),
        "name": point.name(),
    });
    if let Some(ip) = caller.inet() {
        metadata["ip_address"] = ip.into();
    }
    members["metadata"] = metadata;
    members
}

async fn call_rust(
    hook: &dyn Hook,
    db: &mut PgConnection,
    input: Value,
) -> std::result::Result<Value, Failure> {
    let answer = tokio::time::timeout(TIMEOUT, hook.call(db, input)).await;
    match answer {
        Ok(Ok(answer)) => match refusal(&answer) {
            Some(refusal) => Err(refusal),
            None => Ok(answer),
        },
        Ok(Err(HookError::Refused { status, message })) => {
            Err(Failure::Refused(refused(status.as_u16(), message)))
        }
        Ok(Err(HookError::Failed(error))) => Err(Failure::Failed(Error::internal(
            "Error running hook",
            error,
        ))),
        Err(_) => Err(Failure::Failed(Error::new(
            ErrorCode::HookTimeout,
            "Failed to reach hook within maximum time of 5.000000 seconds",
        ))),
    }
}

fn transport(
    settings: &HookConfig,
    config: &Config,
    egress: &Egress,
) -> std::result::Result<Transport, &'static str> {
    if settings.uri.starts_with("pg-functions:") {
        let function = Function::parse(&settings.uri)
            .ok_or("its URI is not of the form pg-functions://postgres/schema/function")?;
        return Ok(Transport::Function(function));
    }
    let url = Url::parse(&settings.uri).map_err(|_| "its URI is none")?;
    match url.scheme() {
        "https" => {}
        "http" if is_near(&url, config) => {}
        "http" => return Err("http is for this machine and hosts of egress.allow; use https"),
        _ => return Err("its URI is neither pg-functions: nor https:"),
    }
    let signer = Signer::new(&settings.secrets)
        .ok_or("its secrets are not of the form v1,whsec_ and base64 of 24 to 64 bytes")?;
    Ok(Transport::Http(Http {
        uri: settings.uri.clone(),
        signer,
        egress: egress.clone(),
    }))
}

fn is_near(url: &Url, config: &Config) -> bool {
    let is_local = match url.host() {
        Some(Host::Domain(name)) => matches!(name, "localhost" | "host.docker.internal"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let place = place(url);
    let host = url.host_str().unwrap_or_default();
    let is_allowed = |allowed: &String| *allowed == place || allowed == host;
    is_local || config.egress.allow.iter().any(is_allowed)
}

/// `host:port`.
pub(crate) fn place(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// What the operator names in the settings may be called wherever it is.
pub(crate) fn places(config: &Config) -> Vec<String> {
    let hooks = HookPoint::ALL
        .into_iter()
        .map(|point| point.config(&config.hooks))
        .filter(|settings| settings.enabled)
        .map(|settings| settings.uri.as_str());
    let captcha = config.captcha.enabled.then(|| config.captcha.url());
    hooks
        .chain(captcha)
        .filter_map(|uri| Url::parse(uri).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| place(&url))
        .collect()
}
