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
