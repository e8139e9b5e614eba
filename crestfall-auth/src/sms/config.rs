//! Settings of text messages.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use crestfall_core::Secret;
use crestfall_core::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text messages: who sends them, and what they say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmsConfig {
    /// Which service sends them; none: no messages. GoTrue: `SMS_PROVIDER`.
    pub provider: Option<SmsProvider>,
    /// What they say, with `{{ .Code }}` and `{{ .SiteURL }}`. GoTrue: `SMS_TEMPLATE`.
    pub template: String,
    /// Numbers whose code is always the same, and that get no message. GoTrue: `SMS_TEST_OTP`.
    pub test_otp: BTreeMap<String, Secret>,
    /// Until when those codes count; unset: always. GoTrue: `SMS_TEST_OTP_VALID_UNTIL`.
    #[schemars(with = "Option<String>")]
    pub test_otp_valid_until: Option<DateTime<Utc>>,
    /// How long a service may take to answer.
    pub timeout: Duration,
    /// Twilio's Programmable Messaging. GoTrue: `SMS_TWILIO_*`.
    pub twilio: TwilioConfig,
    /// Twilio Verify, which makes and checks the codes. GoTrue: `SMS_TWILIO_VERIFY_*`.
    pub twilio_verify: TwilioVerifyConfig,
    /// MessageBird. GoTrue: `SMS_MESSAGEBIRD_*`.
    pub messagebird: MessagebirdConfig,
    /// Textlocal. GoTrue: `SMS_TEXTLOCAL_*`.
    pub textlocal: TextlocalConfig,
    /// Vonage. GoTrue: `SMS_VONAGE_*`.
    pub vonage: VonageConfig,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self {
            provider: None,
            template: "Your code is {{ .Code }}".into(),
            test_otp: BTreeMap::new(),
            test_otp_valid_until: None,
            timeout: Duration::seconds(10),
            twilio: TwilioConfig::default(),
            twilio_verify: TwilioVerifyConfig::default(),
            messagebird: MessagebirdConfig::default(),
            textlocal: TextlocalConfig::default(),
            vonage: VonageConfig::default(),
        }
    }
}

/// A service that sends text messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmsProvider {
    /// Twilio's Programmable Messaging.
    Twilio,
    /// Twilio Verify.
    TwilioVerify,
    /// MessageBird.
    Messagebird,
    /// Textlocal.
    Textlocal,
    /// Vonage.
    Vonage,
}

/// Twilio's Programmable Messaging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TwilioConfig {
    /// The account.
    pub account_sid: String,
    /// Its token.
    pub auth_token: Secret,
    /// A messaging service, or the number messages come from.
    pub message_service_sid: String,
    /// A content template for WhatsApp, whose first variable is the code.
    pub content_sid: String,
    /// Where the service is.
    pub base_url: String,
}

impl Default for TwilioConfig {
    fn default() -> Self {
        Self {
            account_sid: String::new(),
            auth_token: Secret::default(),
            message_service_sid: String::new(),
            content_sid: String::new(),
            base_url: "https://api.twilio.com".into(),
        }
    }
}

/// Twilio Verify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TwilioVerifyConfig {
    /// The account.
    pub account_sid: String,
    /// Its token.
    pub auth_token: Secret,
    /// The Verify service.
    pub message_service_sid: String,
    /// Where the service is.
    pub base_url: String,
}

impl Default for TwilioVerifyConfig {
    fn default() -> Self {
        Self {
            account_sid: String::new(),
            auth_token: Secret::default(),
            message_service_sid: String::new(),
            base_url: "https://verify.twilio.com".into(),
        }
    }
}

/// MessageBird.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MessagebirdConfig {
    /// The key.
    pub access_key: Secret,
    /// The name or number messages come from.
    pub originator: String,
    /// Where the service is.
    pub base_url: String,
}

impl Default for MessagebirdConfig {
    fn default() -> Self {
        Self {
            access_key: Secret::default(),
            originator: String::new(),
            base_url: "https://rest.messagebird.com".into(),
        }
    }
}

/// Textlocal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextlocalConfig {
    /// The key.
    pub api_key: Secret,
    /// The name messages come from.
    pub sender: String,
    /// Where the service is.
    pub base_url: String,
}

impl Default for TextlocalConfig {
    fn default() -> Self {
        Self {
            api_key: Secret::default(),
            sender: String::new(),
            base_url: "https://api.textlocal.in".into(),
        }
    }
}

/// Vonage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VonageConfig {
    /// The key.
    pub api_key: String,
    /// Its secret.
    pub api_secret: Secret,
    /// The name or number messages come from.
    pub from: String,
    /// Where the service is.
    pub base_url: String,
}

impl Default for VonageConfig {
    fn default() -> Self {
        Self {
            api_key: String::new(),
            api_secret: Secret::default(),
            from: String::new(),
            base_url: "https://rest.nexmo.com".into(),
        }
    }
}
