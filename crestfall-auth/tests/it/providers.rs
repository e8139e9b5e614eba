//! Sign-in through other providers (GT-018, GT-019, GT-056, GT-057, GT-062).

use std::collections::HashMap;

use axum::body::Body;
use crestfall_auth::Config;
use crestfall_auth::config::Provider;
use crestfall_core::Secret;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::fake_provider::FakeProvider;
use crate::service::{Answer, TestAuth};

/// Lets users sign in with this fake in the place of a provider.
pub(crate) fn with(config: &mut Config, name: &str, fake: &FakeProvider) {
    config.external.confirm_links = false;
    config.egress.allow.push(fake.host());
    config.site_url = "https://app.example".to_owned();
    config.redirect_urls = vec![
        "https://app.example/**".to_owned(),
        "myapp://done".to_owned(),
    ];
    config.providers.insert(
        name.to_owned(),
        Provider {
            enabled: true,
            client_id: vec!["client-1".to_owned(), "client-2".to_owned()],
            secret: Secret::new("the secret of the client"),
            url: fake.url.clone(),
            ..Provider::default()
        },
    );
}

pub(crate) fn location(answer: &Answer) -> String {
    let location = answer.headers.get("location").expect("a location");
    location.to_str().expect("text").to_owned()
}

/// The parameters of a URL's query and those of its fragment.
pub(crate) fn parameters(url: &str) -> (HashMap<String, String>, HashMap<String, String>) {
    let url = url::Url::parse(url).expect("a URL");
    let fragment = url.fragment().unwrap_or_default();
    (
        url.query_pairs().into_owned().collect(),
        url::form_urlencoded::parse(fragment.as_bytes())
            .into_owned()
            .collect(),
    )
}

/// Goes to the provider, agrees, and comes back: where the browser ends.
pub(crate) async fn sign_in(app: &TestAuth, fake: &FakeProvider, query: &str) -> String {
    let answer = app.get(&format!("/authorize?{query}"), "").await;
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    let back = fake.agree(&location(&answer));
    let answer = app.get(&format!("/callback?{back}"), "").await;
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    location(&answer)
}

async fn count(app: &TestAuth, table: &str) -> i64 {
    let query = match table {
        "users" => "select count(*) from auth.users",
        "identities" => "select count(*) from auth.identities",
        "sessions" => "select count(*) from auth.sessions",
        _ => "select count(*) from auth.flow_state",
    };
    sqlx::query_scalar(query)
        .fetch_one(&app.pool)
        .await
        .expect("a count")
}

fn ada() -> Value {
    json!({ "sub": "ada-1", "email": "Ada@Example.com", "email_verified": true, "name": "Ada L.",
            "picture": "https://img.example/ada.png" })
}

#[tokio::test]
async fn the_implicit_flow_gives_tokens_in_the_fragment() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    let end = sign_in(
        &app,
        &fake,
        "provider=google&redirect_to=https://app.example/in&scopes=drive,mail&access_type=offline",
    )
    .await;
    assert!(end.starts_with("https://app.example/in#"), "{end}");
    let (_, fragment) = parameters(&end);
    assert_eq!(fragment["provider_token"], "provider-access");
    assert_eq!(fragment["provider_refresh_token"], "provider-refresh");
    assert_eq!(fragment["token_type"], "bearer");
    let user = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(user.text("/email"), "ada@example.com");
    assert!(user.body["email_confirmed_at"].is_string(), "{user:?}");
    assert_eq!(
        user.body["app_metadata"],
        json!({ "provider": "google", "providers": ["google"] })
    );
    assert_eq!(user.text("/user_metadata/full_name"), "Ada L.");
    assert_eq!(
        user.text("/user_metadata/avatar_url"),
        "https://img.example/ada.png"
    );
    assert_eq!(user.text("/identities/0/id"), "ada-1");
    assert_eq!(
        user.body["identities"][0]["identity_data"]["email_verified"],
        true
    );
    let refreshed = app.refresh(&fragment["refresh_token"]).await;
    assert_eq!(refreshed.status, StatusCode::OK);
    // Again: the same user, with what the provider says now.
    fake.says(json!({ "sub": "ada-1", "email": "ada@example.com", "email_verified": true, "name": "Ada K." }));
    let end = sign_in(&app, &fake, "provider=google").await;
    assert!(end.starts_with("https://app.example/#"), "{end}");
    let (_, fragment) = parameters(&end);
    let again = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(again.text("/id"), user.text("/id"));
    assert_eq!(again.text("/user_metadata/full_name"), "Ada K.");
    assert_eq!(again.text("/identities/0/identity_data/name"), "Ada K.");
    assert_eq!(
        (count(&app, "users").await, count(&app, "identities").await),
        (1, 1)
    );
}

#[tokio::test]
async fn what_goes_to_the_provider_is_ours_but_for_extras() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let query = "provider=google&scopes=drive&access_type=offline&prompt=consent\
        &redirect_uri=https://evil.example&state=mine&client_id=other&Nonce=n&response_mode=query\
        &code_challenge=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&code_challenge_method=s256\
        &redirect_to=https://app.example/x";
    let answer = app.get(&format!("/authorize?{query}"), "").await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let url = location(&answer);
    assert!(
        url.starts_with(&format!("{}/authorize?", fake.url)),
        "{url}"
    );
    let names: Vec<String> = url::Url::parse(&url)
        .expect("a URL")
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "response_type",
            "client_id",
            "redirect_uri",
            "state",
            "scope",
            "code_challenge",
            "code_challenge_method",
            "nonce",
            "access_type",
            "prompt"
        ]
    );
    let (query, _) = parameters(&url);
    assert_eq!(query["client_id"], "client-1");
    assert_eq!(
        query["redirect_uri"],
        "http://localhost:8000/auth/v1/callback"
    );
    assert_eq!(query["scope"], "openid email profile drive");
    assert_eq!(query["code_challenge"].len(), 43);
    assert_ne!(&query["code_challenge"][..10], "aaaaaaaaaa");
}

#[tokio::test]
async fn the_pkce_flow_gives_a_code_that_is_exchanged_once() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    // RFC 7636, appendix B.
    let query = "provider=google&redirect_to=https://app.example/in?a=b\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=s256";
    let end = sign_in(&app, &fake, query).await;
    let (query, fragment) = parameters(&end);
    assert!(fragment.is_empty(), "{end}");
    assert_eq!(query["a"], "b");
    assert_eq!(count(&app, "sessions").await, 0);
    let exchange = async |verifier: &str| {
        let body = json!({ "auth_code": query["code"], "code_verifier": verifier });
        app.post("/token?grant_type=pkce", "", body).await
    };
    let wrong = exchange("another-verifier-another-verifier-another-verifier").await;
    assert_eq!(wrong.code(), "bad_code_verifier");
    let right = exchange("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").await;
    assert_eq!(right.status, StatusCode::OK, "{right:?}");
    assert_eq!(right.text("/provider_token"), "provider-access");
    assert_eq!(right.text("/provider_refresh_token"), "provider-refresh");
    assert_eq!(
        crate::service::claims(&right.text("/access_token"))["amr"][0]["method"],
        "oauth"
    );
    let again = exchange("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").await;
    assert_eq!(again.code(), "flow_state_not_found");
}

#[tokio::test]
async fn a_code_of_a_user_who_was_deleted_meanwhile_opens_nothing() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    let query = "provider=google&redirect_to=https://app.example/in\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=s256";
    let end = sign_in(&app, &fake, query).await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from auth.users")
        .fetch_one(&app.pool)
        .await
        .expect("a user");
    let admin = crate::service::key("service_role");
    let soft = json!({ "should_soft_delete": true });
    let deleted = app
        .delete(&format!("/admin/users/{id}"), &admin, soft)
        .await;
    assert_eq!(deleted.status, StatusCode::OK, "{deleted:?}");
    let body = json!({
        "auth_code": parameters(&end).0["code"],
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    });
    let late = app.post("/token?grant_type=pkce", "", body).await;
    assert_eq!(late.code(), "flow_state_not_found", "{late:?}");
    assert_eq!(count(&app, "sessions").await, 0);
}

#[tokio::test]
async fn a_state_is_good_once_and_for_a_while() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    let error = async |query: &str| {
        let answer = app.get(&format!("/callback?{query}"), "").await;
        assert_eq!(answer.status, StatusCode::FOUND);
        let url = location(&answer);
        assert!(url.starts_with("https://app.example/?error="), "{url}");
        let (query, fragment) = parameters(&url);
        assert_eq!(query["error"], fragment["error"]);
        assert_eq!(query["error_description"], fragment["error_description"]);
        assert!(!url.contains("access_token"), "{url}");
        query["error_code"].clone()
    };
    assert_eq!(error("code=x").await, "bad_oauth_callback");
    assert_eq!(error("code=x&state=nonsense").await, "bad_oauth_state");
    let unknown = format!("code=x&state={}", uuid::Uuid::new_v4());
    assert_eq!(error(&unknown).await, "bad_oauth_state");

    let begin = async || location(&app.get("/authorize?provider=google", "").await);
    let back = fake.agree(&begin().await);
    let first = app.get(&format!("/callback?{back}"), "").await;
    assert!(location(&first).contains("access_token"));
    assert_eq!(error(&back).await, "bad_oauth_state");
    // A failed exchange uses the state up, too.
    let url = begin().await;
    let state = parameters(&url).0["state"].clone();
    assert_eq!(
        error(&format!("state={state}&code=wrong")).await,
        "unexpected_failure"
    );
    assert_eq!(error(&fake.agree(&url)).await, "bad_oauth_state");
    // Without a code.
    let state = parameters(&begin().await).0["state"].clone();
    assert_eq!(error(&format!("state={state}")).await, "bad_oauth_callback");
    // Too late.
    let back = fake.agree(&begin().await);
    sqlx::query("update auth.flow_state set created_at = now() - interval '301 s'")
        .execute(&app.pool)
        .await
        .expect("aged");
    assert_eq!(error(&back).await, "bad_oauth_state");
    assert_eq!(fake.exchanges(), 2);
}

#[tokio::test]
async fn the_provider_gets_the_verifier_and_must_give_back_the_nonce() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    let end = sign_in(&app, &fake, "provider=google").await;
    assert!(end.contains("access_token"), "{end}");
    let exchange = fake.last_exchange();
    assert_eq!(exchange["client_id"], "client-1");
    assert_eq!(exchange["client_secret"], "the secret of the client");
    assert_eq!(exchange["code_verifier"].len(), 43);
    for nonce in [json!("another"), Value::Null, json!(7)] {
        let mut claims = ada();
        claims["sub"] = "eve".into();
        claims["email"] = "eve@example.com".into();
        claims["nonce"] = nonce;
        fake.says(claims);
        let end = sign_in(&app, &fake, "provider=google").await;
        assert_eq!(parameters(&end).0["error"], "server_error", "{end}");
    }
    assert_eq!(count(&app, "users").await, 1);
}

#[tokio::test]
async fn errors_of_the_provider_are_passed_on() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let url = location(
        &app.get("/authorize?provider=google&redirect_to=myapp://done", "")
            .await,
    );
    let state = parameters(&url).0["state"].clone();
    let path = format!("/callback?state={state}&error=access_denied&error_description=No%20way%23");
    let end = location(&app.get(&path, "").await);
    assert!(end.starts_with("myapp://done?error=access_denied"), "{end}");
    let (query, fragment) = parameters(&end);
    assert_eq!(query["error_description"], "No way#");
    assert_eq!(fragment["error"], "access_denied");
    assert_eq!(fake.exchanges(), 0);
}

#[tokio::test]
async fn apple_comes_back_by_post_with_a_name() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "apple", &fake)).await;
    fake.says(
        json!({ "sub": "apple-1", "email": "a@example.com", "email_verified": true,
                      "is_private_email": true }),
    );
    let url = location(&app.get("/authorize?provider=apple", "").await);
    assert_eq!(parameters(&url).0["response_mode"], "form_post");
    let user = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"victim@example.com"}"#;
    let body: String = url::form_urlencoded::Serializer::new(fake.agree(&url))
        .append_pair("user", user)
        .finish();
    let request = Request::builder()
        .method(Method::POST)
        .uri("/callback")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .expect("a request");
    let answer = app.send(request).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let (_, fragment) = parameters(&location(&answer));
    let user = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(user.text("/email"), "a@example.com");
    assert_eq!(user.text("/user_metadata/full_name"), "Ada Lovelace");
    assert_eq!(
        user.body["user_metadata"]["custom_claims"]["is_private_email"],
        true
    );
}

#[tokio::test]
async fn github_tells_addresses_apart() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "github", &fake)).await;
    let emails = json!([
        { "email": "old@example.com", "verified": false, "primary": false },
        { "email": "ada@example.com", "verified": true, "primary": true },
    ]);
    fake.profile(
        json!({ "id": 42, "login": "ada", "name": "Ada", "email": "victim@example.com" }),
        emails,
    );
    fake.gives_no_id_token();
    let end = sign_in(&app, &fake, "provider=github").await;
    let (_, fragment) = parameters(&end);
    let user = app.get("/user", &fragment["access_token"]).await;
    assert_eq!(user.text("/email"), "ada@example.com");
    assert_eq!(user.text("/identities/0/id"), "42");
    assert_eq!(user.text("/user_metadata/user_name"), "ada");
}

#[tokio::test]
async fn settings_say_which_providers_there_are() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    let settings = app.get("/settings", "").await;
    let external = settings.body["external"].as_object().expect("an object");
    assert_eq!(external["google"], true);
    for name in [
        "apple",
        "azure",
        "github",
        "keycloak",
        "x",
        "zoom",
        "twitter",
        "linkedin_oidc",
    ] {
        assert_eq!(external[name], false, "{name}");
    }
    for (query, message) in [
        (
            "provider=github",
            "Unsupported provider: provider is not enabled",
        ),
        (
            "provider=nobody",
            "Unsupported provider: Provider nobody could not be found",
        ),
        ("", "Unsupported provider: Provider  could not be found"),
        (
            "provider=custom:none",
            "Unsupported provider: Provider custom:none could not be found",
        ),
    ] {
        let answer = app.get(&format!("/authorize?{query}"), "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.text("/message"), message);
    }
}

#[tokio::test]
async fn d35_keys_of_a_provider_rotate_without_anybody_noticing() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    assert!(
        sign_in(&app, &fake, "provider=google")
            .await
            .contains("access_token")
    );
    fake.rotates_its_key();
    // An unknown key makes us look again, but not at once: nobody makes us flood an issuer.
    let end = sign_in(&app, &fake, "provider=google").await;
    assert!(end.contains("error=server_error"), "{end}");
    assert_eq!(fake.key_fetches(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    let end = sign_in(&app, &fake, "provider=google").await;
    assert!(end.contains("access_token"), "{end}");
    assert_eq!(fake.key_fetches(), 2);
}

/// SEC-07: whatever the client asks, and however it ends, the browser goes to listed addresses only.
#[tokio::test]
async fn no_answer_leads_elsewhere() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    for target in [
        "//evil.example",
        "https:evil.example",
        "\\\\evil.example",
        "https://app.example@evil.example/",
        "https://app.example.evil.example/",
        "https://evil.example/https://app.example/",
        "https://app.example%2eevil.example/",
        "https://app.example\t.evil.example/",
        "https://app.example/%2e%2e/x",
        "https://äpp.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "otherapp://done",
        "https://app.examples/",
        "http://10.0.0.1/",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let begin = format!("/authorize?provider=google&redirect_to={encoded}");
        let url = location(&app.get(&begin, "").await);
        let end = location(
            &app.get(&format!("/callback?{}", fake.agree(&url)), "")
                .await,
        );
        assert!(end.starts_with("https://app.example/#"), "{target}: {end}");
        let url = location(&app.get(&begin, "").await);
        let state = parameters(&url).0["state"].clone();
        let end = location(
            &app.get(&format!("/callback?state={state}&error=no"), "")
                .await,
        );
        assert!(
            end.starts_with("https://app.example/?error=no"),
            "{target}: {end}"
        );
        // What is stored is checked again when it is used.
        let url = location(&app.get("/authorize?provider=google", "").await);
        sqlx::query("update auth.flow_state set referrer = $1")
            .bind(target)
            .execute(&app.pool)
            .await
            .expect("changed");
        let end = location(
            &app.get(&format!("/callback?{}", fake.agree(&url)), "")
                .await,
        );
        assert!(end.starts_with("https://app.example/#"), "{target}: {end}");
    }
}

#[tokio::test]
async fn a_setting_for_a_provider_that_there_is_not_stops_the_start() {
    let app = TestAuth::new().await;
    let mut config = crate::service::open_config();
    config
        .providers
        .insert("myspace".to_owned(), Provider::default());
    let refused = crestfall_auth::Auth::new(app.pool.clone(), config).await;
    assert!(refused.is_err());
}

/// The provider's tokens open another service: they are kept sealed until the code is exchanged, and
/// no longer.
#[tokio::test]
async fn tokens_of_the_provider_are_sealed_while_they_are_kept() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| with(config, "google", &fake)).await;
    fake.says(ada());
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let query = format!("provider=google&code_challenge={challenge}&code_challenge_method=s256");
    sign_in(&app, &fake, &query).await;
    let kept: Vec<(String, String)> =
        sqlx::query_as("select provider_access_token, provider_refresh_token from auth.flow_state")
            .fetch_all(&app.pool)
            .await
            .expect("rows");
    assert_eq!(kept.len(), 1);
    assert!(kept[0].0.starts_with("v1.") && kept[0].1.starts_with("v1."));
    let states: i64 = sqlx::query_scalar("select count(*) from auth.oauth_client_states")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(states, 0);
}

#[tokio::test]
async fn the_application_may_refuse_a_new_user_of_a_provider() {
    let fake = FakeProvider::start().await;
    let app = TestAuth::with(|config| {
        with(config, "google", &fake);
        let hook = &mut config.hooks.before_user_created;
        hook.enabled = true;
        hook.uri = "pg-functions://postgres/public/refuse".to_owned();
    })
    .await;
    app.db
        .load(
            "create function public.refuse(event jsonb) returns jsonb language sql as $$
               select '{\"error\": {\"http_code\": 403, \"message\": \"not from there\"}}'::jsonb $$;
             grant execute on function public.refuse to public",
        )
        .await;
    fake.says(ada());
    let end = sign_in(&app, &fake, "provider=google").await;
    let (query, _) = parameters(&end);
    assert_eq!(query["error_description"], "not from there", "{end}");
    assert_eq!(count(&app, "users").await, 0);
}
