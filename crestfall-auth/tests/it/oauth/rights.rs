//! What a client's tokens may not do: manage the account of the user who let it in.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::OauthApp;
use crate::service::{claims, key};

#[tokio::test]
async fn a_client_manages_no_account() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let asked = [("scope", "openid email profile phone offline_access")];
    let token = oauth.tokens(&client, &asked).await.text("/access_token");
    let id = oauth.ask(&client, &[]).await;
    let session = claims(&oauth.user)["session_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for (method, path, body) in [
        (
            Method::PUT,
            "/user".to_owned(),
            json!({ "email": "eve@example.org" }),
        ),
        (
            Method::PUT,
            "/user".to_owned(),
            json!({ "password": "another one" }),
        ),
        (Method::GET, "/user/sessions".to_owned(), Value::Null),
        (Method::DELETE, "/user/sessions".to_owned(), Value::Null),
        (
            Method::DELETE,
            format!("/user/sessions/{session}"),
            Value::Null,
        ),
        (Method::GET, "/user/oauth/grants".to_owned(), Value::Null),
        (
            Method::DELETE,
            format!("/user/oauth/grants?client_id={}", client.id),
            Value::Null,
        ),
        (
            Method::GET,
            format!("/oauth/authorizations/{id}"),
            Value::Null,
        ),
        (
            Method::POST,
            format!("/oauth/authorizations/{id}/consent"),
            json!({ "action": "approve" }),
        ),
    ] {
        let answer = oauth.app.call(method.clone(), &path, &token, body).await;
        let seen = (answer.status.as_u16(), answer.code());
        assert_eq!(seen, (403, "no_authorization"), "{method} {path}");
    }
    assert_eq!(
        oauth.app.get("/user", &oauth.user).await.status,
        StatusCode::OK
    );
    assert_eq!(
        oauth.app.get("/user", &token).await.body["email"],
        "ada@example.org"
    );
}

/// An administrator who lets a client in lends it no administrator's rights.
#[tokio::test]
async fn a_client_of_an_administrator_administers_nothing() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    oauth
        .execute("update auth.users set role = 'service_role'")
        .await;
    let own = oauth
        .app
        .sign_in("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    assert_eq!(
        oauth.app.get("/admin/users", &own).await.status,
        StatusCode::OK
    );
    let oauth = OauthApp { user: own, ..oauth };
    let token = oauth.tokens(&client, &[]).await.text("/access_token");
    assert_eq!(claims(&token)["role"], "service_role");
    let by_itself = oauth
        .register(json!({
            "grant_types": ["client_credentials"], "client_credentials_role": "service_role",
        }))
        .await;
    let pairs = [("grant_type", "client_credentials")];
    let by_itself = oauth.form("/oauth/token", &by_itself, &pairs).await;
    for token in [&token, &by_itself.text("/access_token")] {
        for path in ["/admin/users", "/admin/audit", "/admin/oauth/clients"] {
            let answer = oauth.app.get(path, token).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!(
        oauth
            .app
            .get("/admin/users", &key("service_role"))
            .await
            .status,
        StatusCode::OK
    );
}

/// It has the same signer, and the client may show it around.
#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let token = oauth.tokens(&client, &[]).await.text("/id_token");
    assert!(!token.is_empty());
    for path in ["/user", "/user/sessions"] {
        let answer = oauth.app.get(path, &token).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "bad_jwt"),
            "{path}"
        );
    }
    let change = json!({ "password": "another one" });
    assert_eq!(
        oauth.app.put("/user", &token, change).await.code(),
        "bad_jwt"
    );
    let verifier = oauth.app.auth.verifier().load_full();
    assert!(verifier.verify(&token).is_err());
}

#[tokio::test]
async fn a_client_signs_the_user_out_of_itself_alone() {
    let oauth = OauthApp::new().await;
    let (client, other) = (oauth.confidential().await, oauth.public().await);
    let elsewhere = oauth.tokens(&other, &[]).await.text("/access_token");
    let first = oauth.tokens(&client, &[]).await.text("/access_token");
    let second = oauth.tokens(&client, &[]).await.text("/access_token");
    let out = oauth
        .app
        .post("/logout?scope=others", &second, json!(null))
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(
        oauth.app.get("/user", &first).await.code(),
        "session_not_found"
    );
    assert_eq!(oauth.app.get("/user", &second).await.status, StatusCode::OK);
    let third = oauth.tokens(&client, &[]).await.text("/access_token");
    oauth.app.post("/logout", &second, json!(null)).await;
    for token in [&second, &third] {
        assert_eq!(
            oauth.app.get("/user", token).await.code(),
            "session_not_found"
        );
    }
    for token in [&elsewhere, &oauth.user] {
        assert_eq!(oauth.app.get("/user", token).await.status, StatusCode::OK);
    }
}
