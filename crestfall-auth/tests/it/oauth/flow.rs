//! The whole way, as a client's library goes it.

use crestfall_core::jwt::Verifier;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Client, OauthApp, challenge, location, parameter, urlencoded};
use crate::service::claims;

/// As an MCP client does it: it knows the service's address alone (RFC 8414, RFC 7591, RFC 7636,
/// RFC 8707, OpenID Connect).
#[tokio::test]
async fn a_client_that_knows_the_address_alone_signs_a_user_in() {
    let oauth = OauthApp::with(|c| c.oauth_server.allow_dynamic_registration = true).await;
    let app = &oauth.app;

    let metadata = app.get("/.well-known/oauth-authorization-server", "").await;
    let issuer = "https://api.example.org/auth/v1";
    assert_eq!(metadata.body["issuer"], issuer);
    assert_eq!(
        metadata.body["code_challenge_methods_supported"],
        json!(["S256"])
    );
    let endpoint = |name: &str| {
        let address = metadata.body[name].as_str().expect("an endpoint");
        address.strip_prefix(issuer).expect("ours").to_owned()
    };

    let redirect_uri = "http://127.0.0.1:33418/callback";
    let registration = json!({
        "client_name": "Editor",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "openid",
    });
    let registered = app
        .post(&endpoint("registration_endpoint"), "", registration)
        .await;
    assert_eq!(registered.status, StatusCode::CREATED, "{registered:?}");
    assert_eq!(registered.body.get("client_secret"), None);
    let client = Client {
        id: registered.text("/client_id"),
        secret: String::new(),
    };

    // RFC 8252: today the program was given another port.
    let redirect_uri = "http://127.0.0.1:51004/callback";
    let verifier = "a-verifier-of-forty-three-characters-or-more-x";
    let query = urlencoded(&[
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", redirect_uri),
        ("scope", "openid profile email offline_access"),
        ("state", "state-1"),
        ("nonce", "nonce-1"),
        ("resource", "https://mcp.example.org/mcp"),
        ("code_challenge", &challenge(verifier)),
        ("code_challenge_method", "S256"),
    ]);
    let path = format!("{}?{query}", endpoint("authorization_endpoint"));
    let page = location(&app.get(&path, "").await);
    let id = parameter(&page, "authorization_id");

    let shown = oauth.open(&id, &oauth.user).await;
    let user_id = claims(&oauth.user)["sub"].clone();
    assert_eq!(
        shown.body,
        json!({
            "authorization_id": id,
            "redirect_uri": redirect_uri,
            "client": { "id": client.id, "name": "Editor" },
            "user": { "id": user_id, "email": "ada@example.org" },
            "scope": "openid profile email offline_access",
            "resource": "https://mcp.example.org/mcp",
        })
    );
    let approved = oauth.decide(&id, &oauth.user, "approve").await;
    let back = approved.text("/redirect_url");
    assert!(back.starts_with(&format!("{redirect_uri}?code=")), "{back}");
    assert_eq!(parameter(&back, "state"), "state-1");
    assert_eq!(parameter(&back, "iss"), issuer);

    let tokens = oauth
        .form(
            &endpoint("token_endpoint"),
            &client,
            &[
                ("grant_type", "authorization_code"),
                ("code", &parameter(&back, "code")),
                ("redirect_uri", redirect_uri),
                ("code_verifier", verifier),
                ("resource", "https://mcp.example.org/mcp"),
            ],
        )
        .await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    assert_eq!(tokens.headers["cache-control"], "no-store");
    assert_eq!(tokens.body["token_type"], "bearer");
    assert_eq!(tokens.body["expires_in"], 3600);
    assert_eq!(tokens.body["scope"], "openid profile email offline_access");
    assert_eq!(tokens.body.get("user"), None);

    let access_token = tokens.text("/access_token");
    let said = claims(&access_token);
    assert_eq!(said["client_id"], client.id.as_str());
    assert_eq!(said["scope"], "openid profile email offline_access");
    assert_eq!(
        said["aud"],
        json!(["authenticated", "https://mcp.example.org/mcp"])
    );
    assert_eq!(said["role"], "authenticated");
    assert_eq!(
        said["amr"][0]["method"],
        "oauth_provider/authorization_code"
    );

    let jwks = app.get(&endpoint("jwks_uri"), "").await;
    check_id_token(&tokens.text("/id_token"), &jwks.body, &client.id, issuer);
    assert_eq!(claims(&tokens.text("/id_token"))["sub"], user_id);

    let info = app.get(&endpoint("userinfo_endpoint"), &access_token).await;
    assert_eq!(info.body["sub"], user_id);
    assert_eq!(info.body["email"], "ada@example.org");

    let next = oauth.refresh(&client, &tokens.text("/refresh_token")).await;
    assert_eq!(next.status, StatusCode::OK, "{next:?}");
    assert_eq!(claims(&next.text("/access_token"))["aud"], said["aud"]);
    assert_ne!(next.text("/refresh_token"), tokens.text("/refresh_token"));

    let path = endpoint("revocation_endpoint");
    let token = next.text("/refresh_token");
    let revoked = oauth.form(&path, &client, &[("token", &token)]).await;
    assert_eq!(revoked.status, StatusCode::OK);
    assert_eq!(
        oauth.refresh(&client, &token).await.status,
        StatusCode::BAD_REQUEST
    );
    let after = app.get(&endpoint("userinfo_endpoint"), &access_token).await;
    assert_eq!(after.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        after.headers["www-authenticate"],
        "Bearer error=\"invalid_token\""
    );
}

/// As a client checks it, with the published keys alone (OpenID Connect Core, 3.1.3.7).
fn check_id_token(id_token: &str, jwks: &Value, client_id: &str, issuer: &str) {
    let verifier = Verifier::builder()
        .secret(jwks.to_string())
        .audience(client_id)
        .issuer(issuer)
        .anonymous_role("anon")
        .build()
        .expect("a verifier");
    verifier.verify(id_token).expect("a good token");
    let said = claims(id_token);
    assert_eq!(said["aud"], client_id);
    assert_eq!(said["iss"], issuer);
    assert_eq!(said["nonce"], "nonce-1");
    assert_eq!(said["email"], "ada@example.org");
    assert_eq!(said["email_verified"], true);
    assert_eq!(said.get("phone_number"), None);
    assert!(said["auth_time"].as_i64() <= said["iat"].as_i64());
    assert!(
        said["at_hash"]
            .as_str()
            .is_some_and(|hash| hash.len() == 22)
    );
}

#[tokio::test]
async fn metadata_is_found_behind_the_issuers_path_too() {
    use tower::ServiceExt as _;
    let oauth = OauthApp::new().await;
    let outermost: axum::Router = oauth.app.auth.well_known();
    for name in ["oauth-authorization-server", "openid-configuration"] {
        let request = http::Request::get(format!("/.well-known/{name}/auth/v1"))
            .body(axum::body::Body::empty())
            .expect("a request");
        let answer = outermost.clone().oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
    }
    let open = oauth.app.get("/.well-known/openid-configuration", "").await;
    assert_eq!(
        open.body["authorization_response_iss_parameter_supported"],
        true
    );
    assert_eq!(
        open.body["id_token_signing_alg_values_supported"],
        json!(["ES256"])
    );
    assert_eq!(open.body.get("registration_endpoint"), None);
}

#[tokio::test]
async fn a_client_with_a_secret_signs_a_user_in() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let tokens = oauth.tokens(&client, &[("scope", "")]).await;
    assert_eq!(tokens.body["scope"], "email");
    assert_eq!(tokens.body.get("id_token"), None);
    let said = claims(&tokens.text("/access_token"));
    assert_eq!(said["aud"], "authenticated");
    assert_eq!(
        (&said["client_id"], &said["scope"]),
        (&json!(client.id), &json!("email"))
    );
}
