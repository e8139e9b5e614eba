//! Session cookies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Session cookies of browser apps that this service, or the embedder's, serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CookiesConfig {
    /// Session cookies are given out and accepted.
    pub enabled: bool,
    /// The cookie's name, before which `__Host-` is put (`__Secure-` with a `domain`).
    pub name: String,
    /// A domain whose subdomains all get the cookie, such as `example.org`: for forward auth of
    /// several hosts. Any of them can then use the session. Empty: only the very host that set it.
    pub domain: String,
    /// The cookie outlives the browser's session; it lasts for thirty days after it was last used.
    pub persistent: bool,
    /// Origins whose pages may change something with the cookie, besides those of `site_url` and
    /// `external_url`, such as `https://app.example.org`.
    pub origins: Vec<String>,
}

impl Default for CookiesConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            name: "crestfall".into(),
            domain: String::new(),
            persistent: true,
            origins: Vec::new(),
        }
    }
}
