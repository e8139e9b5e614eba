//! What attackers send. Each is refused, or answered like anything else; none costs the database.

use serde_json::json;

use crate::api::Api;

#[tokio::test]
async fn nesting_has_a_bound() {
    let api = Api::new().await;
    let lists = format!(
        "{{ doubled(numbers: {}1{}) }}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let deep = format!(
        "{{ {}",
        "bookCollection { edges { node { author { ".repeat(10_000)
    );
    let objects = format!("{{ bookCollection(filter: {}", "{not: ".repeat(20_000));
    for query in [lists, deep, objects] {
        let refusal = api.refusal(&query).await;
        assert!(
            refusal.contains("nested too deep")
                || refusal.contains("max_tokens")
                || refusal.contains("too long"),
            "{refusal}"
        );
    }
    let values = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!("{{\"query\": \"{{ add(a: 1) }}\", \"variables\": {{\"x\": {values}}}}}");
    let answer = api
        .app
        .request("POST".parse().unwrap(), "/")
        .header("content-type", "application/json")
        .body(body)
        .await;
    assert!(matches!(answer.status.as_u16(), 400 | 413));
}

#[tokio::test]
async fn fragment_bombs_and_alias_bombs_are_refused() {
    let api = Api::new().await;
    let mut bomb = String::from("{ bookByPk(id: 1) { ...f0 } }");
    for level in 0..15 {
        let next = level + 1;
        bomb.push_str(&format!(
            " fragment f{level} on Book {{ a{level}: author {{ bookCollection {{ edges {{ node {{ ...f{next} }} }} }} }} b{level}: author {{ bookCollection {{ edges {{ node {{ ...f{next} }} }} }} }} }}"
        ));
    }
    bomb.push_str(" fragment f15 on Book { id }");
    let refusal = api.refusal(&bomb).await;
    assert!(
        refusal.contains("too many fields") || refusal.contains("Fragment cycle depth"),
        "{refusal}"
    );
    let api = Api::over("", |config| config.limits.selections = 100).await;
    let aliases: Vec<String> = (0..101)
        .map(|number| format!("a{number}: add(a: 1)"))
        .collect();
    let refusal = api.refusal(&format!("{{ {} }}", aliases.join(" "))).await;
    assert_eq!(
        refusal,
        "the operation has too many fields at its root: at most 100 (graphql.max_root_fields)"
    );
}

#[tokio::test]
async fn introspection_floods_are_refused() {
    let api = Api::new().await;
    let flood = format!(
        "{{ __schema {{ types {{ {} name {} }} }} }}",
        "fields { type { ".repeat(6),
        "} }".repeat(6)
    );
    assert_eq!(
        api.refusal(&flood).await,
        "introspection is nested too deep"
    );
}

#[tokio::test]
async fn values_and_names_are_never_sql() {
    let api = Api::new().await;
    let evil = "'); drop table library.book; --\\";
    for query in [
        "query($x: String!) { bookCollection(filter: {title: {eq: $x}}) { totalCount } }",
        "query($x: String!) { booksBy(writer: $x) { totalCount } }",
        "query($x: String!) { bookCollection(filter: {tags: {contains: [$x, \"a\"]}}) { totalCount } }",
    ] {
        let answer = api.ask_with(query, json!({ "x": evil })).await;
        assert!(answer.get("errors").is_none(), "{answer}");
    }
    let cursor = "WyInKTsgZHJvcCB0YWJsZSBsaWJyYXJ5LmJvb2s7IC0tIl0=";
    let refusal = api
        .refusal(&format!(
            "{{ bookCollection(after: \"{cursor}\") {{ totalCount edges {{ cursor }} }} }}"
        ))
        .await;
    assert!(refusal.contains("invalid input syntax"), "{refusal}");
    let nul = api
        .ask_with(
            "query($x: String!) { booksBy(writer: $x) { totalCount } }",
            json!({ "x": "a\u{0}b" }),
        )
        .await;
    assert!(nul["errors"][0]["message"].is_string(), "{nul}");
    assert_eq!(
        api.data("{ bookCollection { totalCount } }").await["bookCollection"]["totalCount"],
        7
    );
}

#[tokio::test]
async fn an_error_tells_nothing_of_rows_that_a_policy_hides() {
    let api = Api::new().await;
    let taken = "mutation($id: UUID!) { updateMemberCollection(set: {nickName: \"x\"}, filter: {id: {eq: $id}}) { affectedCount } }";
    for id in [
        "00000000-0000-0000-0000-00000000000b",
        "00000000-0000-0000-0000-0000000000ff",
    ] {
        let answer = api.ask_as("ann", taken, json!({ "id": id })).await;
        assert_eq!(answer["data"]["updateMemberCollection"]["affectedCount"], 0);
    }
}
