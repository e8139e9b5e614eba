//! The domains that passkeys and security keys are bound to, and what connects the two requests of a
//! ceremony with one of them.

use http::HeaderMap;
use http::header::ORIGIN;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Config, NoModel};
use crate::error::{Error, ErrorCode, Result};
use crate::factor::webauthn::{self, Ceremony, RelyingParty};
use crate::user::User;

/// All of them.
#[derive(Clone, Debug)]
pub(crate) struct RelyingParties(Vec<RelyingParty>);

/// A setting that cannot work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidSetting {
    #[error(transparent)]
    RelyingParty(#[from] webauthn::ConfigError),
    #[error(transparent)]
    Model(#[from] NoModel),
}

/// What is kept of a ceremony between its two requests.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pending {
    rp_id: String,
    pub(crate) ceremony: Ceremony,
}

impl RelyingParties {
    /// None, when nothing needs them.
    pub(crate) fn new(config: &Config) -> Result<Self, InvalidSetting> {
        let factors = &config.mfa.webauthn;
        if !(config.passkeys.enabled || factors.enroll || factors.verify) {
            return Ok(Self(Vec::new()));
        }
        let configs = config.webauthn.relying_parties(&config.site_url)?;
        let parties = configs.into_iter().map(RelyingParty::new);
        Ok(Self(parties.collect::<Result<_, _>>()?))
    }

    /// The one whose page sent a request; else the first.
    pub(crate) fn of_request(&self, headers: &HeaderMap) -> Result<&RelyingParty> {
        let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
        let named = origin.and_then(|origin| self.0.iter().find(|party| party.has_origin(origin)));
        named.or(self.0.first()).ok_or_else(none)
    }

    /// The one that a ceremony was begun with.
    pub(crate) fn of_ceremony(&self, pending: &Pending) -> Result<&RelyingParty> {
        let known = self.0.iter().find(|party| party.id() == pending.rp_id);
        known.ok_or_else(none)
    }
}

fn none() -> Error {
    Error::internal(
        "Failed to initialize WebAuthn",
        "there is no such relying party",
    )
}

impl Pending {
    /// To be kept.
    pub(crate) fn keep(party: &RelyingParty, ceremony: Ceremony) -> Result<Value> {
        let pending = Self {
            rp_id: party.id().to_owned(),
            ceremony,
        };
        serde_json::to_value(pending).map_err(|error| Error::internal("Unexpected failure", error))
    }

    /// As it was kept. GoTrue's, kept before an import, are not known any more.
    pub(crate) fn read(kept: Value) -> Result<Self> {
        serde_json::from_value(kept).map_err(|error| {
            let message = "Challenge not found or already used";
            Error::new(ErrorCode::WebauthnChallengeNotFound, message).caused_by(error)
        })
    }
}

/// The user's handle: the text of the id, as GoTrue has it.
pub(crate) fn handle(user: &User) -> Vec<u8> {
    user.id.to_string().into_bytes()
}

/// What authenticators show of a user: the address, and what the user calls themselves.
pub(crate) fn names(user: &User) -> (String, String) {
    let name = [user.email(), user.phone()]
        .into_iter()
        .find(|address| !address.is_empty())
        .map_or_else(|| user.id.to_string(), str::to_owned);
    let own = user.user_metadata.get("name").and_then(Value::as_str);
    let display_name = own.filter(|name| !name.is_empty()).unwrap_or(&name);
    (name.clone(), display_name.chars().take(64).collect())
}
