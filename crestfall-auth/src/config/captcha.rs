//! Whether requests must come with a solved captcha (GT-083).

use crestfall_core::Secret;
use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether sign-ups, sign-ins and requests for mail must come with a solved captcha
/// (`gotrue_meta_security.captcha_token`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Captcha {
    /// Ask for one (`SECURITY_CAPTCHA_ENABLED`).
    pub enabled: bool,
    /// Whose (`SECURITY_CAPTCHA_PROVIDER`).
    pub provider: CaptchaProvider,
    /// The secret of the site, from the provider (`SECURITY_CAPTCHA_SECRET`).
    pub secret: Secret,
    /// How long the provider may take (`SECURITY_CAPTCHA_TIMEOUT`).
    pub timeout: Duration,
    /// Where solutions are checked; empty is the provider's own address.
    pub verify_url: String,
}

/// Who makes and checks captchas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CaptchaProvider {
    /// hCaptcha.
    #[default]
    Hcaptcha,
    /// Cloudflare Turnstile.
    Turnstile,
}

impl Default for Captcha {
    fn default() -> Self {
        Self {
            enabled: false,
            provider: CaptchaProvider::default(),
            secret: Secret::default(),
            timeout: Duration::seconds(10),
            verify_url: String::new(),
        }
    }
}

impl Captcha {
    /// Where solutions are checked.
    pub(crate) fn url(&self) -> &str {
        match (self.verify_url.as_str(), self.provider) {
            ("", CaptchaProvider::Hcaptcha) => "https://hcaptcha.com/siteverify",
            ("", CaptchaProvider::Turnstile) => {
                "https://challenges.cloudflare.com/turnstile/v0/siteverify"
            }
            (url, _) => url,
        }
    }
}
