//! Functions of the database as fields.

use serde_json::json;

use crate::api::{Api, nodes};

#[tokio::test]
async fn functions_that_only_read_are_fields_of_the_query_gq_035() {
    let api = Api::new().await;
    let data = api
        .data(
            "{ add(a: 1) more: add(a: 1, b: 2) doubled(numbers: [1, 2]) firstBook { title author { id } }
               booksBy(writer: \"Cy\", first: 2, orderBy: [{title: AscNullsLast}]) { totalCount pageInfo { hasNextPage } edges { node { title shout } } } }",
        )
        .await;
    assert_eq!((&data["add"], &data["more"]), (&json!(11), &json!(3)));
    assert_eq!(data["doubled"], json!([2, 4]));
    assert_eq!(
        data["firstBook"],
        json!({ "title": "Notes", "author": { "id": 1 } })
    );
    assert_eq!(nodes(&data["booksBy"], "shout"), ["STONES", "WATER"]);
    assert_eq!(data["booksBy"]["totalCount"], 3);
    assert_eq!(data["booksBy"]["pageInfo"]["hasNextPage"], true);
    assert_eq!(
        api.refusal("{ add }").await,
        "Invalid input for NonNull type"
    );
}

#[tokio::test]
async fn functions_that_write_are_fields_of_the_mutation_gq_035() {
    let api = Api::new().await;
    let rename = "mutation { renameBook(bookId: 1, title: \"New\") { title shout } touchAll(first: 2) { totalCount edges { node { title pages shout } } } }";
    let answer = api.ask_as("ann", rename, json!({})).await;
    let data = &answer["data"];
    assert_eq!(
        data["renameBook"],
        json!({ "title": "New", "shout": "NEW" })
    );
    assert_eq!(data["touchAll"]["totalCount"], 7);
    // It was called once, though its rows were counted and shown.
    assert_eq!(
        data["touchAll"]["edges"][0]["node"],
        json!({ "title": "New", "pages": 101, "shout": "NEW" })
    );
    // Whoever may not call it does not see it.
    assert_eq!(
        api.refusal("mutation { renameBook(bookId: 1, title: \"x\") { id } }")
            .await,
        "Unknown field \"renameBook\" on type Mutation"
    );
}

#[tokio::test]
async fn functions_of_a_row_are_its_fields_gq_037() {
    let api = Api::new().await;
    let data = api
        .data("{ bookByPk(id: 6) { shout mainAuthor { fullName } siblings(last: 1) { edges { node { title siblings { totalCount } } } } } }")
        .await;
    assert_eq!(
        data["bookByPk"],
        json!({ "shout": "WATER", "mainAuthor": { "fullName": "Cy" },
            "siblings": { "edges": [{ "node": { "title": "Wood", "siblings": { "totalCount": 2 } } }] } })
    );
}

#[tokio::test]
async fn functions_without_a_form_in_graphql_are_left_out_gq_036() {
    let api = Api::new().await;
    for name in ["overloaded", "nameless"] {
        let refusal = api.refusal(&format!("{{ {name} }}")).await;
        assert_eq!(refusal, format!("Unknown field \"{name}\" on type Query"));
    }
}
