//! What administrators do to accounts, beyond `auth.rs`.

use std::sync::Mutex;

use crestfall_auth::testing::Authenticator as Browser;
use crestfall_client::ErrorKind;
use crestfall_client::auth::{
    ApiKeyRequest, CustomProviderFields, ListAudit, NewUser, OauthApplicationFields, SignOut,
    UserChange,
};
use crestfall_client::signing::Signer;
use crestfall_client::{Client, rest::col};
use serde_json::Map;

use super::World;
use super::auth::Software;

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn users_come_from_elsewhere_with_their_password() {
    let world = World::new().await;
    let admin = world.service().auth().admin();
    let hash = bcrypt::hash(PASSWORD, 4).unwrap();
    let new = UserChange::new()
        .email("ada@example.org")
        .phone("+15551234567")
        .password_hash(hash)
        .email_confirmed()
        .phone_confirmed()
        .role("authenticated");
    let made = admin.create_user(NewUser::new(new)).await.unwrap();
    assert_eq!(
        (&*made.phone, &*made.role),
        ("15551234567", "authenticated")
    );
    let client = world.client();
    let auth = client.auth();
    let session = auth
        .sign_in_with_password("ada@example.org", PASSWORD)
        .await;
    let session = session.unwrap();
    // A service ends the session of a token that it was given.
    admin
        .sign_out(&session.access_token, SignOut::Everywhere)
        .await
        .unwrap();
    assert!(client.auth().refresh().await.is_err());
}

#[tokio::test]
async fn somebody_is_invited() {
    let world = World::with(&[("CRESTFALL_AUTH__CATCH_MAIL", "true")]).await;
    let admin = world.service().auth().admin();
    let data = Map::from_iter([("name".to_owned(), "Ben".into())]);
    let to = Some("http://localhost:3000/welcome");
    let invited = admin.invite("ben@example.org", data, to).await.unwrap();
    assert!(invited.invited_at.is_some());
    assert_eq!(invited.user_metadata["name"], "Ben");
    let again = admin.invite("ben@example.org", Map::new(), None).await;
    // Who has not accepted yet is invited again; whoever has is told apart.
    if let Err(error) = again {
        assert_eq!(error.kind(), Some(ErrorKind::AlreadyExists));
    }
}

#[tokio::test]
async fn lost_factors_and_passkeys_are_removed() {
    let world = World::new().await;
    let client = world.client();
    let sign_up = client.auth().sign_up("ada@example.org", PASSWORD);
    let user = sign_up.send().await.unwrap().session.unwrap().user;
    let browser = Software(Mutex::new(Browser::new("http://localhost:3000")));
    client.auth().passkeys().register(&browser).await.unwrap();
    let factor = client
        .auth()
        .mfa()
        .enroll_totp("phone", None)
        .await
        .unwrap();
    let admin = world.service().auth().admin();
    let passkeys = admin.passkeys(&user.id).await.unwrap();
    admin
        .remove_passkey(&user.id, &passkeys[0].id)
        .await
        .unwrap();
    assert!(admin.passkeys(&user.id).await.unwrap().is_empty());
    assert_eq!(admin.factors(&user.id).await.unwrap()[0].id, factor.id);
    admin.remove_factor(&user.id, &factor.id).await.unwrap();
    assert!(admin.factors(&user.id).await.unwrap().is_empty());
    let gone = admin.remove_factor(&user.id, &factor.id).await.unwrap_err();
    assert_eq!(gone.kind(), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn one_of_several_sessions_is_ended() {
    let world = World::new().await;
    let (here, there) = (world.client(), world.client());
    let sign_up = here.auth().sign_up("ada@example.org", PASSWORD);
    sign_up.send().await.unwrap();
    let auth = there.auth();
    let sign_in = auth.sign_in_with_password("ada@example.org", PASSWORD);
    sign_in.await.unwrap();
    let sessions = here.auth().sessions().await.unwrap();
    let other = sessions.iter().find(|one| !one.current).unwrap();
    here.auth().end_session(&other.id).await.unwrap();
    assert!(there.auth().refresh().await.is_err());
    assert_eq!(here.auth().sessions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_happened_is_in_the_log() {
    let world = World::new().await;
    let admin = world.service().auth().admin();
    let new = NewUser::new(
        UserChange::new()
            .email("ada@example.org")
            .password(PASSWORD),
    );
    admin.create_user(new).await.unwrap();
    let client = world.client();
    let auth = client.auth();
    let signed_in = auth.sign_in_with_password("ada@example.org", PASSWORD);
    signed_in.await.unwrap_err(); // the address is not confirmed
    let logged = admin.audit(ListAudit::default()).await.unwrap();
    assert!(!logged.is_empty() && logged[0].payload.contains_key("action"));
    let list = ListAudit {
        per_page: Some(1),
        query: Some(format!(
            "action:{}",
            logged[0].payload["action"].as_str().unwrap()
        )),
        page: Some(1),
    };
    assert_eq!(admin.audit(list).await.unwrap().len(), 1);
    let query = Some("odd".to_owned());
    let odd = admin
        .audit(ListAudit {
            query,
            ..ListAudit::default()
        })
        .await;
    assert_eq!(odd.unwrap_err().code(), Some("validation_failed"));
    let stranger = world
        .client()
        .auth()
        .admin()
        .audit(ListAudit::default())
        .await;
    assert!(stranger.unwrap_err().api().is_some());
}

#[tokio::test]
async fn applications_of_the_oauth_server_are_looked_after() {
    let world = World::new().await;
    let clients = world.service().auth().admin().oauth_clients();
    let made = clients
        .create(OauthApplicationFields {
            client_name: Some("Shop".to_owned()),
            redirect_uris: Some(vec!["https://shop.example.com/cb".to_owned()]),
            ..OauthApplicationFields::default()
        })
        .await
        .unwrap();
    let secret = made.client_secret.clone().unwrap();
    assert!(!format!("{made:?}").contains(&secret));
    let changed = OauthApplicationFields {
        client_name: Some("Shop 2".to_owned()),
        ..OauthApplicationFields::default()
    };
    clients.update(&made.client_id, changed).await.unwrap();
    let found = clients.get(&made.client_id).await.unwrap();
    assert_eq!(found.client_name.as_deref(), Some("Shop 2"));
    assert_eq!(found.redirect_uris, ["https://shop.example.com/cb"]);
    let renewed = clients.regenerate_secret(&made.client_id).await.unwrap();
    assert_ne!(renewed.client_secret, Some(secret));
    assert_eq!(clients.list(1).await.unwrap().len(), 1);
    clients.delete(&made.client_id).await.unwrap();
    let gone = clients.get(&made.client_id).await.unwrap_err();
    assert_eq!(gone.kind(), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn providers_are_added_while_the_server_runs() {
    let world = World::new().await;
    let providers = world.service().auth().admin().custom_providers();
    let text = |text: &str| Some(text.to_owned());
    let fields = CustomProviderFields {
        provider_type: text("oauth2"),
        identifier: text("custom:shop"),
        name: text("Shop"),
        client_id: text("crestfall"),
        client_secret: text("very secret"),
        authorization_url: text("https://id.example.com/authorize"),
        token_url: text("https://id.example.com/token"),
        userinfo_url: text("https://id.example.com/userinfo"),
        ..CustomProviderFields::default()
    };
    assert!(!format!("{fields:?}").contains("very secret"));
    let made = providers.create(fields).await.unwrap();
    assert_eq!((&*made.identifier, made.enabled), ("custom:shop", true));
    let sign_in = world
        .client()
        .auth()
        .authorize("custom:shop")
        .url()
        .unwrap();
    assert!(sign_in.url.contains("custom%3Ashop"), "{}", sign_in.url);
    let off = CustomProviderFields {
        enabled: Some(false),
        ..CustomProviderFields::default()
    };
    assert!(!providers.update("custom:shop", off).await.unwrap().enabled);
    assert_eq!(providers.get("custom:shop").await.unwrap().name, "Shop");
    assert_eq!(providers.list().await.unwrap().len(), 1);
    providers.delete("custom:shop").await.unwrap();
    assert!(providers.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn keys_of_services_and_users_are_made_rotated_and_revoked() {
    let world = World::new().await;
    let keys = world.service().auth().admin().api_keys();
    let made = keys
        .create(ApiKeyRequest::secret("worker").role("service_role"))
        .await
        .unwrap();
    let secret = made.key.clone().unwrap();
    assert!(!format!("{made:?}").contains(&secret));
    let worker = Client::new(world.url(), &secret).unwrap();
    let read = |client: Client| async move {
        let films = client.from("films").select("id").filter(col("id").eq(1));
        films.send().await.map(|films| films.len())
    };
    assert_eq!(read(worker.clone()).await.unwrap(), 1);
    let next = keys.rotate(&made.about.id, 0).await.unwrap();
    assert_ne!(next.about.id, made.about.id);
    let worker = Client::new(world.url(), next.key.as_deref().unwrap()).unwrap();
    assert_eq!(read(worker.clone()).await.unwrap(), 1);
    keys.revoke(&next.about.id).await.unwrap();
    let revoked = read(worker).await.unwrap_err();
    assert_eq!(revoked.kind(), Some(ErrorKind::Unauthorized));
    let listed = keys.list().await.unwrap();
    assert!(
        listed
            .iter()
            .any(|key| key.id == next.about.id && key.revoked_at.is_some())
    );

    // A user's own, which signs.
    let client = world.client();
    let sign_up = client.auth().sign_up("ada@example.org", PASSWORD);
    sign_up.send().await.unwrap();
    let own = client.auth().api_keys();
    let made = own.create(ApiKeyRequest::hmac("laptop")).await.unwrap();
    let signer = Signer::hmac_sha256_base64(&made.about.key_id, &made.secret.unwrap()).unwrap();
    let laptop = Client::builder(world.url()).signer(signer).build().unwrap();
    assert_eq!(read(laptop).await.unwrap(), 1);
    assert_eq!(own.list().await.unwrap().len(), 1);
    own.revoke(&made.about.id).await.unwrap();
}
