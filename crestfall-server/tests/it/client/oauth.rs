//! The server as an OAuth 2.1 authorization server, to applications that are its clients.

use crestfall_client::auth::{Consent, Oauth, OauthApplicationFields, OauthClient};
use crestfall_client::{Client, ErrorKind};

use super::World;

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const BACK: &str = "http://localhost:3000/cb";

/// A program that keeps no secret.
async fn program(world: &World) -> (Client, Oauth) {
    let registration = OauthApplicationFields {
        client_name: Some("Television".to_owned()),
        redirect_uris: Some(vec![BACK.to_owned()]),
        grant_types: Some(
            [DEVICE, "authorization_code", "refresh_token"]
                .map(str::to_owned)
                .into(),
        ),
        token_endpoint_auth_method: Some("none".to_owned()),
        ..OauthApplicationFields::default()
    };
    let clients = world.service().auth().admin().oauth_clients();
    let made = clients.create(registration).await.unwrap();
    let client = world.client();
    let oauth = client.auth().oauth(OauthClient::public(&made.client_id));
    (client, oauth)
}

/// Somebody who is signed in, on the page on which they agree.
async fn person(world: &World) -> Client {
    let client = world.client();
    let sign_up = client
        .auth()
        .sign_up("ada@example.org", "correct horse battery");
    sign_up.send().await.unwrap();
    client
}

/// Sees what is asked for, and agrees.
async fn agree(person: &Client, id: &str) -> Option<String> {
    let Consent::Asked(asked) = person.auth().authorization(id).await.unwrap() else {
        panic!("it was decided before");
    };
    assert_eq!(asked.client.name.as_deref(), Some("Television"));
    let decided = person.auth().decide(&asked.authorization_id, true).await;
    decided.unwrap()
}

#[tokio::test]
async fn an_application_gets_tokens_by_a_code() {
    let world = World::new().await;
    let (_, oauth) = program(&world).await;
    let person = person(&world).await;
    let begun = oauth
        .authorize_url(BACK, "openid email", "state-1")
        .unwrap();
    let never = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().redirect(never).build().unwrap();
    let answer = browser.get(&begun.url).send().await.unwrap();
    let page = answer.headers()["location"].to_str().unwrap().to_owned();
    let id = page.split("authorization_id=").nth(1).unwrap();
    let back = agree(&person, id.split('&').next().unwrap()).await.unwrap();
    assert!(back.contains("state=state-1"), "{back}");
    let code = back
        .split("code=")
        .nth(1)
        .and_then(|rest| rest.split('&').next());
    let tokens = oauth.exchange_code(code.unwrap(), BACK, &begun.verifier);
    let tokens = tokens.await.unwrap();
    assert!(tokens.id_token.is_some() && tokens.scope.contains("email"));
    assert!(!format!("{tokens:?}").contains(&tokens.access_token));

    let next = oauth
        .refresh(tokens.refresh_token.as_deref().unwrap())
        .await
        .unwrap();
    let user = world.client().with_token(&next.access_token);
    assert_eq!(user.auth().user().await.unwrap().email, "ada@example.org");
    let kept = next.refresh_token.unwrap();
    oauth.revoke(&kept).await.unwrap();
    let ended = oauth.refresh(&kept).await.unwrap_err();
    assert_eq!(ended.code(), Some("invalid_grant"));
    let grants = person.auth().grants().await.unwrap();
    assert_eq!(grants[0].client.name.as_deref(), Some("Television"));
    person
        .auth()
        .withdraw_grant(&grants[0].client.id)
        .await
        .unwrap();
    assert!(person.auth().grants().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_device_waits_until_its_user_agrees() {
    let world = World::new().await;
    let (_, oauth) = program(&world).await;
    let person = person(&world).await;
    let mut device = oauth.device("openid").await.unwrap();
    assert!(device.verification_uri.ends_with("/consent"), "{device:?}");
    // The first answer is that nobody agreed yet; what is asked too soon is told so.
    device.interval = 1;
    let (tokens, ()) = tokio::join!(oauth.wait_for_device(&device), async {
        let id = person.auth().find_device(&device.user_code).await.unwrap();
        agree(&person, &id).await;
    });
    assert!(!tokens.unwrap().access_token.is_empty());
    let used = oauth.wait_for_device(&device).await.unwrap_err();
    assert_eq!(used.kind(), Some(ErrorKind::Invalid), "{used:?}");
}
