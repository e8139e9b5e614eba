//! Several schemas behind one API (PR-110).

use axum::http::Method;
use serde_json::json;

use crate::api::{Api, refusal, token};

#[tokio::test]
async fn profiles_choose_the_schema_pr_110() {
    let api = Api::new().await;
    let response = api.app.get("/films?select=id&limit=1").await;
    assert_eq!(response.header("content-profile"), "cinema");
    let response = api
        .app
        .get("/films")
        .header("accept-profile", "archive")
        .await;
    assert_eq!(response.json(), json!([{ "id": 1, "title": "Nitrate" }]));
    assert_eq!(response.header("content-profile"), "archive");
    let response = api
        .app
        .get("/films?select=title,reels(length)&reels.order=id")
        .header("accept-profile", "archive")
        .await;
    assert_eq!(
        response.json(),
        json!([{ "title": "Nitrate", "reels": [{ "length": 300 }, { "length": 280 }] }])
    );
    let head = api
        .app
        .request(Method::HEAD, "/reels")
        .header("accept-profile", "archive")
        .await;
    assert_eq!(head.status.as_u16(), 200);

    let response = api
        .app
        .get("/rpc/greet?name=Bo")
        .header("accept-profile", "archive")
        .await;
    assert_eq!(response.json(), json!("greetings from the archive, Bo"));
    let response = api
        .app
        .post("/rpc/greet", &json!({ "name": "Bo" }))
        .header("content-profile", "archive")
        .await;
    assert_eq!(response.json(), json!("greetings from the archive, Bo"));
    // The header of the other kind of request does not count.
    let response = api
        .app
        .post("/rpc/greet", &json!({ "name": "Bo" }))
        .header("accept-profile", "archive")
        .await;
    assert_eq!(response.json(), json!("hello Bo"));
    let document = api
        .app
        .get("/")
        .header("accept-profile", "archive")
        .await
        .json();
    assert!(document["paths"].get("/reels").is_some());
    assert!(document["paths"].get("/genres").is_none());
}

#[tokio::test]
async fn writes_go_to_the_schema_of_their_profile_pr_110() {
    let api = Api::new().await;
    api.db
        .execute("grant insert, update, delete on archive.films to service_role")
        .await;
    let service = token("service_role", "s");
    let body = json!({ "id": 2, "title": "Acetate" });
    let response = api
        .app
        .post("/films", &body)
        .bearer(&service)
        .header("content-profile", "archive")
        .await;
    assert_eq!(response.status.as_u16(), 201);
    let response = api
        .app
        .patch("/films?id=eq.2", &json!({ "title": "Safety" }))
        .bearer(&service)
        .header("content-profile", "archive")
        .await;
    assert_eq!(response.status.as_u16(), 204);
    assert_eq!(
        api.sql("select title from archive.films where id = 2")
            .await,
        "Safety"
    );
    let response = api
        .app
        .delete("/films?id=eq.2")
        .bearer(&service)
        .header("content-profile", "archive")
        .await;
    assert_eq!(response.status.as_u16(), 204);
    assert_eq!(api.sql("select count(*) from cinema.films").await, "5");
}

#[tokio::test]
async fn schemas_that_are_not_exposed_do_not_exist_pr_110() {
    let api = Api::new().await;
    for schema in [
        "vault",
        "extras",
        "pg_catalog",
        "information_schema",
        "",
        "cinema,archive",
        "CINEMA",
    ] {
        let response = api
            .app
            .get("/secrets")
            .header("accept-profile", schema)
            .await;
        assert_eq!(
            response.status_and_json(),
            (
                406,
                json!({
                    "code": "PGRST106",
                    "message": format!("Invalid schema: {schema}"),
                    "details": null,
                    "hint": "Only the following schemas are exposed: cinema, archive"
                })
            )
        );
        let response = api
            .app
            .post("/secrets", &json!({}))
            .header("content-profile", schema)
            .await;
        assert_eq!(refusal(&response), (406, "PGRST106".into()));
    }
    api.each_is_refused(&[
        ("/vault.secrets", 404, "PGRST205"),
        ("/secrets", 404, "PGRST205"),
        ("/pg_user", 404, "PGRST205"),
        ("/reels", 404, "PGRST205"),
        ("/rpc/pg_sleep", 404, "PGRST202"),
        ("/rpc/set_config?setting_name=role", 404, "PGRST202"),
    ])
    .await;
}

#[tokio::test]
async fn one_schema_is_not_named_in_answers_pr_110() {
    let api = Api::with(|config| config.schemas = vec!["archive".into()]).await;
    let response = api.app.get("/films").await;
    assert_eq!(response.json(), json!([{ "id": 1, "title": "Nitrate" }]));
    assert_eq!(response.header("content-profile"), "");
}
