//! What is too much: refused by the document alone, before the database is asked anything. The attack
//! corpus of SEC-33.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::Api;

/// Far more than any refusal takes, and far less than a limiter that can be made to work.
const SOON: Duration = Duration::from_secs(2);

/// What is refused names the limit, has its code, and is refused without asking the database.
async fn refused(api: &Api, query: &str, setting: &str) {
    let started = Instant::now();
    let answer = api.ask(query).await;
    let error = &answer["errors"][0];
    let message = error["message"].as_str().unwrap_or_default();
    assert!(
        message.contains(&format!("(graphql.{setting})")),
        "{answer}"
    );
    assert_eq!(error["extensions"]["code"], "limit_exceeded", "{answer}");
    assert!(answer.get("data").is_none());
    assert!(started.elapsed() < SOON, "{setting}");
}

fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn ten_thousand_aliases_are_refused_sec_33() {
    let api = Api::new().await;
    let flat = many(10_000, |n| format!("a{n}:id"));
    let flat = format!("{{ bookByPk(id: 1) {{ {flat} }} }}");
    refused(&api, &flat, "max_tokens").await;
    let roots = many(101, |n| format!("a{n}: add(a: 1)"));
    refused(&api, &format!("{{ {roots} }}"), "max_root_fields").await;
    let below = many(301, |n| format!("a{n}: id"));
    let query = format!("{{ bookByPk(id: 1) {{ {below} }} }}");
    refused(&api, &query, "max_aliases").await;
}

#[tokio::test]
async fn aliases_count_as_often_as_their_fragment_is_used_sec_33() {
    let api = Api::new().await;
    let aliases = many(40, |n| format!("a{n}: id"));
    let uses = many(10, |n| format!("b{n}: bookByPk(id: 1) {{ ...f }}"));
    let query = format!("{{ {uses} }} fragment f on Book {{ {aliases} }}");
    refused(&api, &query, "max_aliases").await;
}

#[tokio::test]
async fn floods_of_directives_are_refused_sec_33() {
    let api = Api::new().await;
    let directives = "@include(if: true) ".repeat(201);
    let query = format!("{{ bookByPk(id: 1) {{ id {directives} }} }}");
    refused(&api, &query, "max_directives").await;
}

#[tokio::test]
async fn fragments_that_fan_out_are_refused_without_being_unfolded_sec_33() {
    let api = Api::new().await;
    let mut bomb = String::from("{ bookByPk(id: 1) { ...f0 } }");
    for level in 0..14 {
        let next = level + 1;
        bomb.push_str(&format!(
            " fragment f{level} on Book {{ editor {{ nodeId }} ... {{ ...f{next} }} ... {{ ...f{next} }} }}"
        ));
    }
    bomb.push_str(" fragment f14 on Book { id }");
    refused(&api, &bomb, "max_selections").await;
}

#[tokio::test]
async fn cyclic_fragments_are_refused_sec_33() {
    let api = Api::new().await;
    for query in [
        "{ bookByPk(id: 1) { ...a } } fragment a on Book { ...a }",
        "{ bookByPk(id: 1) { ...a } } fragment a on Book { ...b } fragment b on Book { ...c } fragment c on Book { ...a }",
    ] {
        let refusal = api.refusal(query).await;
        assert_eq!(refusal, "Found a cycle between fragments");
    }
    let fragments = many(201, |n| format!("fragment f{n} on Book {{ id }}"));
    refused(
        &api,
        &format!("{{ add(a: 1) }} {fragments}"),
        "max_fragments",
    )
    .await;
}

#[tokio::test]
async fn deep_documents_are_refused_sec_33() {
    let api = Api::new().await;
    let deep = format!("{{ {}id{} }}", "a {".repeat(500), "}".repeat(500));
    refused(&api, &deep, "max_depth").await;
    let below =
        "writer { bookCollection { edges { node { ".repeat(10) + "id" + &"} } } } ".repeat(10);
    let spread = "author { bookCollection { edges { node { ...f } } } }";
    let query = format!(
        "{{ bookByPk(id: 1) {{ {} {spread} {} }} }} fragment f on Book {{ {below} }}",
        "author { bookCollection { edges { node { ".repeat(8),
        "} } } }".repeat(8),
    );
    refused(&api, &query, "max_depth").await;
}

#[tokio::test]
async fn long_documents_and_bodies_are_refused_sec_33() {
    let api = Api::new().await;
    let comment = "#".repeat(200 * 1024);
    refused(&api, &format!("{{ add(a: 1) }} {comment}"), "max_document").await;
    let large = "x".repeat(5 * 1024 * 1024);
    let answer = api.app.post("/", &json!({ "query": large })).await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "limit_exceeded"
    );
}

#[tokio::test]
async fn lists_and_variables_have_a_size_sec_33() {
    let api = Api::new().await;
    let with = async |numbers: Value| {
        let query = "query($n: [Int!]!) { doubled(numbers: $n) }";
        api.ask_with(query, json!({ "n": numbers })).await
    };
    let message = |answer: &Value| {
        answer["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let numbers: Vec<u32> = (0..10_001).collect();
    assert!(message(&with(json!(numbers)).await).contains("max_list_items"));
    let answer = with(json!(vec![vec![0; 100]; 1100])).await;
    assert!(message(&answer).contains("max_values"), "{answer}");
    let numbers: Vec<u32> = (0..10_000).collect();
    assert!(with(json!(numbers)).await.get("errors").is_none());
}

#[tokio::test]
async fn batches_are_refused_sec_33() {
    let api = Api::new().await;
    let one = json!({ "query": "{ add(a: 1) }" });
    let answer = api.app.post("/", &json!(vec![one; 1000])).await;
    assert_eq!(answer.status, 400);
    // Nor are the members of a request taken by their place.
    assert_eq!(
        api.app.post("/", &json!(["{ add(a: 1) }"])).await.status,
        400
    );
}

#[tokio::test]
async fn pages_within_pages_have_a_price_sec_33_d39() {
    let api = Api::over(
        "comment on table library.author is '@graphql({\"max_rows\": 100})'",
        |config| {
            config.limits.cost = 1000;
            config.role_costs.insert("authenticated".into(), 100_000);
        },
    )
    .await;
    let query = "{ authorCollection { edges { node { bookCollection(first: 5) { edges { node { id author { id } } } } } } } }";
    let answer = api.ask(query).await;
    // A hundred authors, and of each five books with an author.
    let expected = "the operation may lead to 1100 rows: at most 1000 (graphql.max_cost)";
    assert_eq!(answer["errors"][0]["message"], expected);
    let answer = api.ask_as("ann", query, json!({})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let few = query.replace("authorCollection", "authorCollection(first: 3)");
    assert!(api.ask(&few).await.get("errors").is_none());
    let variable = query.replace(
        "{ authorCollection",
        "query($n: Int) { authorCollection(first: $n)",
    );
    let with = async |count: u32| api.ask_with(&variable, json!({ "n": count })).await;
    assert!(with(3).await.get("errors").is_none());
    assert!(with(99).await.get("data").is_none());
}

#[tokio::test]
async fn floods_of_introspection_are_refused_sec_33() {
    let api = Api::new().await;
    let fields = "name description kind fields { name description args { name type { name kind } } type { name kind ofType { name kind ofType { name } } } }";
    let whole = many(20, |n| format!("s{n}: __schema {{ types {{ {fields} }} }}"));
    refused(&api, &format!("{{ {whole} }}"), "max_introspection").await;
    let types = many(50, |n| format!("t{n}: types {{ {fields} }}"));
    refused(
        &api,
        &format!("{{ __schema {{ {types} }} }}"),
        "max_introspection",
    )
    .await;
}

#[tokio::test]
async fn many_members_are_compared_in_no_time_sec_33() {
    let api = Api::new().await;
    let members = many(1500, |n| format!("m{n}: 1"));
    let field = format!("bookCollection(filter: {{ {members} }}) {{ pageInfo {{ hasNextPage }} }}");
    let started = Instant::now();
    let answer = api.ask(&format!("{{ {field} {field} }}")).await;
    assert!(answer["errors"].is_array());
    assert!(started.elapsed() < SOON);
}

#[tokio::test]
async fn a_required_variable_must_be_given() {
    let api = Api::new().await;
    let query = "query($a: Int!) { __typename }";
    for variables in [json!({}), json!({ "a": null })] {
        let answer = api.ask_with(query, variables).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("$a"), "{answer}");
    }
    let answer = api
        .ask_with("query($a: Int! = 1) { __typename }", json!({}))
        .await;
    assert!(answer.get("errors").is_none(), "{answer}");
}

#[tokio::test]
async fn filters_by_related_rows_have_a_bound_sec_33() {
    let api = Api::new().await;
    let deep = |levels: usize| {
        format!(
            "{{ bookCollection(filter: {{{} id: {{eq: 1}} {}}}) {{ totalCount }} }}",
            "author: {bookCollection: {some: {".repeat(levels),
            "}}}".repeat(levels)
        )
    };
    refused(&api, &deep(3000), "max_depth").await;
    refused(&api, &deep(40), "max_depth").await;
    // What is allowed is answered soon, too: PostgreSQL has to plan it.
    let started = Instant::now();
    let answer = api.ask(&deep(16)).await;
    assert_eq!(
        answer["data"]["bookCollection"]["totalCount"], 2,
        "{answer}"
    );
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    let wide = |members: usize, of: &str| {
        let filters = many(members, |_| of.to_owned());
        format!("{{ bookCollection(filter: {{or: [{filters}]}}) {{ totalCount }} }}")
    };
    let started = Instant::now();
    let answer = api.ask(&wide(50, "{author: {id: {lt: 3}}}")).await;
    assert_eq!(
        answer["data"]["bookCollection"]["totalCount"], 4,
        "{answer}"
    );
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    for of in [
        "{author: {}}",
        "{cover: {book: {author: {}}}}",
        "{author: {bookCollection: {count: {gt: 0}}}}",
        "{not: {author: {editedBooks: {none: {}, every: {}}}}}",
    ] {
        refused(&api, &wide(51, of), "max_related").await;
    }
    let mutation = format!(
        "mutation {{ updateBookCollection(set: {{pages: 1}}, filter: {{and: [{}]}}) {{ affectedCount }} }}",
        many(51, |_| "{author: {}}".to_owned())
    );
    let answer = api.ask_as("ann", &mutation, json!({})).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("(graphql.max_related)"), "{answer}");
}

#[tokio::test]
async fn filters_in_variables_have_a_bound_sec_33() {
    let api = Api::new().await;
    let query = "query($f: BookFilter, $o: [BookOrderBy!]) { bookCollection(filter: $f, orderBy: $o) { totalCount edges { cursor } } }";
    let many_of = |count: usize, one: Value| Value::Array(vec![one; count]);
    let by_editor = json!({ "editor": { "fullName": "AscNullsLast" } });
    let mut deep = json!({ "id": { "eq": 1 } });
    for _ in 0..30 {
        deep = json!({ "author": { "bookCollection": { "none": deep } } });
    }
    for (variables, setting) in [
        (
            json!({ "f": { "or": many_of(30_000, json!({ "author": {} })) } }),
            "max_list_items",
        ),
        (
            json!({ "f": { "or": many_of(9_000, json!({ "author": {} })) } }),
            "max_related",
        ),
        (json!({ "o": many_of(9_000, by_editor) }), "max_related"),
        (json!({ "f": deep }), "max_related"),
        (
            json!({ "f": { "author": { "id": { "in": vec![1; 20_000] } } } }),
            "max_list_items",
        ),
    ] {
        let started = Instant::now();
        let answer = api.ask_with(query, variables).await;
        let error = &answer["errors"][0];
        let message = error["message"].as_str().unwrap_or_default();
        assert!(
            message.contains(&format!("(graphql.{setting})")),
            "{answer}"
        );
        assert_eq!(error["extensions"]["code"], "limit_exceeded");
        assert!(started.elapsed() < SOON, "{setting}");
    }
}

#[tokio::test]
async fn related_rows_and_groups_cost_what_they_look_at() {
    let api = Api::over("", |config| config.limits.cost = 69).await;
    // A page of books, of writers, and of books again.
    let answered = "{ bookCollection(first: 5, filter: {author: {bookCollection: {some: {}}}}) { edges { cursor } } }";
    assert!(api.ask(answered).await.get("errors").is_none());
    let nested = "author: {bookCollection: {some: {author: {id: {eq: 1}}}}}";
    refused(
        &api,
        &format!("{{ bookCollection(filter: {{{nested}}}) {{ edges {{ cursor }} }} }}"),
        "max_cost",
    )
    .await;
    refused(
        &api,
        "{ bookCollection(orderBy: [{author: {id: AscNullsLast}}, {editor: {bookCollection: {count: AscNullsLast}}}]) { edges { cursor } } }",
        "max_cost",
    )
    .await;
    let groups = many(8, |n| {
        format!(
            "g{n}: groupedAggregates(groupBy: [genre]) {{ keys {{ genre }} count sum {{ pages }} }}"
        )
    });
    refused(
        &api,
        &format!("{{ bookCollection {{ {groups} }} }}"),
        "max_cost",
    )
    .await;
}
