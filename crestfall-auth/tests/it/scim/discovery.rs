//! What the service says of itself, to anybody.

use http::Method;
use serde_json::{Value, json};

use super::{get, scim, service};
use crate::service::TestAuth;

#[tokio::test]
async fn without_the_setting_there_is_no_scim_as_in_gotrue_gt_063() {
    let app = TestAuth::new().await;
    for path in ["ServiceProviderConfig", "ResourceTypes", "Schemas", "Users"] {
        let answer = app.get(&format!("/scim/v2/{path}"), "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "feature_disabled")
        );
        assert_eq!(answer.text("/message"), "SCIM server is disabled");
    }
    let unknown = app.get("/scim/v2/Unknown", "").await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.code()),
        (404, "validation_failed")
    );
}

#[tokio::test]
async fn what_there_is_is_told_to_anybody_gt_063() {
    let app = service().await;
    let config = scim(&app, "", Method::GET, "/ServiceProviderConfig", Value::Null).await;
    assert_eq!(config.status, 200);
    assert_eq!(config.headers["content-type"], "application/scim+json");
    assert_eq!(config.body["patch"], json!({ "supported": true }));
    assert_eq!(config.body["changePassword"], json!({ "supported": false }));
    assert_eq!(
        config.text("/meta/location"),
        "http://localhost:8000/auth/v1/scim/v2/ServiceProviderConfig"
    );
    let types = get(&app, "/ResourceTypes").await;
    assert_eq!(types.body["totalResults"], 1);
    assert_eq!(types.text("/Resources/0/endpoint"), "/Users");
    assert_eq!(get(&app, "/ResourceTypes/User").await.text("/name"), "User");
    assert_eq!(get(&app, "/ResourceTypes/Group").await.status, 404);
    let schemas = get(&app, "/Schemas").await;
    assert_eq!(schemas.body["totalResults"], 2);
    for schema in schemas.body["Resources"].as_array().expect("schemas") {
        let id = schema["id"].as_str().expect("an id");
        assert_eq!(get(&app, &format!("/Schemas/{id}")).await.body, *schema);
    }
    let password = schemas.body["Resources"][0]["attributes"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == "password"))
        .expect("an attribute");
    assert_eq!(
        (&password["returned"], &password["mutability"]),
        (&json!("never"), &json!("writeOnly"))
    );
    // RFC 7644, section 4.
    let filtered = get(&app, "/Schemas?filter=name%20eq%20%22User%22").await;
    assert_eq!(filtered.status, 403);
    let unknown = get(&app, "/Groups").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(
        unknown.body,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "404",
            "detail": "Endpoint or resource does not exist",
        })
    );
}
