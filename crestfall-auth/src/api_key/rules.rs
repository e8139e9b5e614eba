//! When and from where a key may be used.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use ipnet::IpNet;

/// Why a key that exists may not be used now. For the log: the client is told the same for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its owner or an administrator took it back.
    #[error("the API key was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the API key has expired")]
    Expired,
    /// The request does not come from where the key may be used.
    #[error("the API key may not be used from this address")]
    Address,
}

/// The limits of a key, as its row in the store has them.
#[derive(Clone, Debug, Default)]
pub struct KeyRules {
    /// From when on it is refused. Default: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked. Default: it was not.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The networks it may be used from. Default (empty): all.
    pub allowed_networks: Vec<IpNet>,
}

impl KeyRules {
    /// Whether a request from this address may use the key now. With a list, a request of unknown
    /// address may not.
    ///
    /// # Errors
    /// The first rule that forbids it.
    pub fn check(&self, address: Option<IpAddr>, now: DateTime<Utc>) -> Result<(), Refused> {
        if self.revoked_at.is_some() {
            return Err(Refused::Revoked);
        }
        if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(Refused::Expired);
        }
        if self.allowed_networks.is_empty() {
            return Ok(());
        }
        // `::ffff:192.0.2.1`, as a socket for both families has it, is 192.0.2.1.
        let address = address.ok_or(Refused::Address)?.to_canonical();
        let mut networks = self.allowed_networks.iter();
        match networks.any(|network| network.contains(&address)) {
            true => Ok(()),
            false => Err(Refused::Address),
        }
    }
}
