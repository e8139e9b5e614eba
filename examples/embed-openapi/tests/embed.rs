//! The document of the whole service.

use crestfall_core::testing::{TestApp, TestDb};
use crestfall_rest::{Config, Rest};

const GOODS: &str = "
    create table goods (id int primary key, name text not null);
    comment on table goods is 'What is sold';
    create table prices (id int primary key);
    grant select on goods to anon;";

#[tokio::test]
async fn one_document_tells_of_the_services_routes_of_rows_and_of_accounts() {
    let db = TestDb::new().await;
    db.load(GOODS).await;
    let url = db.url_as("authenticator");
    let rest = Rest::connect(&url, Config::default()).await.unwrap();
    let app = TestApp::new(embed_openapi::app(rest));
    let document = app.get("/openapi.json").await.json();
    assert_eq!(document["info"]["title"], "Shop");
    let paths = &document["paths"];
    for path in ["/hello", "/rest/v1/goods", "/auth/v1/signup"] {
        assert!(paths[path].is_object(), "{path}");
    }
    // Nobody but its owner may use it.
    assert!(paths["/rest/v1/prices"].is_null());
    let schemas = &document["components"]["schemas"];
    assert!(schemas["Greeting"].is_object() && schemas["Goods"].is_object());
}
