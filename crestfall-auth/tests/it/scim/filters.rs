//! Filters, as the database answers them.

use serde_json::json;

use super::{found, get, made, patch, service};
use crate::service::TestAuth;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn people() -> TestAuth {
    let app = service().await;
    made(
        &app,
        json!({
            "userName": "ada@example.org", "externalId": "A1", "title": "Countess",
            "name": { "familyName": "Lovelace" },
            "emails": [
                { "value": "ada@example.org", "type": "work", "primary": true },
                { "value": "ada@home.net", "type": "home" },
            ],
            ENTERPRISE: { "department": "Engines", "manager": { "value": "m1" } },
        }),
    )
    .await;
    let grace = json!({
        "userName": "Grace", "externalId": "a1", "emails": ["grace@example.org"], "title": "Admiral",
        ENTERPRISE: { "department": "100%_\\Navy" },
    });
    made(&app, grace).await;
    let kurt = json!({ "userName": "kurt@example.org", "active": false });
    made(&app, kurt).await;
    app
}

#[tokio::test]
async fn filters_find_whom_they_mean_gt_063() {
    let app = people().await;
    let (ada, grace, kurt) = ("ada@example.org", "Grace", "kurt@example.org");
    for (filter, expected) in [
        (r#"userName eq "ADA@example.org""#, vec![ada]),
        (r#"userName eq "grace""#, vec![grace]),
        (r#"userName ne "grace""#, vec![ada, kurt]),
        (r#"userName sw "k""#, vec![kurt]),
        (r#"userName ew ".ORG""#, vec![ada, kurt]),
        (r#"userName co "r""#, vec![ada, grace, kurt]),
        (r#"userName gt "b""#, vec![grace, kurt]),
        // In this one capitals count.
        (r#"externalId eq "A1""#, vec![ada]),
        (r#"externalId eq "a1""#, vec![grace]),
        ("externalId pr", vec![ada, grace]),
        ("externalId eq null", vec![kurt]),
        ("active eq true", vec![ada, grace]),
        (r#"active eq "False""#, vec![kurt]),
        ("not (active eq true)", vec![kurt]),
        (r#"title eq "countess""#, vec![ada]),
        (r#"title ne "countess""#, vec![grace, kurt]),
        (r#"not (title eq "countess") and title pr"#, vec![grace]),
        (r#"name.familyName sw "love""#, vec![ada]),
        ("name pr", vec![ada]),
        ("emails pr", vec![ada, grace, kurt]),
        (r#"emails eq "grace@example.org""#, vec![grace]),
        (r#"emails.value ew "@home.net""#, vec![ada]),
        // The account's, where a client has said none.
        (r#"emails.value eq "kurt@example.org""#, vec![kurt]),
        (
            r#"emails[type eq "work" and value co "@example"]"#,
            vec![ada, kurt],
        ),
        (r#"emails[type eq "home" and value co "@example"]"#, vec![]),
        (r#"emails[not (type eq "work")]"#, vec![ada, grace]),
        ("emails[primary eq true]", vec![ada, kurt]),
        ("emails.type pr", vec![ada, kurt]),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "engines""#,
            vec![ada],
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department co "%_\\""#,
            vec![grace],
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m1""#,
            vec![ada],
        ),
        (
            r#"meta.created gt "2020-01-01T00:00:00Z""#,
            vec![ada, grace, kurt],
        ),
        (r#"meta.lastModified lt "2020-01-01T00:00:00Z""#, vec![]),
        (
            r#"title eq "admiral" or userName sw "a" and active eq true"#,
            vec![ada, grace],
        ),
        (
            r#"(title eq "admiral" or userName sw "a") and active eq false"#,
            vec![],
        ),
        // What looks like SQL is a text.
        (r#"title eq "' or true --""#, vec![]),
        (r#"emails[value eq "') or true) --"]"#, vec![]),
        (r#"title co """#, vec![ada, grace]),
    ] {
        assert_eq!(found(&app, filter).await, expected, "{filter}");
    }
    let list = get(&app, "/Users?filter=userName%20eq%20%22grace%22").await;
    let id = list.text("/Resources/0/id");
    assert_eq!(found(&app, &format!("id eq \"{id}\"")).await, [grace]);
    assert!(found(&app, "id eq \"nobody\"").await.is_empty());
    for wrong in [
        "userName+is+%22a%22",
        "password+pr",
        "a",
        "%22",
        "userName+eq+%22%5Cu0000",
    ] {
        let refused = get(&app, &format!("/Users?filter={wrong}")).await;
        assert_eq!(refused.status, 400, "{wrong}");
        assert_eq!(refused.text("/scimType"), "invalidFilter");
    }
    // PostgreSQL has no place for it.
    let refused = get(&app, "/Users?filter=title+eq+%22%5Cu0000%22").await;
    assert_eq!(refused.status, 400);
    // What was changed is found by what it is now.
    let gone = json!([{ "op": "remove", "path": "title" }]);
    patch(&app, &id, gone).await;
    assert!(found(&app, r#"title eq "admiral""#).await.is_empty());
}
