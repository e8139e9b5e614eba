//! The register of clients (GT-052, GT-065), as auth-js and RFC 7591 use it.

use http::StatusCode;
use serde_json::{Value, json};

use super::{CALLBACK, Client, OauthApp, refusal};
use crate::service::key;

const PATH: &str = "/admin/oauth/clients";

#[tokio::test]
async fn an_administrator_registers_changes_and_removes_clients() {
    let oauth = OauthApp::new().await;
    let (app, admin) = (&oauth.app, key("service_role"));
    let uris = json!(["https://b.example.org/cb", "https://a.example.org/cb"]);
    let registration = json!({
        "client_name": "Test",
        "redirect_uris": uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid",
        "client_uri": "https://a.example.org",
        "registration_type": "dynamic",
        "client_id": "6f1c6f0e-0000-4000-8000-000000000000",
    });
    let made = app.post(PATH, &admin, registration).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.body["redirect_uris"], uris);
    assert_eq!(made.body["client_type"], "confidential");
    assert_eq!(
        made.body["token_endpoint_auth_method"],
        "client_secret_basic"
    );
    assert_eq!(made.body["response_types"], json!(["code"]));
    assert_eq!(made.body["registration_type"], "manual");
    assert_eq!(made.body.get("logo_uri"), None);
    assert_ne!(
        made.text("/client_id"),
        "6f1c6f0e-0000-4000-8000-000000000000"
    );
    let secret = made.text("/client_secret");
    assert_eq!(secret.len(), 43);

    let path = format!("{PATH}/{}", made.text("/client_id"));
    let mut expected = made.body.clone();
    expected
        .as_object_mut()
        .expect("an object")
        .remove("client_secret");
    assert_eq!(app.get(&path, &admin).await.body, expected);

    let changes = json!({ "client_name": "Other", "logo_uri": "https://a.example.org/l.png" });
    let changed = app.put(&path, &admin, changes).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.body["client_name"], "Other");
    assert_eq!(changed.body["logo_uri"], "https://a.example.org/l.png");
    assert_eq!(changed.body["redirect_uris"], uris);
    assert_eq!(changed.body.get("client_secret"), None);

    let regenerated = app
        .post(&format!("{path}/regenerate_secret"), &admin, Value::Null)
        .await;
    assert_eq!(regenerated.status, StatusCode::OK);
    assert_ne!(regenerated.text("/client_secret"), secret);
    let of = |secret: String| Client {
        id: made.text("/client_id"),
        secret,
    };
    let before = oauth.refresh(&of(secret), "x").await;
    assert_eq!(refusal(&before), (401, "invalid_client"));
    let after = oauth
        .refresh(&of(regenerated.text("/client_secret")), "x")
        .await;
    assert_eq!(refusal(&after), (400, "invalid_grant"));

    let gone = app.delete(&path, &admin, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    for answer in [
        app.get(&path, &admin).await,
        app.put(&path, &admin, json!({ "client_name": "x" })).await,
        app.delete(&path, &admin, Value::Null).await,
        app.post(&format!("{path}/regenerate_secret"), &admin, Value::Null)
            .await,
    ] {
        let seen = (answer.status.as_u16(), answer.code());
        assert_eq!(seen, (404, "oauth_client_not_found"));
        assert_eq!(answer.body["message"], "OAuth client not found");
    }
}

#[tokio::test]
async fn clients_are_listed_newest_first() {
    let oauth = OauthApp::new().await;
    let admin = key("service_role");
    let none = oauth.app.get(PATH, &admin).await;
    assert_eq!(none.body["clients"], json!([]));
    for name in ["a", "b", "c"] {
        oauth.register(json!({ "client_name": name })).await;
    }
    let page = oauth
        .app
        .get(&format!("{PATH}?page=1&per_page=2"), &admin)
        .await;
    let names: Vec<&Value> = page.body["clients"]
        .as_array()
        .expect("clients")
        .iter()
        .map(|client| &client["client_name"])
        .collect();
    assert_eq!(names, ["c", "b"]);
    assert_eq!(page.body["clients"][0].get("client_secret"), None);
    assert_eq!(page.headers["x-total-count"], "3");
}

#[tokio::test]
async fn what_makes_no_sense_is_not_registered() {
    let oauth = OauthApp::new().await;
    let admin = key("service_role");
    for (metadata, message) in [
        (json!({}), "redirect_uris is required"),
        (json!({ "redirect_uris": [] }), "redirect_uris is required"),
        (
            json!({ "redirect_uris": ["http://a.org/"] }),
            "invalid redirect_uri 'http://a.org/'",
        ),
        (
            json!({ "redirect_uris": [CALLBACK], "grant_types": ["password"] }),
            "grant_types must",
        ),
        (
            json!({
                "redirect_uris": [CALLBACK], "client_type": "public",
                "token_endpoint_auth_method": "client_secret_post",
            }),
            "client_type 'public' is inconsistent with token_endpoint_auth_method \
             'client_secret_post' (expected client_type 'confidential')",
        ),
        (
            json!({ "redirect_uris": [CALLBACK], "logo_uri": "x y" }),
            "logo_uri must be a valid URL",
        ),
    ] {
        let answer = oauth.app.post(PATH, &admin, metadata).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "validation_failed")
        );
        let said = answer.text("/message");
        assert!(said.starts_with(message), "{said}");
    }
    let public = oauth.public().await;
    let path = format!("{PATH}/{}", public.id);
    for (changes, message) in [
        (json!({}), "No fields provided for update"),
        (
            json!({ "redirect_uris": [] }),
            "redirect_uris cannot be empty",
        ),
        (json!({ "grant_types": [] }), "grant_types cannot be empty"),
        (
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            "token_endpoint_auth_method 'client_secret_post' is not valid for client_type \
             'public'; valid methods: [none]",
        ),
    ] {
        let answer = oauth.app.put(&path, &admin, changes).await;
        assert_eq!(
            (answer.code(), answer.text("/message").as_str()),
            ("validation_failed", message)
        );
    }
    let secret = oauth
        .app
        .post(&format!("{path}/regenerate_secret"), &admin, Value::Null)
        .await;
    assert_eq!(
        secret.text("/message"),
        "Cannot regenerate secret for public client"
    );
    let bad = oauth.app.get(&format!("{PATH}/x"), &admin).await;
    assert_eq!(bad.text("/message"), "invalid client_id format");
}

#[tokio::test]
async fn only_administrators_register_for_others() {
    let oauth = OauthApp::new().await;
    let path = format!("{PATH}/{}", oauth.public().await.id);
    for token in [oauth.user.as_str(), &key("anon")] {
        for answer in [
            oauth.app.get(PATH, token).await,
            oauth
                .app
                .post(PATH, token, json!({ "redirect_uris": [CALLBACK] }))
                .await,
            oauth
                .app
                .put(&path, token, json!({ "client_name": "x" }))
                .await,
            oauth.app.delete(&path, token, Value::Null).await,
        ] {
            assert_eq!((answer.status.as_u16(), answer.code()), (403, "not_admin"));
        }
    }
}

#[tokio::test]
async fn a_removed_client_has_no_sessions() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let token = oauth.tokens(&client, &[]).await.text("/access_token");
    let path = format!("{PATH}/{}", client.id);
    oauth
        .app
        .delete(&path, &key("service_role"), Value::Null)
        .await;
    assert_eq!(
        oauth.app.get("/user", &token).await.code(),
        "session_not_found"
    );
    let grants = oauth.app.get("/user/oauth/grants", &oauth.user).await;
    assert_eq!(grants.body, json!([]));
}

/// RFC 7591.
#[tokio::test]
async fn a_client_registers_itself_only_where_that_is_allowed() {
    let registration = json!({ "redirect_uris": [CALLBACK], "client_name": "Itself" });
    let path = "/oauth/clients/register";
    let closed = OauthApp::new().await;
    let refused = closed.app.post(path, "", registration.clone()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "oauth_dynamic_client_registration_disabled")
    );
    let open = OauthApp::with(|c| c.oauth_server.allow_dynamic_registration = true).await;
    let made = open.app.post(path, "", registration).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.body["registration_type"], "dynamic");
    assert_eq!(made.body["client_secret_expires_at"], 0);
    assert!(made.body["client_id_issued_at"].is_i64());
    assert!(made.body["client_secret"].is_string());
    for (bad, error) in [
        (json!({}), "invalid_redirect_uri"),
        (
            json!({ "redirect_uris": ["data:x"] }),
            "invalid_redirect_uri",
        ),
        (
            json!({ "redirect_uris": [CALLBACK], "client_uri": "x" }),
            "invalid_client_metadata",
        ),
        (json!({ "redirect_uris": "x" }), "invalid_client_metadata"),
        (json!("x"), "invalid_client_metadata"),
    ] {
        let answer = open.app.post(path, "", bad).await;
        assert_eq!(refusal(&answer), (400, error));
    }
    let metadata = open.app.get("/.well-known/openid-configuration", "").await;
    assert_eq!(
        metadata.body["registration_endpoint"],
        "https://api.example.org/auth/v1/oauth/clients/register"
    );
}
