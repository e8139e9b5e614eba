//! Settings of a relying party.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// Whom authenticators talk to, and what is asked of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// The domain that passkeys are bound to (`WEBAUTHN_RP_ID`).
    pub rp_id: String,
    /// What authenticators show (`WEBAUTHN_RP_DISPLAY_NAME`).
    pub rp_name: String,
    /// Pages that may use them (`WEBAUTHN_RP_ORIGINS`): `https://app.example`, or an app's `android:apk-key-hash:…`.
    pub origins: Vec<String>,
    /// How long the browser waits for the user. 5 min.
    pub timeout: Duration,
    /// Whether PIN or fingerprint is asked for. Preferred, as GoTrue does.
    pub user_verification: UserVerification,
    /// What authenticators have to prove. Nothing.
    pub attestation: AttestationPolicy,
    /// What a counter that did not grow does. It refuses; GoTrue goes on.
    pub counter: CounterPolicy,
    /// Pages may be framed by another of the origins. No.
    pub framed: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rp_id: String::new(),
            rp_name: String::new(),
            origins: Vec::new(),
            timeout: Duration::from_secs(300),
            user_verification: UserVerification::Preferred,
            attestation: AttestationPolicy::default(),
            counter: CounterPolicy::Refuse,
            framed: false,
        }
    }
}

/// Whether the authenticator asks for PIN or fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UserVerification {
    /// It must.
    Required,
    /// It does when it can.
    Preferred,
    /// It does not.
    Discouraged,
}

/// Which authenticators are accepted. With neither field set no attestation is asked for, and all are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AttestationPolicy {
    /// Models that are accepted, by AAGUID; empty: all. A model must then be named by an attestation certificate. No
    /// roots are kept, so this keeps honest users to a list; it does not stop one who forges a certificate.
    pub allowed_models: Vec<Uuid>,
    /// Refuse attestations of formats other than `none` and `packed`. They are accepted unverified otherwise.
    pub refuse_other_formats: bool,
}

/// What happens when a signature counter did not grow, which is how a cloned authenticator shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CounterPolicy {
    /// The authentication fails.
    Refuse,
    /// It fails when the counter went back; one that stands still passes, as authenticators and
    /// programs that do not count properly send it, and [`Authenticated::cloned`] says so.
    ///
    /// [`Authenticated::cloned`]: super::Authenticated::cloned
    RefuseLower,
    /// It succeeds, and [`Authenticated::cloned`] says so.
    #[cfg_attr(not(test), expect(dead_code, reason = "no setting asks for it"))]
    Flag,
}

/// A setting that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// `rp_id` is no domain.
    #[error("the WebAuthn relying party id `{0}` is no domain")]
    RpId(String),
    /// An origin is none.
    #[error("the WebAuthn origin `{0}` is no origin, such as `https://app.example`")]
    Origin(String),
}

impl Config {
    /// Checks the settings and brings origins into browsers' spelling.
    pub(super) fn checked(mut self) -> Result<Self, ConfigError> {
        let is_domain = !self.rp_id.is_empty() && url::Host::parse(&self.rp_id).is_ok();
        if !is_domain || self.rp_id.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(ConfigError::RpId(self.rp_id));
        }
        self.origins = self
            .origins
            .into_iter()
            .map(canonical_origin)
            .collect::<Result<_, _>>()?;
        Ok(self)
    }
}

/// The origin as browsers write it. Android's are no addresses, and stay as they are.
fn canonical_origin(origin: String) -> Result<String, ConfigError> {
    if origin.starts_with("android:apk-key-hash:") {
        return Ok(origin);
    }
    let canonical = Url::parse(&origin)
        .ok()
        .map(|url| url.origin())
        .filter(url::Origin::is_tuple);
    canonical
        .map(|origin| origin.ascii_serialization())
        .ok_or(ConfigError::Origin(origin))
}
