//! Whose account a provider's user enters: GT-023, GT-062, D34, SEC-04, SEC-05.

mod by_hand;
mod own_users;

use crestfall_auth::directory::{DirectoryResult, DirectoryUser, Lookup, UserDirectory};
use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::FakeProvider;
use crate::providers::{location, parameters, sign_in, with};
use crate::service::{Answer, TestAuth};

const VICTIM: &str = "victim@example.com";

/// A user with a confirmed address and a password.
async fn victim(app: &TestAuth) -> Answer {
    let answer = app.sign_up(VICTIM, "the victim's password").await;
    assert!(answer.text("/access_token").len() > 20, "{answer:?}");
    answer
}

async fn rows(app: &TestAuth) -> (i64, i64, i64) {
    sqlx::query_as(
        "select (select count(*) from auth.users), (select count(*) from auth.identities),
           (select count(*) from auth.sessions)",
    )
    .fetch_one(&app.pool)
    .await
    .expect("counts")
}

/// SEC-04, for providers that give ID tokens.
#[tokio::test]
async fn an_unverified_address_in_an_id_token_links_nothing() {
    for provider in ["google", "apple", "keycloak", "azure"] {
        let fake = FakeProvider::start().await;
        let app = TestAuth::with(|config| with(config, provider, &fake)).await;
        victim(&app).await;
        let before = rows(&app).await;
        for claims in [
            json!({ "email": VICTIM }),
            json!({ "email": VICTIM, "email_verified": false }),
            json!({ "email": VICTIM, "email_verified": "true" }),
            json!({ "email": VICTIM, "email_verified": 1 }),
            json!({ "email": VICTIM, "email_verified": null, "verified": true }),
            json!({ "email": VICTIM, "email_verified": [true] }),
            json!({ "email": VICTIM, "xms_edov": "true" }),
            json!({ "email": VICTIM, "xms_edov": false }),
            json!({ "upn": VICTIM, "preferred_username": VICTIM, "unique_name": VICTIM }),
            json!({ "email": "Victim@EXAMPLE.com", "email_verified": "1" }),
        ] {
            let mut said = claims.clone();
            said["sub"] = "attacker".into();
            fake.says(said);
            let end = sign_in(&app, &fake, &format!("provider={provider}")).await;
            assert!(!end.contains("access_token"), "{provider} {claims}: {end}");
            assert_eq!(rows(&app).await, before, "{provider} {claims}: {end}");
        }
        if provider == "azure" {
            fake.says(json!({ "sub": "v", "email": VICTIM, "email_verified": true }));
            let end = sign_in(&app, &fake, "provider=azure").await;
            assert_eq!(parameters(&end).0["error"], "access_denied", "{end}");
            fake.says(json!({ "sub": "v", "email": VICTIM, "xms_edov": true }));
        } else {
            fake.says(json!({ "sub": "v", "email": VICTIM, "email_verified": true }));
        }
        let end = sign_in(&app, &fake, &format!("provider={provider}")).await;
        assert!(end.contains("access_token"), "{provider}: {end}");
        assert_eq!(rows(&app).await.0, before.0, "{provider}");
    }
}

/// SEC-04, for lists of addresses.
#[tokio::test]
async fn an_unconfirmed_entry_of_a_list_links_nothing() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "github", &fake)).await;
    victim(&app).await;
    let before = rows(&app).await;
    for emails in [
        json!([{ "email": VICTIM, "primary": true }]),
        json!([{ "email": VICTIM, "primary": true, "verified": false }]),
        json!([{ "email": VICTIM, "primary": true, "verified": "true" }]),
        json!([{ "email": VICTIM, "primary": true, "verified": null }]),
        json!([{ "email": VICTIM, "verified": false }, { "email": "nonsense", "verified": true }]),
        json!([]),
    ] {
        let profile = json!({ "id": 7, "login": "eve", "email": VICTIM, "email_verified": true });
        fake.profile(profile, emails.clone());
        let end = sign_in(&app, &fake, "provider=github").await;
        assert!(!end.contains("access_token"), "{emails}: {end}");
        assert_eq!(rows(&app).await, before, "{emails}");
    }
    // A verified address of one's own does not carry another with it.
    let emails = json!([
        { "email": VICTIM, "verified": false, "primary": true },
        { "email": "eve@example.com", "verified": true, "primary": false },
    ]);
    fake.profile(json!({ "id": 7, "login": "eve" }), emails);
    let end = sign_in(&app, &fake, "provider=github").await;
    assert!(!end.contains("access_token"), "{end}");
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn a_verified_address_joins_the_account_that_confirmed_it() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let owner = victim(&app).await;
    fake.says(json!({ "sub": "v-1", "email": VICTIM, "email_verified": true, "name": "V" }));
    let end = sign_in(&app, &fake, "provider=google").await;
    let (_, fragment) = parameters(&end);
    let user = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(user.text("/id"), owner.text("/user/id"));
    assert_eq!(
        user.body["app_metadata"]["providers"],
        json!(["email", "google"])
    );
    assert_eq!(user.text("/user_metadata/full_name"), "V");
    let notices: i64 =
        sqlx::query_scalar("select count(*) from crestfall.jobs where kind = 'auth.mail'")
            .fetch_one(&app.pool)
            .await
            .expect("a count");
    assert!(notices >= 1, "the owner is told");
    // What was proved before is still good.
    assert_eq!(
        app.sign_in(VICTIM, "the victim's password").await.status,
        StatusCode::OK
    );
    assert_eq!(
        app.get("/user", &owner.text("/access_token")).await.status,
        StatusCode::OK
    );
}

/// D34: it can be turned off.
#[tokio::test]
async fn without_automatic_linking_one_signs_in_first() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.external.automatic_linking = false;
        config.manual_linking = true;
    })
    .await;
    let owner = victim(&app).await;
    let token = owner.text("/access_token");
    let before = rows(&app).await;
    fake.says(json!({ "sub": "v-1", "email": VICTIM, "email_verified": true }));
    let end = sign_in(&app, &fake, "provider=google").await;
    assert_eq!(parameters(&end).0["error_code"], "email_exists", "{end}");
    assert_eq!(rows(&app).await, before);
    let path = "/user/identities/authorize?provider=google&skip_http_redirect=true";
    let url = app.get(path, &token).await.text("/url");
    let end = location(
        &app.get(&format!("/callback?{}", fake.agree(&url)), "")
            .await,
    );
    assert!(end.contains("access_token"), "{end}");
    // Now it is theirs.
    let end = sign_in(&app, &fake, "provider=google").await;
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(user.text("/id"), owner.text("/user/id"));
}

/// SEC-05.
#[tokio::test]
async fn who_proves_the_address_gets_nothing_that_a_squatter_left() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.email.autoconfirm = false;
        config.email.allow_unverified_sign_in = true;
        config.manual_linking = true;
    })
    .await;
    let data = json!({ "full_name": "Squatter", "email_verified": true, "plan": "x" });
    let body = json!({ "email": VICTIM, "password": "the squatter's", "data": data });
    assert_eq!(app.post("/signup", "", body).await.status, StatusCode::OK);
    let squatter = app.sign_in(VICTIM, "the squatter's").await;
    assert_eq!(squatter.status, StatusCode::OK, "{squatter:?}");
    let token = squatter.text("/access_token");
    let user_id: uuid::Uuid = squatter.text("/user/id").parse().expect("an id");
    // A factor, a passkey, a recovery code, and a linking flow on its way.
    for statement in [
        "insert into auth.mfa_factors (user_id, factor_type, status, secret)
           values ($1, 'totp', 'verified', 'x')",
        "insert into auth.recovery_codes (user_id, code_hash) values ($1, 'x')",
        "insert into auth.webauthn_credentials (user_id, credential_id, public_key)
           values ($1, 'x', 'x')",
    ] {
        sqlx::query(statement)
            .bind(user_id)
            .execute(&app.pool)
            .await
            .expect("prepared");
    }
    sqlx::query("update auth.sessions set aal = 'aal2'")
        .execute(&app.pool)
        .await
        .expect("prepared");
    let path = "/user/identities/authorize?provider=google&skip_http_redirect=true";
    let open_link = app.get(path, &token).await.text("/url");
    assert!(!open_link.is_empty());

    fake.says(json!({ "sub": "v-1", "email": VICTIM, "email_verified": true, "name": "V" }));
    let end = sign_in(&app, &fake, "provider=google").await;
    let (_, fragment) = parameters(&end);
    let user = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(user.text("/email"), VICTIM);
    assert!(user.body["email_confirmed_at"].is_string());
    assert_eq!(user.body["app_metadata"]["providers"], json!(["google"]));
    assert_eq!(user.text("/user_metadata/full_name"), "V");
    assert_eq!(user.body["user_metadata"]["plan"], Value::Null);
    assert_eq!(user.body["identities"].as_array().map(Vec::len), Some(1));
    assert_eq!(user.body["factors"], Value::Null);
    let kept: i64 = sqlx::query_scalar(
        "select (select count(*) from auth.recovery_codes)
           + (select count(*) from auth.webauthn_credentials)
           + (select count(*) from auth.flow_state) + (select count(*) from auth.one_time_tokens)",
    )
    .fetch_one(&app.pool)
    .await
    .expect("a count");
    assert_eq!(kept, 0);
    // None of the squatter's ways leads in.
    let refused = app.sign_in(VICTIM, "the squatter's").await;
    assert_eq!(refused.code(), "invalid_credentials");
    assert_ne!(app.get("/user", &token).await.status, StatusCode::OK);
    assert_ne!(
        app.refresh(&squatter.text("/refresh_token")).await.status,
        StatusCode::OK
    );
    fake.says(json!({ "sub": "squatter-1", "email": "s@example.com", "email_verified": true }));
    let end = location(
        &app.get(&format!("/callback?{}", fake.agree(&open_link)), "")
            .await,
    );
    assert_eq!(parameters(&end).0["error_code"], "bad_oauth_state", "{end}");
}

#[tokio::test]
async fn a_phone_user_who_claimed_an_address_keeps_the_account_but_not_the_address() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let body = json!({ "phone": "+15550001111", "password": "a password" });
    let phone = app.post("/signup", "", body).await;
    sqlx::query("update auth.users set email = $1")
        .bind(VICTIM)
        .execute(&app.pool)
        .await
        .expect("claimed");
    fake.says(json!({ "sub": "v-1", "email": VICTIM, "email_verified": true }));
    let end = sign_in(&app, &fake, "provider=google").await;
    let (_, fragment) = parameters(&end);
    let user = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(user.text("/email"), VICTIM);
    assert_ne!(user.text("/id"), phone.text("/user/id"));
    let still = app.get("/user", &phone.text("/access_token")).await;
    assert_eq!(
        (still.text("/email"), still.text("/phone")),
        (String::new(), "15550001111".into())
    );
}

#[tokio::test]
async fn an_unverified_address_that_is_free_is_confirmed_first() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.email.autoconfirm = false;
    })
    .await;
    fake.says(json!({ "sub": "n-1", "email": "new@example.com" }));
    for _ in 0..2 {
        let end = sign_in(&app, &fake, "provider=google").await;
        let (query, _) = parameters(&end);
        assert_eq!(query["error"], "access_denied", "{end}");
        assert_eq!(query["error_code"], "provider_email_needs_verification");
        assert!(query["error_description"].starts_with("Unverified email with google"));
        assert_eq!(rows(&app).await, (1, 1, 0));
    }
    // Once the provider vouches for it, that is enough.
    fake.says(json!({ "sub": "n-1", "email": "new@example.com", "email_verified": true }));
    let end = sign_in(&app, &fake, "provider=google").await;
    assert!(end.contains("access_token"), "{end}");
    assert_eq!(rows(&app).await, (1, 1, 1));
}

#[tokio::test]
async fn closed_sign_up_and_bans_hold_for_providers() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.disable_signup = true;
    })
    .await;
    fake.says(json!({ "sub": "n-1", "email": "new@example.com", "email_verified": true }));
    let end = sign_in(&app, &fake, "provider=google").await;
    let (query, _) = parameters(&end);
    assert_eq!(
        (&*query["error"], &*query["error_code"]),
        ("access_denied", "signup_disabled")
    );
    assert_eq!(rows(&app).await, (0, 0, 0));

    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    assert!(
        sign_in(&app, &fake, "provider=google")
            .await
            .contains("access_token")
    );
    sqlx::query("update auth.users set banned_until = now() + interval '1 day'")
        .execute(&app.pool)
        .await
        .expect("banned");
    let end = sign_in(&app, &fake, "provider=google").await;
    let (query, _) = parameters(&end);
    assert_eq!(
        (&*query["error"], &*query["error_code"]),
        ("access_denied", "user_banned")
    );
}

#[tokio::test]
async fn an_address_may_be_optional() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config
            .providers
            .get_mut("google")
            .expect("google")
            .email_optional = true;
    })
    .await;
    let owner = victim(&app).await;
    fake.says(json!({ "sub": "n-1" }));
    let end = sign_in(&app, &fake, "provider=google").await;
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(
        (user.status, user.text("/email")),
        (StatusCode::OK, String::new())
    );
    // Somebody else's address, which nobody vouches for, is left out.
    fake.says(json!({ "sub": "n-2", "email": VICTIM }));
    let end = sign_in(&app, &fake, "provider=google").await;
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(user.text("/email"), "");
    assert_ne!(user.text("/id"), owner.text("/user/id"));
    // Nor does it link later, by what the identity says.
    fake.says(json!({ "sub": "n-3", "email": VICTIM, "email_verified": true }));
    let end = sign_in(&app, &fake, "provider=google").await;
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(user.text("/id"), owner.text("/user/id"));
}

#[tokio::test]
async fn providers_of_a_linking_domain_join_each_other_only() {
    let (google, keycloak) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = TestAuth::with(|config| {
        with(config, "google", &google);
        with(config, "keycloak", &keycloak);
        let domains = &mut config.external.linking_domains;
        domains.insert("keycloak".to_owned(), "staff".to_owned());
    })
    .await;
    let owner = victim(&app).await;
    let claims = json!({ "sub": "v-1", "email": VICTIM, "email_verified": true });
    keycloak.says(claims.clone());
    google.says(claims);
    let end = sign_in(&app, &keycloak, "provider=keycloak").await;
    let staff = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_ne!(staff.text("/id"), owner.text("/user/id"));
    let end = sign_in(&app, &google, "provider=google").await;
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(user.text("/id"), owner.text("/user/id"));
}

#[tokio::test]
async fn a_guest_becomes_known_by_linking() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.manual_linking = true;
    })
    .await;
    let guest = app
        .post("/signup", "", json!({ "data": { "cart": 3 } }))
        .await;
    let token = guest.text("/access_token");
    fake.says(json!({ "sub": "g-1", "email": "guest@example.com", "email_verified": true }));
    let answer = app
        .get("/user/identities/authorize?provider=google", &token)
        .await;
    let end = location(
        &app.get(&format!("/callback?{}", fake.agree(&location(&answer))), "")
            .await,
    );
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(user.text("/id"), guest.text("/user/id"));
    assert_eq!(user.body["is_anonymous"], false);
    assert_eq!(user.text("/email"), "guest@example.com");
    assert_eq!(user.body["user_metadata"]["cart"], 3);
}

#[tokio::test]
async fn an_invitation_is_accepted_with_the_invited_address() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.disable_signup = true;
    })
    .await;
    let id: uuid::Uuid = sqlx::query_scalar(
        "insert into auth.users (email, invited_at, raw_user_meta_data)
         values ($1, now(), '{\"team\": 1}') returning id",
    )
    .bind("invited@example.com")
    .fetch_one(&app.pool)
    .await
    .expect("a user");
    // SHA-256 of `invitation`.
    let hash: String = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"invitation")
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    sqlx::query(
        "insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, purpose,
           expires_at)
         values ($1, 'confirmation_token', $2, 'invited@example.com', 'invite',
           now() + interval '1 hour')",
    )
    .bind(id)
    .bind(hash)
    .execute(&app.pool)
    .await
    .expect("an invitation");
    let query = "provider=google&invite_token=invitation";
    let wrong = app
        .get("/authorize?provider=google&invite_token=other", "")
        .await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (StatusCode::NOT_FOUND, "user_not_found")
    );
    fake.says(json!({ "sub": "i-1", "email": "other@example.com", "email_verified": true }));
    let end = sign_in(&app, &fake, query).await;
    assert_eq!(
        parameters(&end).0["error_code"],
        "validation_failed",
        "{end}"
    );
    fake.says(json!({ "sub": "i-1", "email": "invited@example.com", "email_verified": true }));
    let end = sign_in(&app, &fake, query).await;
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(user.text("/id"), id.to_string());
    assert_eq!(user.body["user_metadata"]["team"], 1);
    let again = app.get(&format!("/authorize?{query}"), "").await;
    assert_eq!(again.code(), "user_not_found");
}

/// Two browsers of a new user at once: one account.
#[tokio::test]
async fn a_user_who_comes_twice_at_once_gets_one_account() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(json!({ "sub": "n-1", "email": "new@example.com", "email_verified": true }));
    let come = async || sign_in(&app, &fake, "provider=google").await;
    let ends = futures_util::future::join_all((0..6).map(|_| come())).await;
    for end in ends {
        assert!(end.contains("access_token"), "{end}");
    }
    assert_eq!(rows(&app).await, (1, 1, 6));
}
