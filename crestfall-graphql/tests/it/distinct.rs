//! `distinctOn`: of rows with the same values the first.

use serde_json::{Value, json};

use crate::api::{Api, nodes};

async fn titles(api: &Api, arguments: &str) -> Value {
    let query = format!("{{ bookCollection({arguments}) {{ edges {{ node {{ title }} }} }} }}");
    json!(nodes(&api.data(&query).await["bookCollection"], "title"))
}

#[tokio::test]
async fn of_rows_with_the_same_values_the_first_by_the_order_is_there() {
    let api = Api::new().await;
    for (arguments, found) in [
        (
            "distinctOn: [authorId]",
            json!(["Notes", "Waves", "Stones"]),
        ),
        (
            "distinctOn: [authorId], orderBy: [{authorId: DescNullsLast}, {title: DescNullsLast}]",
            json!(["Wood", "Winds", "Notes"]),
        ),
        (
            "distinctOn: [genre, authorId], orderBy: [{authorId: AscNullsLast}, {genre: AscNullsLast}, {editor: {fullName: AscNullsLast}}, {id: DescNullsLast}]",
            json!(["Notes", "Waves", "Winds", "Wood"]),
        ),
        // Null is one value among others.
        (
            "distinctOn: [pages], orderBy: [{pages: AscNullsFirst}], first: 2",
            json!(["Winds", "Stones"]),
        ),
        (
            "distinctOn: [authorId, authorId], filter: {title: {startsWith: \"W\"}}",
            json!(["Waves", "Water"]),
        ),
        ("distinctOn: [], first: 2", json!(["Notes", "Engines"])),
    ] {
        assert_eq!(titles(&api, arguments).await, found, "{arguments}");
    }
}

#[tokio::test]
async fn an_order_that_begins_with_something_else_is_refused() {
    let api = Api::new().await;
    for order in [
        "[{title: AscNullsLast}]",
        "[{authorId: AscNullsLast}, {title: AscNullsLast}, {genre: AscNullsLast}]",
        "[{author: {id: AscNullsLast}}, {genre: AscNullsLast}]",
    ] {
        let query = format!(
            "{{ bookCollection(distinctOn: [authorId, genre], orderBy: {order}) {{ edges {{ cursor }} }} }}"
        );
        assert_eq!(
            api.refusal(&query).await,
            "orderBy must begin with the columns of distinctOn (authorId, genre), in any order"
        );
    }
    assert_eq!(
        api.refusal("{ bookCollection(distinctOn: [details]) { edges { cursor } } }")
            .await,
        "Invalid input for BookDistinctOn type"
    );
}

#[tokio::test]
async fn pages_of_distinct_rows_hold_each_once_in_both_directions() {
    let api = Api::new().await;
    for order in [
        "[]",
        "[{pages: AscNullsFirst}, {title: DescNullsLast}]",
        "[{pages: DescNullsLast}, {author: {birthday: AscNullsFirst}}]",
        "[{pages: DescNullsFirst}, {editor: {fullName: DescNullsLast}}]",
    ] {
        let mut walks = Vec::new();
        for (page, more, end) in [
            ("first: 2, after", "hasNextPage", "endCursor"),
            ("last: 2, before", "hasPreviousPage", "startCursor"),
        ] {
            let query = format!(
                "query($cursor: Cursor) {{ bookCollection(distinctOn: [pages], orderBy: {order}, {page}: $cursor) {{ totalCount edges {{ node {{ id shout }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
            );
            let (mut seen, mut cursor) = (Vec::new(), Value::Null);
            for _ in 0..8 {
                let answer = api.ask_with(&query, json!({ "cursor": cursor })).await;
                assert!(answer.get("errors").is_none(), "{answer}");
                let page = &answer["data"]["bookCollection"];
                // 50, 60, 100, 350, 400 and none.
                assert_eq!(page["totalCount"], 6);
                let mut ids = nodes(page, "id");
                if end == "startCursor" {
                    ids.reverse();
                }
                seen.extend(ids);
                cursor = page["pageInfo"][end].clone();
                if page["pageInfo"][more] == false {
                    break;
                }
            }
            walks.push(seen);
        }
        walks[1].reverse();
        assert_eq!(walks[0], walks[1], "{order}");
        assert_eq!(walks[0].len(), 6, "{order}");
    }
}

#[tokio::test]
async fn distinct_rows_below_a_row_and_of_functions_are_distinct() {
    let api = Api::new().await;
    let data = api
        .data(
            "{ writerByPk(id: 3) { bookCollection(distinctOn: [genre], orderBy: [{genre: AscNullsLast}, {title: DescNullsLast}]) { totalCount edges { node { title shout siblings(distinctOn: [isLent]) { edges { node { id } } } } } } }
               booksBy(writer: \"Ada\", distinctOn: [genre]) { aggregate { count sum { pages } } edges { node { title } } } }",
        )
        .await;
    assert_eq!(
        data["writerByPk"]["bookCollection"],
        json!({ "totalCount": 1, "edges": [{ "node": {
            "title": "Wood", "shout": "WOOD", "siblings": { "edges": [{ "node": { "id": "5" } }] } } }] })
    );
    assert_eq!(
        data["booksBy"],
        json!({ "aggregate": { "count": 1, "sum": { "pages": 100 } }, "edges": [{ "node": { "title": "Notes" } }] })
    );
    let change = "mutation { touchAll(distinctOn: [authorId], first: 2) { edges { node { id pages shout } } } }";
    let answer = api.ask_as("ann", change, json!({})).await;
    assert_eq!(
        json!(nodes(&answer["data"]["touchAll"], "id")),
        json!(["1", "3"]),
        "{answer}"
    );
}

#[tokio::test]
async fn a_function_keeps_a_parameter_of_that_name() {
    let sql = "create function library.picked(\"distinctOn\" int) returns setof library.book stable language sql as $$ select * from library.book where id = $1 $$;";
    let api = Api::over(sql, |_| {}).await;
    let data = api
        .data("{ picked(distinctOn: 3) { edges { node { id } } } }")
        .await;
    assert_eq!(nodes(&data["picked"], "id"), ["3"]);
}
