//! What issuers publish about themselves: discovery documents and keys (OpenID Connect Discovery 1.0,
//! RFC 8414), fetched once and kept for a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crestfall_core::egress::Egress;
use parking_lot::Mutex;
use serde_json::Value;

use super::ProviderError;

/// Addresses come from the operator and from administrators; more than this is somebody's mistake.
const MAX_ENTRIES: usize = 1024;
/// For how long a document is used while its publisher does not answer.
const MAX_STALE: Duration = Duration::from_secs(24 * 3600);

/// Documents by their address. One is fetched by one request at a time; the others wait for it.
#[derive(Default)]
pub(crate) struct Documents(Mutex<HashMap<String, Arc<Entry>>>);

#[derive(Default)]
struct Entry(tokio::sync::Mutex<Option<(Instant, Arc<Value>)>>);

/// A discovery document.
pub(super) struct Discovery(pub(super) Arc<Value>);

impl Documents {
    /// The document at this address, no older than that.
    ///
    /// # Errors
    /// It could not be had, nor was in the last day.
    pub(crate) async fn get(
        &self,
        egress: &Egress,
        url: &str,
        max_age: Duration,
    ) -> Result<Arc<Value>, ProviderError> {
        let entry = self.entry(url);
        let mut known = entry.0.lock().await;
        if let Some((at, document)) = known.as_ref()
            && at.elapsed() <= max_age
        {
            return Ok(Arc::clone(document));
        }
        match fetch(egress, url).await {
            Ok(document) => {
                let document = Arc::new(document);
                *known = Some((Instant::now(), Arc::clone(&document)));
                Ok(document)
            }
            Err(error) => match known.as_ref() {
                Some((at, document)) if at.elapsed() < MAX_STALE => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "an issuer's document could not be read again");
                    Ok(Arc::clone(document))
                }
                _ => Err(error),
            },
        }
    }

    /// Reads it anew when it is next needed.
    pub(crate) fn forget(&self, url: &str) {
        self.0.lock().remove(url);
    }

    fn entry(&self, url: &str) -> Arc<Entry> {
        let mut entries = self.0.lock();
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(url) {
            entries.clear();
        }
        Arc::clone(entries.entry(url.to_owned()).or_default())
    }
}

async fn fetch(egress: &Egress, url: &str) -> Result<Value, ProviderError> {
    let answer = egress.get(url).await?;
    if !answer.status.is_success() {
        return Err(ProviderError::Status(answer.status));
    }
    let document: Value =
        serde_json::from_slice(&answer.body).map_err(|_| ProviderError::NotJson)?;
    match document.is_object() {
        true => Ok(document),
        false => Err(ProviderError::NotJson),
    }
}

impl Discovery {
    pub(super) fn issuer(&self) -> &str {
        self.0
            .get("issuer")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The address of one endpoint.
    ///
    /// # Errors
    /// It has none.
    pub(super) fn endpoint(&self, name: &'static str) -> Result<String, ProviderError> {
        let url = self.0.get(name).and_then(Value::as_str);
        url.filter(|url| !url.is_empty())
            .map(str::to_owned)
            .ok_or(ProviderError::Missing(name))
    }

    /// Whether the token endpoint takes the secret in the body. Absent, it takes headers only.
    pub(super) fn takes_secret_in_body(&self) -> bool {
        let methods = self.0.get("token_endpoint_auth_methods_supported");
        let mut methods = methods.and_then(Value::as_array).into_iter().flatten();
        methods.any(|method| method == "client_secret_post")
    }
}
