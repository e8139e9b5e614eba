//! The user's decision (GT-067), what it is remembered for, and its end (GT-024).

use futures_util::future::join_all;
use http::{Method, Request, StatusCode};
use serde_json::json;

use super::{CALLBACK, OauthApp, parameter};
use crate::service::claims;

#[tokio::test]
async fn a_user_who_declines_is_brought_back_without_a_code() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let id = oauth.ask(&client, &[]).await;
    oauth.open(&id, &oauth.user).await;
    let denied = oauth.decide(&id, &oauth.user, "deny").await;
    let back = denied.text("/redirect_url");
    assert!(back.starts_with(CALLBACK), "{back}");
    assert_eq!(parameter(&back, "error"), "access_denied");
    assert_eq!(
        parameter(&back, "error_description"),
        "User denied the request"
    );
    assert_eq!(parameter(&back, "state"), "s t&1");
    assert_eq!(parameter(&back, "iss"), "https://api.example.org/auth/v1");
    let again = oauth.decide(&id, &oauth.user, "approve").await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (400, "validation_failed")
    );
    assert_eq!(
        again.body["message"],
        "authorization request is no longer pending"
    );
}

#[tokio::test]
async fn a_request_is_of_the_user_who_opens_it_first() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let eve = oauth
        .app
        .sign_up("eve@example.org", "correct horse")
        .await
        .text("/access_token");
    let id = oauth.ask(&client, &[]).await;
    let unopened = oauth.decide(&id, &oauth.user, "approve").await;
    assert_eq!(unopened.code(), "oauth_authorization_not_found");
    assert_eq!(oauth.open(&id, &oauth.user).await.status, StatusCode::OK);
    assert_eq!(oauth.open(&id, &oauth.user).await.status, StatusCode::OK);
    for answer in [
        oauth.open(&id, &eve).await,
        oauth.decide(&id, &eve, "approve").await,
        oauth.decide(&id, &eve, "deny").await,
    ] {
        let seen = (answer.status.as_u16(), answer.code());
        assert_eq!(seen, (404, "oauth_authorization_not_found"));
    }
    let wrong = oauth.decide(&id, &oauth.user, "allow").await;
    assert_eq!(wrong.body["message"], "action must be 'approve' or 'deny'");
    for unknown in ["unknown", "%00", "%C3%B6", "x%20y"] {
        let unknown = oauth.open(unknown, &oauth.user).await;
        assert_eq!(unknown.code(), "oauth_authorization_not_found");
    }
    let nobody = oauth.open(&id, "").await;
    assert_eq!(nobody.code(), "no_authorization");
    assert_eq!(
        oauth.decide(&id, &oauth.user, "approve").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_request_that_took_too_long_is_gone() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let id = oauth.ask(&client, &[]).await;
    oauth.open(&id, &oauth.user).await;
    oauth
        .execute(
            "update auth.oauth_authorizations set created_at = created_at - interval '1 hour',
               expires_at = expires_at - interval '1 hour'",
        )
        .await;
    for answer in [
        oauth.open(&id, &oauth.user).await,
        oauth.decide(&id, &oauth.user, "approve").await,
    ] {
        assert_eq!(answer.code(), "oauth_authorization_not_found");
    }
}

#[tokio::test]
async fn a_user_is_asked_once_for_the_same() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    oauth.tokens(&client, &[("scope", "email profile")]).await;
    let narrower = oauth.ask(&client, &[("scope", "email")]).await;
    let opened = oauth.open(&narrower, &oauth.user).await;
    assert_ne!(parameter(&opened.text("/redirect_url"), "code"), "");
    let again = oauth.open(&narrower, &oauth.user).await;
    assert_eq!(
        again.body["message"],
        "authorization request cannot be processed"
    );
    let wider = [("scope", "email phone")];
    let asked_for = [("scope", "email"), ("prompt", "consent")];
    for change in [&wider[..], &asked_for[..]] {
        let id = oauth.ask(&client, change).await;
        let opened = oauth.open(&id, &oauth.user).await;
        assert_eq!(opened.body.get("redirect_url"), None, "{change:?}");
    }
}

/// RFC 8252, 8.6: another program may have begun it.
#[tokio::test]
async fn an_application_on_the_users_machine_asks_each_time() {
    let oauth = OauthApp::new().await;
    let native = ["http://127.0.0.1/cb", "com.example.app:/cb", CALLBACK];
    let client = oauth
        .register(json!({ "redirect_uris": native, "token_endpoint_auth_method": "none" }))
        .await;
    for uri in native {
        oauth.code(&client, &[("redirect_uri", uri)]).await;
        let id = oauth.ask(&client, &[("redirect_uri", uri)]).await;
        let opened = oauth.open(&id, &oauth.user).await;
        let went_through = opened.body.get("redirect_url").is_some();
        assert_eq!(went_through, uri == CALLBACK, "{uri}");
    }
}

#[tokio::test]
async fn of_many_decisions_at_once_one_counts() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let id = oauth.ask(&client, &[]).await;
    oauth.open(&id, &oauth.user).await;
    let decisions = (0..8).map(|_| oauth.decide(&id, &oauth.user, "approve"));
    let answers = join_all(decisions).await;
    let codes = answers.iter().filter(|a| a.status == StatusCode::OK);
    assert_eq!(codes.count(), 1);
    let id = oauth.ask(&client, &[]).await;
    let answers = join_all((0..8).map(|_| oauth.open(&id, &oauth.user))).await;
    let codes = answers
        .iter()
        .filter(|a| a.body.get("redirect_url").is_some());
    assert_eq!(codes.count(), 1);
}

#[tokio::test]
async fn a_client_may_want_a_fresh_sign_in() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let login = oauth.ask(&client, &[("prompt", "login")]).await;
    let age = oauth.ask(&client, &[("max_age", "60")]).await;
    oauth
        .execute("update auth.mfa_amr_claims set updated_at = now() - interval '2 minutes'")
        .await;
    for id in [&login, &age] {
        let stale = oauth.open(id, &oauth.user).await;
        assert_eq!(stale.code(), "reauthentication_needed");
        assert_eq!(
            oauth.decide(id, &oauth.user, "approve").await.code(),
            "oauth_authorization_not_found"
        );
    }
    let fresh = oauth
        .app
        .sign_in("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    for id in [&login, &age] {
        assert_eq!(oauth.open(id, &fresh).await.status, StatusCode::OK);
    }
    assert_eq!(
        oauth.decide(&login, &fresh, "approve").await.status,
        StatusCode::OK
    );
    assert_eq!(
        oauth.decide(&age, &fresh, "approve").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn who_has_a_second_factor_proves_it_before_agreeing() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    oauth.tokens(&client, &[]).await;
    oauth
        .execute(
            "insert into auth.mfa_factors (user_id, factor_type, status)
             select id, 'totp', 'verified' from auth.users",
        )
        .await;
    let id = oauth.ask(&client, &[]).await;
    let opened = oauth.open(&id, &oauth.user).await;
    assert_eq!(opened.body.get("redirect_url"), None);
    let low = oauth.decide(&id, &oauth.user, "approve").await;
    assert_eq!((low.status.as_u16(), low.code()), (401, "insufficient_aal"));
    oauth.execute("update auth.sessions set aal = 'aal2'").await;
    assert_eq!(
        oauth.decide(&id, &oauth.user, "approve").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_foreign_page_cannot_agree_for_the_user() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let id = oauth.ask(&client, &[]).await;
    let open = |origin: &str| {
        Request::builder()
            .method(Method::GET)
            .uri(format!("/oauth/authorizations/{id}"))
            .header("authorization", format!("Bearer {}", oauth.user))
            .header("x-supabase-api-version", "2024-01-01")
            .header("origin", origin)
            .body(axum::body::Body::empty())
            .expect("a request")
    };
    let foreign = oauth.app.send(open("https://evil.example")).await;
    assert_eq!(foreign.body["message"], "unauthorized request origin");
    let own = oauth.app.send(open("https://app.example.org")).await;
    assert_eq!(own.status, StatusCode::OK);
}

/// GT-024.
#[tokio::test]
async fn a_user_sees_and_withdraws_what_they_agreed_to() {
    let oauth = OauthApp::new().await;
    let (one, other) = (oauth.confidential().await, oauth.public().await);
    let tokens = oauth.tokens(&one, &[]).await;
    let kept = oauth.tokens(&other, &[]).await;
    let unused = oauth.code(&one, &[]).await;
    let grants = oauth.app.get("/user/oauth/grants", &oauth.user).await;
    assert_eq!(grants.body.as_array().map(Vec::len), Some(2));
    let grant = &grants.body[1];
    assert_eq!(grant["client"], json!({ "id": one.id, "name": "App" }));
    assert_eq!(grant["scopes"], json!(["openid", "email"]));
    assert!(grant["granted_at"].is_string());

    let path = format!("/user/oauth/grants?client_id={}", one.id);
    let gone = oauth.app.delete(&path, &oauth.user, json!(null)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let again = oauth.app.delete(&path, &oauth.user, json!(null)).await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (404, "oauth_consent_not_found")
    );
    for bad in ["", "?client_id=x"] {
        let path = format!("/user/oauth/grants{bad}");
        let bad = oauth.app.delete(&path, &oauth.user, json!(null)).await;
        assert_eq!(bad.code(), "validation_failed");
    }
    let grants = oauth.app.get("/user/oauth/grants", &oauth.user).await;
    assert_eq!(grants.body.as_array().map(Vec::len), Some(1));

    let ended = oauth.app.get("/user", &tokens.text("/access_token")).await;
    assert_eq!(ended.code(), "session_not_found");
    let refused = oauth.refresh(&one, &tokens.text("/refresh_token")).await;
    assert_eq!(refused.body["error"], "invalid_grant");
    let refused = oauth.exchange(&one, &unused, &[]).await;
    assert_eq!(refused.body["error"], "invalid_grant");
    let kept = oauth.refresh(&other, &kept.text("/refresh_token")).await;
    assert_eq!(kept.status, StatusCode::OK);
    assert_eq!(
        oauth.app.get("/user", &oauth.user).await.status,
        StatusCode::OK
    );

    let id = oauth.ask(&one, &[]).await;
    let opened = oauth.open(&id, &oauth.user).await;
    assert_eq!(opened.body.get("redirect_url"), None);
    let log: i64 = sqlx::query_scalar(
        "select count(*) from auth.audit_log_entries
         where payload ->> 'action' in ('oauth_grant_given', 'token_revoked')
           and payload ->> 'user_id' = $1",
    )
    .bind(claims(&oauth.user)["sub"].as_str())
    .fetch_one(&oauth.app.pool)
    .await
    .expect("a count");
    assert_eq!(log, 3);
}
