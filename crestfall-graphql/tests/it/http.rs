//! GraphQL over HTTP.

use serde_json::json;

use crate::api::{Api, token};

#[tokio::test]
async fn queries_are_posted_or_got() {
    let api = Api::new().await;
    let answer = api.app.get("/?query={add(a:1)}").await;
    assert_eq!(
        answer.status_and_json(),
        (200, json!({ "data": { "add": 11 } }))
    );
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    let answer = api
        .app
        .get("/?query=query A($a: Int!){add(a:$a)} query B{add(a:9)}&operationName=A&variables={\"a\":2}")
        .await;
    assert_eq!(answer.json()["data"]["add"], 12);
    let change = api.app.get("/?query=mutation{touchAll{totalCount}}").await;
    assert_eq!(change.status, 405);
    let other = api.app.delete("/").await;
    assert_eq!(
        (other.status.as_u16(), other.header("allow")),
        (405, "GET, HEAD, POST, OPTIONS")
    );
}

#[tokio::test]
async fn statuses_tell_of_errors_to_those_who_ask_for_it() {
    let api = Api::new().await;
    let query = json!({ "query": "{ nothing }" });
    let plain = api
        .app
        .post("/", &query)
        .header("accept", "application/json")
        .await;
    assert_eq!(plain.status, 200);
    let told = api
        .app
        .post("/", &query)
        .header("accept", "application/graphql-response+json")
        .await;
    assert_eq!(told.status, 400);
    assert!(
        told.header("content-type")
            .starts_with("application/graphql-response+json")
    );
    assert!(told.json().get("data").is_none());
}

#[tokio::test]
async fn what_is_no_request_is_told() {
    let api = Api::new().await;
    let post = || api.app.request("POST".parse().unwrap(), "/");
    assert_eq!(post().body("{}").await.status, 415);
    let json = || post().header("content-type", "application/json; charset=utf-8");
    for body in ["{", "[]", "{\"query\": 1}", "{}"] {
        assert_eq!(json().body(body).await.status, 400, "{body}");
    }
    let syntax = json().body("{\"query\": \"{\"}").await;
    assert_eq!(
        syntax.status_and_json(),
        (
            200,
            json!({ "errors": [{ "message": "expected a name, found the end", "locations": [{ "line": 1, "column": 2 }] }] })
        )
    );
    let small = Api::over("", |config| config.limits.body_bytes = 10).await;
    let large = small
        .app
        .post("/", &json!({ "query": "{ add(a: 1) }" }))
        .await;
    assert_eq!(large.status, 413);
}

#[tokio::test]
async fn a_bad_token_is_never_anonymous() {
    let api = Api::new().await;
    let request = api.app.post("/", &json!({ "query": "{ add(a: 1) }" }));
    let answer = request
        .bearer(&format!("{}x", token("authenticated", "ann")))
        .await;
    assert_eq!(answer.status, 401);
}
