//! Fragments, directives, variables, operations.

use serde_json::{Value, json};

use crate::api::Api;

#[tokio::test]
async fn fragments_and_fields_of_one_name_are_merged_gq_027() {
    let api = Api::new().await;
    let data = api
        .data(
            "query { a: bookByPk(id: 1) { ...one ... on Book { title } ... { id } author { id } __typename } }
             fragment one on Book { author { ...name } }
             fragment name on Writer { fullName }",
        )
        .await;
    assert_eq!(
        data["a"],
        json!({ "author": { "fullName": "Ada", "id": 1 }, "title": "Notes", "id": "1", "__typename": "Book" })
    );
    for (query, message) in [
        (
            "{ a: add(a: 1) a: firstBook { id } }",
            "Fields `firstBook` and `add` are different",
        ),
        (
            "{ add(a: 1) add(a: 2) }",
            "Two fields named `add` have different arguments",
        ),
        ("{ ...nothing }", "no fragment named nothing on type Query"),
        (
            "{ ...a } fragment a on Query { ...a }",
            "Found a cycle between fragments",
        ),
    ] {
        assert_eq!(api.refusal(query).await, message, "{query}");
    }
    api.data("{ add(a: 1, b: 2) add(b: 2, a: 1) }").await;
}

#[tokio::test]
async fn directives_leave_fields_out_gq_027() {
    let api = Api::new().await;
    let query = "query($yes: Boolean!, $no: Boolean = false) { bookByPk(id: 1) {
        id @skip(if: $yes) title @include(if: $yes) pages @include(if: $no) ...rest @skip(if: $no) } }
        fragment rest on Book { isLent }";
    let answer = api.ask_with(query, json!({ "yes": true })).await;
    assert_eq!(
        answer["data"]["bookByPk"],
        json!({ "title": "Notes", "isLent": false })
    );
    let answer = api
        .ask_with(query, json!({ "yes": false, "no": true }))
        .await;
    assert_eq!(
        answer["data"]["bookByPk"],
        json!({ "id": "1", "pages": 100 })
    );
    for (query, message) in [
        (
            "{ add(a: 1) @skip(if: true) }",
            "Selection set must not be empty",
        ),
        (
            "{ add(a: 1) @skip(unless: true) }",
            "Unknown argument to @skip: unless",
        ),
        ("{ add(a: 1) @later }", "Unknown directive later"),
        (
            "query($x: Boolean!) { add(a: 1) @skip(if: $x) }",
            "Value for \"if\" in @skip directive is required",
        ),
    ] {
        assert_eq!(api.refusal(query).await, message, "{query}");
    }
}

#[tokio::test]
async fn variables_stand_wherever_values_do_gq_027() {
    let api = Api::new().await;
    let query = "query($id: BigInt = 3, $filter: BookFilter, $ids: [BigInt!], $a: Int) {
        bookByPk(id: $id) { title }
        whole: bookCollection(filter: $filter) { totalCount }
        part: bookCollection(filter: {id: {in: $ids}}) { totalCount }
        items: doubled(numbers: [1, $a])
    }";
    let answer = api
        .ask_with(
            query,
            json!({ "filter": { "pages": { "gt": 60 } }, "ids": [1, "2", 99], "a": 5 }),
        )
        .await;
    assert_eq!(
        answer["data"],
        json!({ "bookByPk": { "title": "Waves" }, "whole": { "totalCount": 3 }, "part": { "totalCount": 2 }, "items": [2, 10] }),
        "{answer}"
    );
    let answer = api.ask_with("{ add(a: 1) }", json!([1])).await;
    assert_eq!(
        answer["errors"][0]["message"],
        "variables must be an object"
    );
}

#[tokio::test]
async fn one_of_several_operations_is_executed_gq_027() {
    let api = Api::new().await;
    let query = "query One { add(a: 1) } query Two { add(a: 2) }";
    let body = json!({ "query": query, "operationName": "Two" });
    assert_eq!(api.app.post("/", &body).await.json()["data"]["add"], 12);
    for (query, message) in [
        (query, "Operation not found"),
        (
            "query A { add(a: 1) } query A { add(a: 2) }",
            "Operation names must be unique",
        ),
        (
            "query A { add(a: 1) } { add(a: 2) }",
            "Anonymous operations must be the only defined operation",
        ),
        (
            "subscription { add(a: 1) }",
            "a subscription needs a WebSocket, or `Accept: text/event-stream`: its answers are many",
        ),
        ("mutation { nothing }", "Unknown type Mutation"),
    ] {
        let api = match message {
            "Unknown type Mutation" => {
                Api::over(
                    "drop function library.touch_all, library.rename_book",
                    |_| {},
                )
                .await
            }
            _ => Api::new().await,
        };
        assert_eq!(api.refusal(query).await, message, "{query}");
    }
}

#[tokio::test]
async fn a_field_that_cannot_be_answered_does_not_hide_the_others_gq_042() {
    let api = Api::new().await;
    let answer = api
        .ask("{ add(a: 1) nothing bookCollection { nothing } }")
        .await;
    assert_eq!(answer["data"], json!({ "add": 11 }));
    let messages: Vec<&Value> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["message"])
        .collect();
    assert_eq!(
        messages,
        [
            "Unknown field \"nothing\" on type Query",
            "unknown field in connection"
        ]
    );
    assert_eq!(
        answer["errors"][0]["locations"],
        json!([{ "line": 1, "column": 13 }])
    );
    assert_eq!(answer["errors"][1]["path"], json!(["bookCollection"]));
    // What fails in the database takes everything with it.
    let answer = api.ask("{ ok: add(a: 1) add(a: 2147483647) }").await;
    assert_eq!(
        (&answer["data"], &answer["errors"][0]["message"]),
        (&Value::Null, &json!("integer out of range"))
    );
}

#[tokio::test]
async fn objects_are_asked_for_with_their_fields() {
    let api = Api::new().await;
    assert_eq!(
        api.refusal("{ bookCollection }").await,
        "Field \"bookCollection\" of type \"BookConnection\" must have a selection of subfields"
    );
}
