//! Whether mail can go to an address.

use std::collections::BTreeMap;

use crestfall_core::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether mail can go to an address, before any is sent there. What cannot be found out within three
/// seconds is taken for good.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmailValidation {
    /// Refuse known mistakes (`gamil.com`, `example.org`) and domains that have neither a server for
    /// mail nor an address, or say that they take no mail (`MAILER_EMAIL_VALIDATION_EXTENDED`).
    pub extended: bool,
    /// Name servers that are asked, such as `192.0.2.1` or `[2001:db8::1]:53`. None: the machine's
    /// (`/etc/resolv.conf`).
    pub nameservers: Vec<String>,
    /// Servers for mail whose domains are refused, where `extended` looks for them
    /// (`MAILER_EMAIL_VALIDATION_BLOCKED_MX`).
    pub blocked_mx: Vec<String>,
    /// A service that is asked: it gets `{"email": …}` by `POST` and answers `{"valid": false}` to
    /// refuse. Anything else, and none, is a yes (`MAILER_EMAIL_VALIDATION_SERVICE_URL`).
    pub service_url: String,
    /// Headers for it (`MAILER_EMAIL_VALIDATION_SERVICE_HEADERS`).
    pub service_headers: BTreeMap<String, Vec<Secret>>,
}
