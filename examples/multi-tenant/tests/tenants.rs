//! No tenant sees another's rows, on any path that the service's own documents name.

use crestfall_core::jwt::{Verifier, sign_hs256};
use crestfall_core::testing::{TestApp, TestDb};
use serde_json::{Value, json};
use sqlx::PgPool;

const SECRET: &str = "a secret of the example, of thirty-two bytes and more";

async fn service() -> (TestDb, TestApp) {
    let db = TestDb::new().await;
    multi_tenant::migrate(&db.url()).await.unwrap();
    let url = db.url_as("authenticator");
    let verifier = Verifier::builder().secret(SECRET).anonymous_role("anon");
    let pool = PgPool::connect(&url).await.unwrap();
    let app = multi_tenant::app(pool, &url, verifier.build().unwrap());
    (db, TestApp::new(app.await.unwrap()))
}

struct Tenant {
    token: String,
    org: String,
}

fn token(subject: &str) -> String {
    let claims = json!({
        "sub": subject, "role": "authenticated", "email": format!("{subject}@example.org"),
        "exp": 4_102_444_800_u64,
    });
    sign_hs256(SECRET, &claims).unwrap()
}

/// Founds an organisation with a customer and an invoice, by the service itself.
async fn found(app: &TestApp, name: &str) -> Tenant {
    let token = token(&format!("owner-of-{name}"));
    let founded = app
        .post("/rbac/v1/organisations", &json!({ "name": name }))
        .bearer(&token);
    let org = founded.await.json()["id"].as_str().unwrap().to_owned();
    let customer = json!({ "org_id": org, "name": format!("customer of {name}") });
    let made = app.post("/rest/v1/customers?select=id", &customer);
    let made = made
        .bearer(&token)
        .header("prefer", "return=representation")
        .await;
    assert_eq!(made.status, 201, "{}", made.text());
    let invoice = json!({ "org_id": org, "customer_id": made.json()[0]["id"], "cents": 700 });
    let made = app.post("/rest/v1/invoices", &invoice).bearer(&token).await;
    assert_eq!(made.status, 201, "{}", made.text());
    Tenant { token, org }
}

/// Paths that the documents say can be read, with these ids in their places.
async fn readable(app: &TestApp, tenant: &Tenant, foreign: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (base, document) in [
        ("/rest/v1", "/rest/v1/"),
        ("/rbac/v1", "/rbac/v1/openapi.json"),
    ] {
        let document = app.get(document).bearer(&tenant.token).await.json();
        for (path, operations) in document["paths"].as_object().unwrap() {
            if operations.get("get").is_some() {
                paths.push(format!("{base}{path}"));
            }
        }
    }
    paths.push("/organisations/{organisation}/invoices.csv".to_owned());
    let mut all = Vec::new();
    for path in paths {
        let parts = path
            .split('/')
            .map(|part| if part.starts_with('{') { foreign } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let mark = if path.contains('?') { '&' } else { '?' };
        all.push(format!("{path}{mark}organisation={foreign}"));
        all.push(path);
    }
    for more in [
        "/rest/v1/invoices?select=*,customers(*)",
        "/rest/v1/customers?select=*,invoices(*)",
        "/rbac/v1/explain?permission=invoice:read&subject=owner-of-globex",
    ] {
        all.push(more.to_owned());
    }
    all
}

#[tokio::test]
async fn no_tenant_sees_anything_of_another() {
    let (_db, app) = service().await;
    let acme = found(&app, "acme").await;
    let globex = found(&app, "globex").await;
    let paths = readable(&app, &acme, &globex.org).await;
    assert!(paths.len() > 20, "{paths:?}");
    for path in &paths {
        let answer = app
            .get(path)
            .bearer(&acme.token)
            .header("prefer", "count=exact")
            .await;
        assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text());
        // What was asked by, may be told; what stands there, may not.
        let asked = path.contains(&globex.org) || path.contains("globex");
        let told = answer.text();
        let told = if asked {
            told.replace(&globex.org, "")
        } else {
            told
        };
        assert!(
            !told.contains("globex") && !told.contains(&globex.org),
            "{path}: {told}"
        );
        let count = answer.header("content-range");
        assert!(
            count.is_empty() || count.ends_with("/1") || count.ends_with("/0"),
            "{path}: {count}"
        );
    }
    // The other sees its own by the same paths, so they do not just say nothing.
    let own = app.get(&format!("/organisations/{}/invoices.csv", globex.org));
    assert_eq!(
        own.bearer(&globex.token).await.text(),
        "customer of globex,700"
    );
}

#[tokio::test]
async fn an_invited_clerk_does_what_clerks_do_until_removed() {
    let (_db, app) = service().await;
    let acme = found(&app, "acme").await;
    let invitations = format!("/rbac/v1/organisations/{}/invitations", acme.org);
    let invited = app
        .post(
            &invitations,
            &json!({ "email": "bob@example.org", "role": "clerk" }),
        )
        .bearer(&acme.token)
        .await;
    let token_of_bob = token("bob");
    let export = format!("/organisations/{}/invoices.csv", acme.org);
    let seen = async || -> Value {
        app.get("/rest/v1/invoices?select=cents")
            .bearer(&token_of_bob)
            .await
            .json()
    };
    assert_eq!(seen().await, json!([]));
    let accept = json!({ "token": invited.json()["token"] });
    let accepted = app
        .post("/rbac/v1/invitations/accept", &accept)
        .bearer(&token_of_bob)
        .await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    assert_eq!(seen().await, json!([{ "cents": 700 }]));
    assert_eq!(app.get(&export).bearer(&token_of_bob).await.status, 403);
    assert_eq!(app.get(&export).bearer(&acme.token).await.status, 200);
    let gone = app.delete(&format!("/rbac/v1/organisations/{}/members/bob", acme.org));
    assert_eq!(gone.bearer(&acme.token).await.status, 204);
    assert_eq!(seen().await, json!([]));
}
