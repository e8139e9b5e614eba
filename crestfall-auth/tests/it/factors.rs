//! Second factors: authenticator apps and phones (GT-033 to GT-039, GT-047).

mod phones;
mod told_to_hooks;

use axum::Extension;
use crestfall_auth::config::HookConfig;
use crestfall_core::client_ip::ClientIp;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::second_factor::{App, sent, subjects};
use crate::service::{Answer, TestAuth, claims, key};

fn refused(answer: &Answer) -> (u16, &str, &str) {
    let message = answer.body["message"].as_str().unwrap_or_default();
    (answer.status.as_u16(), answer.code(), message)
}

async fn signed_up(app: &TestAuth) -> String {
    app.sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token")
}

#[tokio::test]
async fn gt_033_an_authenticator_app_gets_a_secret_and_a_picture_of_it() {
    let app = TestAuth::new().await;
    let token = signed_up(&app).await;
    let body = json!({ "factor_type": "totp", "friendly_name": "phone", "issuer": "Crestfall" });
    let enrolled = app.post("/factors", &token, body).await;
    assert_eq!(enrolled.status, StatusCode::OK, "{enrolled:?}");
    assert_eq!(enrolled.body["type"], "totp");
    assert_eq!(enrolled.body["friendly_name"], "phone");
    assert!(enrolled.body.get("phone").is_none());
    let secret = enrolled.text("/totp/secret");
    assert_eq!(
        enrolled.text("/totp/uri"),
        format!(
            "otpauth://totp/Crestfall:ada@example.org?algorithm=SHA1&digits=6&issuer=Crestfall&period=30&secret={secret}"
        )
    );
    assert!(enrolled.text("/totp/qr_code").contains("<svg"));
    let kept: String = sqlx::query_scalar("select secret from auth.mfa_factors")
        .fetch_one(&app.pool)
        .await
        .expect("a factor");
    assert!(kept.starts_with("v1.") && !kept.contains(&secret), "{kept}");
    let factors = app.get("/user", &token).await.body["factors"].clone();
    assert_eq!(factors[0]["id"], enrolled.body["id"]);
    assert_eq!(factors[0]["status"], "unverified");
    let unnamed = json!({ "factor_type": "totp" });
    let site = app.post("/factors", &token, unnamed).await;
    assert!(
        site.text("/totp/uri")
            .starts_with("otpauth://totp/localhost:3000:ada@example.org?"),
        "{site:?}"
    );
}

#[tokio::test]
async fn gt_035_the_right_code_lifts_the_session_and_ends_those_below() {
    let app = TestAuth::new().await;
    let other = app.sign_up("ada@example.org", "correct horse").await;
    let session = app.sign_in("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let (phone, left) = (
        App::enroll(&app, &token, "phone").await,
        App::enroll(&app, &token, "left").await,
    );
    let lifted = phone.verify(&app, &token, &phone.code(0)).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    assert_eq!(lifted.body["token_type"], "bearer");
    let (before, after) = (claims(&token), claims(&lifted.text("/access_token")));
    assert_eq!(after["aal"], "aal2");
    assert_eq!(after["session_id"], before["session_id"]);
    let methods: Vec<_> = after["amr"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|amr| amr["method"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(methods, ["totp", "password"]);
    // The factor that was begun beside it is gone, and so is the session that proved nothing.
    let factors = &lifted.body["user"]["factors"];
    assert_eq!(factors.as_array().map(Vec::len), Some(1), "{factors}");
    assert_eq!(factors[0]["status"], "verified");
    assert_ne!(factors[0]["id"], json!(left.factor));
    let ended = app.get("/user", &other.text("/access_token")).await;
    assert_eq!(ended.code(), "session_not_found");
    let refreshed = app.refresh(&lifted.text("/refresh_token")).await;
    assert_eq!(claims(&refreshed.text("/access_token"))["aal"], "aal2");
    assert_eq!(subjects(&app, 1).await, ["A second factor was added"]);
}

#[tokio::test]
async fn sec_12_a_code_is_good_for_one_use() {
    let app = TestAuth::new().await;
    let token = signed_up(&app).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let code = phone.code(0);
    assert_eq!(
        phone.verify(&app, &token, &code).await.status,
        StatusCode::OK
    );
    let again = phone.verify(&app, &token, &code).await;
    assert_eq!(
        refused(&again),
        (422, "mfa_verification_failed", "Invalid TOTP code entered")
    );
    let older = phone.verify(&app, &token, &phone.code(-1)).await;
    assert_eq!(older.code(), "mfa_verification_failed");
    // Of twenty at once, each with a challenge of its own, one.
    app.db
        .execute("update auth.mfa_factors set last_totp_step = null")
        .await;
    let code = phone.code(0);
    let mut challenges = Vec::new();
    for _ in 0..20 {
        challenges.push(phone.challenge(&app, &token).await);
    }
    let path = phone.path("/verify");
    let tries = challenges.iter().map(|challenge| {
        let body = json!({ "challenge_id": challenge, "code": code });
        app.post(&path, &token, body)
    });
    let answers = futures_util::future::join_all(tries).await;
    let right = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(right.count(), 1);
}

#[tokio::test]
async fn gt_035_wrong_codes_are_counted_by_challenge_and_by_factor() {
    let app = TestAuth::with(|config| {
        config.mfa.attempts = 3;
        config.rate_limits.mfa_verify_by_factor = "5".parse().expect("a rate");
    })
    .await;
    let token = signed_up(&app).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let challenge = phone.challenge(&app, &token).await;
    let wrong = match phone.code(0).as_str() {
        "000000" => "000001",
        _ => "000000",
    };
    let answer = async |code: &str| {
        let body = json!({ "challenge_id": challenge, "code": code });
        app.post(&phone.path("/verify"), &token, body).await
    };
    for _ in 0..3 {
        assert_eq!(answer(wrong).await.code(), "mfa_verification_failed");
    }
    let void = answer(&phone.code(0)).await;
    assert_eq!(
        refused(&void),
        (
            422,
            "mfa_challenge_expired",
            format!("MFA challenge {challenge} has expired, verify against another challenge or create a new challenge.").as_str()
        )
    );
    assert_eq!(phone.verify(&app, &token, wrong).await.status.as_u16(), 422);
    let limited = phone.verify(&app, &token, &phone.code(0)).await;
    assert_eq!(
        refused(&limited),
        (429, "over_request_rate_limit", "Request rate limit reached")
    );
    assert!(limited.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn gt_034_challenges_expire_and_are_answered_once() {
    let app = TestAuth::new().await;
    let token = signed_up(&app).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let challenged = app.post(&phone.path("/challenge"), &token, json!({})).await;
    assert_eq!(challenged.body["type"], "totp");
    let expires_at = challenged.body["expires_at"].as_i64().unwrap_or_default();
    let left = expires_at - chrono::Utc::now().timestamp();
    assert!((295..=300).contains(&left), "{left}");
    let body = json!({ "challenge_id": challenged.body["id"], "code": phone.code(0) });
    app.db
        .execute("update auth.mfa_challenges set created_at = now() - interval '301 seconds'")
        .await;
    let late = app.post(&phone.path("/verify"), &token, body).await;
    assert_eq!(late.code(), "mfa_challenge_expired");
    let challenge = phone.challenge(&app, &token).await;
    let body = json!({ "challenge_id": challenge, "code": phone.code(0) });
    let first = app.post(&phone.path("/verify"), &token, body.clone()).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    let second = app.post(&phone.path("/verify"), &token, body).await;
    assert_eq!(
        refused(&second),
        (
            422,
            "mfa_ip_address_mismatch",
            "Challenge and verify IP addresses mismatch."
        )
    );
    let unknown = json!({ "challenge_id": phone.factor, "code": "123456" });
    let unknown = app.post(&phone.path("/verify"), &token, unknown).await;
    assert_eq!(
        refused(&unknown),
        (
            422,
            "mfa_factor_not_found",
            "MFA factor with the provided challenge ID not found"
        )
    );
    let empty = json!({ "challenge_id": phone.factor, "code": null });
    let empty = app.post(&phone.path("/verify"), &token, empty).await;
    assert_eq!(
        refused(&empty),
        (400, "validation_failed", "Code needs to be non-empty")
    );
    let no_id = json!({ "challenge_id": 7, "code": "123456" });
    let no_id = app.post(&phone.path("/verify"), &token, no_id).await;
    assert_eq!((no_id.status.as_u16(), no_id.code()), (400, "bad_json"));
}

#[tokio::test]
async fn gt_039_a_challenge_is_answered_from_where_it_was_asked_for() {
    let mut app = TestAuth::new().await;
    let token = signed_up(&app).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let at = |ip: &str| Extension(ClientIp(ip.parse().expect("an address")));
    app.router = app.auth.router().layer(at("192.0.2.1"));
    let challenge = phone.challenge(&app, &token).await;
    let body = json!({ "challenge_id": challenge, "code": phone.code(0) });
    app.router = app.auth.router().layer(at("192.0.2.2"));
    let elsewhere = app.post(&phone.path("/verify"), &token, body.clone()).await;
    assert_eq!(elsewhere.code(), "mfa_ip_address_mismatch");
    app.router = app.auth.router().layer(at("192.0.2.1"));
    let here = app.post(&phone.path("/verify"), &token, body).await;
    assert_eq!(here.status, StatusCode::OK, "{here:?}");
}

#[tokio::test]
async fn who_asks_is_checked_before_what_is_asked_for() {
    let app = TestAuth::new().await;
    for path in ["/factors/no-id/challenge", "/factors/no-id/verify"] {
        let answer = app.post(path, "", json!({})).await;
        assert_eq!(
            refused(&answer),
            (
                401,
                "no_authorization",
                "This endpoint requires a valid Bearer token"
            )
        );
    }
    let token = signed_up(&app).await;
    let answer = app
        .post("/factors/no-id/challenge", &token, json!({}))
        .await;
    assert_eq!(
        refused(&answer),
        (404, "validation_failed", "factor_id must be an UUID")
    );
    // Another user's factor is none (SEC-11), and a body names nobody.
    let bob = app.sign_up("bob@example.org", "correct horse").await;
    let bobs = App::enroll(&app, &bob.text("/access_token"), "bob's").await;
    for (method, end) in [
        (Method::POST, "/challenge"),
        (Method::POST, "/verify"),
        (Method::DELETE, ""),
    ] {
        let body = json!({ "user_id": bob.body["user"]["id"], "code": "1" });
        let answer = app.call(method, &bobs.path(end), &token, body).await;
        assert_eq!(
            refused(&answer),
            (404, "mfa_factor_not_found", "Factor not found")
        );
    }
    let body = json!({ "factor_type": "totp", "user_id": bob.body["user"]["id"] });
    app.post("/factors", &token, body).await;
    let bob = app.get("/user", &bob.text("/access_token")).await;
    assert_eq!(bob.body["factors"].as_array().map(Vec::len), Some(1));
    let anonymous = app.post("/signup", "", json!({})).await;
    let body = json!({ "factor_type": "totp" });
    let answer = app
        .post("/factors", &anonymous.text("/access_token"), body)
        .await;
    assert_eq!(
        refused(&answer),
        (
            403,
            "no_authorization",
            "Anonymous user not allowed to perform these actions"
        )
    );
}

#[tokio::test]
async fn gt_038_factors_are_limited_named_once_and_forgotten_when_left() {
    let app = TestAuth::with(|config| config.mfa.max_enrolled_factors = 2).await;
    let token = signed_up(&app).await;
    App::enroll(&app, &token, "phone").await;
    let enroll = async |name: &str, kind: &str| {
        let body = json!({ "factor_type": kind, "friendly_name": name });
        app.post("/factors", &token, body).await
    };
    assert_eq!(
        refused(&enroll("phone", "totp").await),
        (
            422,
            "mfa_factor_name_conflict",
            "A factor with the friendly name \"phone\" for this user already exists"
        )
    );
    assert_eq!(enroll("", "totp").await.status, StatusCode::OK);
    assert_eq!(
        refused(&enroll("third", "totp").await),
        (
            422,
            "too_many_enrolled_mfa_factors",
            "Maximum number of verified factors reached, unenroll to continue"
        )
    );
    app.db
        .execute("update auth.mfa_factors set created_at = now() - interval '301 seconds'")
        .await;
    assert_eq!(enroll("phone", "totp").await.status, StatusCode::OK);
    for (kind, code, message) in [
        (
            "phone",
            "mfa_phone_enroll_not_enabled",
            "MFA enroll is disabled for Phone",
        ),
        (
            "webauthn",
            "mfa_webauthn_enroll_not_enabled",
            "MFA enroll is disabled for WebAuthn",
        ),
    ] {
        assert_eq!(refused(&enroll("", kind).await), (422, code, message));
    }
    assert_eq!(
        refused(&enroll("", "smoke").await),
        (
            400,
            "validation_failed",
            "factor_type needs to be totp, phone, or webauthn"
        )
    );
}

#[tokio::test]
async fn who_has_a_factor_sets_up_another_only_after_proving_one() {
    let app = TestAuth::with(|config| config.mfa.webauthn.enroll = true).await;
    let token = signed_up(&app).await;
    let phone = App::enroll(&app, &token, "phone").await;
    // Begun by somebody who knows the password, before the owner has any factor.
    let body = json!({ "factor_type": "webauthn", "friendly_name": "thief's" });
    assert_eq!(
        app.post("/factors", &token, body).await.status,
        StatusCode::OK
    );
    let lifted = phone.lift(&app, &token).await.text("/access_token");
    let low = app.sign_in("ada@example.org", "correct horse").await;
    let low = low.text("/access_token");
    let body = json!({ "factor_type": "totp", "friendly_name": "second" });
    let answer = app.post("/factors", &low, body.clone()).await;
    assert_eq!(
        refused(&answer),
        (
            403,
            "insufficient_aal",
            "AAL2 required to enroll a new factor"
        )
    );
    assert_eq!(
        app.post("/factors", &lifted, body).await.status,
        StatusCode::OK
    );
    let begun: String = sqlx::query_scalar(
        "select id::text from auth.mfa_factors where factor_type = 'totp' and status = 'unverified'",
    )
    .fetch_one(&app.pool)
    .await
    .expect("a factor");
    let path = format!("/factors/{begun}");
    let challenge = app
        .post(&format!("{path}/challenge"), &low, json!({}))
        .await;
    let body = json!({ "challenge_id": challenge.body["id"], "code": "123456" });
    let answer = app.post(&format!("{path}/verify"), &low, body).await;
    assert_eq!(
        refused(&answer),
        (
            403,
            "insufficient_aal",
            "AAL2 required to enroll a new factor"
        )
    );
}

#[tokio::test]
async fn gt_036_a_factor_in_use_is_removed_by_who_proved_it() {
    let app = TestAuth::new().await;
    let token = signed_up(&app).await;
    let phone = App::enroll(&app, &token, "phone").await;
    let lifted = phone.lift(&app, &token).await;
    let high = lifted.text("/access_token");
    let low = app.sign_in("ada@example.org", "correct horse").await;
    let answer = app
        .delete(&phone.path(""), &low.text("/access_token"), Value::Null)
        .await;
    assert_eq!(
        refused(&answer),
        (
            422,
            "insufficient_aal",
            "AAL2 required to unenroll verified factor"
        )
    );
    let removed = app.delete(&phone.path(""), &high, Value::Null).await;
    assert_eq!(
        (removed.status, &removed.body),
        (StatusCode::OK, &json!({ "id": phone.factor }))
    );
    assert!(app.get("/user", &high).await.body.get("factors").is_none());
    let refreshed = app.refresh(&lifted.text("/refresh_token")).await;
    let after = claims(&refreshed.text("/access_token"));
    assert_eq!(after["aal"], "aal1");
    assert_eq!(after["amr"].as_array().map(Vec::len), Some(1));
    let subjects = subjects(&app, 2).await;
    assert!(
        subjects.contains(&"A second factor was removed".to_owned()),
        "{subjects:?}"
    );
}

#[tokio::test]
async fn gt_035_a_secret_that_gotrue_kept_in_the_open_is_read_and_sealed() {
    let app = TestAuth::new().await;
    let token = signed_up(&app).await;
    let body = json!({ "factor_type": "totp", "friendly_name": "phone" });
    let enrolled = app.post("/factors", &token, body).await;
    let secret = enrolled.text("/totp/secret");
    app.db
        .execute(&format!("update auth.mfa_factors set secret = '{secret}'"))
        .await;
    let phone = App::known(&enrolled);
    phone.lift(&app, &token).await;
    let kept: String = sqlx::query_scalar("select secret from auth.mfa_factors")
        .fetch_one(&app.pool)
        .await
        .expect("a factor");
    assert!(kept.starts_with("v1."), "{kept}");
    phone.lift(&app, &token).await;
}

#[tokio::test]
async fn gt_047_administrators_see_change_and_remove_factors() {
    let app = TestAuth::new().await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let phone = App::enroll(&app, &token, "phone").await;
    let lifted = phone.lift(&app, &token).await.text("/access_token");
    let admin = key("service_role");
    let factors = format!("/admin/users/{}/factors", session.text("/user/id"));
    let listed = app.get(&factors, &admin).await;
    assert_eq!(listed.body[0]["id"], json!(phone.factor), "{listed:?}");
    assert!(listed.body[0].get("secret").is_none());
    let factor = format!("{factors}/{}", phone.factor);
    let body = json!({ "friendly_name": "old phone", "phone": "nonsense" });
    let changed = app.put(&factor, &admin, body).await;
    assert_eq!(changed.body["friendly_name"], "old phone", "{changed:?}");
    let answer = app.get(&factors, &token).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "not_admin"));
    for (path, code) in [
        ("/admin/users/no-id/factors".to_owned(), "validation_failed"),
        (format!("{factors}/no-id"), "validation_failed"),
        (
            format!("{factors}/{}", session.text("/user/id")),
            "mfa_factor_not_found",
        ),
    ] {
        let method = match path.ends_with("/factors") {
            true => Method::GET,
            false => Method::DELETE,
        };
        let answer = app.call(method, &path, &admin, Value::Null).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, code),
            "{path}"
        );
    }
    let removed = app.delete(&factor, &admin, Value::Null).await;
    assert_eq!(removed.status, StatusCode::OK);
    assert_eq!(removed.body["id"], json!(phone.factor));
    assert_eq!(app.get(&factors, &admin).await.body, json!([]));
    // A reset ends what was signed in (SEC-14).
    assert_eq!(app.get("/user", &lifted).await.code(), "session_not_found");
}

#[tokio::test]
async fn gt_038_of_many_begun_at_once_no_more_than_the_limit_are() {
    let app = TestAuth::with(|config| config.mfa.max_enrolled_factors = 3).await;
    let token = signed_up(&app).await;
    let tries = (0..12).map(|number| {
        let body = json!({ "factor_type": "totp", "friendly_name": format!("app {number}") });
        app.post("/factors", &token, body)
    });
    let answers = futures_util::future::join_all(tries).await;
    let begun = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(begun.count(), 3);
}

#[tokio::test]
async fn sec_13_no_body_reaches_what_the_server_alone_sets() {
    let app = TestAuth::new().await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let body = json!({
        "factor_type": "totp", "friendly_name": null, "issuer": null, "phone": null, "id": null,
        "status": "verified", "secret": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "user_id": null,
    });
    let enrolled = app.post("/factors", &token, body).await;
    assert_eq!(enrolled.status, StatusCode::OK, "{enrolled:?}");
    assert!(!enrolled.text("/totp/secret").starts_with("AAAA"));
    let path = format!(
        "/admin/users/{}/factors/{}",
        session.text("/user/id"),
        enrolled.text("/id")
    );
    let body = json!({
        "status": "verified", "secret": null, "user_id": null, "factor_type": null,
        "friendly_name": null, "phone": null,
    });
    let changed = app.put(&path, &key("service_role"), body).await;
    assert_eq!(changed.body["status"], "unverified", "{changed:?}");
    assert_eq!(changed.body["factor_type"], "totp");
    for body in [json!({ "friendly_name": 7 }), json!([]), json!("x")] {
        let answer = app.put(&path, &key("service_role"), body).await;
        assert_eq!(answer.code(), "bad_json");
    }
}
