//! Inserts, updates, deletes, and what becomes of them when something fails.

use serde_json::{Value, json};

use crate::api::Api;

async fn change(api: &Api, query: &str, variables: Value) -> Value {
    api.ask_as("ann", query, variables).await
}

fn message(answer: &Value) -> &str {
    answer["errors"][0]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn rows_are_inserted_with_defaults_for_what_is_not_given_gq_029() {
    let api = Api::new().await;
    let answer = change(
        &api,
        "mutation($title: String!, $pages: Int) {
            insertIntoBookCollection(objects: [{authorId: 1, title: $title, genre: NON_FICTION, pages: $pages}, {authorId: 2, title: \"b\"}]) {
                affectedCount records { title genre pages shout author { fullName } }
            }
        }",
        json!({ "title": "a" }),
    )
    .await;
    assert_eq!(
        answer["data"]["insertIntoBookCollection"],
        json!({ "affectedCount": 2, "records": [
            { "title": "a", "genre": "NON_FICTION", "pages": null, "shout": "A", "author": { "fullName": "Ada" } },
            { "title": "b", "genre": "novel", "pages": null, "shout": "B", "author": { "fullName": "Bob" } },
        ] }),
        "{answer}"
    );
    let none = change(
        &api,
        "mutation { insertIntoBookCollection(objects: []) { affectedCount } }",
        json!({}),
    )
    .await;
    assert_eq!(
        message(&none),
        "At least one record must be provided to objects"
    );
    // Only defaults.
    let empty =
        "mutation { insertIntoMemberCollection(objects: [{owner: \"ann\"}]) { records { id } } }";
    let member = change(&api, empty, json!({})).await;
    let id = "00000000-0000-0000-0000-000000000001";
    assert_eq!(
        member["data"]["insertIntoMemberCollection"]["records"][0]["id"],
        id
    );
}

#[tokio::test]
async fn an_update_touches_no_more_rows_than_it_may_gq_030() {
    let api = Api::new().await;
    let update = "mutation($most: Int!) { updateBookCollection(set: {price: null, isLent: true}, filter: {authorId: {eq: 3}}, atMost: $most) { affectedCount records { id price } } }";
    let refused = change(&api, update, json!({ "most": 2 })).await;
    assert_eq!(refused["data"], Value::Null);
    assert_eq!(message(&refused), "update impacts too many records");
    let untouched = api
        .data("{ bookCollection(filter: {isLent: {eq: true}}) { totalCount } }")
        .await;
    assert_eq!(untouched["bookCollection"]["totalCount"], 0);
    let done = change(&api, update, json!({ "most": 3 })).await;
    assert_eq!(done["data"]["updateBookCollection"]["affectedCount"], 3);
    assert_eq!(
        done["data"]["updateBookCollection"]["records"][0]["price"],
        Value::Null
    );
    let none = change(&api, "mutation { updateBookCollection(set: {pages: 1}, filter: {id: {eq: 99}}) { __typename affectedCount } }", json!({})).await;
    assert_eq!(
        none["data"]["updateBookCollection"],
        json!({ "__typename": "BookUpdateResponse", "affectedCount": 0 })
    );
    let nothing = change(
        &api,
        "mutation { updateBookCollection(set: {}) { affectedCount } }",
        json!({}),
    )
    .await;
    assert_eq!(
        message(&nothing),
        "At least one mapping must be provided to set argument"
    );
}

#[tokio::test]
async fn a_delete_touches_one_row_unless_more_are_allowed_gq_031() {
    let api = Api::new().await;
    let delete = "mutation { deleteFromLoanCollection(filter: {bookId: {eq: 1}}) { affectedCount records { note book { title } } } }";
    let one = change(&api, delete, json!({})).await;
    assert_eq!(message(&one), "delete impacts too many records");
    let all = change(
        &api,
        "mutation { deleteFromLoanCollection(atMost: 9) { affectedCount } }",
        json!({}),
    )
    .await;
    assert_eq!(all["data"]["deleteFromLoanCollection"]["affectedCount"], 3);
}

#[tokio::test]
async fn all_changes_of_a_document_are_kept_or_none_gq_032() {
    let api = Api::new().await;
    let both = "mutation($second: Int!) {
        one: insertIntoWriterCollection(objects: [{id: 10, fullName: \"ten\"}]) { affectedCount }
        two: insertIntoWriterCollection(objects: [{id: $second, fullName: \"two\"}]) { affectedCount }
        seen: updateWriterCollection(set: {fullName: \"TEN\"}, filter: {id: {eq: 10}}) { records { fullName } }
    }";
    let failed = change(&api, both, json!({ "second": 1 })).await;
    assert_eq!(failed["data"], Value::Null);
    assert!(message(&failed).contains("author_pkey"), "{failed}");
    assert_eq!(failed["errors"][0]["extensions"]["code"], "23505");
    let count = "{ writerCollection { totalCount } }";
    assert_eq!(api.data(count).await["writerCollection"]["totalCount"], 3);
    let done = change(&api, both, json!({ "second": 11 })).await;
    assert_eq!(
        done["data"]["seen"]["records"],
        json!([{ "fullName": "TEN" }])
    );
    assert_eq!(api.data(count).await["writerCollection"]["totalCount"], 5);
}

#[tokio::test]
async fn policies_decide_on_every_row_gq_003() {
    let api = Api::new().await;
    let mine = "{ memberCollection { edges { node { nickName loanCollection { edges { node { note } } } } } } }";
    let seen = api.ask_as("ann", mine, json!({})).await;
    assert_eq!(
        seen["data"]["memberCollection"]["edges"],
        json!([{ "node": { "nickName": "Annie", "loanCollection": { "edges": [{ "node": { "note": "torn" } }, { "node": { "note": null } }] } } }])
    );
    let steal =
        "mutation { updateMemberCollection(set: {nickName: \"x\"}, atMost: 10) { affectedCount } }";
    let done = api.ask_as("ben", steal, json!({})).await;
    assert_eq!(done["data"]["updateMemberCollection"]["affectedCount"], 1);
    let forge = "mutation { insertIntoMemberCollection(objects: [{id: \"00000000-0000-0000-0000-00000000000c\", owner: \"ann\"}]) { affectedCount } }";
    let refused = api.ask_as("ben", forge, json!({})).await;
    assert!(
        message(&refused).contains("row-level security"),
        "{refused}"
    );
    assert!(
        api.refusal(mine)
            .await
            .starts_with("Unknown field \"memberCollection\"")
    );
}

#[tokio::test]
async fn columns_that_postgresql_fills_in_are_no_inputs_gq_029() {
    let api = Api::over("", |config| config.extended = false).await;
    for column in ["id: 5", "titleLength: 3", "nope: 1"] {
        let query = format!(
            "mutation {{ insertIntoBookCollection(objects: [{{authorId: 1, title: \"a\", {column}}}]) {{ affectedCount }} }}"
        );
        let answer = change(&api, &query, json!({})).await;
        assert!(
            message(&answer).contains("contains extra keys"),
            "{column}: {answer}"
        );
    }
}
