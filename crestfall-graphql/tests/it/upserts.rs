//! `onConflict`: inserts that update, or leave, the rows that are there.

use serde_json::{Value, json};

use crate::studio::Studio;

const UPSERT: &str = "mutation($objects: [TagInsertInput!]!, $conflict: TagOnConflict) {
    insertIntoTagCollection(objects: $objects, onConflict: $conflict) { affectedCount records { code label } }
}";

async fn upsert(studio: &Studio, objects: Value, conflict: Value) -> Value {
    let variables = json!({ "objects": objects, "conflict": conflict });
    studio.done(UPSERT, variables).await["insertIntoTagCollection"].clone()
}

#[tokio::test]
async fn an_upsert_updates_what_is_there_and_tells_what_was_written_ot_003() {
    let studio = Studio::new().await;
    let update = json!({ "constraint": "tag_pkey", "updateColumns": ["label"] });
    let both = json!([{ "code": "a", "label": "A" }, { "code": "b", "label": "B" }]);
    let first = upsert(&studio, both, update.clone()).await;
    assert_eq!(first["affectedCount"], 2);
    let again = json!([{ "code": "b", "label": "BB" }, { "code": "c", "label": "C" }]);
    let second = upsert(&studio, again, update).await;
    assert_eq!(
        second,
        json!({ "affectedCount": 2, "records": [{ "code": "b", "label": "BB" }, { "code": "c", "label": "C" }] })
    );
    assert_eq!(studio.count("tag").await, 3);
}

#[tokio::test]
async fn without_columns_to_update_a_row_that_is_there_is_left_as_it_is() {
    let studio = Studio::new().await;
    let rows = json!([{ "code": "a", "label": "A" }]);
    upsert(&studio, rows, Value::Null).await;
    let more = json!([{ "code": "a", "label": "other" }, { "code": "b", "label": "B" }]);
    for conflict in [
        json!({ "constraint": "tag_pkey" }),
        json!({ "constraint": "tag_pkey", "updateColumns": [] }),
        json!({}),
    ] {
        let done = upsert(&studio, more.clone(), conflict).await;
        assert!(done["affectedCount"].as_u64() <= Some(1), "{done}");
    }
    assert_eq!(studio.count("tag where label = 'A'").await, 1);
    assert_eq!(studio.count("tag").await, 2);
    let refused = json!({ "objects": more, "conflict": null });
    let (message, code) = studio.refused(UPSERT, refused).await;
    assert_eq!(code, "23505", "{message}");
}

#[tokio::test]
async fn only_rows_that_match_where_are_updated() {
    let studio = Studio::new().await;
    let rows = json!([{ "code": "a", "label": "A" }, { "code": "b", "label": "B" }]);
    upsert(&studio, rows, Value::Null).await;
    let query = "mutation($label: String!) { insertIntoTagCollection(
        objects: [{code: \"a\", label: \"new\"}, {code: \"b\", label: \"new\"}],
        onConflict: {constraint: tag_pkey, updateColumns: [label], where: {label: {eq: $label}}}
    ) { affectedCount records { code } } }";
    let done = studio.done(query, json!({ "label": "B" })).await;
    assert_eq!(
        done["insertIntoTagCollection"],
        json!({ "affectedCount": 1, "records": [{ "code": "b" }] })
    );
    // The same statement with another value.
    let done = studio.done(query, json!({ "label": "A" })).await;
    assert_eq!(done["insertIntoTagCollection"]["affectedCount"], 1);
}

#[tokio::test]
async fn a_serial_key_may_name_the_row() {
    let studio = Studio::new().await;
    let query = "mutation($title: String!) { insertIntoFilmCollection(
        objects: [{id: 7, title: $title}], onConflict: {constraint: film_pkey, updateColumns: [title, year]}
    ) { records { id title year slug } } }";
    studio.done(query, json!({ "title": "Old" })).await;
    let done = studio.done(query, json!({ "title": "New Times" })).await;
    assert_eq!(
        done["insertIntoFilmCollection"]["records"],
        json!([{ "id": 7, "title": "New Times", "year": 2000, "slug": "new-times" }])
    );
    // A number that PostgreSQL always fills in is none that a client gives.
    let (message, _) = studio
        .refused(
            "mutation { insertIntoEmployeeCollection(objects: [{id: 1, name: \"x\"}]) { affectedCount } }",
            json!({}),
        )
        .await;
    assert!(message.contains("extra keys"), "{message}");
}

#[tokio::test]
async fn partial_indexes_and_those_of_expressions_can_be_named_d24() {
    let studio = Studio::new().await;
    let query = "mutation($email: String!, $visits: Int!) { insertIntoAccountCollection(
        objects: [{email: $email, visits: $visits}], onConflict: {constraint: account_email, updateColumns: [visits]}
    ) { records { email visits } } }";
    studio
        .done(query, json!({ "email": "ann@x", "visits": 1 }))
        .await;
    let done = studio
        .done(query, json!({ "email": "ANN@x", "visits": 2 }))
        .await;
    let account = json!([{ "email": "ann@x", "visits": 2 }]);
    assert_eq!(done["insertIntoAccountCollection"]["records"], account);
    studio
        .0
        .db
        .execute("update studio.account set gone = now()")
        .await;
    studio
        .done(query, json!({ "email": "ann@x", "visits": 3 }))
        .await;
    assert_eq!(studio.count("account").await, 2);
}

#[tokio::test]
async fn an_upsert_offers_what_the_role_may_use_gq_003() {
    let studio = Studio::new().await;
    let values = "{ columns: __type(name: \"TagUpdateColumn\") { enumValues { name } } keys: __type(name: \"TagConstraint\") { enumValues { name } }
        film: __type(name: \"FilmOnConflict\") { name } view: __type(name: \"PlainFilmOnConflict\") { name } }";
    let anonymous = studio.0.data(values).await;
    assert_eq!(
        anonymous,
        json!({ "columns": { "enumValues": [{ "name": "label" }] }, "keys": { "enumValues": [{ "name": "tag_pkey" }] }, "film": null, "view": null })
    );
    let ann = studio.done(values, json!({})).await;
    let columns = json!({ "enumValues": [{ "name": "code" }, { "name": "label" }] });
    assert_eq!(
        (&ann["columns"], &ann["film"]["name"]),
        (&columns, &json!("FilmOnConflict"))
    );
    assert_eq!(ann["view"], Value::Null);
    // Whose keys may not be read has nothing to conflict with.
    let more = "create table studio.hidden (id int primary key, seen text); grant select (seen), insert on studio.hidden to anon;";
    let studio = Studio::with(more, |_| {}).await;
    let hidden = "{ __type(name: \"HiddenOnConflict\") { name } input: __type(name: \"HiddenInsertInput\") { name } }";
    let hidden = studio.0.data(hidden).await;
    assert_eq!(
        hidden,
        json!({ "__type": null, "input": { "name": "HiddenInsertInput" } })
    );
}

#[tokio::test]
async fn what_makes_no_sense_in_an_upsert_is_refused() {
    let studio = Studio::new().await;
    let tag = json!([{ "code": "a", "label": "A" }]);
    for (conflict, expected) in [
        (
            json!({ "updateColumns": ["label"] }),
            "onConflict: updateColumns need a constraint that tells which row is meant",
        ),
        (
            json!({ "constraint": "tag_pkey", "where": { "label": { "eq": "A" } } }),
            "onConflict: where needs updateColumns: without them nothing is updated",
        ),
        (
            json!({ "constraint": "nope" }),
            "Invalid input for TagConstraint type",
        ),
        (
            json!({ "constraint": "tag_pkey", "updateColumns": ["owner"] }),
            "Invalid input for TagUpdateColumn type",
        ),
        (
            json!({ "constraint": "tag_pkey", "set": 1 }),
            "Input for type TagOnConflict contains extra keys [\"set\"]",
        ),
    ] {
        let variables = json!({ "objects": tag, "conflict": conflict });
        let (message, _) = studio.refused(UPSERT, variables).await;
        assert_eq!(message, expected);
    }
    studio.nothing_is_written().await;
}

#[tokio::test]
async fn policies_decide_on_the_row_that_an_upsert_updates() {
    let studio = Studio::new().await;
    let query = "mutation { insertIntoDirectorCollection(
        objects: [{name: \"Agnes\", born: 1928}], onConflict: {constraint: director_name_key, updateColumns: [born]}
    ) { affectedCount records { name owner born } } }";
    studio.done(query, json!({})).await;
    // Ben may see the row, and not change it.
    let answer = studio.0.ask_as("ben", query, json!({})).await;
    let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("row-level security"), "{answer}");
    assert_eq!(studio.count("director where owner = 'ann'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_clients_that_upsert_one_row_all_succeed() {
    let studio = Studio::new().await;
    let query = "mutation($label: String!) { insertIntoTagCollection(
        objects: [{code: \"a\", label: $label}], onConflict: {constraint: tag_pkey, updateColumns: [label]}
    ) { affectedCount records { label } } }";
    let nested =
        "mutation($title: String!) { insertIntoFilmCollection(objects: [{title: $title, director: {
        data: {name: \"one\"}, onConflict: {constraint: director_name_key, updateColumns: [name]}
    }}]) { affectedCount records { director { name } } } }";
    let clients = (0..20).map(|client| {
        let studio = &studio;
        async move {
            let label = format!("label {client}");
            let done = studio.done(query, json!({ "label": label })).await;
            let records = json!([{ "label": label }]);
            assert_eq!(done["insertIntoTagCollection"]["records"], records);
            let done = studio.done(nested, json!({ "title": label })).await;
            let records = json!([{ "director": { "name": "one" } }]);
            assert_eq!(done["insertIntoFilmCollection"]["records"], records);
        }
    });
    futures_util::future::join_all(clients).await;
    assert_eq!(studio.count("tag").await, 1);
    assert_eq!(studio.count("director").await, 1);
    assert_eq!(studio.count("film where director_id is not null").await, 20);
}
