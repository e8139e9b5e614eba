//! One HTTP client for the services of the settings.

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use url::form_urlencoded;

use super::{Channel, Sms, SmsConfig, SmsError, SmsProvider, SmsSender, twilio};

/// The service that the settings name.
#[derive(Clone, Debug)]
pub struct SmsService {
    http: Client,
    config: SmsConfig,
    provider: SmsProvider,
}

impl SmsService {
    /// None where the settings name none.
    ///
    /// # Errors
    /// When something the service needs is not set.
    pub fn new(config: &SmsConfig) -> Result<Option<Self>, SmsError> {
        let Some(provider) = config.provider else {
            return Ok(None);
        };
        check(config, provider)?;
        let http = Client::builder()
            .timeout(config.timeout.get())
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| SmsError::Setting(error.to_string()))?;
        Ok(Some(Self {
            http,
            config: config.clone(),
            provider,
        }))
    }
}

/// Whether all is set that the service needs.
fn check(config: &SmsConfig, provider: SmsProvider) -> Result<(), SmsError> {
    let (twilio, verify) = (&config.twilio, &config.twilio_verify);
    let needed: &[(&str, bool)] = match provider {
        SmsProvider::Twilio => &[
            ("twilio.account_sid", twilio.account_sid.is_empty()),
            ("twilio.auth_token", twilio.auth_token.is_empty()),
            (
                "twilio.message_service_sid",
                twilio.message_service_sid.is_empty(),
            ),
        ],
        SmsProvider::TwilioVerify => &[
            ("twilio_verify.account_sid", verify.account_sid.is_empty()),
            ("twilio_verify.auth_token", verify.auth_token.is_empty()),
            (
                "twilio_verify.message_service_sid",
                verify.message_service_sid.is_empty(),
            ),
        ],
        SmsProvider::Messagebird => &[
            (
                "messagebird.access_key",
                config.messagebird.access_key.is_empty(),
            ),
            (
                "messagebird.originator",
                config.messagebird.originator.is_empty(),
            ),
        ],
        SmsProvider::Textlocal => &[
            ("textlocal.api_key", config.textlocal.api_key.is_empty()),
            ("textlocal.sender", config.textlocal.sender.is_empty()),
        ],
        SmsProvider::Vonage => &[
            ("vonage.api_key", config.vonage.api_key.is_empty()),
            ("vonage.api_secret", config.vonage.api_secret.is_empty()),
            ("vonage.from", config.vonage.from.is_empty()),
        ],
    };
    match needed.iter().find(|(_, missing)| *missing) {
        Some((name, _)) => Err(SmsError::Setting(format!("sms.{name} is not set"))),
        None => Ok(()),
    }
}

#[async_trait]
impl SmsSender for SmsService {
    async fn send(&self, sms: &Sms) -> Result<Option<String>, SmsError> {
        if !self.supports(sms.channel) {
            return Err(SmsError::Unsupported);
        }
        match self.provider {
            SmsProvider::Twilio => twilio::send(&self.http, &self.config.twilio, sms).await,
            SmsProvider::TwilioVerify => {
                twilio::start_verification(&self.http, &self.config.twilio_verify, sms).await
            }
            SmsProvider::Messagebird => self.messagebird(sms).await,
            SmsProvider::Textlocal => self.textlocal(sms).await,
            SmsProvider::Vonage => self.vonage(sms).await,
        }
    }

    fn supports(&self, channel: Channel) -> bool {
        channel == Channel::Sms
            || matches!(
                self.provider,
                SmsProvider::Twilio | SmsProvider::TwilioVerify
            )
    }

    fn checks_codes(&self) -> bool {
        self.provider == SmsProvider::TwilioVerify
    }

    async fn check(&self, phone: &str, code: &str) -> Result<bool, SmsError> {
        if !self.checks_codes() {
            return Err(SmsError::Unsupported);
        }
        twilio::check_verification(&self.http, &self.config.twilio_verify, phone, code).await
    }
}

impl SmsService {
    async fn messagebird(&self, sms: &Sms) -> Result<Option<String>, SmsError> {
        let config = &self.config.messagebird;
        let request = self
            .http
            .post(address(&config.base_url, "/messages"))
            .header(
                "authorization",
                format!("AccessKey {}", config.access_key.expose()),
            );
        let fields = [
            ("originator", config.originator.as_str()),
            ("body", &sms.text),
            ("recipients", &sms.phone),
            ("type", "sms"),
            ("datacoding", "unicode"),
        ];
        let (status, answer) = post(request, &fields).await?;
        if !status.is_success() {
            return Err(refused(status, &answer["errors"][0]["code"]));
        }
        if answer["recipients"]["totalSentCount"].as_u64().unwrap_or(0) == 0 {
            return Err(SmsError::Refused("it was sent to nobody".into()));
        }
        Ok(text(&answer["id"]))
    }

    async fn textlocal(&self, sms: &Sms) -> Result<Option<String>, SmsError> {
        let config = &self.config.textlocal;
        let fields = [
            ("sender", config.sender.as_str()),
            ("apikey", config.api_key.expose()),
            ("message", &sms.text),
            ("numbers", &sms.phone),
        ];
        let request = self.http.post(address(&config.base_url, "/send"));
        let (status, answer) = post(request, &fields).await?;
        if answer["status"] != "success" {
            return Err(refused(status, &answer["errors"][0]["code"]));
        }
        Ok(text(&answer["messages"][0]["id"]))
    }

    async fn vonage(&self, sms: &Sms) -> Result<Option<String>, SmsError> {
        let config = &self.config.vonage;
        let mut fields = vec![
            ("from", config.from.as_str()),
            ("to", &sms.phone),
            ("text", &sms.text),
            ("api_key", &config.api_key),
            ("api_secret", config.api_secret.expose()),
        ];
        if !sms.text.is_ascii() {
            fields.push(("type", "unicode"));
        }
        let request = self.http.post(address(&config.base_url, "/sms/json"));
        let (status, answer) = post(request, &fields).await?;
        let message = &answer["messages"][0];
        if message["status"] != "0" {
            return Err(refused(status, &message["status"]));
        }
        Ok(text(&message["message-id"]))
    }
}

pub(super) fn address(base: &str, path: &str) -> String {
    format!("{}{path}", base.trim_end_matches('/'))
}

/// Posts a form; the answer is JSON, or null.
pub(super) async fn post(
    request: RequestBuilder,
    fields: &[(&str, &str)],
) -> Result<(StatusCode, Value), SmsError> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let response = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .map_err(unavailable)?;
    let status = response.status();
    let answer = response.bytes().await.map_err(unavailable)?;
    if status.is_server_error() {
        return Err(SmsError::Unavailable(format!(
            "it answered {}",
            status.as_u16()
        )));
    }
    Ok((status, serde_json::from_slice(&answer).unwrap_or_default()))
}

/// The URL may hold the account.
fn unavailable(error: reqwest::Error) -> SmsError {
    SmsError::Unavailable(error.without_url().to_string())
}

/// By status and code alone: the service's words may name the number.
pub(super) fn refused(status: StatusCode, code: &Value) -> SmsError {
    let code = match code {
        Value::String(code) => format!(", code {code}"),
        Value::Number(code) => format!(", code {code}"),
        _ => String::new(),
    };
    SmsError::Refused(format!("status {}{code}", status.as_u16()))
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
