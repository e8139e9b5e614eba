//! A write through the REST API is logged with its request.

use axum::extract::Request;
use axum::middleware::{self, Next};
use crestfall_core::Identity;
use crestfall_core::client_ip::ClientIp;
use crestfall_core::request_id::RequestId;
use crestfall_core::testing::TestApp;
use crestfall_rest::{Config, Rest};
use http::HeaderValue;
use serde_json::json;

use crate::fixture::Audited;

#[tokio::test]
async fn a_write_by_rest_tells_its_request_and_its_caller() {
    let audited = Audited::new().await;
    let rest = Rest::connect(&audited.db.url_as("authenticator"), Config::default())
        .await
        .unwrap();
    let put = async |mut request: Request, next: Next| {
        let claims = json!({ "sub": "ada", "org_id": "o1", "role": "authenticated" });
        let claims = claims.as_object().unwrap().clone();
        request
            .extensions_mut()
            .insert(Identity::from_token("authenticated".into(), claims));
        request
            .extensions_mut()
            .insert(RequestId::given(&HeaderValue::from_static("r-77")).unwrap());
        request
            .extensions_mut()
            .insert(ClientIp("192.0.2.8".parse().unwrap()));
        next.run(request).await
    };
    let app = TestApp::new(rest.router().layer(middleware::from_fn(put)));
    let response = app
        .post(
            "/invoices",
            &json!([{ "id": 1, "amount": 5 }, { "id": 2, "amount": 6 }]),
        )
        .await;
    assert_eq!(response.status, 201);
    let entries = audited.log.changes(0, 10).await.unwrap();
    assert_eq!(entries.len(), 2);
    let entry = &entries[1];
    assert_eq!(entry.actor.as_deref(), Some("ada"));
    assert_eq!(entry.organisation.as_deref(), Some("o1"));
    assert_eq!(entry.request.as_deref(), Some("r-77"));
    assert_eq!(entry.ip.as_deref(), Some("192.0.2.8"));
    assert_eq!(
        (entry.role.as_str(), entry.login.as_str()),
        ("authenticated", "authenticator")
    );
    // The next request on the same connection is another's.
    audited.log.untrack("invoices").await.unwrap();
}

#[tokio::test]
async fn d46_an_auditor_reads_the_log_of_their_organisation_by_rest_and_nobody_writes_it() {
    let audited = Audited::new().await;
    // There a view knows no policies: nobody who is signed in reads it.
    if audited.version().await == 14 {
        return;
    }
    const OURS: &str = "00000000-0000-4000-8000-000000000001";
    audited
        .run(&format!(
            "create schema rbac; grant usage on schema rbac to public;
            create function rbac.is_authorized(permission text, resource text default null, organisation uuid default null)
              returns boolean language sql stable as $$ select permission = 'audit:read'
                and current_setting('request.jwt.claims')::jsonb ->> 'sub' = 'auditor' $$;
            set request.jwt.claims = '{{\"sub\":\"a\",\"org_id\":\"{OURS}\"}}';
            insert into invoices values (1, 1, ''); select audit.record('shop.opened');
            set request.jwt.claims = '{{\"sub\":\"b\",\"org_id\":\"00000000-0000-4000-8000-000000000002\"}}';
            insert into invoices values (2, 2, ''); select audit.record('shop.opened')"
        ))
        .await;
    let config = Config {
        schemas: vec!["audit".to_owned()],
        ..Config::default()
    };
    let rest = Rest::connect(&audited.db.url_as("authenticator"), config)
        .await
        .unwrap();
    let put = async |mut request: Request, next: Next| {
        let subject = request.headers()["x-subject"].to_str().unwrap().to_owned();
        let claims = json!({ "sub": subject, "org_id": OURS });
        let claims = claims.as_object().unwrap().clone();
        request
            .extensions_mut()
            .insert(Identity::from_token("authenticated".into(), claims));
        next.run(request).await
    };
    let app = TestApp::new(rest.router().layer(middleware::from_fn(put)));
    let read = async |subject: &str, path: &str| {
        let response = app.get(path).header("x-subject", subject).await;
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    };
    let rows = "/log?select=operation,key,actor&order=position";
    assert_eq!(
        read("auditor", rows).await,
        json!([
            { "operation": "INSERT", "key": { "id": 1 }, "actor": "a" },
            { "operation": "shop.opened", "key": null, "actor": "a" },
        ])
    );
    assert_eq!(
        read("auditor", "/events?select=event,outcome,organisation").await,
        json!([{ "event": "shop.opened", "outcome": "success", "organisation": OURS }])
    );
    assert_eq!(read("somebody", rows).await, json!([]));
    let forged = app
        .post("/statements", &json!({ "kind": "e" }))
        .header("x-subject", "auditor")
        .await;
    assert_eq!(forged.status, 403);
}
