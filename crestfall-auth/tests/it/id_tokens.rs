//! ID tokens that programs bring themselves: GT-009, SEC-08, SEC-09.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crestfall_auth::signing_key::{Algorithm, SigningKey};
use crestfall_core::jwt::sign_hs256;
use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::FakeProvider;
use crate::providers::with;
use crate::service::{Answer, TestAuth};

const VICTIM: &str = "victim@example.com";

async fn grant(app: &TestAuth, body: Value) -> Answer {
    app.post("/token?grant_type=id_token", "", body).await
}

fn person() -> Value {
    json!({ "sub": "p-1", "email": VICTIM, "email_verified": true, "name": "P" })
}

fn and(claims: &Value, more: Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    claims
}

async fn nobody_came(app: &TestAuth, answer: &Answer, what: &str) {
    assert!(answer.status.is_client_error(), "{what}: {answer:?}");
    let rows: i64 = sqlx::query_scalar(
        "select (select count(*) from auth.identities where provider <> 'email')
           + (select count(*) from auth.sessions where user_agent is distinct from 'x') - 1",
    )
    .fetch_one(&app.pool)
    .await
    .expect("a count");
    assert_eq!(rows, 0, "{what}: {answer:?}");
}

#[tokio::test]
async fn a_good_id_token_signs_its_user_in() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    // `hashed` is the SHA-256 of the nonce, in hex.
    let hashed = "78377b525757b494427f89014f97d79928f3938d14eb51e20fb5dec9834eb304"; // of `nonce`
    let token = fake.id_token("client-2", &and(&person(), json!({ "nonce": hashed })));
    let answer = grant(
        &app,
        json!({ "provider": "google", "id_token": token, "nonce": "nonce" }),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.text("/user/email"), VICTIM);
    assert_eq!(answer.text("/user/app_metadata/provider"), "google");
    for (nonce, kind, message) in [
        (
            "",
            "invalid request",
            "Passed nonce and nonce in id_token should either both exist or not.",
        ),
        ("other", "invalid nonce", "Nonces mismatch"),
    ] {
        let body = json!({ "provider": "google", "id_token": token, "nonce": nonce });
        let answer = grant(&app, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.text("/error"), kind);
        assert_eq!(answer.text("/error_description"), message);
    }
    let without = fake.id_token("client-1", &person());
    let body = json!({ "provider": "google", "id_token": without, "nonce": "nonce" });
    assert_eq!(grant(&app, body).await.status, StatusCode::BAD_REQUEST);
    let body = json!({ "provider": "google", "id_token": without });
    assert_eq!(grant(&app, body).await.status, StatusCode::OK);
    // By client and issuer, as older programs ask.
    let body = json!({ "client_id": "client-1", "issuer": fake.url, "id_token": without });
    let answer = grant(&app, body).await;
    assert_eq!(
        answer.text("/user/app_metadata/provider"),
        "google",
        "{answer:?}"
    );
}

#[tokio::test]
async fn the_access_token_must_be_the_one_beside_it() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"access");
    let half = BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]);
    let token = fake.id_token("client-1", &and(&person(), json!({ "at_hash": half })));
    for (access_token, status) in [
        ("access", StatusCode::OK),
        ("", StatusCode::OK),
        ("other", StatusCode::BAD_REQUEST),
    ] {
        let body = json!({ "provider": "google", "id_token": token, "access_token": access_token });
        assert_eq!(grant(&app, body).await.status, status, "{access_token}");
    }
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_in_gotrues_words() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    for (body, said) in [
        (json!({}), "id_token required"),
        (
            json!({ "id_token": "x" }),
            "provider or client_id and issuer required",
        ),
        (
            json!({ "id_token": "x", "provider": "google" }),
            "Bad ID token",
        ),
        (
            json!({ "id_token": "x", "provider": "apple" }),
            "is not enabled",
        ),
        (
            json!({ "id_token": "x", "provider": "nobody" }),
            "not allowed",
        ),
        (
            json!({ "id_token": "x", "provider": "custom:nobody" }),
            "not found",
        ),
        (
            json!({ "id_token": "x", "client_id": "c", "issuer": "https://i.example" }),
            "not allowed",
        ),
    ] {
        let answer = grant(&app, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.body.to_string().contains(said), "{body}: {answer:?}");
    }
}

/// SEC-08: an issuer that an attacker runs, and that does everything right, is not ours.
#[tokio::test]
async fn an_attackers_issuer_gets_nothing() {
    for provider in ["google", "apple", "azure", "keycloak"] {
        let (ours, theirs) = (FakeProvider::start().await, FakeProvider::start().await);
        let app = TestAuth::with(|config| {
            with(config, provider, &ours);
            config.egress.allow.push(theirs.host());
        })
        .await;
        app.sign_up(VICTIM, "the victim's password").await;
        let claims = and(&person(), json!({ "xms_edov": true }));
        let honest = theirs.id_token("client-1", &claims);
        let as_ours = theirs.id_token("client-1", &and(&claims, json!({ "iss": ours.url })));
        let jwk = theirs.public_jwk();
        for (what, token) in [("its own name", &honest), ("our issuer's name", &as_ours)] {
            for issuer in [None, Some(&ours.url), Some(&theirs.url)] {
                let mut body = json!({ "provider": provider, "id_token": token });
                if let Some(issuer) = issuer {
                    body["issuer"] = issuer.as_str().into();
                }
                let answer = grant(&app, body).await;
                nobody_came(&app, &answer, &format!("{provider}, {what}, {issuer:?}")).await;
            }
        }
        let body = json!({ "client_id": "client-1", "issuer": theirs.url, "id_token": honest });
        nobody_came(&app, &grant(&app, body).await, "an issuer of the request's").await;
        for issuer in [
            format!("{}/", ours.url),
            ours.url.to_uppercase(),
            format!("{}@{}", ours.url, theirs.host()),
            format!("{}.evil.example", ours.url),
            String::new(),
        ] {
            let token = ours.id_token("client-1", &and(&claims, json!({ "iss": issuer })));
            let answer = grant(&app, json!({ "provider": provider, "id_token": token })).await;
            nobody_came(&app, &answer, &format!("{provider}, {issuer}")).await;
        }
        // A header that brings its own key.
        let header = json!({ "alg": "ES256", "typ": "JWT", "jwk": jwk, "jku": format!("{}/jwks", theirs.url) });
        let parts: Vec<&str> = as_ours.split('.').collect();
        let token = format!(
            "{}.{}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(header.to_string()),
            parts[1],
            parts[2]
        );
        let answer = grant(&app, json!({ "provider": provider, "id_token": token })).await;
        nobody_came(&app, &answer, provider).await;
    }
}

/// SEC-08: for us, from them, now.
#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_is_refused() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    app.sign_up(VICTIM, "the victim's password").await;
    let now = chrono::Utc::now().timestamp();
    for wrong in [
        json!({ "aud": "another-client" }),
        json!({ "aud": Value::Null }),
        json!({ "aud": [] }),
        json!({ "aud": "" }),
        json!({ "aud": ["another-client"] }),
        json!({ "aud": ["client-1", "another-client"] }),
        json!({ "aud": ["client-1", "another-client"], "azp": "another-client" }),
        json!({ "aud": { "client-1": true } }),
        json!({ "sub": Value::Null }),
        json!({ "sub": "" }),
        json!({ "sub": 7 }),
        json!({ "exp": now - 60 }),
        json!({ "exp": Value::Null }),
        json!({ "iat": Value::Null }),
        json!({ "iat": now + 600 }),
        json!({ "nbf": now + 600 }),
    ] {
        let token = fake.id_token("client-1", &and(&person(), wrong.clone()));
        let answer = grant(&app, json!({ "provider": "google", "id_token": token })).await;
        nobody_came(&app, &answer, &wrong.to_string()).await;
    }
    let two = json!({ "aud": ["client-1", "another-client"], "azp": "client-2" });
    let token = fake.id_token("client-1", &and(&person(), two));
    let answer = grant(&app, json!({ "provider": "google", "id_token": token })).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

/// SEC-09: a time of the wrong type is no time.
#[tokio::test]
async fn times_of_the_wrong_type_are_refused() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    app.sign_up(VICTIM, "the victim's password").await;
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!("4102444800"),
            json!(1.5),
            json!(-1),
            json!(1e300),
            json!([4_102_444_800_u64]),
            json!({}),
            json!(true),
        ] {
            let token = fake.id_token("client-1", &and(&person(), json!({ name: value })));
            let answer = grant(&app, json!({ "provider": "google", "id_token": token })).await;
            nobody_came(&app, &answer, &format!("{name} {value}")).await;
        }
    }
}

/// Signatures of other kinds, and of other keys.
#[tokio::test]
async fn only_the_issuers_own_signature_counts() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    app.sign_up(VICTIM, "the victim's password").await;
    let now = chrono::Utc::now().timestamp();
    let claims = and(
        &person(),
        json!({ "iss": fake.url, "aud": "client-1", "iat": now, "exp": now + 600 }),
    );
    let good = fake.id_token("client-1", &person());
    let parts: Vec<&str> = good.split('.').collect();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let jwk = fake.public_jwk().to_string();
    let other = SigningKey::generate(Algorithm::Es256).expect("a key");
    for (what, token) in [
        ("none", format!("{none}.{payload}.")),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        (
            "another payload",
            format!("{}.{payload}.{}", parts[0], parts[2]),
        ),
        (
            "the public key as a secret",
            sign_hs256(jwk, &claims).expect("a token"),
        ),
        ("another key", other.sign(&claims).expect("a token")),
        ("our own", crate::service::key("service_role")),
    ] {
        let answer = grant(&app, json!({ "provider": "google", "id_token": token })).await;
        nobody_came(&app, &answer, what).await;
        assert_eq!(answer.text("/error_description"), "Bad ID token", "{what}");
    }
}

/// The shared endpoint of Azure: every tenant has an issuer of its own.
#[tokio::test]
async fn azures_issuer_is_that_of_the_tokens_tenant() {
    let fake = FakeProvider::start().await;
    fake.publishes_issuer("https://login.example/{tenantid}/v2.0");
    let app = TestAuth::with(|config| with(config, "azure", &fake)).await;
    app.sign_up("somebody@example.com", "a password").await;
    let tenant = uuid::Uuid::new_v4().to_string();
    let issuer = |tenant: &str| format!("https://login.example/{tenant}/v2.0");
    let other = uuid::Uuid::new_v4().to_string();
    for (iss, tid) in [
        (issuer(&other), json!(tenant)),
        (issuer("{tenantid}"), json!("{tenantid}")),
        (issuer("common"), json!("common")),
        (issuer(""), json!("")),
        (issuer(&tenant), Value::Null),
        (fake.url.clone(), json!(tenant)),
        ("https://sts.windows.net/x/".to_owned(), json!(tenant)),
    ] {
        let claims = and(
            &person(),
            json!({ "iss": iss, "tid": tid, "xms_edov": true }),
        );
        let token = fake.id_token("client-1", &claims);
        let answer = grant(&app, json!({ "provider": "azure", "id_token": token })).await;
        nobody_came(&app, &answer, &format!("{iss} {tid}")).await;
    }
    let claims = json!({ "iss": issuer(&tenant), "tid": tenant, "xms_edov": true });
    let token = fake.id_token("client-1", &and(&person(), claims));
    let answer = grant(&app, json!({ "provider": "azure", "id_token": token })).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

/// An issuer whose document names another one.
#[tokio::test]
async fn a_document_of_another_issuer_is_no_ones() {
    let fake = FakeProvider::start().await;
    fake.publishes_issuer("https://accounts.google.com");
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    app.sign_up(VICTIM, "the victim's password").await;
    for iss in [fake.url.clone(), "https://accounts.google.com".to_owned()] {
        let token = fake.id_token("client-1", &and(&person(), json!({ "iss": iss })));
        let answer = grant(&app, json!({ "provider": "google", "id_token": token })).await;
        nobody_came(&app, &answer, &iss).await;
    }
}

#[tokio::test]
async fn an_id_token_links_an_identity_to_who_is_signed_in() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        config.manual_linking = true;
    })
    .await;
    let owner = app.sign_up("owner@example.com", "a password").await;
    let token = fake.id_token("client-1", &person());
    let body = json!({ "provider": "google", "id_token": token, "link_identity": true });
    let path = "/token?grant_type=id_token";
    assert_eq!(
        grant(&app, body.clone()).await.status,
        StatusCode::BAD_REQUEST
    );
    let anon = app
        .post(path, &crate::service::key("anon"), body.clone())
        .await;
    assert_eq!(anon.status, StatusCode::FORBIDDEN, "{anon:?}");
    let answer = app
        .post(path, &owner.text("/access_token"), body.clone())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.text("/user/id"), owner.text("/user/id"));
    assert_eq!(
        answer.body["user"]["app_metadata"]["providers"],
        json!(["email", "google"])
    );
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let owner = app.sign_up("owner@example.com", "a password").await;
    let answer = app.post(path, &owner.text("/access_token"), body).await;
    assert_eq!(answer.code(), "manual_linking_disabled");
}

#[tokio::test]
async fn an_issuer_that_the_settings_allow_needs_no_provider() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        config.egress.allow.push(fake.host());
        config.external.id_token_issuers.push(fake.url.clone());
    })
    .await;
    let token = fake.id_token("whoever", &person());
    let body = json!({ "client_id": "whoever", "issuer": fake.url, "id_token": token });
    let answer = grant(&app, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.text("/user/app_metadata/provider"), fake.url);
    let body = json!({ "client_id": "other", "issuer": fake.url, "id_token": token });
    assert_eq!(grant(&app, body).await.status, StatusCode::BAD_REQUEST);
}
