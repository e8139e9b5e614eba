//! What arrives by mail and text message, and what users do with it.

use std::time::Duration;

use crestfall_client::Client;
use crestfall_client::auth::{Otp, OtpKind, SignOut, UserUpdate, Verified};
use serde_json::Value;

use super::World;

const PASSWORD: &str = "correct horse battery";

async fn world(more: &[(&'static str, &str)]) -> World {
    let usual = [
        ("CRESTFALL_AUTH__CATCH_MAIL", "true"),
        ("CRESTFALL_AUTH__EMAIL__AUTOCONFIRM", "false"),
        ("CRESTFALL_AUTH__EMAIL__MAX_FREQUENCY", "0s"),
        ("CRESTFALL_AUTH__PHONE__ENABLED", "true"),
        ("CRESTFALL_AUTH__PHONE__MAX_FREQUENCY", "0s"),
    ];
    World::with(&[&usual, more].concat()).await
}

/// Everything that was sent to an address, the latest first, as soon as there are so many.
async fn sent(world: &World, to: &str, count: usize) -> Vec<Value> {
    let url = format!("{}/mail/mails", world.url());
    for _ in 0..200 {
        let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
        let all: Vec<Value> = serde_json::from_str(&text).unwrap();
        let found: Vec<Value> = all
            .into_iter()
            .filter(|one| one["to"].to_string().contains(to))
            .collect();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("there are no {count} messages to {to}");
}

/// The code in the latest message to an address.
async fn code(world: &World, to: &str, count: usize) -> String {
    let latest = sent(world, to, count).await.remove(0);
    let text = latest["text"].as_str().or(latest["code"].as_str());
    let text = text.unwrap_or_else(|| panic!("{latest}"));
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    let code = words.find(is_code);
    code.unwrap_or_else(|| panic!("no code in {text}"))
        .to_owned()
}

async fn prove(world: &World, client: &Client, kind: OtpKind, to: &str, count: usize) -> Verified {
    let otp = Otp::code(to, &code(world, to, count).await);
    client.auth().verify_otp(kind, otp).await.unwrap()
}

#[tokio::test]
async fn a_new_address_is_confirmed_by_a_code_that_can_be_sent_again() {
    let world = world(&[]).await;
    let client = world.client();
    let auth = client.auth();
    let sign_up = auth.sign_up("ada@example.org", PASSWORD);
    // No captcha is asked for: what comes is passed over.
    let signed_up = sign_up.captcha("solved").send().await.unwrap();
    assert!(signed_up.session.is_none());
    let early = auth
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await;
    assert_eq!(early.unwrap_err().code(), Some("email_not_confirmed"));
    auth.resend(OtpKind::Signup, "ada@example.org")
        .await
        .unwrap();
    let verified = prove(&world, &client, OtpKind::Signup, "ada@example.org", 2).await;
    assert!(matches!(verified, Verified::In(_)));

    // Another password, after a code.
    auth.reauthenticate().await.unwrap();
    let nonce = code(&world, "ada@example.org", 3).await;
    let update = UserUpdate::new()
        .password("another and better")
        .nonce(nonce);
    auth.update_user(update).await.unwrap();
    auth.forget_session().await.unwrap();
    assert!(auth.session().await.unwrap().is_none());
    auth.sign_in_with_password("ada@example.org", "another and better")
        .await
        .unwrap();

    // Another address, which both prove.
    let update = UserUpdate::new()
        .email("ada@example.net")
        .redirect_to("http://localhost:3000/changed");
    let user = auth.update_user(update).await.unwrap();
    assert_eq!(user.new_email.as_deref(), Some("ada@example.net"));
    let first = prove(&world, &client, OtpKind::EmailChange, "ada@example.net", 1).await;
    assert_eq!(first, Verified::OneOfTwo);
}

#[tokio::test]
async fn the_old_password_is_asked_for_where_settings_want_it() {
    let world = world(&[
        ("CRESTFALL_AUTH__REQUIRE_CURRENT_PASSWORD", "true"),
        ("CRESTFALL_AUTH__EMAIL__AUTOCONFIRM", "true"),
    ])
    .await;
    let client = world.client();
    let auth = client.auth();
    auth.sign_up("ada@example.org", PASSWORD)
        .send()
        .await
        .unwrap();
    let new = || UserUpdate::new().password("another and better");
    let refused = auth.update_user(new()).await.unwrap_err();
    assert_eq!(refused.code(), Some("current_password_required"));
    auth.update_user(new().current_password(PASSWORD))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_phone_number_signs_up_and_in() {
    let world = world(&[]).await;
    let client = world.client();
    let auth = client.auth();
    let sign_up = auth.sign_up("+15551234567", PASSWORD).channel("sms");
    assert!(sign_up.send().await.unwrap().session.is_none());
    let verified = prove(&world, &client, OtpKind::Sms, "15551234567", 1).await;
    let Verified::In(session) = verified else {
        panic!("{verified:?}");
    };
    assert_eq!(session.user.phone, "15551234567");
    auth.sign_out(SignOut::Here).await.unwrap();
    let again = auth.send_otp("+15551234567").channel("sms");
    again
        .captcha("solved")
        .create_user(false)
        .send()
        .await
        .unwrap();
    prove(&world, &client, OtpKind::Sms, "15551234567", 2).await;
    let update = UserUpdate::new().phone("+15557654321");
    auth.update_user(update).await.unwrap();
    prove(&world, &client, OtpKind::PhoneChange, "15557654321", 1).await;
    assert_eq!(auth.user().await.unwrap().phone, "15557654321");
}

#[tokio::test]
async fn a_phone_is_a_second_factor() {
    let world = world(&[
        ("CRESTFALL_AUTH__EMAIL__AUTOCONFIRM", "true"),
        ("CRESTFALL_AUTH__MFA__PHONE__ENROLL", "true"),
        ("CRESTFALL_AUTH__MFA__PHONE__VERIFY", "true"),
        ("CRESTFALL_AUTH__MFA__PHONE__MAX_FREQUENCY", "0s"),
    ])
    .await;
    let client = world.client();
    let auth = client.auth();
    auth.sign_up("ada@example.org", PASSWORD)
        .send()
        .await
        .unwrap();
    let mfa = auth.mfa();
    let enrolled = mfa.enroll_phone("mine", "+15551234567").await.unwrap();
    assert!(enrolled.totp.is_none());
    let challenge = mfa.challenge(&enrolled.id).await.unwrap();
    let code = code(&world, "15551234567", 1).await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let refused = mfa.verify(&enrolled.id, &challenge.id, wrong).await;
    assert!(refused.unwrap_err().status().is_some());
    mfa.verify(&enrolled.id, &challenge.id, &code)
        .await
        .unwrap();
    assert_eq!(mfa.factors().await.unwrap()[0].factor_type, "phone");
}
