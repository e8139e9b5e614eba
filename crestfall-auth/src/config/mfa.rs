//! Second factors (GT-038, GT-040).

use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a user may prove besides the password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mfa {
    /// Most factors of a user, begun ones included (`MFA_MAX_ENROLLED_FACTORS`).
    pub max_enrolled_factors: usize,
    /// Most factors of a user that can be used (`MFA_MAX_VERIFIED_FACTORS`).
    pub max_verified_factors: usize,
    /// How long a challenge can be answered (`MFA_CHALLENGE_EXPIRY_DURATION`).
    pub challenge_lifetime: Duration,
    /// How long a factor that was begun waits for its first use (`MFA_FACTOR_EXPIRY_DURATION`).
    pub factor_lifetime: Duration,
    /// Wrong codes after which a challenge is void.
    pub attempts: u16,
    /// Codes of authenticator apps.
    pub totp: TotpFactors,
    /// Codes sent to phones.
    pub phone: PhoneFactors,
    /// Security keys and passkeys as second factors; see `webauthn` too.
    pub webauthn: WebAuthnFactors,
    /// Recovery codes that a user is given; `0` is none.
    pub recovery_codes: usize,
}

/// Codes of authenticator apps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TotpFactors {
    /// New ones may be set up (`MFA_TOTP_ENROLL_ENABLED`).
    pub enroll: bool,
    /// They may be used (`MFA_TOTP_VERIFY_ENABLED`).
    pub verify: bool,
}

/// Codes sent to phones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneFactors {
    /// New ones may be set up (`MFA_PHONE_ENROLL_ENABLED`).
    pub enroll: bool,
    /// They may be used (`MFA_PHONE_VERIFY_ENABLED`).
    pub verify: bool,
    /// Digits of a code, 6 to 10 (`MFA_PHONE_OTP_LENGTH`).
    pub otp_length: usize,
    /// The message's words, in Go's template syntax with `.Code` and `.SiteURL`
    /// (`MFA_PHONE_TEMPLATE`).
    pub template: String,
    /// The least time between two messages to one factor (`MFA_PHONE_MAX_FREQUENCY`).
    pub max_frequency: Duration,
}

/// Security keys and passkeys as second factors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebAuthnFactors {
    /// New ones may be set up (`MFA_WEB_AUTHN_ENROLL_ENABLED`).
    pub enroll: bool,
    /// They may be used (`MFA_WEB_AUTHN_VERIFY_ENABLED`).
    pub verify: bool,
}

impl Default for Mfa {
    fn default() -> Self {
        Self {
            max_enrolled_factors: 10,
            max_verified_factors: 10,
            challenge_lifetime: Duration::seconds(300),
            factor_lifetime: Duration::seconds(300),
            attempts: 5,
            totp: TotpFactors::default(),
            phone: PhoneFactors::default(),
            webauthn: WebAuthnFactors::default(),
            recovery_codes: 10,
        }
    }
}

impl Default for TotpFactors {
    fn default() -> Self {
        Self {
            enroll: true,
            verify: true,
        }
    }
}

impl Default for PhoneFactors {
    fn default() -> Self {
        Self {
            enroll: false,
            verify: false,
            otp_length: 6,
            template: String::new(),
            max_frequency: Duration::seconds(60),
        }
    }
}
