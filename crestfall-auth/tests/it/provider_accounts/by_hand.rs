//! Identities that are linked and unlinked by hand (GT-023).

use super::*;
use crate::service::claims;

/// GT-023.
#[tokio::test]
async fn identities_are_linked_and_unlinked_by_hand() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.manual_linking = true;
    })
    .await;
    let owner = victim(&app).await;
    let token = owner.text("/access_token");
    let identity = app
        .get("/user", &token)
        .await
        .text("/identities/0/identity_id");
    let only = app
        .delete(&format!("/user/identities/{identity}"), &token, Value::Null)
        .await;
    assert_eq!(
        (only.status, only.code()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            "single_identity_not_deletable"
        )
    );

    // Another address: it may still be linked, because both sides are proved in one session.
    fake.says(json!({ "sub": "other-1", "email": "other@example.com", "email_verified": true }));
    let answer = app
        .get("/user/identities/authorize?provider=google", &token)
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let end = location(
        &app.get(&format!("/callback?{}", fake.agree(&location(&answer))), "")
            .await,
    );
    assert!(end.contains("access_token"), "{end}");
    let user = app.get("/user", &token).await;
    assert_eq!(user.text("/email"), VICTIM);
    assert_eq!(
        user.body["app_metadata"]["providers"],
        json!(["email", "google"])
    );
    // Twice is too often, also for another user.
    let answer = app
        .get("/user/identities/authorize?provider=google", &token)
        .await;
    let end = location(
        &app.get(&format!("/callback?{}", fake.agree(&location(&answer))), "")
            .await,
    );
    assert_eq!(parameters(&end).0["error_code"], "identity_already_exists");
    let other = app
        .sign_up("third@example.com", "a password")
        .await
        .text("/access_token");
    let answer = app
        .get("/user/identities/authorize?provider=google", &other)
        .await;
    let end = location(
        &app.get(&format!("/callback?{}", fake.agree(&location(&answer))), "")
            .await,
    );
    assert_eq!(parameters(&end).0["error_code"], "identity_already_exists");
    // Somebody else's identity is not mine to unlink.
    let foreign = app
        .delete(&format!("/user/identities/{identity}"), &other, Value::Null)
        .await;
    assert_eq!(foreign.code(), "single_identity_not_deletable");
    for (id, status) in [
        ("nonsense", StatusCode::NOT_FOUND),
        (
            &uuid::Uuid::new_v4().to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        let answer = app
            .delete(&format!("/user/identities/{id}"), &token, Value::Null)
            .await;
        assert_eq!(answer.status, status);
    }
    // Without the identity by mail the account's address is the provider's, and the password is gone.
    let gone = app
        .delete(&format!("/user/identities/{identity}"), &token, Value::Null)
        .await;
    assert_eq!((gone.status, gone.body), (StatusCode::OK, json!({})));
    let user = app.get("/user", &token).await;
    assert_eq!(user.text("/email"), "other@example.com");
    assert_eq!(user.body["app_metadata"]["providers"], json!(["google"]));
    assert_eq!(
        app.sign_in("other@example.com", "the victim's password")
            .await
            .code(),
        "invalid_credentials"
    );
}

#[tokio::test]
async fn an_identity_stays_whose_loss_would_take_anothers_address() {
    let (google, keycloak) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = TestAuth::with(|config| {
        with(config, "google", &google);
        with(config, "keycloak", &keycloak);
        config.manual_linking = true;
    })
    .await;
    app.sign_up("other@example.com", "a password").await;
    let token = victim(&app).await.text("/access_token");
    let identity = app
        .get("/user", &token)
        .await
        .text("/identities/0/identity_id");
    google.says(json!({ "sub": "g", "email": "other@example.com", "email_verified": true }));
    let answer = app
        .get("/user/identities/authorize?provider=google", &token)
        .await;
    app.get(
        &format!("/callback?{}", google.agree(&location(&answer))),
        "",
    )
    .await;
    let answer = app
        .delete(&format!("/user/identities/{identity}"), &token, Value::Null)
        .await;
    assert_eq!(answer.code(), "email_conflict_identity_not_deletable");
    assert_eq!(
        app.get("/user", &token).await.body["identities"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

#[tokio::test]
async fn linking_by_hand_is_off_by_default() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let token = victim(&app).await.text("/access_token");
    let id = uuid::Uuid::new_v4();
    for answer in [
        app.get("/user/identities/authorize?provider=google", &token)
            .await,
        app.delete(&format!("/user/identities/{id}"), &token, Value::Null)
            .await,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.code(), "manual_linking_disabled");
        assert_eq!(answer.text("/message"), "Manual linking is disabled");
    }
}

/// SEC-04: policies that ask for `auth.email()` believe what tokens say.
#[tokio::test]
async fn a_guest_who_links_an_address_that_nobody_vouches_for_does_not_have_it() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.manual_linking = true;
        config.email.autoconfirm = false;
    })
    .await;
    let guest = app.post("/signup", "", json!({})).await;
    let token = guest.text("/access_token");
    fake.says(json!({ "sub": "mallory-1", "email": "boss@example.com" }));
    let answer = app
        .get("/user/identities/authorize?provider=google", &token)
        .await;
    let back = fake.agree(&location(&answer));
    let end = location(&app.get(&format!("/callback?{back}"), "").await);
    assert_eq!(parameters(&end).0["error_code"], "email_not_confirmed");
    let next = app.refresh(&guest.text("/refresh_token")).await;
    let token = next.text("/access_token");
    let said = claims(&token);
    assert_eq!(
        (&said["email"], &said["is_anonymous"]),
        (&json!(""), &json!(true))
    );
    let user = app.get("/user", &token).await;
    assert_eq!(
        (user.text("/email"), user.text("/new_email")),
        (String::new(), "boss@example.com".into())
    );
    // Whoever reads that mail may still sign up with the address.
    let body = json!({ "email": "boss@example.com", "password": "a password" });
    let boss = app.post("/signup", "", body).await;
    assert_eq!(boss.status, StatusCode::OK, "{boss:?}");
    assert_ne!(boss.text("/id"), said["sub"].as_str().unwrap_or_default());
}
