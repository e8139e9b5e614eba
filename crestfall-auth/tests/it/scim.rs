//! Users kept by an identity provider (GT-063; RFC 7643, RFC 7644).

mod attacks;
mod discovery;
mod filters;
mod providers;
mod users;

use axum::body::Body;
use crestfall_auth::Config;
use crestfall_auth::config::ScimClient;
use crestfall_core::Secret;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::service::{Answer, TestAuth};

pub(super) const OKTA: &str = "the secret of a client named okta, of the tests";
pub(super) const ENTRA: &str = "the secret of a client named entra, of the tests";

/// A client with this secret.
pub(super) fn client(secret: &str) -> ScimClient {
    ScimClient {
        secrets: vec![Secret::new(secret)],
        ..ScimClient::default()
    }
}

/// Two clients.
pub(super) fn with_clients(config: &mut Config) {
    config.scim.enabled = true;
    config.scim.clients = [
        ("okta".to_owned(), client(OKTA)),
        ("entra".to_owned(), client(ENTRA)),
    ]
    .into();
}

pub(super) async fn service() -> TestAuth {
    TestAuth::with(with_clients).await
}

/// As a provisioning client asks.
pub(super) async fn scim(
    app: &TestAuth,
    secret: &str,
    method: Method,
    path: &str,
    body: Value,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/scim/v2{path}"))
        .header("content-type", "application/scim+json")
        .header("authorization", format!("Bearer {secret}"));
    let body = match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    };
    app.send(request.body(body).expect("a request")).await
}

pub(super) async fn get(app: &TestAuth, path: &str) -> Answer {
    scim(app, OKTA, Method::GET, path, Value::Null).await
}

pub(super) async fn post(app: &TestAuth, body: Value) -> Answer {
    scim(app, OKTA, Method::POST, "/Users", body).await
}

pub(super) async fn put(app: &TestAuth, id: &str, body: Value) -> Answer {
    scim(app, OKTA, Method::PUT, &format!("/Users/{id}"), body).await
}

pub(super) async fn patch(app: &TestAuth, id: &str, operations: Value) -> Answer {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    });
    scim(app, OKTA, Method::PATCH, &format!("/Users/{id}"), body).await
}

pub(super) async fn delete(app: &TestAuth, id: &str) -> Answer {
    scim(
        app,
        OKTA,
        Method::DELETE,
        &format!("/Users/{id}"),
        Value::Null,
    )
    .await
}

/// Makes a user, and gives the id.
pub(super) async fn made(app: &TestAuth, body: Value) -> String {
    let made = post(app, body).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.text("/id")
}

/// The names of the users that a filter finds.
pub(super) async fn found(app: &TestAuth, filter: &str) -> Vec<String> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("filter", filter)
        .finish();
    let answer = get(app, &format!("/Users?{query}")).await;
    assert_eq!(answer.status, 200, "{filter}: {answer:?}");
    let users = answer.body["Resources"].as_array().expect("a list");
    let names = users
        .iter()
        .map(|user| user["userName"].as_str().expect("a name").to_owned());
    let names: Vec<String> = names.collect();
    assert_eq!(answer.body["totalResults"], names.len());
    names
}

/// What the audit log says, oldest first: the action and the traits.
pub(super) async fn audited(app: &TestAuth) -> Vec<(String, Value)> {
    let rows: Vec<(Value,)> =
        sqlx::query_as("select payload::jsonb from auth.audit_log_entries order by created_at")
            .fetch_all(&app.pool)
            .await
            .expect("rows");
    let entry = |(payload,): (Value,)| {
        let action = payload["action"].as_str().unwrap_or_default().to_owned();
        (action, payload["traits"].clone())
    };
    rows.into_iter().map(entry).collect()
}
