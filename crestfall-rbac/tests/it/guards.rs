//! Routes that ask for something.

use axum::routing::get;
use axum::{Json, Router};
use crestfall_core::Problem;
use crestfall_core::testing::TestApp;
use crestfall_rbac::{
    Config, Granted, GuardedRouter, Place, Rbac, RequirePermissionLayer, RequireRoleLayer,
    Requirement, Tell,
};
use serde_json::{Value, json};

use crate::service::{TestRbac, identified};

async fn pay(granted: Granted) -> Result<Json<Value>, Problem> {
    granted.require("invoice:pay", &Place::resource("invoice/42"))?;
    Ok(Json(json!(granted.permissions(&Place::everywhere()))))
}

fn app(rbac: &Rbac) -> TestApp {
    let permission = |text| Requirement::permission(text).expect("a permission");
    let edit = permission("invoice:write")
        .on("invoice/{id}")
        .expect("a resource");
    let either = permission("invoice:all").or(Requirement::role("editor").expect("a role"));
    let not_banned = either
        .clone()
        .and(Requirement::role("banned").expect("a role").not());
    let read = RequirePermissionLayer::new(rbac, "invoice:read").expect("a permission");
    let router = Router::new()
        .route("/read", get(async || "read").layer(read.clone()))
        .route(
            "/orgs/{org}/read",
            get(async || "read").layer(read.in_organisation("org")),
        )
        .route(
            "/invoices/{id}",
            get(async || "edit").layer(rbac.require(edit.clone())),
        )
        .route(
            "/misplaced",
            get(async || "never").layer(rbac.require(edit)),
        )
        .route(
            "/either",
            get(async || "either").layer(rbac.require(not_banned)),
        )
        .route(
            "/editors",
            get(async || "editors").layer(RequireRoleLayer::new(rbac, "editor").expect("a role")),
        )
        .route(
            "/orgs/{org}",
            get(async || "member").layer(rbac.require(Requirement::member_of("org"))),
        )
        .route(
            "/anyone",
            get(async || "anyone").layer(rbac.require(Requirement::signed_in())),
        )
        .route("/pay", get(pay))
        .with_state(rbac.clone());
    TestApp::new(identified(router))
}

async fn status(app: &TestApp, path: &str, subject: &str) -> u16 {
    let claims = json!({ "sub": subject }).to_string();
    app.get(path)
        .header("x-claims", &claims)
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn who_meets_the_requirement_passes_and_nobody_else() {
    let service = TestRbac::new().await;
    let acme = service
        .organisation("acme", &["org-reader", "member"])
        .await
        .to_string();
    service.role("reader", &["invoice:read"]).await;
    service.role("writer", &["invoice:*"]).await;
    service.role("editor", &["x:y"]).await;
    service.role("banned", &[]).await;
    service.assign("reader", "reader", ("", "")).await;
    service.assign("org-reader", "reader", (&acme, "")).await;
    service.assign("owner", "writer", ("", "invoice/42")).await;
    service.assign("editor", "editor", ("", "")).await;
    service.assign("banned", "editor", ("", "")).await;
    service.assign("banned", "banned", ("", "")).await;
    let app = app(&service.rbac);
    let in_acme = format!("/orgs/{acme}/read");
    let acme_itself = format!("/orgs/{acme}");
    for (path, subject, expected) in [
        ("/read", "reader", 200),
        ("/read", "nobody", 403),
        ("/read", "org-reader", 403),
        ("/read", "owner", 403),
        (&*in_acme, "org-reader", 200),
        (&*in_acme, "reader", 200),
        (&*in_acme, "member", 403),
        ("/orgs/no-id/read", "org-reader", 403),
        ("/invoices/42", "owner", 200),
        ("/invoices/43", "owner", 403),
        ("/invoices/42%2F..", "owner", 403),
        ("/invoices/42", "reader", 403),
        ("/either", "editor", 200),
        ("/either", "banned", 403),
        ("/editors", "editor", 200),
        ("/editors", "reader", 403),
        (&*acme_itself, "member", 200),
        (&*acme_itself, "reader", 403),
        ("/anyone", "nobody", 200),
        ("/pay", "owner", 200),
        ("/pay", "reader", 403),
        // A program's mistake lets nobody pass.
        ("/misplaced", "owner", 500),
    ] {
        assert_eq!(
            status(&app, path, subject).await,
            expected,
            "{path} {subject}"
        );
        let service_role = json!({ "role": "service_role" }).to_string();
        let all = app.get(path).header("x-claims", &service_role).await.status;
        assert!(
            path == "/misplaced" || path == "/either" || all == 200,
            "{path} {all}"
        );
        let anonymous = app.get(path).await;
        assert_eq!(anonymous.status, 401, "{path}");
        assert_eq!(anonymous.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn what_is_missing_is_told_to_those_who_may_know() {
    let service = TestRbac::new().await;
    service.role("curious", &["rbac.role:read"]).await;
    service.assign("ada", "curious", ("", "")).await;
    let refused = async |rbac: &Rbac, subject: &str| {
        let claims = json!({ "sub": subject }).to_string();
        let answer = app(rbac).get("/read").header("x-claims", &claims).await;
        assert_eq!(answer.status, 403);
        let body = answer.json();
        assert_eq!(body["code"], "insufficient_permission");
        body["details"].clone()
    };
    assert_eq!(refused(&service.rbac, "ada").await, "missing: invoice:read");
    assert_eq!(refused(&service.rbac, "bob").await, Value::Null);
    for (tell, expected) in [
        (Tell::Nobody, Value::Null),
        (Tell::Everybody, "missing: invoice:read".into()),
    ] {
        let config = Config::default().tell_missing(tell);
        let rbac = Rbac::with_config(service.pool.clone(), config);
        assert_eq!(refused(&rbac, "bob").await, expected);
    }
}

#[tokio::test]
async fn a_guarded_router_tells_a_document_what_it_asks_for() {
    let service = TestRbac::new().await;
    service.role("reader", &["invoice:read"]).await;
    service.assign("ada", "reader", ("", "invoice/1")).await;
    let read = Requirement::permission("invoice:read").expect("a permission");
    let read = read.on("invoice/{id}").expect("a resource");
    let write = Requirement::permission("invoice:write").expect("a permission");
    let (router, guards) = GuardedRouter::new(&service.rbac)
        .get("/invoices/{id}", read, async || "one")
        .delete("/invoices/{id}", write, async || "gone")
        .finish();
    let app = TestApp::new(identified(Router::new().nest("/api", router)));
    assert_eq!(status(&app, "/api/invoices/1", "ada").await, 200);
    assert_eq!(status(&app, "/api/invoices/2", "ada").await, 403);
    let claims = json!({ "sub": "ada" }).to_string();
    assert_eq!(
        app.delete("/api/invoices/1")
            .header("x-claims", &claims)
            .await
            .status,
        403
    );
    let mut document = json!({ "paths": { "/api/invoices/{id}": { "get": {}, "delete": {} } } });
    guards
        .iter()
        .for_each(|guard| guard.describe(&mut document, "/api"));
    let path = &document["paths"]["/api/invoices/{id}"];
    assert_eq!(path["get"]["x-required"], "invoice:read on invoice/{id}");
    assert_eq!(path["delete"]["x-required"], "invoice:write");
}

#[tokio::test]
async fn without_a_database_nobody_passes() {
    let service = TestRbac::new().await;
    service.role("reader", &["invoice:read"]).await;
    service.assign("ada", "reader", ("", "")).await;
    service.follow().await;
    let app = app(&service.rbac);
    assert_eq!(status(&app, "/read", "ada").await, 200);
    service.pool.close().await;
    // What is remembered is not used when changes are not heard of.
    while service.rbac.is_followed() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(status(&app, "/read", "ada").await, 503);
}
