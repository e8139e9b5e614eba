//! Pages and cursors.

use serde_json::{Value, json};

use crate::api::{Api, nodes};

const PAGE: &str = "query($first: Int, $last: Int, $after: Cursor, $before: Cursor, $offset: Int, $order: [BookOrderBy!]) {
    bookCollection(first: $first, last: $last, after: $after, before: $before, offset: $offset, orderBy: $order) {
        edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

async fn page(api: &Api, variables: Value) -> Value {
    let answer = api.ask_with(PAGE, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["bookCollection"].clone()
}

/// All pages one after the other.
async fn walk(api: &Api, forwards: bool, order: &Value) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    for _ in 0..10 {
        let variables = match forwards {
            true => json!({ "first": 2, "after": cursor, "order": order }),
            false => json!({ "last": 2, "before": cursor, "order": order }),
        };
        let page = page(api, variables).await;
        let mut ids = nodes(&page, "id");
        let (more, end) = match forwards {
            true => ("hasNextPage", "endCursor"),
            false => {
                ids.reverse();
                ("hasPreviousPage", "startCursor")
            }
        };
        seen.extend(ids);
        cursor = page["pageInfo"][end].clone();
        if page["pageInfo"][more] == false {
            break;
        }
    }
    seen
}

#[tokio::test]
async fn pages_lead_through_all_rows_in_both_directions_and_every_order_gq_020() {
    let api = Api::new().await;
    for order in [
        json!([]),
        json!([{ "pages": "AscNullsFirst" }]),
        json!([{ "pages": "AscNullsLast" }]),
        json!([{ "pages": "DescNullsFirst" }]),
        json!([{ "pages": "DescNullsLast" }, { "title": "DescNullsLast" }]),
        json!([{ "genre": "DescNullsLast" }, { "rating": "AscNullsFirst" }]),
    ] {
        let there = walk(&api, true, &order).await;
        let mut back = walk(&api, false, &order).await;
        back.reverse();
        assert_eq!(there.len(), 7, "{order}: {there:?}");
        assert_eq!(there, back, "{order}");
    }
}

#[tokio::test]
async fn a_page_tells_what_lies_around_it_gq_016() {
    let api = Api::new().await;
    let first = page(&api, json!({ "first": 2 })).await;
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(
        first["pageInfo"]["startCursor"],
        first["edges"][0]["cursor"]
    );
    assert_eq!(first["pageInfo"]["endCursor"], first["edges"][1]["cursor"]);
    let after = json!({ "first": 10, "after": first["pageInfo"]["endCursor"] });
    let rest = page(&api, after).await;
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    assert_eq!(rest["pageInfo"]["hasPreviousPage"], true);
    assert_eq!(nodes(&rest, "id"), ["3", "4", "5", "6", "7"]);
    let last = page(&api, json!({ "last": 2 })).await;
    assert_eq!(nodes(&last, "id"), ["6", "7"]);
    assert_eq!(last["pageInfo"]["startCursor"], last["edges"][0]["cursor"]);
    assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
    let none = page(&api, json!({ "first": 0 })).await;
    assert_eq!(
        none,
        json!({ "edges": [], "pageInfo": {
            "hasNextPage": true, "hasPreviousPage": false, "startCursor": null, "endCursor": null } })
    );
}

#[tokio::test]
async fn a_page_is_never_longer_than_its_limit_gq_019() {
    let api = Api::new().await;
    assert_eq!(nodes(&page(&api, json!({})).await, "id").len(), 5);
    assert_eq!(
        nodes(&page(&api, json!({ "first": 100 })).await, "id").len(),
        5
    );
    assert_eq!(
        nodes(&page(&api, json!({ "offset": 5 })).await, "id"),
        ["6", "7"]
    );
}

#[tokio::test]
async fn arguments_that_contradict_each_other_are_refused_gq_014() {
    let api = Api::new().await;
    for (arguments, message) in [
        (
            "first: 1, last: 1",
            "only one of \"first\" and \"last\" may be provided",
        ),
        (
            "before: \"W10=\", after: \"W10=\"",
            "only one of \"before\" and \"after\" may be provided",
        ),
        (
            "first: 1, before: \"W10=\"",
            "\"first\" may only be used with \"after\"",
        ),
        (
            "last: 1, after: \"W10=\"",
            "\"last\" may only be used with \"before\"",
        ),
        (
            "last: 1, offset: 1",
            "\"offset\" may only be used with \"first\" and \"after\"",
        ),
        ("first: -1", "`first` must be an unsigned integer"),
        ("first: \"1\"", "Invalid input for Int type"),
        ("after: \"!\"", "Failed to decode cursor, error 1"),
        (
            "after: \"WzEsMl0=\"",
            "orderBy clause incompatible with pagination cursor",
        ),
        ("unknown: 1", "Input contains extra keys [\"unknown\"]"),
    ] {
        let query = format!("{{ bookCollection({arguments}) {{ edges {{ cursor }} }} }}");
        assert_eq!(api.refusal(&query).await, message, "{arguments}");
    }
}

#[tokio::test]
async fn a_cursor_keeps_every_digit() {
    let sql = "create table library.amount (id int primary key, size numeric);
        insert into library.amount select n, 1234567890.123456789012345678 + n * 0.000000000000000001 from generate_series(1, 5) n;
        insert into library.amount values (6, null), (7, 'NaN'), (8, 12);
        grant select on library.amount to anon;";
    let api = Api::over(sql, |_| {}).await;
    for (page, more, end) in [
        ("first: 1, after", "hasNextPage", "endCursor"),
        ("last: 1, before", "hasPreviousPage", "startCursor"),
    ] {
        let query = format!(
            "query($cursor: Cursor) {{ amountCollection({page}: $cursor, orderBy: [{{size: DescNullsFirst}}]) {{ edges {{ node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        for _ in 0..10 {
            let answer = api.ask_with(&query, json!({ "cursor": cursor })).await;
            let page = &answer["data"]["amountCollection"];
            seen.extend(nodes(page, "id"));
            cursor = page["pageInfo"][end].clone();
            if page["pageInfo"][more] != true {
                break;
            }
        }
        if end == "startCursor" {
            seen.reverse();
        }
        assert_eq!(seen, [6, 7, 5, 4, 3, 2, 1, 8]);
    }
    // Those that were given out before are numbers.
    let query = "{ amountCollection(first: 1, after: \"WzEyLCA4XQ==\", orderBy: [{size: AscNullsLast}]) { edges { node { id } } } }";
    assert_eq!(nodes(&api.data(query).await["amountCollection"], "id"), [1]);
}
