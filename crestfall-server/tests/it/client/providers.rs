//! Providers: signing in by them in a browser, by their ID tokens, and linking them.

use crestfall_client::auth::{AuthorizeUrl, IdToken, Verifier};
use crestfall_client::{Client, ErrorKind};
use fake_provider::FakeProvider;
use serde_json::json;

use super::World;

#[expect(
    dead_code,
    reason = "the tests of accounts, whose it is, use more of it"
)]
#[path = "../../../../crestfall-auth/tests/it/fake_provider.rs"]
mod fake_provider;

async fn world(fake: &FakeProvider) -> World {
    World::with(&[
        ("CRESTFALL_AUTH__EGRESS__ALLOW", &fake.host()),
        ("CRESTFALL_AUTH__PROVIDERS__GOOGLE__ENABLED", "true"),
        ("CRESTFALL_AUTH__PROVIDERS__GOOGLE__CLIENT_ID", "client-1"),
        ("CRESTFALL_AUTH__PROVIDERS__GOOGLE__SECRET", "a secret"),
        ("CRESTFALL_AUTH__PROVIDERS__GOOGLE__URL", &fake.url),
        ("CRESTFALL_AUTH__REDIRECT_URLS", "http://localhost:3000/**"),
        ("CRESTFALL_AUTH__MANUAL_LINKING", "true"),
        ("CRESTFALL_AUTH__EXTERNAL__CONFIRM_LINKS", "false"),
        // What opens addresses here keeps no cookies.
        ("CRESTFALL_AUTH__EXTERNAL__BIND_TO_BROWSER", "false"),
    ])
    .await
}

/// Where an address sends a browser.
async fn sends_to(url: &str) -> String {
    let never = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().redirect(never).build().unwrap();
    let answer = browser.get(url).send().await.unwrap();
    let location = answer.headers().get("location");
    let location = location.unwrap_or_else(|| panic!("{}", answer.status()));
    location.to_str().unwrap().to_owned()
}

/// The user agrees, and comes back to the application with a code.
async fn code(world: &World, fake: &FakeProvider, at_provider: &str) -> String {
    let callback = format!(
        "{}/auth/v1/callback?{}",
        world.url(),
        fake.agree(at_provider)
    );
    let back = sends_to(&callback).await;
    assert!(back.starts_with("http://localhost:3000/in?code="), "{back}");
    back.split("code=").nth(1).unwrap().to_owned()
}

async fn opened(begun: &AuthorizeUrl) -> String {
    sends_to(&begun.url).await
}

async fn sign_in(world: &World, fake: &FakeProvider) -> Client {
    let client = world.client();
    let begun = client
        .auth()
        .authorize("google")
        .redirect_to("http://localhost:3000/in")
        .scopes("email profile")
        .parameter("prompt", "consent")
        .url()
        .unwrap();
    let at_provider = opened(&begun).await;
    assert!(at_provider.contains("prompt=consent"), "{at_provider}");
    let code = code(world, fake, &at_provider).await;
    // The verifier waits in the application's storage while the browser is away.
    let kept = begun.verifier.secret().to_owned();
    let verifier = Verifier::from_secret(kept);
    let session = client.auth().exchange_code(&code, &verifier).await.unwrap();
    assert_eq!(session.user.email, "ada@example.org");
    client
}

#[tokio::test]
async fn a_provider_signs_a_user_in_by_a_browser() {
    let fake = FakeProvider::start().await;
    fake.says(json!({ "email": "ada@example.org", "email_verified": true }));
    let world = world(&fake).await;
    let client = sign_in(&world, &fake).await;
    let identities = client.auth().identities().await.unwrap();
    assert_eq!(identities[0].provider, "google");
}

#[tokio::test]
async fn a_provider_is_linked_and_unlinked() {
    let fake = FakeProvider::start().await;
    fake.says(json!({ "email": "ada@elsewhere.example", "email_verified": true }));
    let world = world(&fake).await;
    let client = world.client();
    let sign_up = client
        .auth()
        .sign_up("ada@example.org", "correct horse battery");
    sign_up.send().await.unwrap();
    let begun = client
        .auth()
        .authorize("google")
        .redirect_to("http://localhost:3000/in")
        .link()
        .await
        .unwrap();
    // This one leads to the provider itself.
    let code = code(&world, &fake, &begun.url).await;
    client
        .auth()
        .exchange_code(&code, &begun.verifier)
        .await
        .unwrap();
    let linked = client.auth().identities().await.unwrap();
    let google = linked.iter().find(|one| one.provider == "google").unwrap();
    assert_eq!(linked.len(), 2);
    client
        .auth()
        .unlink_identity(&google.identity_id)
        .await
        .unwrap();
    let left = client.auth().identities().await.unwrap();
    assert_eq!(left.len(), 1);
    let last = client.auth().unlink_identity(&left[0].identity_id).await;
    assert_eq!(
        last.unwrap_err().code(),
        Some("single_identity_not_deletable")
    );
}

#[tokio::test]
async fn an_id_token_signs_its_user_in() {
    let fake = FakeProvider::start().await;
    let world = world(&fake).await;
    // `nonce` by SHA-256, as providers put it into tokens.
    let hashed = "78377b525757b494427f89014f97d79928f3938d14eb51e20fb5dec9834eb304";
    let person = json!({ "email": "ada@example.org", "email_verified": true, "nonce": hashed });
    let token = fake.id_token("client-1", &person);
    let client = world.client();
    let by = IdToken::new("google", &token)
        .nonce("nonce")
        .access_token("provider-access");
    let session = client.auth().sign_in_with_id_token(by).await.unwrap();
    assert_eq!(session.user.email, "ada@example.org");
    let wrong = IdToken::new("google", &token).nonce("other");
    let refused = client
        .auth()
        .sign_in_with_id_token(wrong)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::Invalid), "{refused:?}");
}

/// What Supabase has and Crestfall does not: it says so.
#[tokio::test]
async fn ways_that_the_server_does_not_have_are_refused() {
    let world = World::new().await;
    let auth = world.client().auth();
    let sso = auth
        .sign_in_with_sso("example.org", None)
        .await
        .unwrap_err();
    assert!(
        sso.api()
            .is_some_and(|error| error.status.is_client_error()),
        "{sso:?}"
    );
    let web3 = auth
        .sign_in_with_web3("solana", "message", "signature")
        .await;
    let web3 = web3.unwrap_err();
    assert_eq!(web3.code(), Some("web3_provider_disabled"), "{web3:?}");
}
