//! Changes of address and number, guests who become known, invitations, links for administrators,
//! codes before a change of password, codes by text message (GT-015, GT-021, GT-022, GT-025, GT-049,
//! GT-084, GT-099).

mod invitations;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::body::Body;
use crestfall_auth::sms::{Sms, SmsError, SmsSender};
use crestfall_auth::{Auth, Config};
use crestfall_core::Secret;
use crestfall_core::client_ip::ClientIp;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::postbox::Postbox;
use crate::service::{Answer, TestAuth, claims, key, open_config};

/// Addresses have to be confirmed, and messages may follow each other at once.
fn strict(config: &mut Config) {
    config.email.autoconfirm = false;
    config.email.max_frequency = "0s".parse().expect("a duration");
    config.phone.autoconfirm = false;
    config.phone.max_frequency = "0s".parse().expect("a duration");
}

/// A user whose address is confirmed, and the session's token.
async fn known(app: &TestAuth, email: &str) -> String {
    let body = json!({ "email": email, "password": "correct horse", "email_confirm": true });
    app.post("/admin/users", &key("service_role"), body).await;
    let session = app.sign_in(email, "correct horse").await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    session.text("/access_token")
}

async fn press(app: &TestAuth, link: &str) -> String {
    let request = Request::post(link)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::empty());
    let answer = app.send(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    answer.headers["location"]
        .to_str()
        .expect("text")
        .to_owned()
}

async fn verify(app: &TestAuth, kind: &str, by: (&str, &str), code: &str) -> Answer {
    let body = json!({ "type": kind, by.0: by.1, "token": code });
    app.post("/verify", "", body).await
}

#[tokio::test]
async fn a_change_of_address_is_confirmed_at_both() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let token = known(&app, "ada@old.example").await;
    let other = app.sign_in("ada@old.example", "correct horse").await;
    let asked = app
        .put("/user", &token, json!({ "email": "Ada@new.example" }))
        .await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    assert_eq!(asked.body["email"], "ada@old.example");
    assert_eq!(asked.body["new_email"], "ada@new.example");
    let new = post.one("ada@new.example").await;
    let old = post.one("ada@old.example").await;
    assert_eq!(
        (new.kind.as_str(), old.kind.as_str()),
        ("email_change_new", "email_change_current")
    );
    let first = press(&app, &new.link()).await;
    assert!(
        first.contains("#message=Confirmation+link+accepted"),
        "{first}"
    );
    assert_eq!(
        app.get("/user", &token).await.body["email"],
        "ada@old.example"
    );
    // The other by its code, at the address it was sent to.
    let there = ("email", "ada@new.example");
    assert_eq!(
        verify(&app, "email_change", there, &old.code())
            .await
            .code(),
        "otp_expired"
    );
    let here = ("email", "ada@old.example");
    let session = verify(&app, "email_change", here, &old.code()).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    assert_eq!(session.body["user"]["email"], "ada@new.example");
    assert!(session.body["user"].get("new_email").is_none());
    assert_eq!(
        session.body["user"]["identities"][0]["identity_data"]["email"],
        "ada@new.example"
    );
    // Sessions of before are over (SEC-14), and the old address is told.
    assert_eq!(
        app.refresh(&other.text("/refresh_token")).await.code(),
        "refresh_token_not_found"
    );
    let notice = post.nth("ada@old.example", 2).await;
    assert_eq!(notice.kind, "email_changed");
    assert!(notice.text.contains("ada@new.example"), "{}", notice.text);
}

#[tokio::test]
async fn one_address_may_be_enough() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.email.secure_change = false;
    })
    .await;
    let post = Postbox::open(&app);
    let token = known(&app, "ada@old.example").await;
    app.put("/user", &token, json!({ "email": "ada@new.example" }))
        .await;
    post.one("ada@new.example").await;
    let again = json!({ "type": "email_change", "email": "ada@old.example" });
    assert_eq!(app.post("/resend", "", again).await.body, json!({}));
    let new = post.nth("ada@new.example", 2).await;
    assert_eq!(post.count(&app, "ada@old.example").await, 0);
    let there = ("email", "ada@new.example");
    let session = verify(&app, "email_change", there, &new.code()).await;
    assert_eq!(
        session.body["user"]["email"], "ada@new.example",
        "{session:?}"
    );
}

#[tokio::test]
async fn an_address_that_is_taken_by_then_stays_with_who_has_it() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let token = known(&app, "ada@old.example").await;
    known(&app, "bob@example.org").await;
    let taken = app
        .put("/user", &token, json!({ "email": "bob@example.org" }))
        .await;
    assert_eq!((taken.status.as_u16(), taken.code()), (422, "email_exists"));
    app.put("/user", &token, json!({ "email": "new@example.org" }))
        .await;
    let new = post.one("new@example.org").await;
    let old = post.one("ada@old.example").await;
    press(&app, &old.link()).await;
    known(&app, "new@example.org").await;
    let late = press(&app, &new.link()).await;
    assert!(late.contains("error_code=email_exists"), "{late}");
    let wrong = app
        .put("/user", &token, json!({ "email": "no address" }))
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_guest_becomes_a_user_and_keeps_the_id() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let guest = app
        .post("/signup", "", json!({ "data": { "cart": 3 } }))
        .await;
    let token = guest.text("/access_token");
    let alone = app
        .put("/user", &token, json!({ "password": "correct horse" }))
        .await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    let body = json!({ "email": "ada@example.org", "password": "correct horse" });
    let asked = app.put("/user", &token, body).await;
    assert_eq!(asked.body["is_anonymous"], true, "{asked:?}");
    let mail = post.one("ada@example.org").await;
    let by = ("email", "ada@example.org");
    let session = verify(&app, "email_change", by, &mail.code()).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    let user = &session.body["user"];
    assert_eq!(user["id"], guest.body["user"]["id"]);
    assert_eq!(user["is_anonymous"], false);
    assert_eq!(user["user_metadata"]["cart"], 3);
    assert_eq!(user["app_metadata"]["providers"], json!(["email"]));
    assert_eq!(
        claims(&session.text("/access_token"))["is_anonymous"],
        false
    );
    let signed_in = app.sign_in("ada@example.org", "correct horse").await;
    assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
}

#[tokio::test]
async fn a_guest_needs_no_mail_where_addresses_count_as_confirmed() {
    let app = TestAuth::new().await;
    let guest = app.post("/signup", "", json!({})).await;
    let token = guest.text("/access_token");
    let body = json!({ "email": "ada@example.org", "password": "correct horse" });
    let user = app.put("/user", &token, body).await;
    assert_eq!(
        (user.status, &user.body["is_anonymous"]),
        (StatusCode::OK, &json!(false))
    );
    assert_eq!(user.body["email"], "ada@example.org");
    assert_eq!(app.get("/user", &token).await.status, StatusCode::OK);
    let signed_in = app.sign_in("ada@example.org", "correct horse").await;
    assert_eq!(signed_in.status, StatusCode::OK);
}

#[tokio::test]
async fn numbers_sign_in_and_change_by_codes() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let sent = app
        .post("/otp", "", json!({ "phone": "+1 555 0100" }))
        .await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    let message = post.one("15550100").await;
    let by = ("phone", "+15550100");
    let wrong = if message.code() == "000000" {
        "000001"
    } else {
        "000000"
    };
    let refused = verify(&app, "sms", by, wrong).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "otp_expired")
    );
    let session = verify(&app, "sms", by, &message.code()).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    assert_eq!(session.body["user"]["phone"], "15550100");
    assert!(session.body["user"]["phone_confirmed_at"].is_string());
    assert_eq!(
        verify(&app, "sms", by, &message.code()).await.code(),
        "otp_expired"
    );
    let unknown = verify(&app, "sms", ("phone", "15550199"), "123456").await;
    assert_eq!(unknown.code(), "otp_expired");
    let malformed = verify(&app, "sms", ("phone", "15550199-invalid"), "123456").await;
    assert_eq!(
        malformed.body["message"],
        "Invalid phone number format (E.164 required)"
    );
    let token = session.text("/access_token");
    let asked = app
        .put("/user", &token, json!({ "phone": "+15550101" }))
        .await;
    assert_eq!(asked.body["new_phone"], "15550101", "{asked:?}");
    post.one("15550101").await;
    let again = json!({ "type": "phone_change", "phone": "15550100" });
    assert_eq!(app.post("/resend", "", again).await.body, json!({}));
    let message = post.nth("15550101", 2).await;
    let by = ("phone", "15550101");
    let changed = verify(&app, "phone_change", by, &message.code()).await;
    assert_eq!(changed.body["user"]["phone"], "15550101", "{changed:?}");
}

#[tokio::test]
async fn a_sign_up_by_phone_waits_for_its_code() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let body = json!({ "phone": "15550100", "password": "correct horse" });
    let user = app.post("/signup", "", body.clone()).await;
    assert_eq!(user.status, StatusCode::OK, "{user:?}");
    assert!(user.body.get("access_token").is_none());
    let message = post.one("15550100").await;
    let session = verify(&app, "sms", ("phone", "15550100"), &message.code()).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    let signed_in = app.post("/token?grant_type=password", "", body).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    // What somebody set before a number was proved by an OTP of its own goes (SEC-05).
    let body = json!({ "phone": "15550109", "password": "correct horse" });
    app.post("/signup", "", body.clone()).await;
    app.post("/otp", "", json!({ "phone": "15550109" })).await;
    let message = post.nth("15550109", 2).await;
    verify(&app, "sms", ("phone", "15550109"), &message.code()).await;
    let signed_in = app.post("/token?grant_type=password", "", body).await;
    assert_eq!(signed_in.code(), "invalid_credentials");
}

#[tokio::test]
async fn numbers_of_the_settings_have_their_codes() {
    let app = TestAuth::with(|config| {
        strict(config);
        let codes = &mut config.sms.test_otp;
        codes.insert("15550100".into(), Secret::new("424242"));
    })
    .await;
    let post = Postbox::open(&app);
    let sent = app.post("/otp", "", json!({ "phone": "15550100" })).await;
    assert_eq!(sent.body, json!({ "message_id": "test-otp" }));
    let session = verify(&app, "sms", ("phone", "15550100"), "424242").await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    assert_eq!(post.count(&app, "15550100").await, 0);
}

/// As Twilio Verify: makes and checks the codes itself.
#[derive(Clone, Default)]
struct Checker(Arc<AtomicUsize>);

#[async_trait]
impl SmsSender for Checker {
    async fn send(&self, _: &Sms) -> Result<Option<String>, SmsError> {
        Ok(Some("VE1".into()))
    }

    fn checks_codes(&self) -> bool {
        true
    }

    async fn check(&self, phone: &str, code: &str) -> Result<bool, SmsError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok((phone, code) == ("15550100", "777777"))
    }
}

#[tokio::test]
async fn a_service_that_makes_the_codes_checks_them() {
    let mut app = TestAuth::new().await;
    let mut config = open_config();
    strict(&mut config);
    let checker = Checker::default();
    let builder = Auth::builder(app.pool.clone(), config).sms(checker.clone());
    app.auth = builder.build().await.expect("a service");
    app.router = app.auth.router();
    let by = ("phone", "15550100");
    // Nothing is on its way: nobody is asked.
    assert_eq!(
        verify(&app, "sms", by, "777777").await.code(),
        "otp_expired"
    );
    let sent = app.post("/otp", "", json!({ "phone": "15550100" })).await;
    assert_eq!(sent.body, json!({ "message_id": "VE1" }));
    assert_eq!(checker.0.load(Ordering::SeqCst), 0);
    assert_eq!(
        verify(&app, "sms", by, "111111").await.code(),
        "otp_expired"
    );
    let tries = (0..4).map(|_| verify(&app, "sms", by, "777777"));
    let answers = futures_util::future::join_all(tries).await;
    let won = answers.iter().filter(|a| a.status == StatusCode::OK);
    assert_eq!(won.count(), 1, "{answers:?}");
    assert_eq!(
        verify(&app, "sms", by, "777777").await.code(),
        "otp_expired"
    );
}

#[tokio::test]
async fn without_a_service_a_code_by_phone_is_an_error() {
    let mut app = TestAuth::new().await;
    let mut config = open_config();
    strict(&mut config);
    app.auth = Auth::new(app.pool.clone(), config)
        .await
        .expect("a service");
    app.router = app.auth.router();
    let sent = app.post("/otp", "", json!({ "phone": "15550100" })).await;
    assert_eq!(
        (sent.status.as_u16(), sent.code()),
        (422, "sms_send_failed")
    );
    let way = json!({ "phone": "15550100", "channel": "pigeon" });
    assert_eq!(app.post("/otp", "", way).await.code(), "validation_failed");
    let resend = json!({ "type": "phone_change", "phone": "15550100" });
    assert_eq!(app.post("/resend", "", resend).await.body, json!({}));
}

#[tokio::test]
async fn an_old_session_proves_itself_before_the_password_changes() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.require_reauthentication = true;
    })
    .await;
    let post = Postbox::open(&app);
    let token = known(&app, "ada@example.org").await;
    sqlx::query("update auth.sessions set created_at = now() - interval '25 hours'")
        .execute(&app.pool)
        .await
        .expect("an old session");
    let change = |nonce: &str| json!({ "password": "battery staple", "nonce": nonce });
    let without = app
        .put("/user", &token, json!({ "password": "battery staple" }))
        .await;
    assert_eq!(
        (without.status.as_u16(), without.code()),
        (400, "reauthentication_needed")
    );
    let sent = app.get("/reauthenticate", &token).await;
    assert_eq!((sent.status, &sent.body), (StatusCode::OK, &json!({})));
    let mail = post.one("ada@example.org").await;
    assert_eq!(mail.kind, "reauthentication");
    assert!(!mail.text.contains("/verify"));
    let wrong = if mail.code() == "000000" {
        "000001"
    } else {
        "000000"
    };
    let refused = app.put("/user", &token, change(wrong)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "reauthentication_not_valid")
    );
    // The code signs nobody in.
    let by = ("email", "ada@example.org");
    assert_eq!(
        verify(&app, "email", by, &mail.code()).await.code(),
        "otp_expired"
    );
    let changed = app.put("/user", &token, change(&mail.code())).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let notice = post.nth("ada@example.org", 2).await;
    assert_eq!(notice.kind, "password_changed");
    // A wrong code counts although the change is refused.
    app.get("/reauthenticate", &token).await;
    let mail = post.nth("ada@example.org", 3).await;
    let wrong = if mail.code() == "000000" {
        "000001"
    } else {
        "000000"
    };
    let another = |nonce: &str| json!({ "password": "a third one", "nonce": nonce });
    for _ in 0..5 {
        app.put("/user", &token, another(wrong)).await;
    }
    let void = app.put("/user", &token, another(&mail.code())).await;
    assert_eq!(void.code(), "reauthentication_not_valid");
}

#[tokio::test]
async fn a_guest_cannot_prove_itself() {
    let app = TestAuth::new().await;
    let guest = app.post("/signup", "", json!({})).await;
    let refused = app
        .get("/reauthenticate", &guest.text("/access_token"))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (400, "validation_failed")
    );
    assert_eq!(
        refused.body["message"],
        "Reauthentication requires the user to have an email or a phone number"
    );
}

#[tokio::test]
async fn a_sign_in_from_a_new_place_with_a_new_device_is_told() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let admin = key("service_role");
    let body =
        json!({ "email": "ada@example.org", "password": "correct horse", "email_confirm": true });
    app.post("/admin/users", &admin, body).await;
    let sign_in = |ip: [u8; 4], agent: &'static str| {
        let body = json!({ "email": "ada@example.org", "password": "correct horse" });
        let request = Request::post("/token?grant_type=password")
            .header("user-agent", agent)
            .extension(ClientIp(ip.into()))
            .body(Body::from(body.to_string()));
        app.send(request.expect("a request"))
    };
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
    for (ip, agent, told) in [
        ([192, 0, 2, 1], firefox, 0),
        ([192, 0, 2, 1], "curl/8.0", 0),
        ([198, 51, 100, 7], firefox, 0),
        ([203, 0, 113, 9], "okhttp/4.9", 1),
        ([203, 0, 113, 9], "okhttp/4.9", 1),
    ] {
        assert_eq!(sign_in(ip, agent).await.status, StatusCode::OK);
        assert_eq!(
            post.count(&app, "ada@example.org").await,
            told,
            "{ip:?} {agent}"
        );
    }
    let notice = post.one("ada@example.org").await;
    assert_eq!(notice.kind, "new_sign_in");
    assert!(notice.text.contains("203.0.113.9"), "{}", notice.text);
}

#[tokio::test]
async fn wrong_codes_lock_out_strangers_and_say_nothing_of_it() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.lock_out.attempts = 3;
        config.lock_out.max_delay = "0s".parse().expect("a duration");
    })
    .await;
    let post = Postbox::open(&app);
    known(&app, "ada@example.org").await;
    app.post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    let mail = post.one("ada@example.org").await;
    let wrong = if mail.code() == "000000" {
        "000001"
    } else {
        "000000"
    };
    for email in ["ada@example.org", "nobody@example.org"] {
        for _ in 0..4 {
            let answer = verify(&app, "email", ("email", email), wrong).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (403, "otp_expired")
            );
        }
    }
    let by = ("email", "ada@example.org");
    let right = verify(&app, "email", by, &mail.code()).await;
    assert_eq!((right.status.as_u16(), right.code()), (403, "otp_expired"));
}
