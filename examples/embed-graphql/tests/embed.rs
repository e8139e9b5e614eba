//! The service at work.

use crestfall_core::jwt::{Verifier, sign_hs256};
use crestfall_core::testing::{TestApp, TestDb};
use serde_json::json;

const SECRET: &str = "a secret for tests that is long enough";

#[tokio::test]
async fn the_api_stands_beside_the_services_own_routes() {
    let db = TestDb::new().await;
    db.load(
        "create table notes (id int primary key, title text, owner text);
         insert into notes values (1, 'mine', 'ann'), (2, 'other', 'ben');
         alter table notes enable row level security;
         create policy own on notes using (owner = current_setting('request.jwt.claims')::json ->> 'sub');
         grant select on notes to authenticated",
    )
    .await;
    let verifier = Verifier::builder()
        .secret(SECRET)
        .anonymous_role("anon")
        .build()
        .unwrap();
    let app = embed_graphql::app(&db.url_as("authenticator"), verifier).await;
    let app = TestApp::new(app.unwrap());
    assert_eq!(app.get("/hello").await.text(), "hello");
    let token = sign_hs256(SECRET, &json!({ "role": "authenticated", "sub": "ann" })).unwrap();
    let query = json!({ "query": "{ notesCollection { edges { node { title } } } }" });
    let mine =
        json!({ "data": { "notesCollection": { "edges": [{ "node": { "title": "mine" } }] } } });
    let answer = app.post("/graphql/v1", &query).bearer(&token).await;
    assert_eq!(answer.status_and_json(), (200, mine.clone()));
    let digest = app.get("/digest").bearer(&token).await.json();
    assert_eq!(digest, mine.to_string());
}
