//! What administrators do to accounts, beyond `auth.rs`.

use std::sync::Mutex;

use crestfall_auth::testing::Authenticator as Browser;
use crestfall_client::ErrorKind;
use crestfall_client::auth::{NewUser, SignOut, UserChange};
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
