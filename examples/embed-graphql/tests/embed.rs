//! The service as its callers see it.

use crestfall_core::jwt::{Verifier, sign_hs256};
use crestfall_core::testing::{TestApp, TestDb};
use serde_json::{Value, json};

const SECRET: &str = "a secret for tests that is long enough";

const NOTES: &str = "
comment on schema public is '@graphql({\"introspection\": true})';
create table note (
  id int generated always as identity primary key,
  owner text not null default current_setting('request.jwt.claims')::json ->> 'sub',
  body text not null
);
alter table note enable row level security;
create policy own on note to authenticated
  using (owner = current_setting('request.jwt.claims')::json ->> 'sub');
grant select, insert on note to authenticated;
insert into note (owner, body) values ('ada', 'tea'), ('ben', 'oil');
";

async fn service() -> (TestDb, TestApp) {
    let db = TestDb::new().await;
    db.load(NOTES).await;
    let verifier = Verifier::builder().secret(SECRET).anonymous_role("anon");
    let app = embed_graphql::app(&db.url_as("authenticator"), verifier.build().unwrap()).await;
    (db, TestApp::new(app.unwrap()))
}

async fn ask(app: &TestApp, query: &str, variables: Value) -> Value {
    let token = sign_hs256(SECRET, &json!({ "role": "authenticated", "sub": "ada" })).unwrap();
    let body = json!({ "query": query, "variables": variables });
    app.post("/graphql", &body).bearer(&token).await.json()
}

#[tokio::test]
async fn one_operation_asks_the_database_and_the_service() {
    let (_db, app) = service().await;
    let query = "query($city: String!) {
        noteCollection { edges { node { body } } }
        here: forecast(city: $city) { __typename warmth: celsius askedBy }
    }";
    let answer = ask(&app, query, json!({ "city": "Hull" })).await;
    let expected = json!({
        "noteCollection": { "edges": [{ "node": { "body": "tea" } }] },
        "here": { "__typename": "Forecast", "warmth": 11.5, "askedBy": "ada" },
    });
    assert_eq!(answer, json!({ "data": expected }));
    // A plan for one value is not taken for another, and a failure leaves the rest as it is.
    let answer = ask(&app, query, json!({ "city": "York" })).await;
    assert_eq!(answer["data"]["here"], Value::Null);
    assert_eq!(answer["data"]["noteCollection"], expected["noteCollection"]);
    let error = json!({ "message": "no forecast for \"York\"", "path": ["here"] });
    assert_eq!(answer["errors"], json!([error]));
}

#[tokio::test]
async fn introspection_shows_both_and_arguments_are_checked() {
    let (_db, app) = service().await;
    let query = "{ __type(name: \"Query\") { fields { name } } forecast: __type(name: \"Forecast\") { fields { name } } }";
    let answer = ask(&app, query, json!({})).await;
    let fields = answer["data"]["__type"]["fields"].as_array().unwrap();
    for name in ["forecast", "noteCollection"] {
        assert!(fields.contains(&json!({ "name": name })), "{answer}");
    }
    assert_eq!(answer["data"]["forecast"]["fields"][1]["name"], "celsius");
    for query in [
        "{ forecast { city } }",
        "{ forecast(city: 7) { city } }",
        "{ forecast(city: \"Hull\") }",
        "{ forecast(city: \"Hull\") { wind } }",
    ] {
        let answer = ask(&app, query, json!({})).await;
        assert!(
            answer["errors"].is_array() && answer.get("data").is_none(),
            "{answer}"
        );
    }
}
