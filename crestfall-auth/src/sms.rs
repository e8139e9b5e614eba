//! Text messages: a seam for embedders, and the services that GoTrue knows (GT-059).

mod config;
mod services;
mod twilio;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use config::{
    MessagebirdConfig, SmsConfig, SmsProvider, TextlocalConfig, TwilioConfig, TwilioVerifyConfig,
    VonageConfig,
};
pub use services::SmsService;

use crate::mail::template::{Form, SyntaxError, Template};

/// By which way a message goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A text message.
    #[default]
    Sms,
    /// WhatsApp, where the service can.
    Whatsapp,
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// In the international form, digits alone: `491701234567`.
    pub phone: String,
    /// What it says.
    pub text: String,
    /// The code in it, for services that write the text themselves.
    pub code: String,
    /// By which way.
    pub channel: Channel,
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sms")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// Why a message was not sent or a code not checked. Names neither number nor text: it is logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmsError {
    /// The service refused.
    #[error("the SMS service refused: {0}")]
    Refused(String),
    /// The service did not answer, or nothing that makes sense.
    #[error("the SMS service could not be used: {0}")]
    Unavailable(String),
    /// It cannot do this.
    #[error("the SMS service cannot do this")]
    Unsupported,
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(String),
}

/// Sends text messages.
#[async_trait]
pub trait SmsSender: Send + Sync + 'static {
    /// Sends one, and says under which name the service knows it, if it has one.
    ///
    /// # Errors
    /// When it was not taken.
    async fn send(&self, sms: &Sms) -> Result<Option<String>, SmsError>;

    /// Whether messages can go this way.
    fn supports(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    /// Whether the service makes and checks the codes, as Twilio Verify does: then [`Self::check`]
    /// decides, and [`Sms::code`] and [`Sms::text`] are not used.
    fn checks_codes(&self) -> bool {
        false
    }

    /// Whether the code is the one the service sent to the number.
    ///
    /// # Errors
    /// When it cannot say.
    async fn check(&self, _phone: &str, _code: &str) -> Result<bool, SmsError> {
        Err(SmsError::Unsupported)
    }
}

/// The words of a message: `Your code is {{ .Code }}`.
#[derive(Clone, Debug)]
pub struct SmsText(Template);

impl SmsText {
    /// Reads a template, in Go's syntax with `.Code` and `.SiteURL`.
    ///
    /// # Errors
    /// When it is not understood.
    pub fn new(template: &str) -> Result<Self, SmsError> {
        let template = if template.is_empty() {
            "Your code is {{ .Code }}"
        } else {
            template
        };
        let parsed = Template::parse(template, Form::Text, &["Code", "SiteURL"]);
        parsed.map(Self).map_err(|SyntaxError { line, message }| {
            SmsError::Setting(format!("sms.template:{line}: {message}"))
        })
    }

    /// With a code.
    pub fn write(&self, code: &str, site_url: &str) -> String {
        let data = json!({ "Code": code, "SiteURL": site_url });
        // Too long it can only be by a setting that is; then the code alone.
        self.0.render(&data).unwrap_or_else(|_| code.to_owned())
    }
}

impl SmsConfig {
    /// The code that a number of the settings always has, for tests of apps and their reviewers;
    /// nothing is sent to it. `phone` in digits alone.
    pub fn test_code(&self, phone: &str, now: DateTime<Utc>) -> Option<&str> {
        if self.test_otp_valid_until.is_some_and(|end| now >= end) {
            return None;
        }
        let listed = self
            .test_otp
            .iter()
            .find(|(listed, _)| digits(listed) == phone);
        listed.map(|(_, code)| code.expose())
    }
}

/// A number without `+` and spaces.
fn digits(phone: &str) -> String {
    phone.trim().trim_start_matches('+').replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crestfall_core::Secret;

    #[test]
    fn test_numbers_have_their_codes_until_then() {
        let mut config = SmsConfig::default();
        config
            .test_otp
            .insert("+49 170 1234567".into(), Secret::new("123456"));
        let now = Utc::now();
        assert_eq!(config.test_code("491701234567", now), Some("123456"));
        assert_eq!(config.test_code("491701234568", now), None);
        config.test_otp_valid_until = Some(now);
        assert_eq!(config.test_code("491701234567", now), None);
    }

    #[test]
    fn a_message_says_what_its_template_says() {
        let text =
            |template| SmsText::new(template).map(|text| text.write("123456", "https://a.example"));
        assert_eq!(text("").unwrap(), "Your code is 123456");
        let code = "{{ .Code }} for {{ .SiteURL }}\n@a.example #{{ .Code }}";
        assert_eq!(
            text(code).unwrap(),
            "123456 for https://a.example\n@a.example #123456"
        );
        let error = text("\n{{ .Token }}").unwrap_err().to_string();
        assert!(
            error.starts_with("sms.template:2: there is no `.Token`"),
            "{error}"
        );
    }
}
