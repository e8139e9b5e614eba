//! What tokens say about roles, by a hook of GoTrue's form.

use serde_json::{Value, json};

use crate::service::TestRbac;

async fn claims(app: &TestRbac, subject: &str) -> Value {
    let event = json!({
        "user_id": subject,
        "claims": { "sub": subject, "aud": "authenticated", "rbac": "forged", "org_id": "forged" },
    });
    let mut db = app.db.connect().await;
    let answer: Value = sqlx::query_scalar("select rbac.token_claims($1)")
        .bind(event)
        .fetch_one(&mut db)
        .await
        .expect("claims");
    answer["claims"].clone()
}

#[tokio::test]
async fn a_token_says_roles_a_digest_and_the_active_organisation() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await.to_string();
    app.role("clerk", &["invoice:read"]).await;
    app.assign("ada", "clerk", ("", "")).await;
    app.assign("ada", "organisation-owner", (&acme, "")).await;
    let first = claims(&app, "ada").await;
    assert_eq!(
        (&first["sub"], &first["aud"]),
        (&json!("ada"), &json!("authenticated"))
    );
    assert_eq!(first["rbac"]["roles"], json!(["clerk"]));
    assert!(first.get("org_id").is_none() && first["rbac"].get("org_roles").is_none());
    app.run(
        "ada",
        &format!("select rbac.set_active_organisation('{acme}')"),
    )
    .await
    .expect("active");
    let second = claims(&app, "ada").await;
    assert_eq!(
        (&second["org_id"], &second["org_slug"]),
        (&json!(acme), &json!("acme"))
    );
    assert_eq!(
        second["rbac"]["org_roles"],
        json!(["organisation-member", "organisation-owner"])
    );
    assert_eq!(
        first["rbac"]["permissions_digest"],
        second["rbac"]["permissions_digest"]
    );
    // The digest changes with the permissions, not with the roles they come by.
    app.role("reader", &["invoice:read"]).await;
    app.assign("ada", "reader", ("", "")).await;
    assert_eq!(
        claims(&app, "ada").await["rbac"]["permissions_digest"],
        first["rbac"]["permissions_digest"]
    );
    app.role("writer", &["invoice:write"]).await;
    app.assign("ada", "writer", ("", "")).await;
    assert_ne!(
        claims(&app, "ada").await["rbac"]["permissions_digest"],
        first["rbac"]["permissions_digest"]
    );
    // Only a member works in an organisation.
    let stranger = app
        .run(
            "eve",
            &format!("select rbac.set_active_organisation('{acme}')"),
        )
        .await;
    assert_eq!(stranger, Err("42501".to_owned()));
}

#[tokio::test]
async fn a_token_stays_small_however_many_roles_there_are() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await.to_string();
    let long = "r".repeat(58);
    app.db
        .execute(&format!(
            "insert into rbac.roles (name) select '{long}' || i from generate_series(1000, 1999) i;
            insert into rbac.assignments (subject, role_id, organisation_id)
            select 'ada', id, o from rbac.roles, (values (null::uuid), ('{acme}')) v (o)
            where not built_in;
            insert into rbac.active_organisations values ('ada', '{acme}')"
        ))
        .await;
    let text = claims(&app, "ada").await.to_string();
    assert!(text.len() < 3500, "{} bytes", text.len());
}

/// The claim is for reading; what counts is the table.
#[tokio::test]
async fn the_active_organisation_of_a_token_counts_while_its_subject_is_a_member() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await.to_string();
    let ask = async |subject: &str| -> Option<uuid::Uuid> {
        let claims = json!({ "sub": subject, "org_id": acme });
        let mut tx = app.tx_as(&crate::service::identity(&claims)).await;
        let query = sqlx::query_scalar("select rbac.active_organisation()");
        query.fetch_one(&mut *tx).await.expect("an answer")
    };
    assert_eq!(
        ask("ada").await.map(|id| id.to_string()),
        Some(acme.clone())
    );
    assert_eq!(ask("eve").await, None);
    app.db.execute("delete from rbac.memberships").await;
    assert_eq!(ask("ada").await, None);
}
