//! What bodies look like (PR-121 to PR-129).

use serde_json::json;

use crate::api::{Api, refusal};

const SINGULAR: &str = "application/vnd.pgrst.object+json";

#[tokio::test]
async fn one_object_is_exactly_one_row_pr_122() {
    let api = Api::new().await;
    for accept in [SINGULAR, "application/vnd.pgrst.object"] {
        let response = api
            .app
            .get("/genres?id=eq.1")
            .header("accept", accept)
            .await;
        assert_eq!(
            response.status_and_json(),
            (200, json!({ "id": 1, "name": "drama" }))
        );
        assert_eq!(
            response.header("content-type"),
            "application/vnd.pgrst.object+json; charset=utf-8"
        );
    }
    for (path, rows) in [("/genres", 3), ("/genres?id=eq.9", 0)] {
        let response = api.app.get(path).header("accept", SINGULAR).await;
        assert_eq!(
            response.status_and_json(),
            (
                406,
                json!({
                    "code": "PGRST116",
                    "message": "Cannot coerce the result to a single JSON object",
                    "details": format!("The result contains {rows} rows"),
                    "hint": null
                })
            )
        );
    }
    let response = api
        .app
        .get("/rpc/films_since?since=2020&select=id")
        .header("accept", SINGULAR)
        .await;
    assert_eq!(response.json(), json!({ "id": 5 }));
}

#[tokio::test]
async fn nulls_are_left_out_where_asked_pr_123() {
    let api = Api::new().await;
    let path = "/films?id=eq.5&select=id,year,minutes,tags,awarded";
    let stripped = json!({ "id": 5, "year": 2021, "awarded": false });
    let response = api
        .app
        .get(path)
        .header("accept", "application/vnd.pgrst.array+json;nulls=stripped")
        .await;
    assert_eq!(response.status_and_json(), (200, json!([stripped])));
    let response = api
        .app
        .get(path)
        .header("accept", "application/vnd.pgrst.object+json;nulls=stripped")
        .await;
    assert_eq!(response.status_and_json(), (200, stripped));
    assert_eq!(
        response.header("content-type"),
        "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"
    );
}

#[tokio::test]
async fn csv_has_a_header_and_quotes_pr_121() {
    let api = Api::new().await;
    let csv = async |path: &str| {
        let response = api.app.get(path).header("accept", "text/csv").await;
        assert_eq!(response.header("content-type"), "text/csv; charset=utf-8");
        response.text()
    };
    assert_eq!(
        csv("/films?select=id,title,rating,tags,details&id=gte.4&order=id").await,
        "id,title,rating,tags,details\n4,\"Comma, (Stop)\",6.1,{},\n5,\"50% *Off*\",,,\"{\"\"awards\"\": null}\""
    );
    assert_eq!(csv("/rpc/numbers").await.lines().count(), 4);
    assert_eq!(csv("/genres?id=eq.99").await.trim_end(), "");
}

#[tokio::test]
async fn plans_explain_the_statement_pr_124() {
    let api = Api::new().await;
    let accept = "application/vnd.pgrst.plan+json; options=verbose|settings";
    let response = api.app.get("/films?id=eq.1").header("accept", accept).await;
    let body = response.json();
    assert!(body[0]["Plan"]["Total Cost"].is_number(), "{body}");
    assert!(body[0]["Plan"]["Output"].is_array(), "{body}");
    assert_eq!(
        response.header("content-type"),
        "application/vnd.pgrst.plan+json; for=\"application/json\"; options=verbose|settings; charset=utf-8"
    );
    for accept in [
        "application/vnd.pgrst.plan",
        "application/vnd.pgrst.plan+text",
    ] {
        let text = api.app.get("/films").header("accept", accept).await.text();
        assert!(text.starts_with("Aggregate  (cost="), "{text}");
    }
    // A plan with `analyze` runs the statement, and keeps nothing of a write.
    let response = api
        .app
        .delete("/remarks")
        .header("accept", "application/vnd.pgrst.plan+json; options=analyze")
        .header("prefer", "tx=rollback")
        .await;
    assert!(
        response.json()[0]["Execution Time"].is_number(),
        "{}",
        response.text()
    );
    assert_eq!(api.sql("select count(*) from cinema.remarks").await, "1");

    let off = Api::with(|config| config.plan_enabled = false).await;
    let response = off.app.get("/films").header("accept", accept).await;
    assert_eq!(refusal(&response), (406, "PGRST107".into()));
}

#[tokio::test]
async fn what_nobody_can_serve_is_refused_pr_126() {
    let api = Api::new().await;
    let response = api
        .app
        .get("/genres")
        .header("accept", "image/png, text/yaml")
        .await;
    assert_eq!(
        response.status_and_json(),
        (
            406,
            json!({
                "code": "PGRST107",
                "message": "None of these media types are available: image/png, text/yaml",
                "details": null,
                "hint": null
            })
        )
    );
    for accept in [
        "image/png, */*;q=0.1",
        "application/json",
        "text/csv;q=0.1, application/json",
    ] {
        let response = api.app.get("/genres").header("accept", accept).await;
        assert_eq!(
            response.header("content-type"),
            "application/json; charset=utf-8",
            "{accept}"
        );
    }
}

#[tokio::test]
async fn domains_and_aggregates_serve_media_types_pr_127_pr_128() {
    let api = Api::new().await;
    let ask = async |path: &str, accept: &str| {
        let response = api.app.get(path).header("accept", accept).await;
        (
            response.status.as_u16(),
            response.header("content-type").to_owned(),
            response.text(),
        )
    };
    assert_eq!(
        ask("/rpc/film_page?film_id=1", "text/html").await,
        (200, "text/html".into(), "<h1>Harbour Lights</h1>".into())
    );
    assert_eq!(
        ask("/films?id=lte.2&order=id", "application/x-titles").await,
        (
            200,
            "application/x-titles".into(),
            "Harbour Lights; Harbour Lights II".into()
        )
    );
    assert_eq!(
        ask("/rpc/films_since?since=2020", "application/x-titles")
            .await
            .2,
        "50% *Off*"
    );
    // One for any element serves every relation; the one for films serves only them.
    assert_eq!(ask("/genres", "application/x-tally").await.2, "|||");
    assert_eq!(ask("/genres", "application/x-titles").await.0, 406);
    assert_eq!(ask("/films", "text/html").await.0, 406);
}

#[tokio::test]
async fn a_handler_of_any_type_gives_bytes_pr_129() {
    let api = Api::new().await;
    let response = api
        .app
        .get("/rpc/anything")
        .header("accept", "image/x-odd")
        .await;
    assert_eq!(
        (response.status.as_u16(), &*response.body),
        (200, &b"\x00\xff"[..])
    );
    assert_eq!(response.header("content-type"), "application/octet-stream");
}

#[tokio::test]
async fn the_root_describes_the_api_pr_162_to_pr_164() {
    let api = Api::new().await;
    let response = api.app.get("/").await;
    assert_eq!(
        response.header("content-type"),
        "application/openapi+json; charset=utf-8"
    );
    let document = response.json();
    assert_eq!(document["swagger"], "2.0");
    let films = &document["paths"]["/films"]["get"];
    assert_eq!(films["summary"], "Films");
    assert_eq!(films["description"], "All that were ever shown.");
    let properties = &document["definitions"]["films"]["properties"];
    assert!(
        properties["id"]["description"]
            .as_str()
            .unwrap()
            .contains("<pk/>")
    );
    assert!(
        properties["studio_id"]["description"]
            .as_str()
            .unwrap()
            .contains("<fk table='studios' column='id'/>")
    );
    assert_eq!(properties["spoken"]["enum"], json!(["en", "fr", "ja"]));
    // What the role may not use is not shown.
    assert_eq!(document["paths"].get("/ledger"), None);
    assert!(document["paths"].get("/rpc/add").is_some());

    let all =
        Api::with(|config| config.openapi_mode = crestfall_rest::OpenApiMode::IgnorePrivileges)
            .await;
    assert!(all.rows("/").await["paths"].get("/ledger").is_some());
    let none =
        Api::with(|config| config.openapi_mode = crestfall_rest::OpenApiMode::Disabled).await;
    none.each_is_refused(&[("/", 404, "PGRST126")]).await;
    let own = Api::with(|config| {
        config.root_spec = Some(crestfall_core::QualifiedName::new("cinema", "welcome"));
    })
    .await;
    assert_eq!(own.rows("/").await, json!({ "welcome": "home" }));
    let response = api.app.get("/").header("accept", "text/csv").await;
    assert_eq!(refusal(&response), (406, "PGRST107".into()));
}
