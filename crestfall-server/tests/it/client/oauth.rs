//! The server as an OAuth 2.1 authorization server, to applications that are its clients.

use crestfall_client::auth::{Oauth, OauthClient};
use crestfall_client::{Client, ErrorKind};
use http::Method;
use serde_json::{Value, json};

use super::World;

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const BACK: &str = "http://localhost:3000/cb";

/// A program that keeps no secret.
async fn program(world: &World) -> (Client, Oauth) {
    let registration = json!({
        "client_name": "Television",
        "redirect_uris": [BACK],
        "grant_types": [DEVICE, "authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    });
    let admin = world.service().auth().admin();
    let made = admin.call(Method::POST, &["oauth", "clients"], Some(&registration));
    let made = made.await.unwrap();
    let client = world.client();
    let id = made["client_id"].as_str().unwrap();
    let oauth = client.auth().oauth(OauthClient::public(id));
    (client, oauth)
}

/// Somebody who is signed in, and the page on which they agree.
struct Person {
    token: String,
    url: String,
    http: reqwest::Client,
}

impl Person {
    async fn new(world: &World) -> Self {
        let client = world.client();
        let sign_up = client
            .auth()
            .sign_up("ada@example.org", "correct horse battery");
        sign_up.send().await.unwrap();
        let never = reqwest::redirect::Policy::none();
        Self {
            token: client.auth().access_token().await.unwrap(),
            url: format!("{}/auth/v1/oauth", world.url()),
            http: reqwest::Client::builder().redirect(never).build().unwrap(),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/{path}", self.url);
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let request = match body {
            Value::Null => request,
            body => request
                .header("content-type", "application/json")
                .body(body.to_string()),
        };
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    /// Sees what is asked for, and agrees.
    async fn agree(&self, id: &str) -> Value {
        let path = format!("authorizations/{id}");
        self.ask(Method::GET, &path, Value::Null).await;
        let path = format!("{path}/consent");
        self.ask(Method::POST, &path, json!({ "action": "approve" }))
            .await
    }
}

#[tokio::test]
async fn an_application_gets_tokens_by_a_code() {
    let world = World::new().await;
    let (_, oauth) = program(&world).await;
    let person = Person::new(&world).await;
    let begun = oauth
        .authorize_url(BACK, "openid email", "state-1")
        .unwrap();
    let answer = person.http.get(&begun.url).send().await.unwrap();
    let page = answer.headers()["location"].to_str().unwrap().to_owned();
    let id = page.split("authorization_id=").nth(1).unwrap();
    let agreed = person.agree(id.split('&').next().unwrap()).await;
    let back = agreed["redirect_url"].as_str().unwrap();
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
}

#[tokio::test]
async fn a_device_waits_until_its_user_agrees() {
    let world = World::new().await;
    let (_, oauth) = program(&world).await;
    let person = Person::new(&world).await;
    let mut device = oauth.device("openid").await.unwrap();
    assert!(device.verification_uri.ends_with("/consent"), "{device:?}");
    // The first answer is that nobody agreed yet; what is asked too soon is told so.
    device.interval = 1;
    let (tokens, ()) = tokio::join!(oauth.wait_for_device(&device), async {
        let typed = json!({ "user_code": device.user_code });
        let found = person.ask(Method::POST, "device", typed).await;
        person
            .agree(found["authorization_id"].as_str().unwrap())
            .await;
    });
    assert!(!tokens.unwrap().access_token.is_empty());
    let used = oauth.wait_for_device(&device).await.unwrap_err();
    assert_eq!(used.kind(), Some(ErrorKind::Invalid), "{used:?}");
}
