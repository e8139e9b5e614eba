//! `/oauth/authorize`: what is refused, and where that is said (GT-066, SEC-07).

use http::{Method, Request, StatusCode};
use serde_json::json;

use super::{CALLBACK, Client, OauthApp, VERIFIER, challenge, location, parameter, urlencoded};

#[tokio::test]
async fn without_a_known_address_the_browser_is_sent_nowhere() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let long = format!("{CALLBACK}?{}", "x".repeat(3000));
    for (name, value, code) in [
        ("client_id", "", "validation_failed"),
        ("client_id", "no-uuid", "oauth_client_not_found"),
        (
            "client_id",
            "6f1c6f0e-0000-4000-8000-000000000000",
            "oauth_client_not_found",
        ),
        ("redirect_uri", "", "validation_failed"),
        (
            "redirect_uri",
            "https://evil.example/callback",
            "validation_failed",
        ),
        (
            "redirect_uri",
            "https://app.example.org/callback/",
            "validation_failed",
        ),
        (
            "redirect_uri",
            "https://app.example.org/callback?x=1",
            "validation_failed",
        ),
        (
            "redirect_uri",
            "https://app.example.org/callbackk",
            "validation_failed",
        ),
        (
            "redirect_uri",
            "https://app.example.org/%63allback",
            "validation_failed",
        ),
        (
            "redirect_uri",
            "https://app.example.org:443/callback",
            "validation_failed",
        ),
        (
            "redirect_uri",
            "https://app.example.org@evil.example/callback",
            "validation_failed",
        ),
        (
            "redirect_uri",
            "//app.example.org/callback",
            "validation_failed",
        ),
        ("redirect_uri", "javascript:alert(1)", "validation_failed"),
        ("redirect_uri", &long, "validation_failed"),
    ] {
        // Whatever else is wrong.
        for other in [("state", "x"), ("scope", "nonsense")] {
            let answer = oauth.authorize(&client, &[(name, value), other]).await;
            let seen = (answer.status.as_u16(), answer.code());
            assert_eq!(seen, (400, code), "{name}={value}");
            assert!(!answer.headers.contains_key("location"), "{name}={value}");
        }
    }
    let twice = format!(
        "/oauth/authorize?client_id={}&redirect_uri=https://evil.example/&{}",
        client.id,
        urlencoded(&[("redirect_uri", CALLBACK)])
    );
    assert_eq!(
        oauth.app.get(&twice, "").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_known_client_is_told_what_is_wrong() {
    let oauth =
        OauthApp::with(|c| c.oauth_server.resources = vec!["https://a.org/mcp".into()]).await;
    let client = oauth.confidential().await;
    let long = "x".repeat(5000);
    let plain = ("code_challenge_method", "plain");
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "email admin", "invalid_scope"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        (plain.0, plain.1, "invalid_request"),
        ("code_challenge_method", "S512", "invalid_request"),
        ("resource", "no uri", "invalid_target"),
        ("resource", "/relative", "invalid_target"),
        ("resource", "https://a.org/mcp#x", "invalid_target"),
        ("resource", "https://a.org/mcp?x", "invalid_target"),
        ("resource", "https://other.org/mcp", "invalid_target"),
        ("nonce", &long, "invalid_request"),
        ("nonce", "a\u{0}b", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("prompt", "none", "interaction_required"),
        ("request", "eyJ", "invalid_request"),
        ("request_uri", "https://a.org/", "invalid_request"),
    ] {
        let answer = oauth.authorize(&client, &[(name, value)]).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{name}={value}");
        let location = location(&answer);
        assert!(
            location.starts_with(&format!("{CALLBACK}?error=")),
            "{location}"
        );
        assert_eq!(parameter(&location, "error"), error, "{name}={value}");
        assert_ne!(parameter(&location, "error_description"), "");
        assert_eq!(parameter(&location, "state"), "s t&1");
        assert_eq!(
            parameter(&location, "iss"),
            "https://api.example.org/auth/v1"
        );
        assert_eq!(parameter(&location, "code"), "");
    }
    for bad in ["a\nb", long.as_str()] {
        let location = location(&oauth.authorize(&client, &[("state", bad)]).await);
        assert_eq!(parameter(&location, "error"), "invalid_request");
        assert_eq!(parameter(&location, "state"), "");
    }
    let good = oauth
        .authorize(&client, &[("resource", "https://a.org/mcp")])
        .await;
    assert_eq!(parameter(&location(&good), "error"), "");
}

#[tokio::test]
async fn a_challenge_may_be_plain_only_where_that_is_allowed() {
    let oauth = OauthApp::with(|c| c.oauth_server.allow_plain_pkce = true).await;
    let client = oauth.public().await;
    let plain = [
        ("code_challenge", VERIFIER),
        ("code_challenge_method", "plain"),
    ];
    let tokens = oauth.tokens(&client, &plain).await;
    assert!(tokens.body["access_token"].is_string());
    let metadata = oauth.app.get("/.well-known/openid-configuration", "").await;
    let methods = &metadata.body["code_challenge_methods_supported"];
    assert_eq!(methods, &json!(["S256", "plain"]));
}

#[tokio::test]
async fn a_request_may_come_as_a_form() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let body = urlencoded(&[
        ("client_id", &client.id),
        ("redirect_uri", CALLBACK),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ]);
    let request = Request::builder()
        .method(Method::POST)
        .uri("/oauth/authorize")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.into())
        .expect("a request");
    let answer = oauth.app.send(request).await;
    assert_ne!(parameter(&location(&answer), "authorization_id"), "");
}

/// RFC 8252, 7.3; a client with a secret runs on a server and has one address.
#[tokio::test]
async fn only_a_native_application_chooses_its_port() {
    let oauth = OauthApp::new().await;
    let uris = json!(["http://127.0.0.1:3000/cb"]);
    let native = oauth
        .register(json!({ "redirect_uris": uris, "token_endpoint_auth_method": "none" }))
        .await;
    let server = oauth.register(json!({ "redirect_uris": uris })).await;
    let asked = [("redirect_uri", "http://127.0.0.1:49152/cb")];
    assert_ne!(oauth.ask(&native, &asked).await, "");
    assert_eq!(
        oauth.authorize(&server, &asked).await.status,
        StatusCode::BAD_REQUEST
    );
    let other = [("redirect_uri", "http://localhost:3000/cb")];
    assert_eq!(
        oauth.authorize(&native, &other).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn without_a_page_nobody_can_be_asked() {
    let oauth = OauthApp::with(|c| c.oauth_server.authorization_path.clear()).await;
    let client = oauth.confidential().await;
    let location = location(&oauth.authorize(&client, &[]).await);
    assert_eq!(parameter(&location, "error"), "server_error");
}

#[tokio::test]
async fn a_server_that_is_off_has_no_endpoint() {
    let oauth = OauthApp::with(|c| c.oauth_server.enabled = false).await;
    let client = Client {
        id: "6f1c6f0e-0000-4000-8000-000000000000".to_owned(),
        secret: String::new(),
    };
    let token = oauth.user.clone();
    for answer in [
        oauth.authorize(&client, &[]).await,
        oauth
            .app
            .get("/.well-known/oauth-authorization-server", "")
            .await,
        oauth.app.post("/oauth/token", "", json!({})).await,
        oauth.app.post("/oauth/introspect", "", json!({})).await,
        oauth.app.post("/oauth/revoke", "", json!({})).await,
        oauth
            .app
            .post("/oauth/clients/register", "", json!({}))
            .await,
        oauth.app.get("/oauth/userinfo", &token).await,
        oauth.app.get("/oauth/authorizations/x", &token).await,
        oauth.app.get("/user/oauth/grants", &token).await,
        oauth.app.get("/admin/oauth/clients", "").await,
    ] {
        let seen = (answer.status.as_u16(), answer.code());
        assert_eq!(seen, (404, "feature_disabled"), "{answer:?}");
    }
    // Its keys are those of every token here.
    let metadata = oauth.app.get("/.well-known/openid-configuration", "").await;
    assert_eq!(metadata.status, StatusCode::OK);
}

#[tokio::test]
async fn requests_that_are_long_over_are_removed() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    for _ in 0..3 {
        oauth.ask(&client, &[]).await;
    }
    oauth
        .execute(
            "update auth.oauth_authorizations set created_at = created_at - interval '2 days',
               expires_at = expires_at - interval '2 days'",
        )
        .await;
    oauth.ask(&client, &[]).await;
    let left: i64 = sqlx::query_scalar("select count(*) from auth.oauth_authorizations")
        .fetch_one(&oauth.app.pool)
        .await
        .expect("a count");
    assert_eq!(left, 1);
}
