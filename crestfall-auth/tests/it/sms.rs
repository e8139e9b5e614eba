//! The services that send text messages, in their own wire formats (GT-059).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::{Json, Router};
use crestfall_auth::sms::{
    Channel, Sms, SmsConfig, SmsError, SmsProvider, SmsSender as _, SmsService,
};
use crestfall_core::Secret;
use serde_json::{Value, json};

/// A request as the service saw it.
#[derive(Clone, Debug)]
struct Seen {
    path: String,
    authorization: String,
    fields: HashMap<String, String>,
}

/// A service that gives one answer.
#[derive(Clone)]
struct Fake {
    answer: (StatusCode, Value),
    seen: Arc<Mutex<Vec<Seen>>>,
}

async fn answer(
    State(fake): State<Fake>,
    uri: Uri,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let authorization = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    fake.seen.lock().unwrap().push(Seen {
        path: uri.path().to_owned(),
        authorization: authorization.unwrap_or_default(),
        fields,
    });
    (fake.answer.0, Json(fake.answer.1))
}

/// The base URL of a service that answers so, and what it sees.
async fn fake(status: u16, body: Value) -> (String, Arc<Mutex<Vec<Seen>>>) {
    let seen = Arc::default();
    let state = Fake {
        answer: (StatusCode::from_u16(status).unwrap(), body),
        seen: Arc::clone(&seen),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

fn service(provider: SmsProvider, url: &str) -> SmsService {
    let mut config = SmsConfig {
        provider: Some(provider),
        ..SmsConfig::default()
    };
    config.twilio.account_sid = "AC1".into();
    config.twilio.auth_token = Secret::new("t0ken");
    config.twilio.message_service_sid = "+1 555 0100".into();
    config.twilio.base_url = url.into();
    config.twilio_verify.account_sid = "AC1".into();
    config.twilio_verify.auth_token = Secret::new("t0ken");
    config.twilio_verify.message_service_sid = "VA1".into();
    config.twilio_verify.base_url = url.into();
    config.messagebird.access_key = Secret::new("k3y");
    config.messagebird.originator = "Crest".into();
    config.messagebird.base_url = url.into();
    config.textlocal.api_key = Secret::new("k3y");
    config.textlocal.sender = "Crest".into();
    config.textlocal.base_url = url.into();
    config.vonage.api_key = "key".into();
    config.vonage.api_secret = Secret::new("s3cret");
    config.vonage.from = "Crest".into();
    config.vonage.base_url = format!("{url}/");
    SmsService::new(&config).unwrap().unwrap()
}

fn sms(channel: Channel) -> Sms {
    Sms {
        phone: "491701234567".into(),
        text: "Ihr Code für Ü&=: 123456".into(),
        code: "123456".into(),
        channel,
    }
}

fn fields(expected: &[(&str, &str)]) -> HashMap<String, String> {
    expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Base64 of `AC1:t0ken`.
const TWILIO: &str = "Basic QUMxOnQwa2Vu";
const TEXT: &str = "Ihr Code für Ü&=: 123456";

#[tokio::test]
async fn each_service_is_asked_in_its_own_words() {
    let cases = [
        (
            SmsProvider::Twilio,
            Channel::Sms,
            json!({ "sid": "SM1", "status": "queued" }),
            "SM1",
            "/2010-04-01/Accounts/AC1/Messages.json",
            TWILIO,
            fields(&[
                ("To", "+491701234567"),
                ("Channel", "sms"),
                ("From", "+1 555 0100"),
                ("Body", TEXT),
            ]),
        ),
        (
            SmsProvider::Twilio,
            Channel::Whatsapp,
            json!({ "sid": "SM2" }),
            "SM2",
            "/2010-04-01/Accounts/AC1/Messages.json",
            TWILIO,
            fields(&[
                ("To", "whatsapp:+491701234567"),
                ("Channel", "whatsapp"),
                ("From", "whatsapp:+1 555 0100"),
                ("Body", TEXT),
            ]),
        ),
        (
            SmsProvider::TwilioVerify,
            Channel::Sms,
            json!({ "sid": "VE1", "status": "pending" }),
            "VE1",
            "/v2/Services/VA1/Verifications",
            TWILIO,
            fields(&[("To", "+491701234567"), ("Channel", "sms")]),
        ),
        (
            SmsProvider::Messagebird,
            Channel::Sms,
            json!({ "id": "mb1", "recipients": { "totalSentCount": 1 } }),
            "mb1",
            "/messages",
            "AccessKey k3y",
            fields(&[
                ("originator", "Crest"),
                ("body", TEXT),
                ("recipients", "491701234567"),
                ("type", "sms"),
                ("datacoding", "unicode"),
            ]),
        ),
        (
            SmsProvider::Textlocal,
            Channel::Sms,
            json!({ "status": "success", "messages": [{ "id": "7" }] }),
            "7",
            "/send",
            "",
            fields(&[
                ("sender", "Crest"),
                ("apikey", "k3y"),
                ("message", TEXT),
                ("numbers", "491701234567"),
            ]),
        ),
        (
            SmsProvider::Vonage,
            Channel::Sms,
            json!({ "messages": [{ "status": "0", "message-id": "v1" }] }),
            "v1",
            "/sms/json",
            "",
            fields(&[
                ("from", "Crest"),
                ("to", "491701234567"),
                ("text", TEXT),
                ("api_key", "key"),
                ("api_secret", "s3cret"),
                ("type", "unicode"),
            ]),
        ),
    ];
    for (provider, channel, body, id, path, authorization, fields) in cases {
        let (url, seen) = fake(200, body).await;
        let sent = service(provider, &url).send(&sms(channel)).await;
        assert_eq!(sent, Ok(Some(id.to_owned())), "{provider:?}");
        let seen = seen.lock().unwrap()[0].clone();
        assert_eq!(
            (&*seen.path, &*seen.authorization, &seen.fields),
            (path, authorization, &fields)
        );
    }
}

#[tokio::test]
async fn a_refusal_is_told_without_number_and_text() {
    let cases = [
        (
            SmsProvider::Twilio,
            400,
            json!({ "code": 21211, "message": "'+491701234567' is no number" }),
            "status 400, code 21211",
        ),
        (
            SmsProvider::Twilio,
            201,
            json!({ "status": "failed", "error_code": 30007 }),
            "status 201, code 30007",
        ),
        (
            SmsProvider::TwilioVerify,
            429,
            json!({ "code": 60203 }),
            "status 429, code 60203",
        ),
        (
            SmsProvider::Messagebird,
            422,
            json!({ "errors": [{ "code": 9, "description": "x" }] }),
            "status 422, code 9",
        ),
        (
            SmsProvider::Messagebird,
            201,
            json!({ "recipients": { "totalSentCount": 0 } }),
            "it was sent to nobody",
        ),
        (
            SmsProvider::Textlocal,
            200,
            json!({ "status": "failure", "errors": [{ "code": 80 }] }),
            "status 200, code 80",
        ),
        (SmsProvider::Textlocal, 200, json!({}), "status 200"),
        (
            SmsProvider::Vonage,
            200,
            json!({ "messages": [{ "status": "4" }] }),
            "status 200, code 4",
        ),
        (
            SmsProvider::Vonage,
            200,
            json!({ "messages": [] }),
            "status 200",
        ),
    ];
    for (provider, status, body, reason) in cases {
        let (url, _) = fake(status, body).await;
        let sent = service(provider, &url).send(&sms(Channel::Sms)).await;
        assert_eq!(sent, Err(SmsError::Refused(reason.into())), "{provider:?}");
    }
    let (url, _) = fake(503, json!({})).await;
    let sent = service(SmsProvider::Vonage, &url)
        .send(&sms(Channel::Sms))
        .await;
    assert_eq!(sent, Err(SmsError::Unavailable("it answered 503".into())));
    let sent = service(SmsProvider::Twilio, "http://127.0.0.1:1")
        .send(&sms(Channel::Sms))
        .await;
    let error = sent.unwrap_err().to_string();
    assert!(!error.contains("AC1") && !error.contains("4917"), "{error}");
}

#[tokio::test]
async fn twilio_verify_checks_the_codes_it_made() {
    for (status, body, expected) in [
        (
            200,
            json!({ "status": "approved", "valid": true }),
            Ok(true),
        ),
        (
            200,
            json!({ "status": "pending", "valid": false }),
            Ok(false),
        ),
        (404, json!({ "code": 20404 }), Ok(false)),
        (
            401,
            json!({ "code": 20003 }),
            Err(SmsError::Refused("status 401, code 20003".into())),
        ),
    ] {
        let (url, seen) = fake(status, body).await;
        let service = service(SmsProvider::TwilioVerify, &url);
        assert!(service.checks_codes());
        assert_eq!(service.check("491701234567", "123456").await, expected);
        let seen = seen.lock().unwrap()[0].clone();
        assert_eq!(seen.path, "/v2/Services/VA1/VerificationCheck");
        assert_eq!(
            seen.fields,
            fields(&[("To", "+491701234567"), ("Code", "123456")])
        );
    }
    let other = service(SmsProvider::Vonage, "http://127.0.0.1:1");
    assert_eq!(other.check("1", "1").await, Err(SmsError::Unsupported));
    assert_eq!(
        other.send(&sms(Channel::Whatsapp)).await,
        Err(SmsError::Unsupported)
    );
}

#[test]
fn what_a_service_needs_has_to_be_set() {
    assert!(SmsService::new(&SmsConfig::default()).unwrap().is_none());
    let config = SmsConfig {
        provider: Some(SmsProvider::Vonage),
        ..SmsConfig::default()
    };
    let error = SmsService::new(&config).unwrap_err().to_string();
    assert_eq!(error, "sms.vonage.api_key is not set");
}
