//! What pg_graphql answers otherwise, on request.

use serde_json::{Value, json};

use crate::api::{Api, nodes};

/// A function whose default has a comma in it.
const MORE: &str = "create function library.pair(numbers int[] default array[4, 2]) returns int[]
    immutable language sql as 'select numbers'";

async fn both() -> [Api; 2] {
    [
        Api::over(MORE, |_| {}).await,
        Api::over(MORE, |config| config.drop_in = true).await,
    ]
}

#[tokio::test]
async fn the_name_of_a_type_told_of_is_its_typename_where_pg_graphql_is_replaced() {
    let [own, drop_in] = both().await;
    let query = "{ __schema { __typename } __type(name: \"Book\") { __typename fields { __typename type { __typename } } } }";
    let told = own.data(query).await;
    assert_eq!(told["__type"]["__typename"], "__Type");
    assert_eq!(told["__type"]["fields"][0]["__typename"], "__Field");
    let told = drop_in.data(query).await;
    assert_eq!(told["__type"]["__typename"], "Book");
    assert_eq!(told["__schema"]["__typename"], "__Schema");
    let first = &told["__type"]["fields"][0];
    assert_eq!(
        *first,
        json!({ "__typename": "nodeId", "type": { "__typename": null } })
    );
}

#[tokio::test]
async fn a_page_behind_a_cursor_loses_rows_with_null_where_pg_graphql_is_replaced_gq_021() {
    for (api, found) in both().await.iter().zip([7, 5]) {
        let mut ids = Vec::new();
        let mut after = Value::Null;
        loop {
            let query = format!(
                "{{ bookCollection(first: 2, after: {after}, orderBy: [{{pages: AscNullsLast}}]) {{ edges {{ node {{ id pages }} }} pageInfo {{ endCursor hasNextPage }} }} }}"
            );
            let page = api.data(&query).await["bookCollection"].clone();
            ids.extend(nodes(&page, "id"));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] != true {
                break;
            }
        }
        assert_eq!(ids.len(), found, "{ids:?}");
    }
}

#[tokio::test]
async fn a_default_with_a_comma_is_none_where_pg_graphql_is_replaced_gq_035() {
    let [own, drop_in] = both().await;
    assert_eq!(own.data("{ pair }").await["pair"], json!([4, 2]));
    assert_eq!(
        drop_in.refusal("{ pair }").await,
        "Invalid input for NonNull type"
    );
    assert_eq!(
        drop_in.data("{ pair(numbers: [1]) add(a: 1) }").await,
        json!({ "pair": [1], "add": 11 })
    );
}

/// Who accepts the media type of the specification gets what it says all the same.
#[tokio::test]
async fn a_required_variable_may_be_missing_where_pg_graphql_is_replaced() {
    let [own, drop_in] = both().await;
    let query =
        "query($f: BookFilter!, $unused: Int!) { bookCollection(filter: $f) { totalCount } }";
    let body = json!({ "query": query, "variables": { "f": null } });
    for (api, accept, is_refused) in [
        (&own, "application/json", true),
        (&own, "application/graphql-response+json", true),
        (&drop_in, "application/json", false),
        (&drop_in, "*/*", false),
        (&drop_in, "application/graphql-response+json", true),
    ] {
        let answer = api
            .app
            .post("/", &body)
            .header("accept", accept)
            .await
            .json();
        assert_eq!(
            answer["errors"].is_array(),
            is_refused,
            "{accept}: {answer}"
        );
    }
    let answer = drop_in.ask("query($a: Int!) { add(a: $a) }").await;
    assert!(
        answer["errors"].is_array(),
        "the argument itself is needed: {answer}"
    );
}
