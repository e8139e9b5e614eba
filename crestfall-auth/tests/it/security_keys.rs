//! Security keys as second factors, as auth-js' `mfa.webauthn` uses them (GT-034, GT-035).

use crestfall_auth::testing::Authenticator;
use http::StatusCode;
use serde_json::{Value, json};

use crate::service::{Answer, TestAuth, claims};

const ORIGIN: &str = "http://localhost:3000";

async fn service() -> TestAuth {
    TestAuth::with(|config| {
        config.mfa.webauthn.enroll = true;
        config.mfa.webauthn.verify = true;
    })
    .await
}

/// Begins a factor; its path.
async fn enroll(app: &TestAuth, token: &str, name: &str) -> String {
    let body = json!({ "factor_type": "webauthn", "friendly_name": name });
    let enrolled = app.post("/factors", token, body).await;
    assert_eq!(enrolled.status, StatusCode::OK, "{enrolled:?}");
    let id = enrolled.text("/id");
    let expected = json!({ "id": id, "type": "webauthn", "friendly_name": name });
    assert_eq!(enrolled.body, expected);
    format!("/factors/{id}")
}

async fn challenge(app: &TestAuth, token: &str, path: &str) -> Answer {
    let body = json!({
        "factorId": path, "webauthn": { "rpId": "localhost", "rpOrigins": [ORIGIN] },
    });
    let challenged = app.post(&format!("{path}/challenge"), token, body).await;
    assert_eq!(challenged.status, StatusCode::OK, "{challenged:?}");
    assert_eq!(challenged.body["type"], "webauthn");
    challenged
}

fn public_key(challenged: &Answer) -> &Value {
    &challenged.body["webauthn"]["credential_options"]["publicKey"]
}

async fn verify(
    app: &TestAuth,
    token: &str,
    path: &str,
    challenged: &Answer,
    (step, credential): (&str, &Value),
) -> Answer {
    let body = json!({
        "challenge_id": challenged.body["id"],
        "webauthn": {
            "type": step, "rpId": "localhost", "rpOrigins": [ORIGIN],
            "credential_response": credential,
        },
    });
    app.post(&format!("{path}/verify"), token, body).await
}

/// Sets a key up; the lifted session's token.
async fn set_up(app: &TestAuth, token: &str, path: &str, browser: &mut Authenticator) -> String {
    let challenged = challenge(app, token, path).await;
    assert_eq!(challenged.body["webauthn"]["type"], "create");
    let credential = browser.create(public_key(&challenged));
    let lifted = verify(app, token, path, &challenged, ("create", &credential)).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    lifted.text("/access_token")
}

#[tokio::test]
async fn gt_035_a_key_lifts_the_session_in_which_it_is_set_up_and_later_ones() {
    let app = service().await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let path = enroll(&app, &token, "").await;
    let mut browser = Authenticator::new(ORIGIN);
    let high = set_up(&app, &token, &path, &mut browser).await;
    let said = claims(&high);
    assert_eq!(said["aal"], "aal2");
    assert_eq!(said["amr"][0]["method"], "mfa/webauthn");
    let low = app.sign_in("ada@example.org", "correct horse").await;
    let low = low.text("/access_token");
    let challenged = challenge(&app, &low, &path).await;
    assert_eq!(challenged.body["webauthn"]["type"], "request");
    let options = public_key(&challenged);
    assert_eq!(options["rpId"], "localhost");
    assert_eq!(
        options["allowCredentials"].as_array().map(Vec::len),
        Some(1)
    );
    let credential = browser.get(options);
    let lifted = verify(&app, &low, &path, &challenged, ("request", &credential)).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    assert_eq!(claims(&lifted.text("/access_token"))["aal"], "aal2");
    let again = verify(&app, &low, &path, &challenged, ("request", &credential)).await;
    assert_eq!(again.status.as_u16(), 422, "{again:?}");
    let other = enroll(&app, &high, "other").await;
    let challenged = challenge(&app, &high, &other).await;
    let known = &public_key(&challenged)["excludeCredentials"];
    assert_eq!(known.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn gt_035_what_proves_nothing_lifts_nothing_and_uses_the_challenge_up() {
    let app = service().await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let path = enroll(&app, &token, "key").await;
    let mut browser = Authenticator::new(ORIGIN);
    let failed = (
        422,
        "mfa_verification_failed",
        "Failed to validate WebAuthn MFA response",
    );
    let refused = |answer: &Answer| {
        let message = answer.text("/message");
        (answer.status.as_u16(), answer.code().to_owned(), message)
    };
    let failed = (failed.0, failed.1.to_owned(), failed.2.to_owned());
    let challenged = challenge(&app, &token, &path).await;
    browser.origin = "https://evil.example".into();
    let credential = browser.create(public_key(&challenged));
    let answer = verify(&app, &token, &path, &challenged, ("create", &credential)).await;
    assert_eq!(refused(&answer), failed);
    browser.origin = ORIGIN.into();
    let credential = browser.create(public_key(&challenged));
    let answer = verify(&app, &token, &path, &challenged, ("create", &credential)).await;
    assert_eq!(answer.code(), "mfa_factor_not_found");
    set_up(&app, &token, &path, &mut browser).await;
    // A key in use is not set up anew by who does not hold it.
    let low = app.sign_in("ada@example.org", "correct horse").await;
    let low = low.text("/access_token");
    let mut thief = Authenticator::new(ORIGIN);
    let challenged = challenge(&app, &low, &path).await;
    let mut options = public_key(&challenged).clone();
    options["rp"] = json!({ "id": "localhost" });
    options["user"] = json!({ "id": "YQ" });
    let credential = thief.create(&options);
    let answer = verify(&app, &low, &path, &challenged, ("create", &credential)).await;
    assert_eq!(refused(&answer), failed);
    let body =
        |webauthn: Value| json!({ "challenge_id": challenged.body["id"], "webauthn": webauthn });
    for (given, message) in [
        (Value::Null, "WebAuthn config required"),
        (
            json!({ "type": "take" }),
            "WebAuthn type must be create or request",
        ),
        (json!({ "type": "create" }), "credential_response required"),
    ] {
        let answer = app.post(&format!("{path}/verify"), &low, body(given)).await;
        let expected = (400, "validation_failed".to_owned(), message.to_owned());
        assert_eq!(refused(&answer), expected);
    }
}

#[tokio::test]
async fn gt_035_a_key_whose_counter_went_back_is_refused() {
    let app = service().await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let path = enroll(&app, &token, "key").await;
    let mut browser = Authenticator::new(ORIGIN);
    browser.counter = 7;
    let high = set_up(&app, &token, &path, &mut browser).await;
    let attempt = async |browser: &mut Authenticator| {
        let challenged = challenge(&app, &high, &path).await;
        let credential = browser.get(public_key(&challenged));
        let given = ("request", &credential);
        verify(&app, &high, &path, &challenged, given)
            .await
            .status
            .as_u16()
    };
    assert_eq!(attempt(&mut browser).await, 200);
    browser.counter = 2;
    assert_eq!(attempt(&mut browser).await, 422);
}
