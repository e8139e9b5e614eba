//! Rows, by key, by relationship, by filter, in order.

use serde_json::{Value, json};

use crate::api::{Api, nodes};

#[tokio::test]
async fn members_come_in_the_order_of_the_selection_gq_016() {
    let api = Api::new().await;
    let body =
        json!({ "query": "{ bookCollection(first: 1) { edges { node { title id } cursor } } }" });
    let text = api.app.post("/", &body).await.text();
    let (title, id) = (text.find("title").unwrap(), text.find("\"id\"").unwrap());
    assert!(title < id && id < text.find("cursor").unwrap(), "{text}");
}

#[tokio::test]
async fn a_row_is_found_by_its_key_and_by_its_node_id_gq_013_gq_015() {
    let api = Api::new().await;
    let data = api
        .data("{ bookByPk(id: \"2\") { nodeId title } none: bookByPk(id: 99) { title } }")
        .await;
    assert_eq!(data["bookByPk"]["title"], "Engines");
    assert_eq!(data["none"], Value::Null);
    let id = data["bookByPk"]["nodeId"].as_str().unwrap().to_owned();
    let found = api
        .ask_with(
            "query($id: ID!) { node(nodeId: $id) { nodeId __typename ... on Book { title } ... on Writer { id } } }",
            json!({ "id": id }),
        )
        .await;
    assert_eq!(
        found["data"]["node"],
        json!({ "nodeId": id, "__typename": "Book", "title": "Engines" })
    );
    assert_eq!(
        api.refusal("{ bookByPk { title } }").await,
        "Missing primary key column(s): id"
    );
    assert_eq!(
        api.refusal("{ node(nodeId: \"x\") { nodeId } }").await,
        "Invalid value passed to nodeId argument. Error 2"
    );
}

#[tokio::test]
async fn relationships_lead_both_ways_gq_025() {
    let api = Api::new().await;
    let data = api
        .data(
            "{ bookByPk(id: 1) { author { fullName } editor { fullName editedBooks(first: 1) { edges { node { title } } } }
               cover { colour book { id } } } }",
        )
        .await;
    assert_eq!(
        data["bookByPk"],
        json!({
            "author": { "fullName": "Ada" },
            "editor": { "fullName": "Bob", "editedBooks": { "edges": [{ "node": { "title": "Notes" } }] } },
            "cover": { "colour": "red", "book": { "id": "1" } },
        })
    );
    let data = api
        .data(
            "{ writerByPk(id: 2) { bookCollection(filter: {pages: {is: NOT_NULL}}) { totalCount edges { node { title cover { colour } } } } } }",
        )
        .await;
    assert_eq!(
        data["writerByPk"]["bookCollection"],
        json!({ "totalCount": 1, "edges": [{ "node": { "title": "Waves", "cover": null } }] })
    );
}

#[tokio::test]
async fn views_have_keys_and_relationships_by_their_comments_gq_010_gq_038() {
    let api = Api::new().await;
    let data = api
        .data(
            "{ longBookCollection { edges { node { title writtenBy { fullName longBooks { edges { node { id } } } } } } } }",
        )
        .await;
    assert_eq!(
        nodes(&data["longBookCollection"], "title"),
        ["Engines", "Waves"]
    );
    let first = &data["longBookCollection"]["edges"][0]["node"]["writtenBy"];
    assert_eq!(
        first["longBooks"]["edges"],
        json!([{ "node": { "id": "2" } }])
    );
}

#[tokio::test]
async fn filters_compare_as_their_columns_types_gq_022_gq_023_gq_024() {
    let api = Api::new().await;
    for (filter, titles) in [
        ("{id: {eq: 1}}", vec!["Notes"]),
        ("{id: {in: [1, \"2\", 99]}}", vec!["Notes", "Engines"]),
        ("{pages: {gt: 60, lte: 350}}", vec!["Notes", "Engines"]),
        ("{pages: {is: NULL}, genre: {neq: novel}}", vec!["Winds"]),
        ("{genre: {eq: NON_FICTION}}", vec!["Notes", "Engines"]),
        (
            "{genre: {in: [NON_FICTION, poetry]}}",
            vec!["Notes", "Engines", "Winds"],
        ),
        ("{price: {gte: \"12.5\"}}", vec!["Engines", "Waves"]),
        ("{rating: {lt: 4}}", vec!["Engines", "Stones"]),
        ("{title: {startsWith: \"Wa\"}}", vec!["Waves", "Water"]),
        ("{title: {like: \"W%s\"}}", vec!["Waves", "Winds"]),
        ("{title: {ilike: \"w__d\"}}", vec!["Wood"]),
        ("{title: {regex: \"^S\"}}", vec!["Stones"]),
        ("{title: {iregex: \"^s\"}}", vec!["Stones"]),
        ("{isLent: {eq: true}}", vec![]),
        ("{addedAt: {gt: \"2030-01-01\"}}", vec![]),
        ("{tags: {contains: [\"old\"]}}", vec!["Notes", "Winds"]),
        ("{tags: {contains: \"science\"}}", vec!["Notes", "Engines"]),
        (
            "{tags: {containedBy: [\"old\"]}, price: {is: NULL}}",
            vec!["Winds", "Wood"],
        ),
        (
            "{tags: {overlaps: [\"science\", \"x\"]}}",
            vec!["Notes", "Engines"],
        ),
        ("{tags: {eq: [\"old\"]}}", vec!["Winds"]),
        (
            "{or: [{id: {eq: 1}}, {title: {eq: \"Wood\"}}]}",
            vec!["Notes", "Wood"],
        ),
        (
            "{and: [{pages: {gt: 50}}, {not: {genre: {eq: novel}}}]}",
            vec!["Notes", "Engines"],
        ),
        (
            "{not: {or: [{pages: {gt: 50}}, {pages: {is: NULL}}]}}",
            vec!["Stones"],
        ),
        (
            "{nodeId: {eq: \"WyJsaWJyYXJ5IiwgImJvb2siLCAzXQ==\"}}",
            vec!["Waves"],
        ),
        ("{and: [], or: [{}], not: {}, id: {eq: 1}}", vec!["Notes"]),
    ] {
        let query =
            format!("{{ bookCollection(filter: {filter}) {{ edges {{ node {{ title }} }} }} }}");
        let data = api.data(&query).await;
        assert_eq!(nodes(&data["bookCollection"], "title"), titles, "{filter}");
    }
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused_before_the_database_is_asked_gq_042() {
    let api = Api::new().await;
    for (filter, message) in [
        ("{pages: {eq: \"1\"}}", "Invalid input for Int type"),
        ("{pages: 1}", "Invalid input for IntFilter type"),
        (
            "{price: {eq: 1}}",
            "Invalid input for BigFloat type. String required",
        ),
        ("{genre: {eq: none}}", "Invalid input for Genre type"),
        ("{pages: {is: MAYBE}}", "Invalid input for FilterIs type"),
        (
            "{nope: {eq: 1}}",
            "Input for type BookFilter contains extra keys [\"nope\"]",
        ),
        (
            "{nodeId: {eq: \"WyJsaWJyYXJ5IiwgImF1dGhvciIsIDNd\"}}",
            "nodeId belongs to a different collection",
        ),
    ] {
        let query = format!("{{ bookCollection(filter: {filter}) {{ edges {{ cursor }} }} }}");
        assert_eq!(api.refusal(&query).await, message, "{filter}");
    }
    let long = "{ writerCollection(filter: {fullName: {eq: \"a name longer than twenty\"}}) { edges { cursor } } }";
    assert_eq!(
        api.refusal(long).await,
        "Invalid input for String type. Maximum character length 20"
    );
}

#[tokio::test]
async fn rows_come_in_the_order_asked_for_and_then_by_key_gq_021() {
    let api = Api::new().await;
    for (order, ids) in [
        ("[{pages: AscNullsFirst}]", ["4", "6", "5", "7", "1"]),
        ("[{pages: DescNullsLast}]", ["3", "2", "1", "7", "5"]),
        ("{genre: AscNullsLast}", ["3", "5", "6", "7", "1"]),
        (
            "[{authorId: DescNullsFirst}, {id: DescNullsFirst}]",
            ["7", "6", "5", "4", "3"],
        ),
    ] {
        let query =
            format!("{{ bookCollection(orderBy: {order}) {{ edges {{ node {{ id }} }} }} }}");
        let data = api.data(&query).await;
        assert_eq!(nodes(&data["bookCollection"], "id"), ids, "{order}");
    }
}

#[tokio::test]
async fn values_are_shown_so_that_no_client_rounds_them_gq_040() {
    let api = Api::new().await;
    let data = api
        .data("{ bookByPk(id: 1) { id authorId price rating genre tags details isLent addedAt titleLength } }")
        .await;
    assert_eq!(
        data["bookByPk"],
        json!({
            "id": "1", "authorId": 1, "price": "9.99", "rating": 4.5, "genre": "NON_FICTION",
            "tags": ["old", "science"], "details": "{\"lang\": \"en\"}", "isLent": false,
            "addedAt": "2024-01-01T12:00:00+00:00", "titleLength": 5,
        })
    );
}

#[tokio::test]
async fn aggregates_are_over_all_rows_of_the_filter_gq_018() {
    let api = Api::new().await;
    let data = api
        .data(
            "{ bookCollection(filter: {authorId: {eq: 1}}, first: 1) { totalCount edges { node { id } }
               aggregate { __typename count sum { pages price } avg { pages } min { title isLent } max { pages addedAt } } } }",
        )
        .await;
    let aggregate = &data["bookCollection"]["aggregate"];
    assert_eq!(data["bookCollection"]["totalCount"], 2);
    assert_eq!(aggregate["count"], 2);
    assert_eq!(aggregate["sum"], json!({ "pages": 450, "price": 29.99 }));
    assert_eq!(aggregate["avg"]["pages"].as_f64(), Some(225.0));
    assert_eq!(
        aggregate["min"],
        json!({ "title": "Engines", "isLent": false })
    );
    assert_eq!(aggregate["max"]["pages"], 350);
    assert_eq!(
        api.refusal("{ writerCollection { aggregate { count } } }")
            .await,
        "enable the aggregate directive to use aggregates"
    );
}

#[tokio::test]
async fn an_object_of_any_number_of_fields_is_answered_gq_028() {
    let columns: Vec<String> = (0..130)
        .map(|number| format!("c{number} int default {number}"))
        .collect();
    let sql = format!(
        "create table library.wide (id int primary key, {}); insert into library.wide (id) values (1);
         grant select on library.wide to anon",
        columns.join(", ")
    );
    let api = Api::over(&sql, |_| {}).await;
    let fields: Vec<String> = (0..130).map(|number| format!("c{number}")).collect();
    let query = format!(
        "{{ wideCollection {{ edges {{ node {{ {} }} }} }} }}",
        fields.join(" ")
    );
    let data = api.data(&query).await;
    let node = data["wideCollection"]["edges"][0]["node"]
        .as_object()
        .unwrap();
    assert!(node.keys().eq(fields.iter()));
    assert_eq!(
        (&node["c0"], &node["c99"], &node["c129"]),
        (&json!(0), &json!(99), &json!(129))
    );
}

#[tokio::test]
async fn rows_of_rows_show_every_type_as_rows_do_gq_016() {
    let api = Api::over(
        r#"
        create table library.box (id int primary key);
        create table library.thing (
            id int primary key, box_id int references library.box,
            yes bool, letter "char", padded char(5), address inet, network cidr, amount numeric, real8 float8,
            big bigint, words text[], numbers int[], note text, document json, at timestamptz, day date,
            span interval, code uuid
        );
        create table library.part (id int primary key, thing_id int references library.thing, name text);
        grant select on library.box, library.thing, library.part to anon;
        insert into library.box values (1), (2);
        insert into library.thing values
            (1, 1, true, 'x', 'ab', '10.0.0.1', '10.0.0.0/8', 1.50, 'NaN', 9007199254740993, '{"a b",null,"}\""}',
             '{1,2}', E'"quotes", back\\slash, {braces}\nline NULL', '{"a": "\"b\\"}', '2024-02-29 12:00Z',
             '2024-02-29', '1 day', '00000000-0000-0000-0000-000000000001'),
            (2, 1, false, null, 'NULL', '::1/64', null, 'NaN', '-Infinity', -1, '{}', null, '', '"x"', null, null, null, null),
            (3, 1, null, null, null, null, null, null, null, null, null, null, 'NULL', null, null, null, null, null);
        insert into library.part values (1, 1, E'a "b" \\'), (2, 1, 'c'), (3, 3, null);
        "#,
        |_| {},
    )
    .await;
    let fields = "id yes letter padded address network amount real8 big words numbers note document at day span code \
                  __typename nodeId partCollection { edges { cursor node { id name __typename } } }";
    for page in ["", "first: 2", "last: 2", "first: 1, offset: 1"] {
        let page = match page {
            "" => String::new(),
            page => format!("({page})"),
        };
        let ask = |more: &str| {
            format!(
                "{{ boxCollection {{ edges {{ node {{ id __typename thingCollection{page} \
                 {{ {more} __typename edges {{ __typename cursor node {{ {fields} }} }} }} }} }} }} }}"
            )
        };
        // With `pageInfo` PostgreSQL makes the JSON.
        let mut made = api.data(&ask("pageInfo { hasNextPage }")).await;
        for edge in made["boxCollection"]["edges"].as_array_mut().unwrap() {
            let things = edge["node"]["thingCollection"].as_object_mut().unwrap();
            things.remove("pageInfo").unwrap();
        }
        assert_eq!(api.data(&ask("")).await, made, "{page}");
    }
    let typename =
        "{ boxCollection { edges { node { thingCollection { edges { __typename } } } } } }";
    let data = api.data(typename).await;
    let things = nodes(&data["boxCollection"], "thingCollection");
    assert_eq!(things[0]["edges"].as_array().unwrap().len(), 3);
    assert_eq!(things[1], json!({ "edges": [] }));
}
