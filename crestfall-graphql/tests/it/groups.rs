//! Aggregates of groups of rows.

use serde_json::{Value, json};

use crate::api::Api;

const DATES: &str = r#"
create table library.visit (id int primary key, day date not null, at timestamp, seen timestamptz, price money, fee float8);
comment on table library.visit is '@graphql({"aggregate": {"enabled": true}})';
insert into library.visit values
    (1, '2024-01-01', '2024-01-01 10:15', '2024-01-01 10:15+00', 1, 1.5),
    (2, '2024-01-07', '2024-01-01 10:45', '2024-02-01 10:15+00', 2, 2.5),
    (3, '2024-01-08', '2024-01-01 11:00', null, 3, null),
    (4, '2025-03-01', null, '2025-01-01 00:00+00', null, 1);
grant select on library.visit to anon;
"#;

async fn groups(api: &Api, collection: &str, arguments: &str, fields: &str) -> Value {
    let query = format!("{{ {collection} {{ groupedAggregates({arguments}) {{ {fields} }} }} }}");
    let data = api.data(&query).await;
    let name = collection.split('(').next().unwrap();
    data[name]["groupedAggregates"].clone()
}

#[tokio::test]
async fn rows_are_aggregated_by_what_they_have_in_common() {
    let api = Api::new().await;
    let found = groups(
        &api,
        "bookCollection",
        "groupBy: [genre]",
        "__typename keys { genre } count sum { pages price } avg { rating } min { title } max { pages isLent }",
    )
    .await;
    let group = |genre: &str,
                 count: u64,
                 sums: [Value; 2],
                 avg: Value,
                 title: &str,
                 most: Value| {
        json!({ "__typename": "BookGroupedAggregate", "keys": { "genre": genre }, "count": count,
            "sum": { "pages": sums[0], "price": sums[1] }, "avg": { "rating": avg },
            "min": { "title": title }, "max": { "pages": most, "isLent": false } })
    };
    let shown = found.to_string();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let expected_counts: Vec<Value> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            json!([
                group["keys"]["genre"],
                group["count"],
                group["max"]["pages"]
            ])
        })
        .collect();
    assert_eq!(
        json!(expected_counts),
        json!([
            ["novel", 4, 400],
            ["NON_FICTION", 2, 350],
            ["poetry", 1, null]
        ])
    );
    assert_eq!(
        found[1],
        group(
            "NON_FICTION",
            2,
            [
                found[1]["sum"]["pages"].clone(),
                found[1]["sum"]["price"].clone()
            ],
            found[1]["avg"]["rating"].clone(),
            "Engines",
            json!(350)
        )
    );
}

#[tokio::test]
async fn groups_are_chosen_sorted_and_paged() {
    let api = Api::new().await;
    for (arguments, found) in [
        (
            "groupBy: [authorId], having: {count: {gt: 2}}",
            json!([[3, 3]]),
        ),
        (
            "groupBy: [authorId], having: {sum: {pages: {gte: 400}}}",
            json!([[1, 2], [2, 2]]),
        ),
        (
            "groupBy: [authorId], having: {or: [{count: {eq: 3}}, {max: {title: {startsWith: \"N\"}}}]}",
            json!([[1, 2], [3, 3]]),
        ),
        (
            "groupBy: [authorId], having: {not: {avg: {pages: {is: NULL}}}, min: {rating: {lt: \"2\"}}}",
            json!([[3, 3]]),
        ),
        (
            "groupBy: [authorId], orderBy: [{count: DescNullsLast}, {keys: {authorId: DescNullsLast}}]",
            json!([[3, 3], [2, 2], [1, 2]]),
        ),
        (
            "groupBy: [authorId], orderBy: [{sum: {pages: AscNullsLast}}], first: 1, offset: 1",
            json!([[2, 2]]),
        ),
        ("groupBy: [authorId], first: 0", json!([])),
    ] {
        let groups = groups(&api, "bookCollection", arguments, "keys { authorId } count").await;
        let shown = groups.as_array().unwrap().iter();
        let shown: Vec<Value> = shown
            .map(|group| json!([group["keys"]["authorId"], group["count"]]))
            .collect();
        assert_eq!(json!(shown), found, "{arguments}");
    }
}

#[tokio::test]
async fn groups_are_of_the_rows_that_the_filter_finds() {
    let api = Api::new().await;
    let found = groups(
        &api,
        "bookCollection(filter: {author: {fullName: {neq: \"Cy\"}}})",
        "groupBy: [isLent, authorId]",
        "count keys { writer: authorId isLent }",
    )
    .await;
    assert_eq!(
        found,
        json!([
            { "count": 2, "keys": { "writer": 1, "isLent": false } },
            { "count": 2, "keys": { "writer": 2, "isLent": false } },
        ])
    );
    let data = api
        .data("{ writerCollection(orderBy: [{id: AscNullsLast}]) { edges { node { bookCollection(distinctOn: [genre]) { groupedAggregates(groupBy: [genre]) { count } } } } } }")
        .await;
    let text = data.to_string();
    assert_eq!(text.matches("{\"count\":1}").count(), 4, "{text}");
}

#[tokio::test]
async fn dates_and_times_lose_their_end_as_keys() {
    let api = Api::over(DATES, |_| {}).await;
    api.db
        .execute("alter role authenticator set timezone = 'UTC'")
        .await;
    for (key, found) in [
        (
            "dayWeek",
            json!([["2024-01-01", 2], ["2024-01-08", 1], ["2025-02-24", 1]]),
        ),
        ("dayMonth", json!([["2024-01-01", 3], ["2025-03-01", 1]])),
        ("dayYear", json!([["2024-01-01", 3], ["2025-01-01", 1]])),
        (
            "atHour",
            json!([
                ["2024-01-01T10:00:00", 2],
                ["2024-01-01T11:00:00", 1],
                [null, 1]
            ]),
        ),
        ("atDay", json!([["2024-01-01T00:00:00", 3], [null, 1]])),
    ] {
        let groups = groups(
            &api,
            "visitCollection",
            &format!("groupBy: [{key}]"),
            &format!("keys {{ {key} }} count"),
        )
        .await;
        let shown = groups.as_array().unwrap().iter();
        let shown: Vec<Value> = shown
            .map(|group| json!([group["keys"][key], group["count"]]))
            .collect();
        assert_eq!(json!(shown), found, "{key}");
    }
    let query = "{ visitCollection { groupedAggregates(groupBy: [seenYear], having: {sum: {fee: {gt: \"1.2\"}}, avg: {price: {lt: \"9\"}}}) { keys { seenYear } sum { price fee } } } }";
    let data = api.data(query).await;
    assert_eq!(
        data["visitCollection"]["groupedAggregates"]
            .as_array()
            .map(Vec::len),
        Some(1),
        "{data}"
    );
}

#[tokio::test]
async fn what_cannot_be_grouped_is_told() {
    let api = Api::new().await;
    for (field, message) in [
        (
            "groupedAggregates(groupBy: []) { count }",
            "groupBy must name what the records of a group have in common",
        ),
        (
            "groupedAggregates { count }",
            "Invalid input for NonNull type",
        ),
        (
            "groupedAggregates(groupBy: [tags]) { count }",
            "Invalid input for BookGroupBy type",
        ),
        (
            "groupedAggregates(groupBy: [genre, isLent]) { keys { title } }",
            "\"title\" is no key of these groups: groupBy names genre, isLent",
        ),
        (
            "groupedAggregates(groupBy: [genre], orderBy: [{keys: {title: AscNullsLast}}]) { count }",
            "orderBy names a key that groupBy does not",
        ),
        (
            "groupedAggregates(groupBy: [genre], first: -1) { count }",
            "`first` must be an unsigned integer",
        ),
        (
            "groupedAggregates(groupBy: [genre]) { nothing }",
            "Unknown field \"nothing\" selected on type \"BookGroupedAggregate\"",
        ),
    ] {
        let query = format!("{{ bookCollection {{ {field} }} }}");
        assert_eq!(api.refusal(&query).await, message, "{field}");
    }
    // Only where aggregates are switched on.
    assert_eq!(
        api.refusal("{ writerCollection { groupedAggregates(groupBy: [id]) { count } } }")
            .await,
        "unknown field in connection"
    );
}

#[tokio::test]
async fn groups_count_what_the_caller_sees() {
    let sql = r#"comment on table library.member is '@graphql({"aggregate": {"enabled": true}})';
        comment on table library.loan is '@graphql({"aggregate": {"enabled": true}})';"#;
    let api = Api::over(sql, |_| {}).await;
    let query = "{ memberCollection { groupedAggregates(groupBy: [owner]) { keys { owner } count } }
        loanCollection(filter: {member: {}}) { groupedAggregates(groupBy: [bookId], orderBy: [{count: DescNullsLast}]) { keys { bookId } count } } }";
    for (who, members, loans) in [
        ("ann", json!([["ann", 1]]), json!([["1", 1], ["2", 1]])),
        ("ben", json!([["ben", 1]]), json!([["1", 1]])),
        ("nobody", json!([]), json!([])),
    ] {
        let answer = api.ask_as(who, query, json!({})).await;
        for (collection, key, expected) in [
            ("memberCollection", "owner", members),
            ("loanCollection", "bookId", loans),
        ] {
            let groups = answer["data"][collection]["groupedAggregates"].as_array();
            let shown: Vec<Value> = groups
                .unwrap_or_else(|| panic!("{answer}"))
                .iter()
                .map(|group| json!([group["keys"][key], group["count"]]))
                .collect();
            assert_eq!(json!(shown), expected, "{who}");
        }
    }
}
