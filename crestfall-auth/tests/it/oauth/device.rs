//! Devices without a browser (RFC 8628, D33).

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Client, OauthApp, refusal};
use crate::service::{Answer, claims};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn device(oauth: &OauthApp) -> Client {
    oauth
        .register(json!({
            "client_name": "Television",
            "redirect_uris": [],
            "grant_types": [GRANT, "refresh_token"],
            "token_endpoint_auth_method": "none",
        }))
        .await
}

async fn begin(oauth: &OauthApp, client: &Client) -> Answer {
    let asked = [("scope", "openid email")];
    let answer = oauth
        .form("/oauth/device_authorization", client, &asked)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer
}

async fn poll(oauth: &OauthApp, client: &Client, code: &str) -> Answer {
    let pairs = [("grant_type", GRANT), ("device_code", code)];
    oauth.form("/oauth/token", client, &pairs).await
}

/// The request behind a code that the user types.
async fn typed(oauth: &OauthApp, user_code: &str) -> Answer {
    let body = json!({ "user_code": user_code });
    oauth.app.post("/oauth/device", &oauth.user, body).await
}

#[tokio::test]
async fn a_device_without_a_browser_signs_its_user_in() {
    let oauth = OauthApp::new().await;
    let client = device(&oauth).await;
    let begun = begin(&oauth, &client).await;
    assert_eq!(
        (&begun.body["expires_in"], &begun.body["interval"]),
        (&json!(600), &json!(5))
    );
    assert_eq!(
        begun.body["verification_uri"],
        "https://app.example.org/consent"
    );
    let (code, user_code) = (begun.text("/device_code"), begun.text("/user_code"));
    assert_eq!(
        begun.text("/verification_uri_complete"),
        format!("https://app.example.org/consent?user_code={user_code}")
    );
    let waiting = poll(&oauth, &client, &code).await;
    assert_eq!(refusal(&waiting), (400, "authorization_pending"));
    let hasty = poll(&oauth, &client, &code).await;
    assert_eq!(refusal(&hasty), (400, "slow_down"));

    let found = typed(&oauth, &user_code.to_lowercase().replace('-', " ")).await;
    let id = found.text("/authorization_id");
    let shown = oauth.open(&id, &oauth.user).await;
    assert_eq!(shown.text("/user_code"), user_code);
    assert_eq!(shown.body["client"]["name"], "Television");
    assert_eq!(shown.body.get("redirect_uri"), None);
    let approved = oauth.decide(&id, &oauth.user, "approve").await;
    assert_eq!(
        (approved.status, approved.body),
        (StatusCode::OK, json!({}))
    );

    let tokens = poll(&oauth, &client, &code).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    let said = claims(&tokens.text("/access_token"));
    assert_eq!(said["client_id"], client.id.as_str());
    assert_eq!(said["amr"][0]["method"], "oauth_provider/device_code");
    assert_eq!(claims(&tokens.text("/id_token"))["aud"], client.id.as_str());
    let next = oauth.refresh(&client, &tokens.text("/refresh_token")).await;
    assert_eq!(next.status, StatusCode::OK);

    let again = poll(&oauth, &client, &code).await;
    assert_eq!(refusal(&again), (400, "invalid_grant"));
    let ended = oauth.app.get("/user", &tokens.text("/access_token")).await;
    assert_eq!(ended.code(), "session_not_found");
    // RFC 8628, 5.4: whose device it is, is asked each time.
    let begun = begin(&oauth, &client).await;
    let id = typed(&oauth, &begun.text("/user_code"))
        .await
        .text("/authorization_id");
    let opened = oauth.open(&id, &oauth.user).await;
    assert_eq!(opened.text("/authorization_id"), id);
}

#[tokio::test]
async fn each_defect_of_a_device_code_alone_is_refused() {
    let oauth = OauthApp::new().await;
    let (client, other) = (device(&oauth).await, device(&oauth).await);
    let begun = begin(&oauth, &client).await;
    let code = begun.text("/device_code");
    let id = typed(&oauth, &begun.text("/user_code"))
        .await
        .text("/authorization_id");
    oauth.open(&id, &oauth.user).await;
    oauth.decide(&id, &oauth.user, "approve").await;
    assert_eq!(
        refusal(&poll(&oauth, &other, &code).await),
        (400, "invalid_grant")
    );
    assert_eq!(
        refusal(&poll(&oauth, &client, "x").await),
        (400, "invalid_grant")
    );
    assert_eq!(
        refusal(&poll(&oauth, &client, "").await),
        (400, "invalid_request")
    );
    // It is no authorization code.
    let browser = oauth.public().await;
    let wrong = oauth.exchange(&browser, &code, &[]).await;
    assert_eq!(refusal(&wrong), (400, "invalid_grant"));
    let unable = oauth
        .form("/oauth/device_authorization", &browser, &[])
        .await;
    assert_eq!(refusal(&unable), (400, "unauthorized_client"));
    let answers = join_all((0..6).map(|_| poll(&oauth, &client, &code))).await;
    let won = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(won.count(), 1);

    let begun = begin(&oauth, &client).await;
    let id = typed(&oauth, &begun.text("/user_code"))
        .await
        .text("/authorization_id");
    oauth.open(&id, &oauth.user).await;
    let denied = oauth.decide(&id, &oauth.user, "deny").await;
    assert_eq!(denied.body, json!({}));
    let answer = poll(&oauth, &client, &begun.text("/device_code")).await;
    assert_eq!(refusal(&answer), (400, "access_denied"));

    let begun = begin(&oauth, &client).await;
    oauth
        .execute(
            "update auth.oauth_authorizations set created_at = created_at - interval '1 hour',
               expires_at = expires_at - interval '1 hour'",
        )
        .await;
    let answer = poll(&oauth, &client, &begun.text("/device_code")).await;
    assert_eq!(refusal(&answer), (400, "expired_token"));
    let late = typed(&oauth, &begun.text("/user_code")).await;
    assert_eq!(late.code(), "oauth_authorization_not_found");
}

#[tokio::test]
async fn codes_cannot_be_guessed_for_long() {
    let oauth = OauthApp::new().await;
    let mut codes: Vec<Value> = Vec::new();
    for _ in 0..21 {
        codes.push(typed(&oauth, "BCDF-GHJK").await.body["code"].clone());
    }
    assert_eq!(codes[19], "oauth_authorization_not_found");
    assert_eq!(codes[20], "over_request_rate_limit");
}
