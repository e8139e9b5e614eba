//! Who may ask (PR-152 to PR-159, PR-115).

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Extension;
use crestfall_core::Identity;
use crestfall_core::jwt::Verifier;
use crestfall_core::testing::TestApp;
use serde_json::json;

use crate::api::{Api, SECRET, refusal, sign, token};

#[tokio::test]
async fn tokens_choose_the_role_pr_152_pr_156() {
    let api = Api::new().await;
    let user = async |authorization: &str| {
        let request = api.app.get("/rpc/settings");
        let request = if authorization.is_empty() {
            request
        } else {
            request.header("authorization", authorization)
        };
        request.await.json()["user"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let alice = token("authenticated", "alice");
    assert_eq!(user("").await, "anon");
    assert_eq!(user(&format!("Bearer {alice}")).await, "authenticated");
    assert_eq!(user(&format!("bearer {alice}")).await, "authenticated");
    assert_eq!(user(&format!("BEARER {alice}")).await, "authenticated");
    // A token without a role is nobody in particular.
    assert_eq!(
        user(&format!("Bearer {}", sign(&json!({ "sub": "x" })))).await,
        "anon"
    );
    assert_eq!(user("Basic YTpi").await, "anon");
}

#[tokio::test]
async fn a_bad_token_is_never_anonymous_pr_115_pr_150_pr_157() {
    let api = Api::new().await;
    let other = crestfall_core::jwt::sign_hs256(
        "another secret that is long enough!!",
        &json!({ "role": "service_role" }),
    )
    .unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let cases = [
        (other, "PGRST301", "No suitable key or wrong key type"),
        ("abc".into(), "PGRST301", "Expected 3 parts in JWT; got 1"),
        ("a.b.c".into(), "PGRST301", ""),
        (
            String::new(),
            "PGRST301",
            "Empty JWT is sent in Authorization header",
        ),
        (
            sign(&json!({ "role": "anon", "exp": now - 100 })),
            "PGRST303",
            "JWT expired",
        ),
        (
            sign(&json!({ "role": "anon", "nbf": now + 100 })),
            "PGRST303",
            "JWT not yet valid",
        ),
        (
            sign(&json!({ "role": "anon", "iat": now + 100 })),
            "PGRST303",
            "JWT issued at future",
        ),
        (
            sign(&json!({ "role": "anon", "exp": "tomorrow" })),
            "PGRST303",
            "The JWT 'exp' claim must be a number",
        ),
    ];
    for (bad, code, message) in cases {
        for path in ["/genres", "/rpc/add?a=1&b=2", "/"] {
            let response = api
                .app
                .get(path)
                .header("authorization", &format!("Bearer {bad}"))
                .await;
            assert_eq!(
                refusal(&response),
                (401, code.to_owned()),
                "{message} {}",
                response.text()
            );
            if !message.is_empty() {
                assert_eq!(response.json()["message"], message);
            }
            let challenge = response.header("www-authenticate");
            assert!(
                challenge.starts_with("Bearer error=\"invalid_token\", error_description="),
                "{message}: {challenge}"
            );
        }
    }
    let unknown = token("no_such_role", "x");
    let response = api.app.get("/genres").bearer(&unknown).await;
    assert_eq!(refusal(&response), (401, "22023".into()));
}

#[tokio::test]
async fn without_an_anonymous_role_a_token_is_needed_pr_152() {
    let api = Api::new().await;
    let verifier = Verifier::builder().secret(SECRET).build().unwrap();
    let rest = api
        .rest
        .clone()
        .verifier(Arc::new(ArcSwap::from_pointee(verifier)));
    let app = TestApp::new(rest.router());
    let response = app.get("/genres").await;
    assert_eq!(
        response.status_and_json(),
        (
            401,
            json!({
                "code": "PGRST302",
                "message": "Anonymous access is disabled",
                "details": null,
                "hint": null
            })
        )
    );
    assert_eq!(response.header("www-authenticate"), "Bearer");
    let response = app
        .get("/genres")
        .bearer(&token("authenticated", "alice"))
        .await;
    assert_eq!(response.status.as_u16(), 200);
}

#[tokio::test]
async fn what_is_not_allowed_is_401_for_strangers_and_403_for_others_pr_141() {
    let api = Api::new().await;
    let response = api.app.get("/ledger").await;
    assert_eq!(
        response.status_and_json(),
        (
            401,
            json!({
                "code": "42501",
                "message": "permission denied for table ledger",
                "details": null,
                "hint": null
            })
        )
    );
    assert_eq!(response.header("www-authenticate"), "Bearer");
    let response = api
        .app
        .get("/ledger")
        .bearer(&token("authenticated", "alice"))
        .await;
    assert_eq!(refusal(&response), (403, "42501".into()));
    assert_eq!(response.header("www-authenticate"), "");
    // Whoever proves to be nobody is a stranger still.
    let response = api.app.get("/ledger").bearer(&token("anon", "alice")).await;
    assert_eq!(refusal(&response), (401, "42501".into()));
    let response = api
        .app
        .get("/ledger")
        .bearer(&token("service_role", "s"))
        .await;
    assert_eq!(response.json(), json!([{ "id": 1, "amount": 100 }]));
}

#[tokio::test]
async fn row_level_security_decides_by_claims_pr_159() {
    let api = Api::new().await;
    let seats = async |who: Option<String>| {
        let request = api.app.get("/tickets?select=owner,seat&order=id");
        match who {
            Some(token) => request.bearer(&token).await.json(),
            None => request.await.json(),
        }
    };
    assert_eq!(seats(None).await, json!([]));
    assert_eq!(
        seats(Some(token("authenticated", "alice"))).await,
        json!([{ "owner": "alice", "seat": "11" }, { "owner": "alice", "seat": "12" }])
    );
    assert_eq!(seats(Some(token("authenticated", "eve"))).await, json!([]));
    assert_eq!(
        seats(Some(token("service_role", "s")))
            .await
            .as_array()
            .map(Vec::len),
        Some(4)
    );
    let bob = token("authenticated", "bob");
    let response = api
        .app
        .patch("/tickets?id=eq.1", &json!({ "seat": "stolen" }))
        .bearer(&bob)
        .header("prefer", "return=representation, count=exact")
        .await;
    assert_eq!(response.json(), json!([]));
    let response = api
        .app
        .post(
            "/tickets",
            &json!({ "id": 9, "owner": "alice", "seat": "1" }),
        )
        .bearer(&bob)
        .await;
    assert_eq!(refusal(&response), (403, "42501".into()));
    let response = api
        .app
        .get("/films?select=id,tickets(owner)&id=eq.1")
        .bearer(&bob)
        .await;
    assert_eq!(
        response.json(),
        json!([{ "id": 1, "tickets": [{ "owner": "bob" }] }])
    );
    let response = api
        .app
        .get("/tickets?select=count()")
        .bearer(&bob)
        .header("prefer", "count=exact")
        .await;
    assert_eq!(response.json(), json!([{ "count": 2 }]));
}

#[tokio::test]
async fn an_identity_found_by_a_layer_goes_before_tokens() {
    let api = Api::new().await;
    let router = api
        .rest
        .router()
        .layer(Extension(Identity::anonymous("service_role")));
    let seen = TestApp::new(router)
        .get("/rpc/settings")
        .bearer(&token("authenticated", "alice"))
        .await
        .json();
    assert_eq!(seen["user"], "service_role");
}
