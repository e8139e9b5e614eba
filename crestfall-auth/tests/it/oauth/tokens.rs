//! The token endpoint and what becomes of its tokens (GT-068 to GT-071).

use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{CALLBACK, Client, OauthApp, VERIFIER, refusal, urlencoded};
use crate::service::{Answer, claims, key};

/// A request to the token endpoint with this header and body.
async fn token(oauth: &OauthApp, kind: &str, authorization: &str, body: String) -> Answer {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/oauth/token")
        .header("content-type", kind);
    if !authorization.is_empty() {
        request = request.header("authorization", authorization);
    }
    oauth
        .app
        .send(request.body(body.into()).expect("a request"))
        .await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_client_proves_itself_as_it_was_registered_to() {
    let oauth = OauthApp::new().await;
    let post = json!({ "token_endpoint_auth_method": "client_secret_post" });
    let post = oauth.register(post).await;
    let (basic, public) = (oauth.confidential().await, oauth.public().await);
    let other = oauth.confidential().await;
    let wrong = Client {
        id: basic.id.clone(),
        secret: "wrong".to_owned(),
    };
    let borrowed = Client {
        id: basic.id.clone(),
        secret: other.secret.clone(),
    };
    let named_public = Client {
        id: public.id.clone(),
        secret: "any".to_owned(),
    };
    let with = |client: &Client, secret: &str| {
        let mut pairs = vec![("grant_type", "refresh_token"), ("refresh_token", "x")];
        pairs.push(("client_id", client.id.as_str()));
        if !secret.is_empty() {
            pairs.push(("client_secret", secret));
        }
        urlencoded(&pairs)
    };
    let grant = "grant_type=refresh_token&refresh_token=x".to_owned();
    // The client is who it says, the token is not: so far they came.
    for (authorization, body) in [
        (basic.basic(), grant.clone()),
        (String::new(), with(&post, &post.secret)),
        (String::new(), with(&public, "")),
    ] {
        let answer = token(&oauth, FORM, &authorization, body).await;
        assert_eq!(refusal(&answer), (400, "invalid_grant"), "{authorization}");
    }
    for (authorization, body) in [
        (wrong.basic(), grant.clone()),
        (borrowed.basic(), grant.clone()),
        (post.basic(), grant.clone()),
        (named_public.basic(), grant.clone()),
        (String::new(), grant.clone()),
        (String::new(), with(&basic, "")),
        (String::new(), with(&basic, &basic.secret)),
        (String::new(), with(&post, "wrong")),
        (String::new(), with(&post, "")),
        (String::new(), with(&public, "any")),
        (String::new(), format!("{grant}&client_id=nobody")),
    ] {
        let answer = token(&oauth, FORM, &authorization, body.clone()).await;
        assert_eq!(
            refusal(&answer),
            (401, "invalid_client"),
            "{authorization} {body}"
        );
        let challenge = answer.headers["www-authenticate"].to_str().expect("text");
        assert!(challenge.starts_with("Basic realm="));
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let both = token(&oauth, FORM, &basic.basic(), with(&basic, &basic.secret)).await;
    assert_eq!(refusal(&both), (400, "invalid_request"));
}

#[tokio::test]
async fn a_grant_may_be_asked_for_in_json() {
    let oauth = OauthApp::new().await;
    let client = oauth.public().await;
    let code = oauth.code(&client, &[]).await;
    let body = json!({
        "grant_type": "authorization_code",
        "client_id": client.id,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    });
    let answer = token(&oauth, "application/json", "", body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    for bad in ["", "{", "[]", r#"{"grant_type": 1}"#] {
        let answer = token(&oauth, "application/json", "", bad.to_owned()).await;
        assert_eq!(refusal(&answer), (400, "invalid_request"), "{bad}");
    }
}

#[tokio::test]
async fn grants_that_a_client_has_not_are_refused() {
    let oauth = OauthApp::new().await;
    let only_code = json!({ "grant_types": ["authorization_code"] });
    let client = oauth.register(only_code).await;
    for (grant, error) in [
        ("", "invalid_request"),
        ("refresh_token", "unauthorized_client"),
        ("client_credentials", "unauthorized_client"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
    ] {
        let answer = oauth
            .form("/oauth/token", &client, &[("grant_type", grant)])
            .await;
        assert_eq!(refusal(&answer), (400, error), "{grant}");
    }
    let tokens = oauth.tokens(&client, &[]).await;
    assert_eq!(tokens.body.get("refresh_token"), None);
    let by_itself = json!({ "grant_types": ["client_credentials"], "redirect_uris": [] });
    let by_itself = oauth.register(by_itself).await;
    let answer = oauth.authorize(&by_itself, &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_refresh_token_is_of_one_client() {
    let oauth = OauthApp::new().await;
    let (client, other) = (oauth.confidential().await, oauth.public().await);
    let tokens = oauth.tokens(&client, &[]).await;
    let refresh_token = tokens.text("/refresh_token");
    let stolen = oauth.refresh(&other, &refresh_token).await;
    assert_eq!(refusal(&stolen), (400, "invalid_grant"));
    // Nor is it a user's own, nor a user's own a client's.
    assert_eq!(
        oauth.app.refresh(&refresh_token).await.status,
        StatusCode::BAD_REQUEST
    );
    let own = oauth.app.sign_in("ada@example.org", "correct horse").await;
    let taken = oauth.refresh(&client, &own.text("/refresh_token")).await;
    assert_eq!(refusal(&taken), (400, "invalid_grant"));
    let next = oauth.refresh(&client, &refresh_token).await;
    assert_eq!(next.status, StatusCode::OK);
    assert_eq!(next.body["scope"], "openid email");
    assert_eq!(
        claims(&next.text("/access_token"))["client_id"],
        client.id.as_str()
    );
}

#[tokio::test]
async fn a_refresh_gives_no_more_than_was_agreed_to() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    let asked = [("scope", "email"), ("resource", "https://a.org/mcp")];
    let token = oauth.tokens(&client, &asked).await.text("/refresh_token");
    for (name, value, error) in [
        ("scope", "email profile", "invalid_scope"),
        ("resource", "https://b.org/mcp", "invalid_target"),
    ] {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str()),
            (name, value),
        ];
        let answer = oauth.form("/oauth/token", &client, &pairs).await;
        assert_eq!(refusal(&answer), (400, error), "{name}");
    }
    assert_eq!(oauth.refresh(&client, &token).await.status, StatusCode::OK);
}

/// GT-069.
#[tokio::test]
async fn scopes_open_what_a_client_knows_of_a_user() {
    let oauth = OauthApp::new().await;
    let client = oauth.confidential().await;
    oauth
        .execute(
            r#"update auth.users set phone = '15550100', phone_confirmed_at = now(),
                 raw_user_meta_data = '{"full_name": "Ada", "avatar_url": "https://a.org/p.png",
                   "username": "ada"}'"#,
        )
        .await;
    let id = claims(&oauth.user)["sub"].clone();
    let mut seen: Vec<Value> = Vec::new();
    for scope in ["openid", "email", "phone", "profile"] {
        let tokens = oauth.tokens(&client, &[("scope", scope)]).await;
        let token = tokens.text("/access_token");
        let mut info = oauth.app.get("/oauth/userinfo", &token).await.body;
        assert_eq!(info["sub"], id);
        if scope == "profile" {
            assert!(info["updated_at"].is_i64());
            assert_eq!(info["user_metadata"]["username"], "ada");
        }
        let object = info.as_object_mut().expect("an object");
        for name in ["sub", "updated_at", "user_metadata"] {
            object.remove(name);
        }
        seen.push(info);
    }
    assert_eq!(
        seen,
        [
            json!({}),
            json!({ "email": "ada@example.org", "email_verified": true }),
            json!({
                "phone_number": "15550100", "phone_number_verified": true,
                "phone": "15550100", "phone_verified": true,
            }),
            json!({
                "name": "Ada", "picture": "https://a.org/p.png", "preferred_username": "ada",
            }),
        ]
    );
    let own = oauth.app.get("/oauth/userinfo", &oauth.user).await;
    assert_eq!(own.body, json!({ "sub": id }));
    let nobody = oauth.app.get("/oauth/userinfo", "").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.headers["www-authenticate"], "Bearer");
}

/// RFC 7662.
#[tokio::test]
async fn a_service_asks_whether_a_token_is_good() {
    let oauth = OauthApp::with(|c| c.oauth_server.allow_dynamic_registration = true).await;
    let (client, service) = (oauth.public().await, oauth.confidential().await);
    let tokens = oauth.tokens(&client, &[]).await;
    let token = tokens.text("/access_token");
    let answer = oauth.introspect(&service, &token).await;
    let said = claims(&token);
    assert_eq!(answer["active"], true);
    assert_eq!(answer["client_id"], client.id.as_str());
    assert_eq!(answer["scope"], "openid email");
    for name in ["sub", "exp", "iat", "iss", "aud"] {
        assert_eq!(answer[name], said[name], "{name}");
    }

    let inactive = json!({ "active": false });
    let refresh_token = tokens.text("/refresh_token");
    for other in [
        "nonsense",
        &tokens.text("/id_token"),
        &refresh_token,
        &key("service_role"),
    ] {
        assert_eq!(oauth.introspect(&service, other).await, inactive, "{other}");
    }
    // A client that nobody knows sees its own alone.
    let registration = json!({ "redirect_uris": [CALLBACK] });
    let made = oauth
        .app
        .post("/oauth/clients/register", "", registration)
        .await;
    let unknown = Client {
        id: made.text("/client_id"),
        secret: made.text("/client_secret"),
    };
    assert_eq!(oauth.introspect(&unknown, &token).await, inactive);
    let own = oauth.tokens(&unknown, &[]).await;
    let seen = oauth.introspect(&unknown, &own.text("/access_token")).await;
    assert_eq!(seen["active"], true);
    let seen = oauth
        .introspect(&unknown, &own.text("/refresh_token"))
        .await;
    assert_eq!(
        (&seen["active"], &seen["token_type"]),
        (&json!(true), &json!("refresh_token"))
    );
    oauth.refresh(&unknown, &own.text("/refresh_token")).await;
    let seen = oauth
        .introspect(&unknown, &own.text("/refresh_token"))
        .await;
    assert_eq!(seen, inactive);
    // One without a secret is anybody.
    let answer = oauth
        .form("/oauth/introspect", &client, &[("token", &token)])
        .await;
    assert_eq!(refusal(&answer), (400, "unauthorized_client"));
    let answer = oauth.form("/oauth/introspect", &service, &[]).await;
    assert_eq!(refusal(&answer), (400, "invalid_request"));

    oauth
        .execute("delete from auth.sessions where oauth_client_id is not null")
        .await;
    assert_eq!(oauth.introspect(&service, &token).await, inactive);
}

#[tokio::test]
async fn a_token_of_a_banned_user_is_not_good() {
    let oauth = OauthApp::new().await;
    let (client, service) = (oauth.public().await, oauth.confidential().await);
    let token = oauth.tokens(&client, &[]).await.text("/access_token");
    assert_eq!(oauth.introspect(&service, &token).await["active"], true);
    oauth
        .execute("update auth.users set banned_until = now() + interval '1 hour'")
        .await;
    assert_eq!(oauth.introspect(&service, &token).await["active"], false);
}

/// RFC 7009.
#[tokio::test]
async fn a_client_gives_its_tokens_back() {
    let oauth = OauthApp::new().await;
    let (client, other) = (oauth.confidential().await, oauth.public().await);
    for kind in ["/access_token", "/refresh_token"] {
        let tokens = oauth.tokens(&client, &[]).await;
        let token = tokens.text(kind);
        let stolen = oauth
            .form("/oauth/revoke", &other, &[("token", &token)])
            .await;
        assert_eq!(refusal(&stolen), (400, "invalid_grant"));
        assert_eq!(oauth.introspect(&client, &token).await["active"], true);
        for _ in 0..2 {
            let done = oauth
                .form("/oauth/revoke", &client, &[("token", &token)])
                .await;
            assert_eq!(done.status, StatusCode::OK, "{kind}");
        }
        let ended = oauth.app.get("/user", &tokens.text("/access_token")).await;
        assert_eq!(ended.code(), "session_not_found");
        let refused = oauth.refresh(&client, &tokens.text("/refresh_token")).await;
        assert_eq!(refusal(&refused), (400, "invalid_grant"));
    }
    let unknown = oauth
        .form("/oauth/revoke", &client, &[("token", "x")])
        .await;
    assert_eq!(unknown.status, StatusCode::OK);
    let none = oauth.form("/oauth/revoke", &client, &[]).await;
    assert_eq!(refusal(&none), (400, "invalid_request"));
    let own = oauth
        .form("/oauth/revoke", &client, &[("token", &oauth.user)])
        .await;
    assert_eq!(refusal(&own), (400, "invalid_grant"));
    assert_eq!(
        oauth.app.get("/user", &oauth.user).await.status,
        StatusCode::OK
    );
}

/// A client that acts by itself, and its token.
async fn by_itself(oauth: &OauthApp) -> (Client, Answer) {
    let client = oauth
        .register(json!({
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "client_credentials_scopes": "reports:read reports:write",
            "client_credentials_role": "reporter",
        }))
        .await;
    let pairs = [
        ("grant_type", "client_credentials"),
        ("scope", "reports:read"),
    ];
    let answer = oauth.form("/oauth/token", &client, &pairs).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    (client, answer)
}

/// GT-071, D33.
#[tokio::test]
async fn a_client_acts_by_itself() {
    let oauth = OauthApp::new().await;
    let (client, answer) = by_itself(&oauth).await;
    assert_eq!(answer.body.get("refresh_token"), None);
    assert_eq!(answer.body["expires_in"], 600);
    assert_eq!(answer.body["scope"], "reports:read");
    let said = claims(&answer.text("/access_token"));
    assert_eq!(said["sub"], client.id.as_str());
    assert_eq!(said["client_id"], client.id.as_str());
    assert_eq!(said["role"], "reporter");
    assert_eq!(said["scope"], "reports:read");
    let wide = [
        ("grant_type", "client_credentials"),
        ("scope", "reports:read admin"),
    ];
    let wide = oauth.form("/oauth/token", &client, &wide).await;
    assert_eq!(refusal(&wide), (400, "invalid_scope"));
    let all = [("grant_type", "client_credentials")];
    let all = oauth.form("/oauth/token", &client, &all).await;
    assert_eq!(all.body["scope"], "reports:read reports:write");
    let public = json!({
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none",
    });
    let public = oauth
        .app
        .post("/admin/oauth/clients", &key("service_role"), public)
        .await;
    assert_eq!(public.code(), "validation_failed");
    for role in ["", "a\u{0}b"] {
        let odd = json!({
            "grant_types": ["client_credentials"], "client_credentials_role": role,
        });
        let odd = oauth
            .app
            .post("/admin/oauth/clients", &key("service_role"), odd)
            .await;
        assert_eq!(odd.code(), "validation_failed");
    }
    // It is nobody.
    for path in ["/user", "/user/sessions"] {
        let answer = oauth.app.get(path, &answer.text("/access_token")).await;
        assert_eq!(answer.code(), "user_not_found");
    }
}

#[tokio::test]
async fn what_a_client_has_for_itself_ends_as_it_is_changed() {
    let oauth = OauthApp::new().await;
    let service = oauth.confidential().await;
    let admin = key("service_role");
    for change in ["update", "secret", "revoke", "delete"] {
        let (client, answer) = by_itself(&oauth).await;
        let token = answer.text("/access_token");
        assert_eq!(oauth.introspect(&service, &token).await["active"], true);
        let path = format!("/admin/oauth/clients/{}", client.id);
        let done = match change {
            "update" => {
                let narrower = json!({ "client_credentials_role": "anon" });
                oauth.app.put(&path, &admin, narrower).await
            }
            "secret" => {
                let path = format!("{path}/regenerate_secret");
                oauth.app.post(&path, &admin, json!(null)).await
            }
            "revoke" => {
                oauth
                    .form("/oauth/revoke", &client, &[("token", &token)])
                    .await
            }
            _ => oauth.app.delete(&path, &admin, json!(null)).await,
        };
        assert!(done.status.is_success(), "{change} {done:?}");
        let seen = oauth.introspect(&service, &token).await;
        assert_eq!(seen, json!({ "active": false }), "{change}");
        // So do the other nodes hear of it, and whoever only checks the token.
        let session = claims(&token)["session_id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let revoked: bool = sqlx::query_scalar(
            "select exists (select from auth.revocations where session_id = $1::uuid)",
        )
        .bind(session)
        .fetch_one(&oauth.app.pool)
        .await
        .expect("a row");
        assert!(revoked, "{change}");
        if change == "revoke" {
            let pairs = [("grant_type", "client_credentials")];
            let next = oauth.form("/oauth/token", &client, &pairs).await;
            let next = oauth
                .introspect(&service, &next.text("/access_token"))
                .await;
            assert_eq!(next["active"], true);
        }
    }
}
