//! HTTP Message Signatures.

use super::*;

#[tokio::test]
async fn a_signed_request_is_accepted_once_with_its_body_and_not_again() {
    let app = TestAuth::new().await;
    let (token, made) = user_and_key(&app, json!({ "name": "m", "kind": "hmac" })).await;
    assert!(made.body.get("key").is_none());
    let signer = signer_of(&made);
    let guarded = guarded(&app.auth);
    let parts = signed(&signer, Method::POST, "/rest?dry=1", b"{\"a\":1}");
    let request = |parts: &http::request::Parts, body: &'static [u8]| {
        Request::from_parts(parts.clone(), Body::from(body))
    };
    let changed = ask(&guarded, request(&parts, b"{\"a\":2}")).await;
    assert_eq!(changed.code(), "signature_invalid");
    let parts = signed(&signer, Method::POST, "/rest?dry=1", b"{\"a\":1}");
    let first = ask(&guarded, request(&parts, b"{\"a\":1}")).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert_eq!(
        (first.text("/proof"), first.body["read"].as_u64()),
        ("Signature".into(), Some(7))
    );
    assert_eq!(
        first.text("/claims/sub"),
        crate::service::claims(&token)["sub"]
    );
    let again = ask(&guarded, request(&parts, b"{\"a\":1}")).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::UNAUTHORIZED, "signature_invalid")
    );
    let mut moved = signed(&signer, Method::GET, "/rest", b"");
    moved.uri = "/report".parse().expect("a path");
    assert_eq!(ask(&guarded, request(&moved, b"")).await.status, 401);
    // Without the layer, a head is enough only where there is no body.
    let head = signed(&signer, Method::GET, "/rest", b"");
    assert!(app.auth.identify(&head).await.is_ok());
    let with_body = signed(&signer, Method::POST, "/rest", b"x");
    assert!(app.auth.identify(&with_body).await.is_err());
    // The secret is no bearer's.
    let bearer = format!("Bearer {}", made.text("/secret"));
    assert_eq!(
        ask(&guarded, with(&[("authorization", &bearer)]))
            .await
            .status,
        401
    );
    let path = format!("/user/api-keys/{}", made.text("/id"));
    app.delete(&path, &token, Value::Null).await;
    let parts = signed(&signer, Method::GET, "/rest", b"");
    assert_eq!(ask(&guarded, request(&parts, b"")).await.status, 401);
}

#[tokio::test]
async fn a_replay_is_refused_on_another_node_that_shares_the_nonces() {
    let app = TestAuth::new().await;
    let redis = crestfall_core::testing::RedisServer::start().await;
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let nonces = crestfall_auth::signature::RedisNonces::connect(&redis.url(), "t:");
        let nonces = nonces.expect("a store");
        nonces.prepare().await.expect("ready");
        let builder = Auth::builder(app.pool.clone(), open_config()).nonces(nonces);
        nodes.push(guarded(&builder.build().await.expect("a node")));
    }
    tokio::time::sleep(Duration::from_millis(1100)).await; // signed after Redis began to remember
    let (_, made) = user_and_key(&app, json!({ "name": "m", "kind": "hmac" })).await;
    let parts = signed(&signer_of(&made), Method::GET, "/rest", b"");
    let request = || Request::from_parts(parts.clone(), Body::empty());
    assert_eq!(ask(&nodes[0], request()).await.status, 200);
    assert_eq!(ask(&nodes[1], request()).await.status, 401);
}

#[tokio::test]
async fn an_ed25519_key_signs_without_a_secret_on_our_side() {
    let app = TestAuth::new().await;
    let key = PrivateKey::ed25519(&[7; 32]).expect("a key");
    let public = BASE64_STANDARD.encode(key.public().expect("a public half"));
    let request = json!({ "name": "m", "kind": "ed25519", "public_key": public });
    let (_, made) = user_and_key(&app, request).await;
    assert!(made.body.get("secret").is_none() && made.body.get("key").is_none());
    let parts = signed(
        &Signer::new(made.text("/key_id"), key),
        Method::GET,
        "/rest",
        b"",
    );
    let answer = ask(
        &guarded(&app.auth),
        Request::from_parts(parts, Body::empty()),
    )
    .await;
    assert_eq!(
        (answer.status, answer.text("/proof")),
        (StatusCode::OK, "Signature".into())
    );
}
