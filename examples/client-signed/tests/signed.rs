//! The worker against the services it is made for.

use std::net::SocketAddr;

use axum::Router;
use crestfall_auth::{Auth, Config};
use crestfall_core::Secret;
use crestfall_core::jwt::sign_hs256;
use crestfall_core::migrate;
use crestfall_core::testing::TestDb;
use crestfall_rest::Rest;
use serde_json::{Value, json};

const SECRET: &str = "a secret of the tests, of thirty-two bytes and more";

const MEASUREMENTS: &str = include_str!("../migrations/0001_measurements.sql");

async fn server(db: &TestDb) -> String {
    let database = migrate::database(&db.url()).unwrap();
    let options = migrate::Options::default();
    migrate::run(&database, &crestfall_auth::migrations(), &options)
        .await
        .unwrap();
    db.load(MEASUREMENTS).await;
    let mut config = Config {
        encryption_key: Secret::new("a key of the tests, of thirty-two bytes and more"),
        ..Config::default()
    };
    config.tokens.secret = Secret::new(SECRET);
    let pool = sqlx::PgPool::connect(&db.url()).await.unwrap();
    let auth = Auth::new(pool, config).await.unwrap();
    let login = db.url_as("authenticator");
    let rest = Rest::connect(&login, crestfall_rest::Config::default());
    let app = Router::new()
        .nest_service("/rest/v1", rest.await.unwrap().router::<()>())
        .layer(auth.layer())
        .nest("/auth/v1", auth.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    url
}

#[tokio::test]
async fn a_worker_writes_by_signing_what_it_sends() {
    let db = TestDb::new().await;
    let url = server(&db).await;
    let administrator = json!({ "role": "service_role", "exp": 4_102_444_800_u64 });
    let administrator = sign_hs256(SECRET, &administrator).unwrap();
    let key: Value = reqwest::Client::new()
        .post(format!("{url}/auth/v1/admin/api-keys"))
        .bearer_auth(administrator)
        .json(&json!({ "name": "worker", "kind": "hmac", "role": "service_role" }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let text = |name: &str| {
        key[name]
            .as_str()
            .unwrap_or_else(|| panic!("{key}"))
            .to_owned()
    };
    let worker = client_signed::client(&url, &text("key_id"), &text("secret")).unwrap();
    let rows = client_signed::measure(&worker, 21.5).await.unwrap();
    assert_eq!(
        rows,
        [json!({ "celsius": 21.5, "written_by": "service_role" })]
    );

    let stranger = client_signed::client(&url, &text("key_id"), "d3Jvbmc=").unwrap();
    let refused = client_signed::measure(&stranger, 0.0).await.unwrap_err();
    assert_eq!(refused.code(), Some("signature_invalid"));
}
