//! Passkeys, and the relying party that authenticators know (GT-043).

use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::factor::webauthn::{self, AttestationPolicy, CounterPolicy};

/// Sign-in without a password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Passkeys {
    /// Users may register passkeys and sign in with them (`PASSKEY_ENABLED`).
    pub enabled: bool,
    /// Most passkeys of a user (`PASSKEY_MAX_PASSKEYS_PER_USER`).
    pub max_per_user: usize,
}

impl Default for Passkeys {
    fn default() -> Self {
        Self {
            enabled: false,
            max_per_user: 10,
        }
    }
}

/// Whom authenticators talk to, for passkeys and for `webauthn` factors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebAuthn {
    /// The domain that passkeys are bound to for ever; empty is the host of `site_url`
    /// (`WEBAUTHN_RP_ID`).
    pub rp_id: String,
    /// What authenticators show; empty is the domain (`WEBAUTHN_RP_DISPLAY_NAME`).
    pub rp_display_name: String,
    /// Pages that may use them, such as `https://app.example`, and apps
    /// (`android:apk-key-hash:…`); empty is the origin of `site_url` (`WEBAUTHN_RP_ORIGINS`).
    pub rp_origins: Vec<String>,
    /// Further domains with passkeys of their own. A request from one of their origins is theirs.
    pub further: Vec<RelyingPartyConfig>,
    /// How long the browser may take to answer (`WEBAUTHN_CHALLENGE_EXPIRY_DURATION`).
    pub challenge_lifetime: Duration,
    /// Models of authenticators that are accepted, by AAGUID, proved by an attestation certificate;
    /// empty is all, and no attestation is asked for.
    pub allowed_models: Vec<String>,
}

/// One more domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RelyingPartyConfig {
    /// The domain that passkeys are bound to for ever.
    pub rp_id: String,
    /// What authenticators show; empty is the domain.
    pub rp_display_name: String,
    /// Pages and apps that may use them.
    pub rp_origins: Vec<String>,
}

impl Default for WebAuthn {
    fn default() -> Self {
        Self {
            rp_id: String::new(),
            rp_display_name: String::new(),
            rp_origins: Vec::new(),
            further: Vec::new(),
            challenge_lifetime: Duration::seconds(300),
            allowed_models: Vec::new(),
        }
    }
}

/// A model that is named by no AAGUID.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` in webauthn.allowed_models is no AAGUID")]
pub(crate) struct NoModel(String);

impl WebAuthn {
    /// What the ceremonies go by, the first the one for origins that are none's.
    pub(crate) fn relying_parties(&self, site_url: &str) -> Result<Vec<webauthn::Config>, NoModel> {
        let site = Url::parse(site_url).ok();
        let mut first = RelyingPartyConfig {
            rp_id: self.rp_id.clone(),
            rp_display_name: self.rp_display_name.clone(),
            rp_origins: self.rp_origins.clone(),
        };
        if let Some(site) = site {
            if first.rp_id.is_empty() {
                first.rp_id = site.host_str().unwrap_or_default().to_owned();
            }
            if first.rp_origins.is_empty() {
                first.rp_origins.push(site.origin().ascii_serialization());
            }
        }
        let model = |text: &String| text.parse().map_err(|_| NoModel(text.clone()));
        let models: Vec<uuid::Uuid> = self
            .allowed_models
            .iter()
            .map(model)
            .collect::<Result<_, _>>()?;
        let all = std::iter::once(&first).chain(&self.further);
        Ok(all.map(|one| self.relying_party(one, &models)).collect())
    }

    fn relying_party(&self, one: &RelyingPartyConfig, models: &[uuid::Uuid]) -> webauthn::Config {
        let name = match one.rp_display_name.as_str() {
            "" => &one.rp_id,
            name => name,
        };
        webauthn::Config {
            rp_id: one.rp_id.clone(),
            rp_name: name.to_owned(),
            origins: one.rp_origins.clone(),
            timeout: self.challenge_lifetime.get(),
            attestation: AttestationPolicy {
                allowed_models: models.to_vec(),
                refuse_other_formats: !models.is_empty(),
            },
            counter: CounterPolicy::RefuseLower,
            ..webauthn::Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gt_043_without_settings_the_site_is_the_relying_party() {
        let parties = WebAuthn::default().relying_parties("http://localhost:3000/app");
        let parties = parties.expect("no models");
        assert_eq!(parties[0].rp_id, "localhost");
        assert_eq!(parties[0].rp_name, "localhost");
        assert_eq!(parties[0].origins, ["http://localhost:3000"]);
    }

    #[test]
    fn a_model_that_is_none_is_refused() {
        let config = WebAuthn {
            allowed_models: vec!["YubiKey".into()],
            ..WebAuthn::default()
        };
        assert!(config.relying_parties("http://localhost").is_err());
    }
}
