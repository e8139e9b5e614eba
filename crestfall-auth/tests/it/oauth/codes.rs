//! Every defect of a code, alone, makes it worth nothing (SEC-19).

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::json;

use super::{CALLBACK, OauthApp, challenge, refusal};
use crate::service::key;

/// Refused so, and still good for whom it was given to: the defect was what it was refused for.
async fn assert_refused_but_good(change: &[(&str, &str)], error: &str) {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let code = oauth
        .code(&client, &[("resource", "https://a.org/mcp")])
        .await;
    let answer = oauth.exchange(&client, &code, change).await;
    assert_eq!(refusal(&answer), (400, error));
    let good = oauth.exchange(&client, &code, &[]).await;
    assert_eq!(good.status, StatusCode::OK, "{good:?}");
}

#[tokio::test]
async fn a_code_with_another_redirect_uri_is_refused() {
    let other = format!("{CALLBACK}/");
    assert_refused_but_good(&[("redirect_uri", &other)], "invalid_grant").await;
}

#[tokio::test]
async fn a_code_with_a_wrong_verifier_is_refused() {
    let wrong = "x".repeat(43);
    assert_refused_but_good(&[("code_verifier", &wrong)], "invalid_grant").await;
}

#[tokio::test]
async fn a_code_with_the_challenge_for_a_verifier_is_refused() {
    let challenge = challenge(super::VERIFIER);
    assert_refused_but_good(&[("code_verifier", &challenge)], "invalid_grant").await;
}

#[tokio::test]
async fn a_code_without_a_verifier_is_refused() {
    assert_refused_but_good(&[("code_verifier", "")], "invalid_grant").await;
}

#[tokio::test]
async fn a_code_with_another_resource_is_refused() {
    let other = [("resource", "https://b.org/mcp")];
    assert_refused_but_good(&other, "invalid_target").await;
}

#[tokio::test]
async fn a_request_without_a_code_is_refused() {
    assert_refused_but_good(&[("code", "")], "invalid_request").await;
}

#[tokio::test]
async fn an_unknown_code_is_refused() {
    assert_refused_but_good(&[("code", "unknown")], "invalid_grant").await;
}

#[tokio::test]
async fn a_code_of_another_client_is_refused() {
    let oauth = OauthApp::new().await;
    let (client, other) = (oauth.confidential().await, oauth.confidential().await);
    let public = oauth.public().await;
    let code = oauth.code(&client, &[]).await;
    for thief in [&other, &public] {
        let answer = oauth.exchange(thief, &code, &[]).await;
        assert_eq!(refusal(&answer), (400, "invalid_grant"));
    }
    let tokens = oauth.exchange(&client, &code, &[]).await;
    assert_eq!(tokens.status, StatusCode::OK);
    // Nor does the other one's trying end what it gave.
    oauth.exchange(&other, &code, &[]).await;
    let next = oauth.refresh(&client, &tokens.text("/refresh_token")).await;
    assert_eq!(next.status, StatusCode::OK);
}

#[tokio::test]
async fn an_expired_code_is_refused() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let code = oauth.code(&client, &[]).await;
    oauth
        .execute(
            "update auth.oauth_authorizations set created_at = created_at - interval '61 seconds',
               expires_at = expires_at - interval '61 seconds'",
        )
        .await;
    let answer = oauth.exchange(&client, &code, &[]).await;
    assert_eq!(refusal(&answer), (400, "invalid_grant"));
    assert_eq!(
        answer.body["error_description"],
        "Authorization code has expired"
    );
}

#[tokio::test]
async fn a_code_used_twice_ends_what_it_gave() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let code = oauth.code(&client, &[]).await;
    let tokens = oauth.exchange(&client, &code, &[]).await;
    let own = oauth.tokens(&client, &[]).await;
    let access_token = tokens.text("/access_token");
    assert_eq!(
        oauth.app.get("/user", &access_token).await.status,
        StatusCode::OK
    );
    // Even after it has expired.
    oauth
        .execute(
            "update auth.oauth_authorizations set created_at = created_at - interval '1 hour',
               expires_at = expires_at - interval '1 hour'",
        )
        .await;
    let again = oauth.exchange(&client, &code, &[]).await;
    assert_eq!(refusal(&again), (400, "invalid_grant"));
    let ended = oauth.app.get("/user", &access_token).await;
    assert_eq!(ended.code(), "session_not_found");
    let refused = oauth.refresh(&client, &tokens.text("/refresh_token")).await;
    assert_eq!(refusal(&refused), (400, "invalid_grant"));
    // What another code gave stays.
    let next = oauth.refresh(&client, &own.text("/refresh_token")).await;
    assert_eq!(next.status, StatusCode::OK);
}

#[tokio::test]
async fn of_many_exchanges_at_once_one_wins() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let code = oauth.code(&client, &[]).await;
    let answers = join_all((0..10).map(|_| oauth.exchange(&client, &code, &[]))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == StatusCode::OK);
    assert_eq!((won.len(), lost.len()), (1, 9));
    for answer in lost {
        assert_eq!(refusal(answer), (400, "invalid_grant"));
    }
    // The winner may be the thief.
    let ended = oauth.app.get("/user", &won[0].text("/access_token")).await;
    assert_eq!(ended.code(), "session_not_found");
    let sessions: i64 =
        sqlx::query_scalar("select count(*) from auth.sessions where oauth_client_id is not null")
            .fetch_one(&oauth.app.pool)
            .await
            .expect("a count");
    assert_eq!(sessions, 0);
}

#[tokio::test]
async fn a_code_of_a_banned_user_is_refused() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let code = oauth.code(&client, &[]).await;
    oauth
        .execute("update auth.users set banned_until = now() + interval '1 hour'")
        .await;
    let answer = oauth.exchange(&client, &code, &[]).await;
    assert_eq!(refusal(&answer), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_code_of_a_deleted_client_is_refused() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let code = oauth.code(&client, &[]).await;
    let path = format!("/admin/oauth/clients/{}", client.id);
    oauth
        .app
        .delete(&path, &key("service_role"), json!(null))
        .await;
    let answer = oauth.exchange(&client, &code, &[]).await;
    assert_eq!(refusal(&answer), (401, "invalid_client"));
}

/// A copy of the database signs nobody in.
#[tokio::test]
async fn codes_and_secrets_are_kept_as_hashes() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let code = oauth.code(&client, &[]).await;
    let rows: String = sqlx::query_scalar(
        "select (select string_agg(a::text, '') from auth.oauth_authorizations a)
           || (select string_agg(c::text, '') from auth.oauth_clients c)",
    )
    .fetch_one(&oauth.app.pool)
    .await
    .expect("rows");
    assert!(rows.contains(&client.id));
    assert!(!rows.contains(&client.secret) && !rows.contains(&code));
}
