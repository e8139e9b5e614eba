//! Services that sign what they send (RFC 9421).

use crestfall_client::signing::Signer;
use crestfall_client::{Client, rest::col};
use http::Method;
use serde_json::{Value, json};

use super::World;
use super::films_types::actors;

async fn make_key(world: &World, body: Value) -> Value {
    let service = world.service();
    service
        .auth()
        .admin()
        .call(Method::POST, &["api-keys"], Some(&body))
        .await
        .unwrap()
}

async fn check(client: &Client) {
    let read = client
        .from("films")
        .select("id")
        .filter(col("title").eq("Portrait, of a \"Lady\""));
    assert_eq!(read.send().await.unwrap(), [json!({ "id": 3 })]);
    let new = actors::Insert::new("Signed");
    let id = client
        .from(actors::TABLE)
        .insert(&new)
        .returning(actors::id)
        .single()
        .await
        .unwrap();
    let gone = client
        .from(actors::TABLE)
        .delete()
        .filter(actors::id.eq(id));
    gone.send().await.unwrap();
    assert_eq!(
        client
            .rpc("add_numbers", json!({ "a": 2 }))
            .send()
            .await
            .unwrap(),
        12
    );
}

#[tokio::test]
async fn requests_signed_by_a_shared_secret_are_accepted() {
    let world = World::new().await;
    let key = make_key(
        &world,
        json!({ "name": "worker", "kind": "hmac", "role": "service_role" }),
    )
    .await;
    let (id, secret) = (key["key_id"].as_str(), key["secret"].as_str());
    let (Some(id), Some(secret)) = (id, secret) else {
        panic!("{key}")
    };
    let signer = Signer::hmac_sha256_base64(id, secret).unwrap();
    check(&Client::builder(world.url()).signer(signer).build().unwrap()).await;
    // Another secret is refused, and never taken for anonymous.
    let signer = Signer::hmac_sha256(id, b"another").unwrap();
    let client = Client::builder(world.url()).signer(signer).build().unwrap();
    let refused = client.from("films").select("id").send().await.unwrap_err();
    assert_eq!(refused.status().unwrap().as_u16(), 401);
}

#[tokio::test]
async fn requests_signed_by_a_private_key_are_accepted() {
    use base64::Engine as _;
    let world = World::new().await;
    let private = [7_u8; 32];
    let signer = |id: &str| Signer::ed25519(id, &private).unwrap();
    let public = base64::prelude::BASE64_STANDARD.encode(signer("x").public_key().unwrap());
    let body = json!({ "name": "worker", "kind": "ed25519", "role": "service_role", "public_key": public });
    let key = make_key(&world, body).await;
    let Some(id) = key["key_id"].as_str() else {
        panic!("{key}")
    };
    check(
        &Client::builder(world.url())
            .signer(signer(id))
            .build()
            .unwrap(),
    )
    .await;
}
