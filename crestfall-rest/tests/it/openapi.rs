//! OpenAPI 3.1: what a role may use, and how an embedder gets it (PR-165, D16).

use crestfall_core::Identity;
use http::Request;
use serde_json::{Value, json};

use crate::api::{Api, refusal, token};

const NEWEST: &str = "application/vnd.oai.openapi+json;version=3.1";

/// A table whose columns not everybody may do everything with, and functions of every kind.
const DESK: &str = "
    create type cinema.mood as enum ('glad', 'sad');
    create table cinema.desk (
      id bigint generated always as identity primary key,
      label text not null,
      mood cinema.mood,
      price numeric not null default 0,
      opened timestamptz,
      secret text,
      twice numeric generated always as (price * 2) stored
    );
    comment on column cinema.desk.label is 'What stands on it @graphql({\"name\": \"title\"})';
    comment on table cinema.desk is E'Desks\\n@public\\n@graphql({\"totalCount\": {\"enabled\": true}})';
    grant select (id, label, mood, price, opened, twice) on cinema.desk to anon;
    grant insert (label, mood) on cinema.desk to anon;
    grant all on cinema.desk to authenticated;
    create function cinema.desk_total() returns numeric language sql stable return 1;
    comment on function cinema.desk_total() is E'What they cost\\n@graphql({\"name\": \"total\"})\\n@public';
    comment on type cinema.mood is '@graphql({\"name\": \"Mood\"})';
    create function cinema.desk_rows(mood cinema.mood) returns setof cinema.desk
      language sql stable begin atomic select * from cinema.desk; end;
    create function cinema.desk_pairs() returns table (a int, b text)
      language sql stable begin atomic select 1, ''::text; end;
    create function cinema.desk_one(out a int) language sql stable return 1;
    create function cinema.desk_clear(really bool default false) returns void
      language sql volatile begin atomic select; end;
    revoke execute on function cinema.desk_clear from public;
    grant execute on function cinema.desk_clear to authenticated;
";

async fn described(api: &Api, bearer: Option<&str>) -> Value {
    let request = api.app.get("/").header("accept", NEWEST);
    let response = match bearer {
        Some(token) => {
            request
                .header("authorization", &format!("Bearer {token}"))
                .await
        }
        None => request.await,
    };
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.header("content-type"), NEWEST);
    response.json()
}

fn members(schema: &Value) -> Vec<&str> {
    let members = schema["properties"].as_object();
    members.map_or_else(Vec::new, |members| {
        members.keys().map(String::as_str).collect()
    })
}

fn methods<'a>(document: &'a Value, path: &str) -> Vec<&'a str> {
    let item = document["paths"][path].as_object();
    item.map_or_else(Vec::new, |item| item.keys().map(String::as_str).collect())
}

#[tokio::test]
async fn a_role_sees_the_relations_columns_and_verbs_that_are_its_own() {
    let api = Api::over(DESK, |_| {}).await;
    let anonymous = described(&api, None).await;
    let schemas = &anonymous["components"]["schemas"];
    assert_eq!(methods(&anonymous, "/desk"), ["get", "post"]);
    let readable = ["id", "label", "mood", "price", "opened", "twice"];
    assert_eq!(members(&schemas["Desk"]), readable);
    assert_eq!(schemas["Desk"]["required"], json!(readable));
    assert_eq!(members(&schemas["DeskInsert"]), ["label", "mood"]);
    assert!(methods(&anonymous, "/ledger").is_empty());
    assert!(methods(&anonymous, "/rpc/desk_clear").is_empty());
    let security = &anonymous["paths"]["/desk"]["get"]["security"];
    assert_eq!(*security, json!([{ "bearer": [] }, {}]));

    let user = described(&api, Some(&token("authenticated", "1"))).await;
    let schemas = &user["components"]["schemas"];
    assert_eq!(methods(&user, "/desk"), ["get", "post", "patch", "delete"]);
    let writable = ["label", "mood", "price", "opened", "secret"];
    // Neither an identity nor a generated column is anybody's to write.
    assert_eq!(members(&schemas["DeskInsert"]), writable);
    assert_eq!(schemas["DeskInsert"]["required"], json!(["label"]));
    assert_eq!(members(&schemas["DeskUpdate"]), writable);
    assert_eq!(schemas["DeskUpdate"].get("required"), None);
    assert_eq!(methods(&user, "/rpc/desk_clear"), ["post"]);
    let security = &user["paths"]["/desk"]["get"]["security"];
    assert_eq!(*security, json!([{ "bearer": [] }]));
}

#[tokio::test]
async fn comments_are_told_without_what_they_say_to_the_server() {
    let api = Api::over(DESK, |_| {}).await;
    let document = described(&api, Some(&token("authenticated", "1"))).await;
    assert_eq!(
        document["components"]["schemas"]["Desk"]["description"],
        "Desks"
    );
    let total = &document["paths"]["/rpc/desk_total"]["get"];
    assert_eq!(total["summary"], "What they cost");
    assert_eq!(total["description"], Value::Null);
    let text = document.to_string();
    assert!(!text.contains("@graphql") && !text.contains("@public"));
}

#[tokio::test]
async fn columns_and_results_have_the_forms_of_their_types() {
    let api = Api::over(DESK, |_| {}).await;
    let document = described(&api, Some(&token("authenticated", "1"))).await;
    let desk = &document["components"]["schemas"]["Desk"]["properties"];
    assert_eq!(
        desk["label"],
        json!({ "type": "string", "description": "What stands on it" })
    );
    assert_eq!(desk["price"], json!({ "type": "number" }));
    assert_eq!(
        desk["opened"],
        json!({ "type": ["string", "null"], "format": "date-time" })
    );
    let mood = json!({ "$ref": "#/components/schemas/Mood" });
    assert_eq!(desk["mood"], json!({ "anyOf": [mood, { "type": "null" }] }));
    let mood = &document["components"]["schemas"]["Mood"];
    assert_eq!(*mood, json!({ "type": "string", "enum": ["glad", "sad"] }));

    let result = |path: &str| {
        let answers = &document["paths"][path]["post"]["responses"];
        answers["200"]["content"]["application/json"]["schema"].clone()
    };
    assert_eq!(
        result("/rpc/desk_total"),
        json!({ "type": ["number", "null"] })
    );
    let rows = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Desk" } });
    assert_eq!(result("/rpc/desk_rows"), rows);
    let pairs = &document["components"]["schemas"]["DeskPairsResult"];
    assert_eq!(members(pairs), ["a", "b"]);
    // One `OUT` argument alone is an object too.
    let one = &document["components"]["schemas"]["DeskOneResult"];
    assert_eq!(members(one), ["a"]);
    assert_eq!(api.rows("/rpc/desk_one").await, json!({ "a": 1 }));
    let clear = &document["paths"]["/rpc/desk_clear"]["post"];
    assert!(clear["responses"]["204"].is_object());
    assert_eq!(methods(&document, "/rpc/desk_rows"), ["get", "post"]);
}

#[tokio::test]
async fn the_version_is_negotiated_and_the_originals_stays_the_default() {
    let api = Api::new().await;
    for (accept, version) in [
        ("application/openapi+json", "2.0"),
        ("*/*", "2.0"),
        ("application/vnd.oai.openapi+json", "3.1.0"),
        ("application/vnd.oai.openapi+json; version=3.1.2", "3.1.0"),
        ("application/vnd.oai.openapi+json;version=\"3.0\"", "3.0.3"),
        (
            "text/csv, application/vnd.oai.openapi+json;version=3.0.1, */*;q=0.1",
            "3.0.3",
        ),
    ] {
        let response = api.app.get("/").header("accept", accept).await;
        let document = response.json();
        let found = document.get("openapi").or_else(|| document.get("swagger"));
        assert_eq!(found, Some(&json!(version)), "{accept}");
    }
    for accept in [
        "application/vnd.oai.openapi+json;version=4.0",
        "application/vnd.oai.openapi",
    ] {
        let response = api.app.get("/").header("accept", accept).await;
        assert_eq!(refusal(&response), (406, "PGRST107".into()), "{accept}");
    }
}

#[tokio::test]
async fn a_schema_that_is_not_the_first_is_named_by_every_request() {
    let api = Api::new().await;
    let request = api.app.get("/").header("accept", NEWEST);
    let document = request.header("accept-profile", "archive").await.json();
    let (path, item) = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    let parameters = item["get"]["parameters"].as_array().unwrap();
    let profile = parameters
        .iter()
        .find(|parameter| parameter["name"] == "Accept-Profile");
    assert_eq!(
        profile.unwrap()["schema"]["enum"],
        json!(["archive"]),
        "{path}"
    );
    assert_eq!(profile.unwrap()["required"], true);
}

/// One call, whoever made the embedder's own document: the same JSON is what `utoipa` writes.
#[tokio::test]
async fn an_embedder_merges_it_into_a_document_of_their_own() {
    let api = Api::over(DESK, |_| {}).await;
    let (mut parts, ()) = Request::get("/openapi.json").body(()).unwrap().into_parts();
    parts
        .extensions
        .insert(Identity::anonymous("authenticated"));
    let mut mine = json!({
        "openapi": "3.1.0",
        "info": { "title": "Mine", "version": "7" },
        "paths": { "/mine": { "get": { "operationId": "list_desk", "responses": {} } } },
        "components": { "schemas": { "Desk": { "type": "string" } } },
    });
    let document = api.rest.openapi(&parts).await.unwrap();
    document.mounted("/rest/v1").merge_into(&mut mine);
    assert_eq!(mine["info"]["title"], "Mine");
    assert_eq!(mine["components"]["schemas"]["Desk"]["type"], "string");
    let list = &mine["paths"]["/rest/v1/desk"]["get"];
    assert_eq!(list["operationId"], "list_desk2");
    let rows = &list["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(rows["items"]["$ref"], "#/components/schemas/Desk2");
    // Whom the extensions name, not whom a token would.
    assert!(mine["paths"]["/rest/v1/rpc/desk_clear"].is_object());
}

/// A column's name may be anything.
#[tokio::test]
async fn odd_names_become_names_for_programs() {
    let odd = r#"
        create table cinema."2 odd/{ones}" ("select" int, "日本" int, "a b" int, "a_b" int);
        create table cinema."2_odd_ones" (id int);
        grant select on cinema."2 odd/{ones}", cinema."2_odd_ones" to anon;
    "#;
    let api = Api::over(odd, |_| {}).await;
    let document = described(&api, None).await;
    let path = "/2%20odd%2F%7Bones%7D";
    let operation = &document["paths"][path]["get"];
    assert_eq!(operation["operationId"], "list_t2_odd_ones");
    assert_eq!(
        document["paths"]["/2_odd_ones"]["get"]["operationId"],
        "list_t2_odd_ones2"
    );
    let response = api.app.get(path).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let named = operation["parameters"].as_array().unwrap().iter();
    for parameter in named {
        let target = parameter["$ref"].as_str().unwrap();
        assert!(document.pointer(&target[1..]).is_some(), "{target}");
    }
}
