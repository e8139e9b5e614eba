//! The requests that Okta and Entra ID send, in their order.

use http::Method;
use serde_json::{Value, json};

use super::{ENTRA, audited, found, get, patch, post, put, scim, service};
use crate::service::key;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[tokio::test]
async fn okta_assigns_updates_and_unassigns_a_user_gt_063() {
    let app = service().await;
    // The connection is tried first.
    let tried = get(&app, "/Users?startIndex=1&count=2").await;
    assert_eq!(
        (tried.status.as_u16(), &tried.body["totalResults"]),
        (200, &json!(0))
    );
    assert!(
        found(&app, r#"userName eq "ada@example.org""#)
            .await
            .is_empty()
    );
    let profile = |name: &str, active: bool| {
        json!({
            "schemas": [CORE],
            "userName": "ada@example.org",
            "name": { "givenName": "Ada", "familyName": name },
            "emails": [{ "primary": true, "value": "ada@example.org", "type": "work" }],
            "displayName": format!("Ada {name}"),
            "locale": "en-US",
            "externalId": "00ujl29u0le5T6Aj10h7",
            "groups": [],
            "password": "1mz050nq",
            "active": active,
        })
    };
    let made = post(&app, profile("Byron", true)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.text("/id");
    assert_eq!(get(&app, &format!("/Users/{id}")).await.status, 200);
    let mut update = profile("Lovelace", true);
    update["id"] = json!(id);
    update["meta"] = made.body["meta"].clone();
    let updated = put(&app, &id, update).await;
    assert_eq!(updated.text("/name/familyName"), "Lovelace");
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(patch(&app, &id, off).await.body["active"], false);
    // Assigned again: found by name, and switched on.
    assert_eq!(
        found(&app, r#"userName eq "ada@example.org""#).await,
        ["ada@example.org"]
    );
    assert_eq!(
        put(&app, &id, profile("Lovelace", true)).await.body["active"],
        true
    );
    let actions: Vec<String> = audited(&app)
        .await
        .into_iter()
        .map(|(action, _)| action)
        .collect();
    assert_eq!(
        actions,
        [
            "user_signedup",
            "user_modified",
            "user_modified",
            "user_modified"
        ]
    );
}

#[tokio::test]
async fn entra_id_assigns_updates_and_unassigns_a_user_gt_063() {
    let app = service().await;
    let ask =
        async |method: Method, path: &str, body: Value| scim(&app, ENTRA, method, path, body).await;
    // The connection is tried with a user that there is not.
    let path = "/Users?filter=userName+eq+%2214a5ad3c-56d8-4a9c-b56f-7f4c5c4d0b3e%22";
    let tried = ask(Method::GET, path, Value::Null).await;
    assert_eq!(
        (tried.status.as_u16(), &tried.body["Resources"]),
        (200, &json!([]))
    );
    let made = ask(
        Method::POST,
        "/Users",
        json!({
            "schemas": [CORE, ENTERPRISE],
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": "Ada_UPN@example.org",
            "active": true,
            "displayName": "Ada",
            "emails": [{ "primary": true, "type": "work", "value": "ada@example.org" }],
            "meta": { "resourceType": "User" },
            "name": { "formatted": "Ada Byron", "familyName": "Byron", "givenName": "Ada" },
            "roles": [],
        }),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/Users/{}", made.text("/id"));
    let operations = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "lovelace@example.org" },
            { "op": "Replace", "path": "name.familyName", "value": "Lovelace" },
            { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+49 170 1234567" },
            { "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Engines" },
            { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "26118915" },
            { "op": "Replace", "value": { "title": "Countess", "name.honorificPrefix": "Lady" } },
        ],
    });
    let changed = ask(Method::PATCH, &path, operations).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.text("/emails/0/value"), "lovelace@example.org");
    assert_eq!(
        changed.body["phoneNumbers"],
        json!([{ "type": "mobile", "value": "+49 170 1234567" }])
    );
    assert_eq!(changed.body[ENTERPRISE]["manager"]["value"], "26118915");
    assert_eq!(changed.text("/name/honorificPrefix"), "Lady");
    let account = format!("/admin/users/{}", made.text("/id"));
    let account = app.get(&account, &key("service_role")).await;
    assert_eq!(account.text("/email"), "lovelace@example.org");
    // A number is no way to sign in before its owner has proved it.
    assert_eq!(account.text("/phone"), "");
    let off = json!({ "Operations": [{ "op": "Replace", "path": "active", "value": "False" }] });
    assert_eq!(ask(Method::PATCH, &path, off).await.body["active"], false);
    assert_eq!(ask(Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(ask(Method::GET, &path, Value::Null).await.status, 404);
}
