//! Providers that administrators add: GT-053, SEC-20.

use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::FakeProvider;
use crate::providers::{location, parameters, sign_in};
use crate::service::{Answer, TestAuth, key};

async fn app_with(fake: &FakeProvider, max: u32) -> TestAuth {
    TestAuth::with(|config| {
        config.egress.allow.push(fake.host());
        config.site_url = "https://app.example".to_owned();
        config.external.max_custom = max;
    })
    .await
}

fn oidc(fake: &FakeProvider) -> Value {
    json!({ "provider_type": "oidc", "identifier": "custom:acme", "name": "Acme",
            "client_id": "client-1", "client_secret": "the custom secret", "issuer": fake.url,
            "scopes": ["email"], "authorization_params": { "prompt": "login" },
            "attribute_mapping": { "full_name": "display" }, "custom_claims_allowlist": ["dept"] })
}

async fn create(app: &TestAuth, body: Value) -> Answer {
    app.post("/admin/custom-providers", &key("service_role"), body)
        .await
}

#[tokio::test]
async fn an_oidc_provider_that_was_added_signs_users_in() {
    let fake = FakeProvider::start().await;
    let app = app_with(&fake, 0).await;
    let made = create(&app, oidc(&fake)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.body["scopes"], json!(["openid", "email"]));
    assert_eq!(made.body["discovery_document"]["issuer"], fake.url.as_str());
    assert_eq!(made.body["client_secret"], Value::Null);
    let stored: String =
        sqlx::query_scalar("select client_secret from auth.custom_oauth_providers")
            .fetch_one(&app.pool)
            .await
            .expect("a secret");
    assert!(
        stored.starts_with("v1.") && !stored.contains("custom"),
        "{stored}"
    );

    fake.says(
        json!({ "sub": "u-1", "email": "u@example.com", "email_verified": true,
                      "display": "Uma", "dept": "R&D", "salary": 1, "role": "service_role" }),
    );
    let url = location(
        &app.get("/authorize?provider=custom:acme&prompt=none", "")
            .await,
    );
    let (query, _) = parameters(&url);
    assert_eq!(
        (&*query["prompt"], &*query["scope"]),
        ("login", "openid email")
    );
    let end = sign_in(&app, &fake, "provider=custom:acme").await;
    assert_eq!(
        fake.last_exchange().get("client_secret"),
        None,
        "it goes in a header"
    );
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(user.text("/app_metadata/provider"), "custom:acme");
    assert_eq!(user.text("/user_metadata/full_name"), "Uma");
    assert_eq!(
        user.body["user_metadata"]["custom_claims"],
        json!({ "dept": "R&D" })
    );
    assert_eq!(user.text("/role"), "authenticated");
    // And by ID token.
    let hash = "78377b525757b494427f89014f97d79928f3938d14eb51e20fb5dec9834eb304"; // of `nonce`
    // Without an address a new user cannot come, and a known one can.
    for (subject, status) in [("u-2", 500), ("u-1", 200)] {
        let token = fake.id_token("client-1", &json!({ "sub": subject, "nonce": hash }));
        let body = json!({ "provider": "custom:acme", "id_token": token, "nonce": "nonce" });
        let answer = app.post("/token?grant_type=id_token", "", body).await;
        assert_eq!(answer.status, status, "{subject}: {answer:?}");
        let email = answer.text("/user/identities/0/email");
        assert!(status == 500 || email == "u@example.com", "{answer:?}");
    }
    let claims =
        json!({ "sub": "u-1", "email": "u@example.com", "email_verified": true, "nonce": hash });
    let token = fake.id_token("client-1", &claims);
    let body = json!({ "provider": "custom:acme", "id_token": token, "nonce": "nonce" });
    let answer = app.post("/token?grant_type=id_token", "", body).await;
    assert_eq!(answer.text("/user/id"), user.text("/id"), "{answer:?}");
}

#[tokio::test]
async fn an_oauth2_provider_tells_by_its_userinfo() {
    let fake = FakeProvider::start().await;
    let app = app_with(&fake, 0).await;
    let made = create(
        &app,
        json!({ "provider_type": "oauth2", "identifier": "custom:plain", "name": "Plain",
                "client_id": "client-1", "client_secret": "secret",
                "authorization_url": format!("{}/authorize", fake.url),
                "token_url": format!("{}/token", fake.url),
                "userinfo_url": format!("{}/userinfo", fake.url),
                "attribute_mapping": { "sub": "uid", "email": "mail" } }),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    app.sign_up("victim@example.com", "a password").await;
    // A mapping chooses the address, but nobody said that this one is verified.
    let profile = json!({ "uid": 9, "mail": "victim@example.com", "email": "own@example.com",
                          "email_verified": true });
    fake.profile(profile, json!([]));
    let end = sign_in(&app, &fake, "provider=custom:plain").await;
    assert_eq!(parameters(&end).0["error"], "access_denied", "{end}");
    fake.profile(json!({ "uid": 9, "mail": "new@example.com" }), json!([]));
    let end = sign_in(&app, &fake, "provider=custom:plain").await;
    let user = app.get("/user", &parameters(&end).1["access_token"]).await;
    assert_eq!(
        (user.text("/email"), user.text("/identities/0/id")),
        ("new@example.com".into(), "9".into())
    );
}

#[tokio::test]
async fn they_are_listed_changed_and_deleted() {
    let fake = FakeProvider::start().await;
    let app = app_with(&fake, 1).await;
    let admin = key("service_role");
    assert_eq!(create(&app, oidc(&fake)).await.status, StatusCode::CREATED);
    let twice = create(&app, oidc(&fake)).await;
    assert_eq!(
        (twice.status, twice.code()),
        (StatusCode::BAD_REQUEST, "conflict")
    );
    let mut second = oidc(&fake);
    second["identifier"] = "custom:second".into();
    assert_eq!(
        create(&app, second).await.code(),
        "over_custom_provider_quota"
    );
    let path = "/admin/custom-providers";
    let one = format!("{path}/custom:acme");
    for (query, length) in [("", 1), ("?type=oidc", 1), ("?type=oauth2", 0)] {
        let listed = app.get(&format!("{path}{query}"), &admin).await;
        assert_eq!(
            listed.body["providers"].as_array().map(Vec::len),
            Some(length),
            "{query}"
        );
    }
    assert_eq!(
        app.get(&format!("{path}?type=x"), &admin).await.code(),
        "validation_failed"
    );
    let changed = app
        .put(&one, &admin, json!({ "name": "New", "enabled": false }))
        .await;
    assert_eq!(changed.text("/name"), "New", "{changed:?}");
    assert_eq!(changed.text("/client_id"), "client-1");
    let answer = app.get("/authorize?provider=custom:acme", "").await;
    assert_eq!(
        answer.text("/message"),
        "Unsupported provider: custom provider custom:acme is disabled"
    );
    assert_eq!(
        app.get(&one, &admin).await.text("/identifier"),
        "custom:acme"
    );
    assert_eq!(
        app.delete(&one, &admin, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    for answer in [
        app.get(&one, &admin).await,
        app.put(&one, &admin, json!({})).await,
        app.delete(&one, &admin, Value::Null).await,
    ] {
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, "custom_provider_not_found")
        );
    }
    assert_eq!(
        app.get(&format!("{path}/acme"), &admin).await.code(),
        "validation_failed"
    );
    let anon = app.get(path, &key("anon")).await;
    assert_eq!(anon.code(), "not_admin");
}

#[tokio::test]
async fn what_could_do_harm_is_refused() {
    let fake = FakeProvider::start().await;
    let app = app_with(&fake, 0).await;
    for change in [
        json!({ "provider_type": "saml" }),
        json!({ "identifier": "acme" }),
        json!({ "identifier": "custom:" }),
        json!({ "identifier": "custom:ACME" }),
        json!({ "identifier": "custom:../x" }),
        json!({ "name": "" }),
        json!({ "client_id": "" }),
        json!({ "client_secret": "" }),
        json!({ "issuer": "" }),
        json!({ "authorization_params": { "redirect_uri": "https://evil.example" } }),
        json!({ "authorization_params": { "State": "x" } }),
        json!({ "authorization_params": { "prompt": 1 } }),
        json!({ "attribute_mapping": { "role": "role" } }),
        json!({ "attribute_mapping": { "email_verified": true } }),
        json!({ "attribute_mapping": { "app_metadata": {} } }),
        json!({ "attribute_mapping": { "sub": 7 } }),
        json!({ "custom_claims_allowlist": [" "] }),
        // SEC-20.
        json!({ "issuer": "http://issuer.example" }),
        json!({ "issuer": "https://127.0.0.1" }),
        json!({ "issuer": "https://2130706433/" }),
        json!({ "issuer": "https://0x7f.1/" }),
        json!({ "issuer": "https://[::ffff:127.0.0.1]/" }),
        json!({ "issuer": "https://10.0.0.1/" }),
        json!({ "issuer": "https://169.254.169.254/latest" }),
        json!({ "issuer": "https://localhost/" }),
        json!({ "issuer": "https://user@issuer.example/" }),
        json!({ "issuer": "https://issuer.example:22/" }),
        json!({ "issuer": "ftp://issuer.example/" }),
        json!({ "issuer": "nonsense" }),
        json!({ "discovery_url": "http://169.254.169.254/latest" }),
        // It answers, but is not who it is said to be.
        json!({ "issuer": format!("{}/other", fake.url), "discovery_url": format!("{}/.well-known/openid-configuration", fake.url) }),
    ] {
        let mut body = oidc(&fake);
        for (name, value) in change.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let answer = create(&app, body).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{change}: {answer:?}"
        );
        assert_eq!(answer.code(), "validation_failed", "{change}");
    }
}
