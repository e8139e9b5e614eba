//! Accounts: every way in, and what users do.

use std::sync::Mutex;

use crestfall_auth::testing::Authenticator as Browser;
use crestfall_client::auth::{
    Authenticator, GenerateLink, LinkKind, ListUsers, OauthClient, Otp, OtpKind, SignOut,
    UserChange, UserUpdate, Verified, Verifier,
};
use crestfall_client::session::SessionEvent;
use crestfall_client::{BoxFuture, Cause, Client, ErrorKind};
use http::Method;
use serde_json::{Value, json};

use super::World;

const PASSWORD: &str = "correct horse battery";

async fn signed_in(world: &World) -> Client {
    let client = world.client();
    client
        .auth()
        .sign_up("ada@example.org", PASSWORD)
        .data("name", "Ada")
        .send()
        .await
        .unwrap();
    client
}

#[tokio::test]
async fn a_user_signs_up_in_and_out_and_has_rows_of_their_own() {
    let world = World::new().await;
    let client = signed_in(&world).await;
    let mut events = client.auth().events();
    let user = client.auth().user().await.unwrap();
    assert_eq!(
        (user.email.as_str(), &user.user_metadata["name"]),
        ("ada@example.org", &json!("Ada"))
    );
    client
        .from("notes")
        .insert(json!({ "text": "mine" }))
        .send()
        .await
        .unwrap();
    assert_eq!(
        client.from("notes").select("text").send().await.unwrap(),
        [json!({ "text": "mine" })]
    );
    assert!(
        world
            .client()
            .from("notes")
            .select("text")
            .send()
            .await
            .unwrap()
            .is_empty()
    );
    // A service on behalf of the user.
    let token = client.auth().access_token().await.unwrap();
    let service = world.client().with_token(&token);
    assert_eq!(
        service
            .from("notes")
            .select("text")
            .send()
            .await
            .unwrap()
            .len(),
        1
    );

    let wrong = client
        .auth()
        .sign_in_with_password("ada@example.org", "wrong")
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Some("invalid_credentials"));
    let taken = client
        .auth()
        .sign_up("ada@example.org", PASSWORD)
        .send()
        .await
        .unwrap_err();
    assert_eq!(taken.kind(), Some(ErrorKind::AlreadyExists));

    client.auth().sign_out(SignOut::Here).await.unwrap();
    assert_eq!(events.next().await, Some(SessionEvent::SignedOut));
    assert_eq!(client.auth().session().await.unwrap(), None);
    client.auth().sign_out(SignOut::Everywhere).await.unwrap();
    let session = client
        .auth()
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await
        .unwrap();
    assert!(!session.is_expired());
    let text = format!("{session:?}");
    assert!(!text.contains(&session.access_token) && !text.contains(&session.refresh_token));
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::SignedIn(_))
    ));
}

#[tokio::test]
async fn users_change_their_account_and_see_its_sessions() {
    let world = World::new().await;
    let client = signed_in(&world).await;
    let other = world.client();
    other
        .auth()
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await
        .unwrap();
    let user = client
        .auth()
        .update_user(UserUpdate::new().data("town", "London"))
        .await
        .unwrap();
    assert_eq!(user.user_metadata["town"], "London");
    let same = client
        .auth()
        .update_user(UserUpdate::new().password(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(same.code(), Some("same_password"));
    let sessions = client.auth().sessions().await.unwrap();
    assert_eq!(
        (
            sessions.len(),
            sessions.iter().filter(|one| one.current).count()
        ),
        (2, 1)
    );
    client.auth().end_other_sessions().await.unwrap();
    assert_eq!(client.auth().sessions().await.unwrap().len(), 1);
    let ended = other.auth().refresh().await.unwrap_err();
    assert!(ended.status().is_some(), "{ended:?}");
    assert_eq!(other.auth().session().await.unwrap(), None);
    assert!(!client.auth().security_log().await.unwrap().is_empty());
    assert_eq!(
        client.auth().identities().await.unwrap()[0].provider,
        "email"
    );
    let first = client.auth().session().await.unwrap().unwrap();
    let next = client.auth().refresh().await.unwrap();
    assert_ne!(first.refresh_token, next.refresh_token);
    // A session that came from elsewhere.
    let third = world.client();
    assert_eq!(
        third
            .auth()
            .set_session(&next.refresh_token)
            .await
            .unwrap()
            .user
            .id,
        next.user.id
    );
}

#[tokio::test]
async fn somebody_whom_nobody_knows_signs_in() {
    let world = World::new().await;
    let client = world.client();
    let session = client.auth().sign_in_anonymously().await.unwrap();
    assert!(session.user.is_anonymous && session.user.email.is_empty());
}

#[tokio::test]
async fn codes_and_links_sign_in() {
    let world = World::new().await;
    let admin = world.service().auth().admin();
    let user = UserChange::new()
        .email("ada@example.org")
        .email_confirmed()
        .user_data("name", "Ada");
    let made = admin.create_user(user).await.unwrap();
    let link = admin.generate_link(GenerateLink::new(LinkKind::Magiclink, "ada@example.org"));
    let link = link.await.unwrap();
    assert_eq!(link.user.id, made.id);
    let client = world.client();
    let wrong = Otp::code("ada@example.org", "000000");
    let refused = client
        .auth()
        .verify_otp(OtpKind::Email, wrong)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("otp_expired"));
    let code = Otp::code("ada@example.org", &link.email_otp);
    let Verified::In(session) = client
        .auth()
        .verify_otp(OtpKind::Email, code)
        .await
        .unwrap()
    else {
        panic!("not in");
    };
    assert_eq!(session.user.id, made.id);

    let link = admin.generate_link(GenerateLink::new(LinkKind::Recovery, "ada@example.org"));
    let hash = Otp::link(link.await.unwrap().hashed_token);
    let client = world.client();
    assert!(matches!(
        client.auth().verify_otp(OtpKind::Recovery, hash).await,
        Ok(Verified::In(_))
    ));
    let password = UserUpdate::new().password("a new and better one");
    client.auth().update_user(password).await.unwrap();
    client
        .auth()
        .reset_password("nobody@example.org", None, None)
        .await
        .unwrap();
    let verifier = Verifier::new().unwrap();
    let send = client
        .auth()
        .send_otp("new@example.org")
        .pkce(&verifier)
        .create_user(true);
    send.data("name", "New").send().await.unwrap();
    let code = client
        .auth()
        .exchange_code("made-up", &verifier)
        .await
        .unwrap_err();
    assert_eq!(code.code(), Some("flow_state_not_found"));
    let url = client
        .auth()
        .authorize("github")
        .redirect_to("http://localhost:3000/in")
        .url()
        .unwrap();
    assert!(
        url.url.contains("provider=github") && url.url.contains("code_challenge="),
        "{}",
        url.url
    );
}

#[tokio::test]
async fn administrators_look_after_users() {
    let world = World::new().await;
    let admin = world.service().auth().admin();
    let id = "6f1e0d2c-3b4a-4958-8776-95a4b3c2d1e0";
    let new = UserChange::new()
        .email("ada@example.org")
        .password(PASSWORD)
        .email_confirmed();
    let new = crestfall_client::auth::NewUser::new(new.app_data("plan", "gold")).id(id);
    assert_eq!(admin.create_user(new).await.unwrap().id, id);
    let page = admin.users(ListUsers::default()).await.unwrap();
    assert_eq!((page.users.len(), page.total), (1, Some(1)));
    assert_eq!(admin.user(id).await.unwrap().app_metadata["plan"], "gold");
    let banned = admin
        .update_user(id, UserChange::new().ban("24h"))
        .await
        .unwrap();
    assert!(banned.banned_until.is_some());
    let refused = world
        .client()
        .auth()
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await;
    assert_eq!(refused.unwrap_err().code(), Some("user_banned"));
    admin
        .update_user(id, UserChange::new().ban("none"))
        .await
        .unwrap();
    world
        .client()
        .auth()
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await
        .unwrap();
    assert_eq!(admin.sessions(id).await.unwrap().len(), 1);
    admin.end_sessions(id).await.unwrap();
    assert!(admin.factors(id).await.unwrap().is_empty());
    admin.delete_user(id, false).await.unwrap();
    let gone = admin.user(id).await.unwrap_err();
    assert_eq!(
        (gone.code(), gone.kind()),
        (Some("user_not_found"), Some(ErrorKind::NotFound))
    );
    let stranger = world
        .client()
        .auth()
        .admin()
        .users(ListUsers::default())
        .await
        .unwrap_err();
    assert!(
        stranger
            .status()
            .is_some_and(|status| status.is_client_error())
    );
}

#[tokio::test]
async fn a_second_factor_lifts_the_session_gt_035() {
    let world = World::new().await;
    let client = signed_in(&world).await;
    let mfa = client.auth().mfa();
    let enrolled = mfa.enroll_totp("phone", Some("Films")).await.unwrap();
    let totp = enrolled.totp.unwrap();
    assert!(totp.uri.starts_with("otpauth://"));
    assert!(!format!("{totp:?}").contains(&totp.secret));
    let wrong = mfa
        .challenge_and_verify(&enrolled.id, "000000")
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Some("mfa_verification_failed"));
    let session = mfa
        .challenge_and_verify(&enrolled.id, &code(&totp.secret))
        .await
        .unwrap();
    assert_eq!(claim(&session.access_token, "aal"), "aal2");
    assert_eq!(mfa.factors().await.unwrap()[0].status, "verified");
    let codes = mfa.generate_recovery_codes().await.unwrap();
    assert_eq!(mfa.recovery_codes_left().await.unwrap(), codes.len() as u64);
    let other = world.client();
    other
        .auth()
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await
        .unwrap();
    let lifted = other
        .auth()
        .mfa()
        .use_recovery_code(&codes[0])
        .await
        .unwrap();
    assert_eq!(claim(&lifted.access_token, "aal"), "aal2");
    mfa.unenroll(&enrolled.id).await.unwrap();
    assert!(mfa.factors().await.unwrap().is_empty());
}

/// A claim of a token.
fn claim(token: &str, name: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()[name].clone()
}

/// RFC 6238 with HMAC-SHA-1.
fn code(secret: &str) -> String {
    let mut bits = 0_u64;
    let mut count = 0;
    let mut key = Vec::new();
    for character in secret.bytes() {
        let five = match character {
            b'A'..=b'Z' => character - b'A',
            b'2'..=b'7' => character - b'2' + 26,
            _ => continue,
        };
        bits = bits << 5 | u64::from(five);
        count += 5;
        if count >= 8 {
            count -= 8;
            key.push((bits >> count) as u8);
        }
    }
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let step = (now.as_secs() / 30).to_be_bytes();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = aws_lc_rs::hmac::sign(&key, &step);
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes([tag[at] & 127, tag[at + 1], tag[at + 2], tag[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

/// The authenticator of the tests as applications plug theirs in.
#[derive(Debug)]
pub(super) struct Software(pub(super) Mutex<Browser>);

impl Authenticator for Software {
    fn create(&self, options: Value) -> BoxFuture<'_, Result<Value, Cause>> {
        Box::pin(async move { Ok(self.0.lock().unwrap().create(&options)) })
    }

    fn get(&self, options: Value) -> BoxFuture<'_, Result<Value, Cause>> {
        Box::pin(async move { Ok(self.0.lock().unwrap().get(&options)) })
    }
}

#[tokio::test]
async fn passkeys_sign_in_gt_041() {
    let world = World::new().await;
    let client = signed_in(&world).await;
    let browser = Software(Mutex::new(Browser::new("http://localhost:3000")));
    let passkey = client.auth().passkeys().register(&browser).await.unwrap();
    let named = client
        .auth()
        .passkeys()
        .rename(&passkey.id, "key ring")
        .await
        .unwrap();
    assert_eq!(named.friendly_name, "key ring");
    let other = world.client();
    let session = other.auth().passkeys().sign_in(&browser).await.unwrap();
    assert_eq!(session.user.email, "ada@example.org");
    assert_eq!(other.auth().passkeys().list().await.unwrap().len(), 1);
    client.auth().passkeys().remove(&passkey.id).await.unwrap();
    let refused = world
        .client()
        .auth()
        .passkeys()
        .sign_in(&browser)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("webauthn_verification_failed"));
}

#[tokio::test]
async fn security_keys_are_second_factors() {
    let world = World::with(&[
        ("CRESTFALL_AUTH__MFA__WEBAUTHN__ENROLL", "true"),
        ("CRESTFALL_AUTH__MFA__WEBAUTHN__VERIFY", "true"),
    ])
    .await;
    let client = signed_in(&world).await;
    let key = Software(Mutex::new(Browser::new("http://localhost:3000")));
    let session = client
        .auth()
        .mfa()
        .enroll_security_key("key", &key)
        .await
        .unwrap();
    assert_eq!(claim(&session.access_token, "aal"), "aal2");
    let other = world.client();
    other
        .auth()
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await
        .unwrap();
    let factor = other.auth().mfa().factors().await.unwrap().remove(0);
    let session = other
        .auth()
        .mfa()
        .prove_security_key(&factor.id, &key)
        .await
        .unwrap();
    assert_eq!(claim(&session.access_token, "aal"), "aal2");
}

#[tokio::test]
async fn applications_are_granted_tokens_of_their_own() {
    let world = World::new().await;
    let admin = world.service().auth().admin();
    let registration = json!({
        "client_name": "Reports",
        "redirect_uris": ["http://localhost:3000/cb"],
        "grant_types": ["client_credentials", "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let made = admin
        .call(Method::POST, &["oauth", "clients"], Some(&registration))
        .await
        .unwrap();
    let (id, secret) = (made["client_id"].as_str(), made["client_secret"].as_str());
    let (Some(id), Some(secret)) = (id, secret) else {
        panic!("{made}")
    };
    let client = world.client();
    let oauth = client.auth().oauth(OauthClient::confidential(id, secret));
    let wrong = client.auth().oauth(OauthClient::confidential(id, "wrong"));
    assert_eq!(
        wrong.client_credentials("").await.unwrap_err().code(),
        Some("invalid_client")
    );
    let url = oauth
        .authorize_url("http://localhost:3000/cb", "openid", "state")
        .unwrap();
    assert!(
        url.url
            .contains("/auth/v1/oauth/authorize?response_type=code"),
        "{}",
        url.url
    );
    let refused = oauth
        .exchange_code("made-up", "http://localhost:3000/cb", &url.verifier)
        .await;
    assert_eq!(refused.unwrap_err().code(), Some("invalid_grant"));
    let device = oauth.device("").await.unwrap();
    assert!(!device.user_code.is_empty());
}
