//! Providers that users may sign in with.

use std::collections::BTreeMap;

use crestfall_core::Secret;
use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One provider that users may sign in with, by its name: `google`, `github`, … (`EXTERNAL_<NAME>_…`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// Users may sign in with it (`_ENABLED`).
    pub enabled: bool,
    /// This application's ids with the provider. The first is used in a browser; ID tokens may be for
    /// any of them (`_CLIENT_ID`).
    pub client_id: Vec<String>,
    /// The secret of the first (`_SECRET`). With Apple either the signed JWT that is Apple's secret,
    /// or the private key (PEM) that makes one, and then `team_id` and `key_id`.
    pub secret: Secret,
    /// Where the provider sends users back to, as registered there; empty is `external_url` with
    /// `/callback` (`_REDIRECT_URI`).
    pub redirect_uri: String,
    /// Where the provider is, if it is not the public one: GitLab or GitHub on one's own server, the
    /// realm of Keycloak, the tenant of Azure. Its ID tokens then must be issued there (`_URL`).
    pub url: String,
    /// Where its API is, if that is elsewhere than `url` says (`_API_URL`).
    pub api_url: String,
    /// ID tokens without the nonce that was asked for are good (`_SKIP_NONCE_CHECK`).
    pub skip_nonce_check: bool,
    /// Users without an address may sign in (`_EMAIL_OPTIONAL`).
    pub email_optional: bool,
    /// Its addresses count as verified though it does not say so: only for a provider whose
    /// addresses nobody but its operator can set, such as the one tenant of an own directory.
    pub trust_email: bool,
    /// Apple: the team of the private key.
    pub team_id: String,
    /// Apple: the id of the private key.
    pub key_id: String,
}

/// What holds for all providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct External {
    /// How long a user may take at the provider (`EXTERNAL_FLOW_STATE_EXPIRY_DURATION`).
    pub flow_lifetime: Duration,
    /// How long what an issuer publishes about itself is taken for fresh
    /// (`EXTERNAL_OIDC_PROVIDER_CACHE_TTL`).
    pub discovery_lifetime: Duration,
    /// A further id that Apple's ID tokens may be for (`EXTERNAL_IOS_BUNDLE_ID`).
    pub ios_bundle_id: String,
    /// Issuers whose ID tokens are good for the client that the request names
    /// (`EXTERNAL_ALLOWED_ID_TOKEN_ISSUERS`).
    pub id_token_issuers: Vec<String>,
    /// A new identity whose address the provider has verified joins the account that has confirmed
    /// the same address. Off, the user signs in and links it by hand.
    pub automatic_linking: bool,
    /// Providers whose accounts join each other only, by a name of their group
    /// (`EXPERIMENTAL_PROVIDER_LINKING_DOMAINS`).
    pub linking_domains: BTreeMap<String, String>,
    /// Providers that administrators add at run time may be used (`CUSTOM_OAUTH_ENABLED`).
    pub custom: bool,
    /// How many of those there may be; `0` is any number (`CUSTOM_OAUTH_MAX_PROVIDERS`).
    pub max_custom: u32,
    /// The browser that begins a sign-in at a provider has to be the one that ends it, as a cookie
    /// shows: nobody can be signed in to somebody else's account by an address. Off where browsers
    /// come to `/authorize` by another host than to `/callback`.
    pub bind_to_browser: bool,
    /// Before an identity is linked, a page asks for it, unless a cookie shows that the same browser
    /// has asked for it. Off, as in GoTrue, who opens an address that somebody else sent may link an
    /// account of theirs at the provider to the other's account here.
    pub confirm_links: bool,
}

impl Default for External {
    fn default() -> Self {
        Self {
            flow_lifetime: Duration::seconds(300),
            discovery_lifetime: Duration::seconds(3600),
            ios_bundle_id: String::new(),
            id_token_issuers: Vec::new(),
            automatic_linking: true,
            linking_domains: BTreeMap::new(),
            custom: true,
            bind_to_browser: true,
            confirm_links: true,
            max_custom: 0,
        }
    }
}
