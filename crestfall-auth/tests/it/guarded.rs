//! Tries by every way to prove oneself count on one account (SEC-17), and hooks hear of each
//! (GT-094, GT-096).

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use crestfall_auth::Config;
use crestfall_auth::hook::HookPoint;
use crestfall_core::client_ip::ClientIp;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::authenticators::{ask, guarded};
use crate::second_factor::App;
use crate::service::{Answer, TestAuth};

const HOME: &str = "198.51.100.7";
const STRANGER: &str = "203.0.113.9";
const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "correct horse";
/// Failures before a lock.
const ATTEMPTS: u16 = 6;

fn soon_locked(config: &mut Config) {
    config.lock_out.max_delay = "0s".parse().expect("a duration");
    config.lock_out.attempts = ATTEMPTS;
    config.password.hash_memory = 64;
    config.password.hash_passes = 1;
}

fn ip(text: &str) -> ClientIp {
    ClientIp(text.parse::<IpAddr>().expect("an address"))
}

/// With a token, from this network.
async fn post(app: &TestAuth, from: &str, token: &str, path: &str, body: Value) -> Answer {
    let mut request = Request::post(path)
        .header("x-supabase-api-version", "2024-01-01")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .expect("a request");
    request.extensions_mut().insert(ip(from));
    app.send(request).await
}

async fn password(app: &TestAuth, from: &str, password: &str) -> Answer {
    let body = json!({ "email": EMAIL, "password": password });
    app.post_from(from, "/token?grant_type=password", body)
        .await
}

async fn basic(app: &TestAuth, from: &str, password: &str) -> StatusCode {
    use base64::Engine as _;
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{EMAIL}:{password}"));
    let mut request = Request::get("/")
        .header("authorization", format!("Basic {pair}"))
        .body(Body::empty())
        .expect("a request");
    request.extensions_mut().insert(ip(from));
    ask(&guarded(&app.auth), request).await.status
}

async fn code(app: &TestAuth, from: &str, code: &str) -> Answer {
    let body = json!({ "email": EMAIL, "type": "email", "token": code });
    app.post_from(from, "/verify", body).await
}

#[tokio::test]
async fn sec_17_passwords_basic_and_codes_count_together() {
    let app = TestAuth::with(soon_locked).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    app.post_from(HOME, "/signup", body).await;
    for _ in 0..2 {
        assert_eq!(
            password(&app, STRANGER, "guess").await.code(),
            "invalid_credentials"
        );
        assert_eq!(
            basic(&app, STRANGER, "guess").await,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(code(&app, STRANGER, "000000").await.code(), "otp_expired");
    }
    // Each is locked, whatever the tries were, and answers as before.
    assert_eq!(
        password(&app, STRANGER, PASSWORD).await.code(),
        "invalid_credentials"
    );
    assert_eq!(
        basic(&app, STRANGER, PASSWORD).await,
        StatusCode::UNAUTHORIZED
    );
    // Not for the owner at home.
    assert_eq!(basic(&app, HOME, PASSWORD).await, StatusCode::OK);
    let owner = password(&app, HOME, PASSWORD).await;
    assert_eq!(owner.status, StatusCode::OK, "{owner:?}");
}

#[tokio::test]
async fn sec_17_a_code_that_was_sent_opens_no_account_that_is_locked() {
    let app = TestAuth::with(|config| {
        soon_locked(config);
        config.email.max_frequency = "0s".parse().expect("a duration");
    })
    .await;
    let post = crate::postbox::Postbox::open(&app);
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    app.post_from(HOME, "/signup", body).await;
    app.post_from(STRANGER, "/otp", json!({ "email": EMAIL }))
        .await;
    let right = post.one(EMAIL).await.code();
    for _ in 0..ATTEMPTS {
        password(&app, STRANGER, "guess").await;
    }
    assert_eq!(code(&app, STRANGER, &right).await.code(), "otp_expired");
}

#[tokio::test]
async fn sec_17_second_factors_count_too() {
    let app = TestAuth::with(|config| {
        soon_locked(config);
        config.mfa.attempts = 100;
    })
    .await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let token = app
        .post_from(HOME, "/signup", body)
        .await
        .text("/access_token");
    let factor = App::enroll(&app, &token, "phone").await;
    let try_from = async |from: &str, code: &str| {
        let path = factor.path("/challenge");
        let challenge = post(&app, from, &token, &path, json!({})).await.text("/id");
        let body = json!({ "challenge_id": challenge, "code": code });
        post(&app, from, &token, &factor.path("/verify"), body).await
    };
    for _ in 0..ATTEMPTS {
        let wrong = try_from(STRANGER, "000000").await;
        assert_eq!(wrong.code(), "mfa_verification_failed", "{wrong:?}");
    }
    // To who has half a proof already a lock is no secret.
    let locked = try_from(STRANGER, &factor.code(0)).await;
    assert_eq!(
        (locked.status.as_u16(), locked.code()),
        (429, "over_request_rate_limit")
    );
    assert!(locked.headers.contains_key("retry-after"));
    // It is the same lock.
    assert_eq!(
        password(&app, STRANGER, PASSWORD).await.code(),
        "invalid_credentials"
    );
    let owner = try_from(HOME, &factor.code(0)).await;
    assert_eq!(owner.status, StatusCode::OK, "{owner:?}");
}

/// What a hook was asked.
type Heard = Arc<Mutex<Vec<Value>>>;

/// A service whose hook at this point hears all, and rejects what is right after so many wrong ones.
async fn listening(point: HookPoint, change: impl FnOnce(&mut Config)) -> (TestAuth, Heard) {
    let heard = Heard::default();
    let hook = {
        let heard = heard.clone();
        move |event: Value| {
            let heard = heard.clone();
            async move {
                let mut heard = heard.lock().expect("a lock");
                heard.push(event.clone());
                let wrong = heard.iter().filter(|event| event["valid"] == false).count();
                let decision = match wrong > 1 {
                    true => "reject",
                    false => "continue",
                };
                Ok(json!({ "decision": decision }))
            }
        }
    };
    let app = TestAuth::built(change, |builder| builder.hook(point, hook)).await;
    (app, heard)
}

fn taken(heard: &Heard) -> Vec<Value> {
    std::mem::take(&mut heard.lock().expect("a lock"))
}

#[tokio::test]
async fn gt_096_a_hook_hears_of_passwords_by_basic_too() {
    let point = HookPoint::PasswordVerificationAttempt;
    let (app, heard) = listening(point, |_| ()).await;
    app.sign_up(EMAIL, PASSWORD).await;
    assert_eq!(basic(&app, HOME, PASSWORD).await, StatusCode::OK);
    assert_eq!(basic(&app, HOME, "guess").await, StatusCode::UNAUTHORIZED);
    let valid: Vec<Value> = heard
        .lock()
        .expect("a lock")
        .iter()
        .map(|event| event["valid"].clone())
        .collect();
    assert_eq!(valid, [json!(true), json!(false)]);
    basic(&app, HOME, "guess").await;
    // Rejected though right; the cache of passwords that were right is no way round it.
    assert_eq!(
        password(&app, HOME, PASSWORD).await.code(),
        "invalid_credentials"
    );
}

#[tokio::test]
async fn gt_094_a_hook_is_given_the_mails_of_sign_ups_and_links() {
    let (app, heard) = listening(HookPoint::SendEmail, |config| {
        config.email.autoconfirm = false;
        config.email.max_frequency = "0s".parse().expect("a duration");
    })
    .await;
    let _post = crate::postbox::Postbox::open(&app);
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    app.post(
        "/signup?redirect_to=http%3A%2F%2Flocalhost%3A3000%2Fin",
        "",
        body,
    )
    .await;
    let mail = &taken(&heard)[0]["email_data"];
    assert_eq!(mail["email_action_type"], "signup");
    assert_eq!(mail["redirect_to"], "http://localhost:3000/in");
    assert_eq!(mail["site_url"], "http://localhost:8000/auth/v1");
    let body = json!({ "email": EMAIL, "type": "signup", "token": mail["token"] });
    let confirmed = app.post("/verify", "", body).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{confirmed:?}");
    app.post("/recover", "", json!({ "email": EMAIL })).await;
    let mut mails = Vec::new();
    for _ in 0..200 {
        mails = taken(&heard);
        if !mails.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let mail = &mails.first().expect("a mail")["email_data"];
    assert_eq!(mail["email_action_type"], "recovery");
    let body = json!({ "type": "recovery", "token_hash": mail["token_hash"] });
    let session = app.post("/verify", "", body).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
}

#[tokio::test]
async fn gt_094_a_hook_is_given_the_codes_of_phones() {
    let (app, heard) = listening(HookPoint::SendSms, |config| {
        config.phone.autoconfirm = false;
        config.phone.max_frequency = "0s".parse().expect("a duration");
        config.mfa.phone.enroll = true;
        config.mfa.phone.verify = true;
    })
    .await;
    let body = json!({ "phone": "15550100", "password": PASSWORD });
    let asked = app.post("/signup", "", body).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    let sms = &taken(&heard)[0]["sms"];
    assert_eq!(sms["phone"], "15550100");
    let body = json!({ "phone": "15550100", "type": "sms", "token": sms["otp"] });
    let session = app.post("/verify", "", body).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    // A second factor's code goes the same way.
    let token = session.text("/access_token");
    let body = json!({ "factor_type": "phone", "phone": "15550199" });
    let factor = app.post("/factors", &token, body).await.text("/id");
    let path = format!("/factors/{factor}/challenge");
    let challenge = app.post(&path, &token, json!({})).await.text("/id");
    let sms = &taken(&heard)[0]["sms"];
    assert_eq!(sms["phone"], "15550199");
    let body = json!({ "challenge_id": challenge, "code": sms["otp"] });
    let path = format!("/factors/{factor}/verify");
    let lifted = app.post(&path, &token, body).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    // Nothing was sent by the service itself.
    assert!(crate::second_factor::sent(&app).await.is_empty());
}
