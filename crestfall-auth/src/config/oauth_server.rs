//! Settings of the OAuth 2.1 and OpenID Connect server.

use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Other applications' sign-in with the users of this service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OauthServer {
    /// Whether there is one (`OAUTH_SERVER_ENABLED`).
    pub enabled: bool,
    /// Whether anybody may register a client, as MCP clients do (RFC 7591,
    /// `OAUTH_SERVER_ALLOW_DYNAMIC_REGISTRATION`).
    pub allow_dynamic_registration: bool,
    /// The page, below `site_url`, that asks users whether they agree; it is given
    /// `authorization_id` (`OAUTH_SERVER_AUTHORIZATION_PATH`).
    pub authorization_path: String,
    /// How long a user may take to sign in and agree (`OAUTH_SERVER_AUTHORIZATION_TTL`).
    pub authorization_ttl: Duration,
    /// How long a client may take to exchange the code it is given then.
    pub code_lifetime: Duration,
    /// The scopes of a client that asks for none, separated by spaces
    /// (`OAUTH_SERVER_DEFAULT_SCOPE`).
    pub default_scope: String,
    /// The challenge method `plain` of PKCE too. It protects nothing that a secret link would not.
    pub allow_plain_pkce: bool,
    /// How long the token of a client that acts by itself holds (`client_credentials`), but no longer
    /// than `tokens.lifetime`.
    pub client_credentials_lifetime: Duration,
    /// The resources that tokens may be asked for (RFC 8707), such as `https://mcp.example.org/mcp`;
    /// empty is any.
    pub resources: Vec<String>,
}

impl Default for OauthServer {
    fn default() -> Self {
        Self {
            enabled: false,
            allow_dynamic_registration: false,
            authorization_path: String::new(),
            authorization_ttl: Duration::seconds(600),
            code_lifetime: Duration::seconds(60),
            default_scope: "email".into(),
            allow_plain_pkce: false,
            client_credentials_lifetime: Duration::seconds(600),
            resources: Vec::new(),
        }
    }
}
