//! Operations that were planned before: other values, never another's.

use serde_json::{Value, json};

use crate::api::Api;

#[tokio::test]
async fn a_remembered_operation_takes_each_requests_own_values() {
    let api = Api::new().await;
    let query = "query($id: BigInt!, $f: BookFilter, $first: Int, $order: [BookOrderBy!], $skip: Boolean = false, $after: Cursor) {
        bookByPk(id: $id) { title @skip(if: $skip) id }
        bookCollection(filter: $f, first: $first, orderBy: $order, after: $after) { edges { node { id } } }
    }";
    let mut variables = vec![
        json!({ "id": 1 }),
        json!({ "id": "2", "first": 2 }),
        json!({ "id": 3, "first": 1 }),
        json!({ "id": 3, "first": 1, "skip": true }),
        json!({ "id": 1, "f": { "pages": { "gt": 60 } } }),
        json!({ "id": 1, "f": { "pages": { "gt": 360 } } }),
        json!({ "id": 1, "f": { "pages": { "lt": 360 } } }),
        json!({ "id": 1, "f": { "pages": { "is": "NULL" } } }),
        json!({ "id": 1, "f": { "pages": { "is": "NOT_NULL" } } }),
        json!({ "id": 1, "f": { "genre": { "eq": "NON_FICTION" } } }),
        json!({ "id": 1, "f": { "genre": { "eq": "poetry" } } }),
        json!({ "id": 1, "f": { "id": { "in": [1, 2] } } }),
        json!({ "id": 1, "f": { "id": { "in": [3, 4, 5] } } }),
        json!({ "id": 1, "f": { "id": { "in": 6 } } }),
        json!({ "id": 1, "f": { "or": [{ "id": { "eq": 1 } }, { "title": { "eq": "Wood" } }] } }),
        json!({ "id": 1, "f": { "or": [{ "id": { "eq": 2 } }, { "title": { "eq": "Winds" } }] } }),
        json!({ "id": 1, "f": { "nodeId": { "eq": "WyJsaWJyYXJ5IiwgImJvb2siLCAzXQ==" } } }),
        json!({ "id": 1, "f": { "nodeId": { "eq": "WyJsaWJyYXJ5IiwgImJvb2siLCA0XQ==" } } }),
        json!({ "id": 1, "order": [{ "title": "AscNullsLast" }] }),
        json!({ "id": 1, "order": [{ "title": "DescNullsLast" }] }),
        json!({ "id": 1, "after": "WzJd" }),
        json!({ "id": 1, "after": "WzVd" }),
        json!({ "id": 1, "after": null }),
    ];
    // Each by itself, as nobody remembers anything.
    let mut alone: Vec<Value> = Vec::new();
    for each in &variables {
        let fresh = format!("{query} # {each}");
        alone.push(api.ask_with(&fresh, each.clone()).await);
    }
    for (first, second) in [
        (0, 1),
        (4, 5),
        (7, 8),
        (11, 12),
        (14, 15),
        (16, 17),
        (18, 19),
        (20, 21),
    ] {
        assert_ne!(alone[first], alone[second], "the cases tell nothing apart");
    }
    // All by one remembered document, three times, in two orders.
    for round in 0..3 {
        for (each, expected) in variables.iter().zip(&alone) {
            assert_eq!(&api.ask_with(query, each.clone()).await, expected, "{each}");
        }
        if round == 1 {
            variables.reverse();
            alone.reverse();
        }
    }
}

#[tokio::test]
async fn what_was_planned_for_one_role_serves_no_other() {
    let api = Api::new().await;
    let query = "{ memberCollection { edges { node { owner } } } }";
    for _ in 0..2 {
        for subject in ["ann", "ben"] {
            let answer = api.ask_as(subject, query, json!({})).await;
            assert_eq!(
                answer["data"]["memberCollection"]["edges"],
                json!([{ "node": { "owner": subject } }])
            );
        }
        assert!(api.refusal(query).await.starts_with("Unknown field"));
    }
}
