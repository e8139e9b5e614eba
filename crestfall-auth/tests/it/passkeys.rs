//! Passkeys (GT-041 to GT-043, GT-048), by an authenticator in software.

use crestfall_auth::testing::Authenticator;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::second_factor::{App, subjects};
use crate::service::{Answer, TestAuth, claims, key};

const ORIGIN: &str = "http://localhost:3000";

async fn service() -> TestAuth {
    TestAuth::with(|config| config.passkeys.enabled = true).await
}

async fn signed_up(app: &TestAuth) -> Answer {
    app.sign_up("ada@example.org", "correct horse").await
}

async fn begin_registration(app: &TestAuth, token: &str) -> Answer {
    let begun = app
        .post("/passkeys/registration/options", token, json!({}))
        .await;
    assert_eq!(begun.status, StatusCode::OK, "{begun:?}");
    begun
}

async fn finish_registration(
    app: &TestAuth,
    token: &str,
    begun: &Answer,
    credential: &Value,
) -> Answer {
    let body = json!({ "challenge_id": begun.body["challenge_id"], "credential": credential });
    app.post("/passkeys/registration/verify", token, body).await
}

async fn register(app: &TestAuth, token: &str, browser: &mut Authenticator) -> Answer {
    let begun = begin_registration(app, token).await;
    let credential = browser.create(&begun.body["options"]);
    let registered = finish_registration(app, token, &begun, &credential).await;
    assert_eq!(registered.status, StatusCode::OK, "{registered:?}");
    registered
}

async fn begin_sign_in(app: &TestAuth) -> Answer {
    let body = json!({ "gotrue_meta_security": { "captcha_token": null } });
    let begun = app.post("/passkeys/authentication/options", "", body).await;
    assert_eq!(begun.status, StatusCode::OK, "{begun:?}");
    begun
}

async fn finish_sign_in(app: &TestAuth, begun: &Answer, credential: &Value) -> Answer {
    let body = json!({ "challenge_id": begun.body["challenge_id"], "credential": credential });
    app.post("/passkeys/authentication/verify", "", body).await
}

async fn sign_in(app: &TestAuth, browser: &mut Authenticator) -> Answer {
    let begun = begin_sign_in(app).await;
    let credential = browser.get(&begun.body["options"]);
    finish_sign_in(app, &begun, &credential).await
}

fn refused(answer: &Answer) -> (u16, &str, &str) {
    let message = answer.body["message"].as_str().unwrap_or_default();
    (answer.status.as_u16(), answer.code(), message)
}

#[tokio::test]
async fn gt_042_the_options_of_a_registration_ask_for_a_discoverable_credential() {
    let app = service().await;
    let session = signed_up(&app).await;
    let begun = begin_registration(&app, &session.text("/access_token")).await;
    let left = begun.body["expires_at"].as_i64().unwrap_or_default();
    let left = left - chrono::Utc::now().timestamp();
    assert!((295..=300).contains(&left), "{left}");
    let options = &begun.body["options"];
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["user"]["name"], "ada@example.org");
    assert_eq!(options["attestation"], "none");
    let algorithms = options["pubKeyCredParams"].as_array().expect("algorithms");
    assert!(algorithms.iter().any(|one| one["alg"] == -7));
    // The handle is the text of the user's id.
    use base64::Engine as _;
    let handle = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(options["user"]["id"].as_str().expect("a handle"))
        .expect("base64url");
    assert_eq!(handle, session.text("/user/id").as_bytes());
}

#[tokio::test]
async fn gt_041_who_holds_a_passkey_signs_in_without_naming_themselves() {
    let app = service().await;
    let session = signed_up(&app).await;
    let token = session.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    let registered = register(&app, &token, &mut browser).await;
    assert_eq!(registered.body["friendly_name"], "Passkey");
    assert!(registered.body["created_at"].is_string());
    let begun = begin_sign_in(&app).await;
    assert!(begun.body["options"].get("allowCredentials").is_none());
    assert_eq!(begun.body["options"]["rpId"], "localhost");
    let credential = browser.get(&begun.body["options"]);
    let signed_in = finish_sign_in(&app, &begun, &credential).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
    let said = claims(&signed_in.text("/access_token"));
    assert_eq!(said["sub"], session.body["user"]["id"]);
    assert_eq!(
        (&said["aal"], &said["amr"][0]["method"]),
        (&json!("aal1"), &json!("passkey"))
    );
    // A challenge works once.
    let again = finish_sign_in(&app, &begun, &credential).await;
    assert_eq!(
        refused(&again),
        (
            400,
            "webauthn_challenge_not_found",
            "Challenge not found or already used"
        )
    );
    let listed = app.get("/passkeys", &token).await;
    assert_eq!(listed.body[0]["id"], registered.body["id"]);
    assert!(listed.body[0]["last_used_at"].is_string(), "{listed:?}");
    assert_eq!(subjects(&app, 1).await, ["A second factor was added"]);
}

#[tokio::test]
async fn gt_041_answers_that_prove_nothing_are_refused_alike() {
    let app = service().await;
    let token = signed_up(&app).await.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    register(&app, &token, &mut browser).await;
    // Of a credential that is not known here.
    let mut stranger = Authenticator::new(ORIGIN);
    let begun = begin_registration(&app, &token).await;
    stranger.create(&begun.body["options"]);
    let failed = (
        400,
        "webauthn_verification_failed",
        "Credential verification failed",
    );
    assert_eq!(refused(&sign_in(&app, &mut stranger).await), failed);
    // Of another page, of an older challenge, with a wrong signature.
    browser.origin = "https://evil.example".into();
    assert_eq!(refused(&sign_in(&app, &mut browser).await), failed);
    browser.origin = ORIGIN.into();
    let old = begin_sign_in(&app).await;
    let answer = browser.get(&old.body["options"]);
    let new = begin_sign_in(&app).await;
    assert_eq!(refused(&finish_sign_in(&app, &new, &answer).await), failed);
    let begun = begin_sign_in(&app).await;
    let mut forged = browser.get(&begun.body["options"]);
    forged["response"]["signature"] = answer["response"]["signature"].clone();
    assert_eq!(
        refused(&finish_sign_in(&app, &begun, &forged).await),
        failed
    );
    // And it is used up by a wrong answer too.
    let again = browser.get(&begun.body["options"]);
    let again = finish_sign_in(&app, &begun, &again).await;
    assert_eq!(again.code(), "webauthn_challenge_not_found");
    let begun = begin_sign_in(&app).await;
    let nonsense = finish_sign_in(&app, &begun, &json!({ "id": 7 })).await;
    assert_eq!(
        refused(&nonsense),
        (
            400,
            "webauthn_verification_failed",
            "Invalid credential response"
        )
    );
    for (body, message) in [
        (json!({}), "challenge_id is required"),
        (
            json!({ "challenge_id": begun.body["challenge_id"], "credential": null }),
            "credential is required",
        ),
        (
            json!({ "challenge_id": "no id", "credential": {} }),
            "challenge_id must be a valid UUID",
        ),
    ] {
        let answer = app.post("/passkeys/authentication/verify", "", body).await;
        assert_eq!(refused(&answer), (400, "validation_failed", message));
    }
    let late = begin_sign_in(&app).await;
    let credential = browser.get(&late.body["options"]);
    app.db
        .execute("update auth.webauthn_challenges set expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(
        refused(&finish_sign_in(&app, &late, &credential).await),
        (400, "webauthn_challenge_expired", "Challenge has expired")
    );
    assert_eq!(sign_in(&app, &mut browser).await.status, StatusCode::OK);
}

#[tokio::test]
async fn gt_041_a_counter_may_stand_still_but_not_go_back() {
    let app = service().await;
    let token = signed_up(&app).await.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    browser.counter = 5;
    browser.counter_step = 0;
    register(&app, &token, &mut browser).await;
    for _ in 0..2 {
        assert_eq!(sign_in(&app, &mut browser).await.status, StatusCode::OK);
    }
    browser.counter = 4;
    let copied = sign_in(&app, &mut browser).await;
    assert_eq!(copied.code(), "webauthn_verification_failed");
    browser.counter = 9;
    assert_eq!(sign_in(&app, &mut browser).await.status, StatusCode::OK);
    let kept: i64 = sqlx::query_scalar("select sign_count from auth.webauthn_credentials")
        .fetch_one(&app.pool)
        .await
        .expect("a passkey");
    assert_eq!(kept, 9);
}

#[tokio::test]
async fn gt_041_of_many_answers_to_one_challenge_one_signs_in() {
    let app = service().await;
    let token = signed_up(&app).await.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    register(&app, &token, &mut browser).await;
    let begun = begin_sign_in(&app).await;
    let credential = browser.get(&begun.body["options"]);
    let tries = (0..20).map(|_| finish_sign_in(&app, &begun, &credential));
    let answers = futures_util::future::join_all(tries).await;
    let right = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(right.count(), 1);
}

#[tokio::test]
async fn gt_041_who_may_not_sign_in_may_not_with_a_passkey() {
    let app = service().await;
    let token = signed_up(&app).await.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    register(&app, &token, &mut browser).await;
    app.db
        .execute("update auth.users set banned_until = now() + interval '1 day'")
        .await;
    assert_eq!(
        refused(&sign_in(&app, &mut browser).await),
        (403, "user_banned", "User is banned")
    );
    app.db
        .execute("update auth.users set banned_until = null, email_confirmed_at = null")
        .await;
    assert_eq!(
        refused(&sign_in(&app, &mut browser).await),
        (403, "email_not_confirmed", "Email not confirmed")
    );
}

#[tokio::test]
async fn gt_042_a_registration_is_its_users_once_and_its_credential_nobody_elses() {
    let app = service().await;
    let ada = signed_up(&app).await.text("/access_token");
    let bob = app.sign_up("bob@example.org", "correct horse").await;
    let bob = bob.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    let begun = begin_registration(&app, &ada).await;
    let credential = browser.create(&begun.body["options"]);
    // SEC-11: begun by Ada, it is not Bob's to finish.
    let stolen = finish_registration(&app, &bob, &begun, &credential).await;
    assert_eq!(stolen.code(), "webauthn_challenge_not_found");
    let registered = finish_registration(&app, &ada, &begun, &credential).await;
    assert_eq!(registered.status, StatusCode::OK, "{registered:?}");
    let again = finish_registration(&app, &ada, &begun, &credential).await;
    assert_eq!(again.code(), "webauthn_challenge_not_found");
    // Known ones are named, so that an authenticator is not registered twice.
    let next = begin_registration(&app, &ada).await;
    assert_eq!(
        next.body["options"]["excludeCredentials"][0]["id"],
        credential["id"]
    );
    let forged = begin_registration(&app, &bob).await;
    let mut copy = Authenticator::new("https://evil.example");
    let elsewhere = copy.create(&forged.body["options"]);
    let refusal = finish_registration(&app, &bob, &forged, &elsewhere).await;
    assert_eq!(
        refused(&refusal),
        (
            400,
            "webauthn_verification_failed",
            "Credential verification failed"
        )
    );
    let own = format!("/passkeys/{}", registered.text("/id"));
    let not_found = (404, "validation_failed", "Passkey not found");
    let name = json!({ "friendly_name": "mine" });
    let rename = app.call(Method::PATCH, &own, &bob, name.clone()).await;
    assert_eq!(refused(&rename), not_found);
    let remove = app.delete(&own, &bob, Value::Null).await;
    assert_eq!(refused(&remove), not_found);
    assert_eq!(app.get("/passkeys", &bob).await.body, json!([]));
}

#[tokio::test]
async fn gt_042_passkeys_are_renamed_and_removed() {
    let app = service().await;
    let token = signed_up(&app).await.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    let registered = register(&app, &token, &mut browser).await;
    let own = format!("/passkeys/{}", registered.text("/id"));
    let patch = async |body: Value| app.call(Method::PATCH, &own, &token, body).await;
    let renamed = patch(json!({ "friendly_name": "Laptop" })).await;
    assert_eq!(renamed.status, StatusCode::OK, "{renamed:?}");
    assert_eq!(renamed.body["friendly_name"], "Laptop");
    // SEC-13: nothing, null, the wrong type, what is not there to be changed.
    for body in [
        json!({}),
        json!({ "friendly_name": null }),
        json!({ "friendly_name": 7 }),
        json!({ "friendly_name": "x".repeat(121) }),
        json!({ "created_at": null, "last_used_at": null, "user_id": null }),
    ] {
        let answer = patch(body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let unknown = format!("/passkeys/{}", uuid::Uuid::new_v4());
    let name = json!({ "friendly_name": "x" });
    for path in [unknown.as_str(), "/passkeys/no-id"] {
        let answer = app.call(Method::PATCH, path, &token, name.clone()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let removed = app.delete(&own, &token, Value::Null).await;
    assert_eq!(
        (removed.status, removed.body),
        (StatusCode::NO_CONTENT, json!(""))
    );
    let gone = sign_in(&app, &mut browser).await;
    assert_eq!(gone.code(), "webauthn_verification_failed");
}

#[tokio::test]
async fn gt_043_passkeys_are_limited_and_may_be_off() {
    let app = TestAuth::with(|config| {
        config.passkeys.enabled = true;
        config.passkeys.max_per_user = 1;
    })
    .await;
    let token = signed_up(&app).await.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    // Two begun at once: the second to finish is one too many.
    let first = begin_registration(&app, &token).await;
    let second = begin_registration(&app, &token).await;
    let credential = browser.create(&first.body["options"]);
    finish_registration(&app, &token, &first, &credential).await;
    let credential = browser.create(&second.body["options"]);
    let too_many = (
        422,
        "too_many_passkeys",
        "Maximum number of passkeys reached",
    );
    let answer = finish_registration(&app, &token, &second, &credential).await;
    assert_eq!(refused(&answer), too_many);
    let answer = app
        .post("/passkeys/registration/options", &token, json!({}))
        .await;
    assert_eq!(refused(&answer), too_many);
    let off = TestAuth::new().await;
    for path in [
        "/passkeys/authentication/options",
        "/passkeys/registration/options",
    ] {
        let answer = off.post(path, "", json!({})).await;
        assert_eq!(
            refused(&answer),
            (404, "passkey_disabled", "Passkeys are disabled")
        );
    }
}

#[tokio::test]
async fn who_has_a_second_factor_manages_passkeys_after_proving_it() {
    let app = service().await;
    let token = signed_up(&app).await.text("/access_token");
    let mut browser = Authenticator::new(ORIGIN);
    let registered = register(&app, &token, &mut browser).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let high = phone.lift(&app, &token).await.text("/access_token");
    let low = sign_in(&app, &mut browser).await.text("/access_token");
    let insufficient = (
        403,
        "insufficient_aal",
        "AAL2 session is required to manage passkeys when MFA is enabled",
    );
    let answer = app
        .post("/passkeys/registration/options", &low, json!({}))
        .await;
    assert_eq!(refused(&answer), insufficient);
    let own = format!("/passkeys/{}", registered.text("/id"));
    let answer = app.delete(&own, &low, Value::Null).await;
    assert_eq!(refused(&answer), insufficient);
    register(&app, &high, &mut browser).await;
}

#[tokio::test]
async fn gt_048_administrators_see_and_remove_passkeys() {
    let app = service().await;
    let session = signed_up(&app).await;
    let mut browser = Authenticator::new(ORIGIN);
    let registered = register(&app, &session.text("/access_token"), &mut browser).await;
    let admin = key("service_role");
    let all = format!("/admin/users/{}/passkeys", session.text("/user/id"));
    let listed = app.get(&all, &admin).await;
    assert_eq!(listed.body[0]["id"], registered.body["id"], "{listed:?}");
    let one = format!("{all}/{}", registered.text("/id"));
    let removed = app.delete(&one, &admin, Value::Null).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let again = app.delete(&one, &admin, Value::Null).await;
    assert_eq!(
        refused(&again),
        (404, "validation_failed", "Passkey not found")
    );
    let stranger = app.get(&all, &session.text("/access_token")).await;
    assert_eq!(stranger.code(), "not_admin");
}

#[tokio::test]
async fn d30_each_domain_has_passkeys_of_its_own() {
    let app = TestAuth::with(|config| {
        config.passkeys.enabled = true;
        config.webauthn.further = serde_json::from_value(json!([
            { "rp_id": "shop.example", "rp_origins": ["https://www.shop.example"] }
        ]))
        .expect("settings");
    })
    .await;
    let token = signed_up(&app).await.text("/access_token");
    let ask = async |path: &str, origin: &str| {
        let request = Request::post(path)
            .header("origin", origin)
            .header("authorization", format!("Bearer {token}"))
            .body(axum::body::Body::empty());
        app.send(request.expect("a request")).await
    };
    let shop = "https://www.shop.example";
    let begun = ask("/passkeys/registration/options", shop).await;
    assert_eq!(begun.body["options"]["rp"]["id"], "shop.example");
    let mut browser = Authenticator::new(shop);
    let credential = browser.create(&begun.body["options"]);
    let registered = finish_registration(&app, &token, &begun, &credential).await;
    assert_eq!(registered.status, StatusCode::OK, "{registered:?}");
    let begun = ask("/passkeys/authentication/options", shop).await;
    let credential = browser.get(&begun.body["options"]);
    let signed_in = finish_sign_in(&app, &begun, &credential).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
    let begun = ask("/passkeys/authentication/options", "https://evil.example").await;
    assert_eq!(begun.body["options"]["rpId"], "localhost");
}
