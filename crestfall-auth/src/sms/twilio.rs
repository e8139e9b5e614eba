//! Twilio's Programmable Messaging and Verify.

use reqwest::Client;
use serde_json::json;

use super::services::{address, post, refused, text};
use super::{Channel, Sms, SmsError, TwilioConfig, TwilioVerifyConfig};

pub(super) async fn send(
    http: &Client,
    config: &TwilioConfig,
    sms: &Sms,
) -> Result<Option<String>, SmsError> {
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", config.account_sid);
    let request = http
        .post(address(&config.base_url, &path))
        .basic_auth(&config.account_sid, Some(config.auth_token.expose()));
    let fields = fields(config, sms);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    let (status, answer) = post(request, &fields).await?;
    if !status.is_success() {
        return Err(refused(status, &answer["code"]));
    }
    if answer["status"] == "failed" || answer["status"] == "undelivered" {
        return Err(refused(status, &answer["error_code"]));
    }
    Ok(text(&answer["sid"]))
}

fn fields(config: &TwilioConfig, sms: &Sms) -> Vec<(&'static str, String)> {
    let (to, from) = (
        format!("+{}", sms.phone),
        config.message_service_sid.clone(),
    );
    if sms.channel == Channel::Sms {
        return vec![
            ("To", to),
            ("Channel", "sms".into()),
            ("From", from),
            ("Body", sms.text.clone()),
        ];
    }
    // A service stands by itself, a number needs the prefix that the receiver has.
    let from = if is_number(&from) {
        format!("whatsapp:{from}")
    } else {
        from
    };
    let mut fields = vec![
        ("To", format!("whatsapp:{to}")),
        ("Channel", "whatsapp".into()),
        ("From", from),
    ];
    if config.content_sid.is_empty() {
        fields.push(("Body", sms.text.clone()));
    } else {
        fields.push(("ContentSid", config.content_sid.clone()));
        fields.push(("ContentVariables", json!({ "1": sms.code }).to_string()));
    }
    fields
}

fn is_number(from: &str) -> bool {
    let digits = super::digits(from);
    (2..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn service(config: &TwilioVerifyConfig, path: &str) -> String {
    let path = format!("/v2/Services/{}/{path}", config.message_service_sid);
    address(&config.base_url, &path)
}

pub(super) async fn start_verification(
    http: &Client,
    config: &TwilioVerifyConfig,
    sms: &Sms,
) -> Result<Option<String>, SmsError> {
    let request = http
        .post(service(config, "Verifications"))
        .basic_auth(&config.account_sid, Some(config.auth_token.expose()));
    let channel = match sms.channel {
        Channel::Sms => "sms",
        Channel::Whatsapp => "whatsapp",
    };
    let to = format!("+{}", sms.phone);
    let (status, answer) = post(request, &[("To", &to), ("Channel", channel)]).await?;
    if !status.is_success() {
        return Err(refused(status, &answer["code"]));
    }
    Ok(text(&answer["sid"]))
}

pub(super) async fn check_verification(
    http: &Client,
    config: &TwilioVerifyConfig,
    phone: &str,
    code: &str,
) -> Result<bool, SmsError> {
    let request = http
        .post(service(config, "VerificationCheck"))
        .basic_auth(&config.account_sid, Some(config.auth_token.expose()));
    let to = format!("+{phone}");
    let (status, answer) = post(request, &[("To", &to), ("Code", code)]).await?;
    // 404: expired, approved before, or tried too often.
    if status == reqwest::StatusCode::NOT_FOUND {
        return Ok(false);
    }
    if !status.is_success() {
        return Err(refused(status, &answer["code"]));
    }
    Ok(answer["status"] == "approved" && answer["valid"] == true)
}
