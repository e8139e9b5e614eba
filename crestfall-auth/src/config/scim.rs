//! Settings of provisioning by SCIM.

use std::collections::BTreeMap;

use crestfall_core::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Users kept by an identity provider (SCIM 2.0), at `/scim/v2`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScimConfig {
    /// Opens `/scim/v2`. Without clients it shows nothing but what it would do
    /// (`EXPERIMENTAL_SCIM_ENABLED`).
    pub enabled: bool,
    /// Who keeps users, by a name that the audit log shows, such as `okta`. Each sees its own users
    /// alone.
    pub clients: BTreeMap<String, ScimClient>,
}

/// An identity provider that keeps users.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScimClient {
    /// Its bearer tokens, of 32 bytes or more each (`openssl rand -hex 32`): one, or two while they
    /// change. They open nothing but `/scim/v2`.
    pub secrets: Vec<Secret>,
    /// The domains of the addresses that it may give to users, such as `example.org`; empty is any.
    pub domains: Vec<String>,
    /// It also sees users whom no client keeps, if their address is confirmed and of one of `domains`,
    /// and keeps those whom it changes. Off, an address that somebody has already is a conflict.
    pub existing_users: bool,
    /// It may set passwords. Off, those that it sends are passed over.
    pub set_passwords: bool,
}
