//! Issuers of tokens besides ourselves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An issuer whose tokens are accepted as our own are: an identity provider of the company, another
/// project, a cloud's workloads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Its `iss`, exactly, such as `https://accounts.example.org`.
    pub issuer: String,
    /// Whom its tokens must be for: one of their `aud`. A token without `aud` is refused.
    pub audience: String,
    /// Where its keys are. Default: what its OpenID Connect discovery says.
    #[serde(default)]
    pub jwks_url: String,
    /// The role of its tokens, where `role_claim` gives none.
    #[serde(default = "authenticated")]
    pub role: String,
    /// Where a token names its role, as JSONPath such as `$.realm_access.roles[0]`. Default: nowhere,
    /// all have `role`.
    #[serde(default)]
    pub role_claim: String,
    /// The roles that `role_claim` may give; a token with another is refused.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Claims to be filled from others of the token, such as `email = "/upn"` (JSON Pointer). What
    /// policies trust us for (`app_metadata`, `user_metadata`, `aal`, `amr`, `scope`,
    /// `is_anonymous`) is taken from a token only if it is named here.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
}

fn authenticated() -> String {
    "authenticated".to_owned()
}
