//! Routes of an application that ask for a second factor (D30).

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use crestfall_auth::RequireAal2Layer;
use crestfall_core::testing::TestApp;
use serde_json::json;

use crate::second_factor::App;
use crate::service::{TestAuth, key};

#[tokio::test]
async fn d30_only_who_proved_a_second_factor_gets_through() {
    let app = TestAuth::new().await;
    let shop = Router::new()
        .route("/transfers", get(|| async { "sent" }))
        .layer(RequireAal2Layer::new())
        .route("/balance", get(|| async { "42" }))
        .layer(app.auth.layer());
    let shop = TestApp::new(shop);
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let low = session.text("/access_token");
    let refused = shop.get("/transfers").bearer(&low).await;
    let (status, body) = refused.status_and_json();
    assert_eq!(
        (status, &body["code"], &body["message"]),
        (
            403,
            &json!("insufficient_aal"),
            &json!("This needs a session with a second factor (aal2)")
        )
    );
    assert!(
        body["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("/factors"))
    );
    assert!(
        refused
            .header("www-authenticate")
            .contains("insufficient_user_authentication")
    );
    let balance = shop.get("/balance").bearer(&low).await;
    assert_eq!(balance.text(), "42");
    let nobody = shop.get("/transfers").await;
    assert_eq!(nobody.status_and_json().0, 401);
    // A service's key has proved no factor either.
    let service = shop.get("/transfers").bearer(&key("service_role")).await;
    assert_eq!(service.status_and_json().0, 403);
    let phone = App::enroll(&app, &low, "phone").await;
    let high = phone.lift(&app, &low).await.text("/access_token");
    let sent = shop.get("/transfers").bearer(&high).await;
    assert_eq!(sent.text(), "sent");
}

#[tokio::test]
async fn d30_what_has_to_be_confirmed_each_time_asks_for_a_proof_of_now() {
    let app = TestAuth::new().await;
    let shop = Router::new()
        .route("/transfers", get(|| async { "sent" }))
        .layer(RequireAal2Layer::new().within(Duration::from_secs(60)))
        .layer(app.auth.layer());
    let shop = TestApp::new(shop);
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let phone = App::enroll(&app, &session.text("/access_token"), "phone").await;
    let lifted = phone.lift(&app, &session.text("/access_token")).await;
    let fresh = lifted.text("/access_token");
    assert_eq!(shop.get("/transfers").bearer(&fresh).await.text(), "sent");
    app.db
        .execute("update auth.mfa_amr_claims set updated_at = updated_at - interval '61 seconds'")
        .await;
    let later = app.refresh(&lifted.text("/refresh_token")).await;
    let stale = later.text("/access_token");
    let refused = shop.get("/transfers").bearer(&stale).await;
    assert_eq!(refused.status_and_json().0, 403);
    assert!(
        refused
            .header("www-authenticate")
            .contains("max_age=\"60\"")
    );
    let again = phone.lift(&app, &stale).await.text("/access_token");
    assert_eq!(shop.get("/transfers").bearer(&again).await.text(), "sent");
}
