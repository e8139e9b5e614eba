//! The operations that attackers send, by name: each is refused without a database, and what that takes
//! is printed by a test that is asked for: `cargo test -p crestfall-graphql --test it -- --ignored
//! --nocapture what_a_refusal_takes`.

use std::time::Instant;

use crestfall_core::Identity;
use crestfall_core::tx::RequestContext;
use crestfall_graphql::Request;
use serde_json::{Value, json};

use crate::api::Api;

/// Requests whose time is taken, of which the middle one is told.
const TIMES: usize = 201;

struct Attack {
    name: &'static str,
    /// Of demands.md.
    ids: &'static str,
    query: String,
    variables: Value,
    /// In the message of the refusal.
    told: &'static str,
}

fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(" ")
}

fn nested(count: usize, open: &str, inner: &str, close: &str) -> String {
    [&open.repeat(count), inner, &close.repeat(count)].concat()
}

fn of_book(fields: &str) -> String {
    format!("{{ bookByPk(id: 1) {{ {fields} }} }}")
}

/// Each level spreads the next one twice.
fn fan_out(levels: usize) -> String {
    let fragments = many(levels, |level| {
        let next = format!("...f{}", level + 1);
        format!("fragment f{level} on Book {{ editor {{ id }} ... {{ {next} }} ... {{ {next} }} }}")
    });
    let book = of_book("...f0");
    format!("{book} {fragments} fragment f{levels} on Book {{ id }}")
}

fn corpus() -> Vec<Attack> {
    let mut attacks = Vec::new();
    let mut add = |name, ids, query: String, told| {
        let variables = Value::Null;
        attacks.push(Attack {
            name,
            ids,
            query,
            variables,
            told,
        });
    };
    let aliases = |count| of_book(&many(count, |n| format!("a{n}: id")));
    add("10 000 aliases", "SEC-33", aliases(10_000), "max_tokens");
    add("301 aliases", "SEC-33 D36", aliases(301), "max_aliases");
    let roots = many(101, |n| format!("a{n}: bookCollection {{ totalCount }}"));
    add(
        "101 roots",
        "SEC-33",
        format!("{{ {roots} }}"),
        "max_root_fields",
    );
    let forty = many(40, |n| format!("a{n}: id"));
    let uses = many(10, |n| format!("b{n}: bookByPk(id: 1) {{ ...f }}"));
    let multiplied = format!("{{ {uses} }} fragment f on Book {{ {forty} }}");
    add(
        "aliases times fragments",
        "SEC-33",
        multiplied,
        "max_aliases",
    );
    let once = "@include(if: true) ";
    let directives = |count| of_book(&format!("id {}", once.repeat(count)));
    add(
        "201 directives",
        "SEC-33",
        directives(201),
        "max_directives",
    );
    add("10 000 directives", "SEC-33", directives(10_000), "long");
    let unknown = of_book(&format!("id {}", "@aa ".repeat(9_000)));
    add("9 000 unknown directives", "SEC-33", unknown, "max_tokens");
    add(
        "fragments that fan out",
        "SEC-33",
        fan_out(14),
        "max_selections",
    );
    add(
        "fragments nested too deep",
        "SEC-33",
        fan_out(60),
        "ragment",
    );
    let cycle = of_book("...a")
        + " fragment a on Book { author { bookCollection { edges { node { ...b } } } } } fragment b on Book { ...a }";
    add("fragments in a circle", "SEC-33", cycle, "cycle");
    let long = of_book("...f0")
        + &many(150, |n| {
            format!(" fragment f{n} on Book {{ ...f{} }}", (n + 1) % 150)
        });
    add("150 fragments in a circle", "SEC-33", long, "ragment");
    let fragments = many(10_000, |n| format!("fragment f{n} on B{{i}}"));
    let fragments = format!("{} {fragments}", of_book("id"));
    add("10 000 fragments", "SEC-33", fragments, "max_");
    add(
        "depth 500",
        "SEC-33 D36",
        nested(500, "{ a", "{ id }", "}"),
        "max_depth",
    );
    let list = nested(50_000, "[", "1", "]");
    add(
        "lists in lists",
        "SEC-33",
        format!("{{ doubled(numbers: {list}) }}"),
        "max_",
    );
    let objects = nested(20_000, "{not:", "{}", "}");
    let objects = format!("{{ bookCollection(filter: {objects}) {{ totalCount }} }}");
    add("filters in filters", "SEC-33", objects, "max_");
    let types = nested(50_000, "[", "Int", "]");
    add(
        "types in types",
        "SEC-33",
        format!("query($a: {types}) {{ add(a: $a) }}"),
        "max_",
    );
    add(
        "5 MB",
        "SEC-33",
        format!("{{ add(a: 1) }} #{}", "x".repeat(5 << 20)),
        "max_document",
    );
    add(
        "a text of 120 kB",
        "SEC-33",
        format!("{{ booksBy(writer: \"{}", "\\u".repeat(60_000)),
        "",
    );
    let whole = "name fields { name args { name type { name ofType { name } } } type { name ofType { name } } } inputFields { name type { name } } enumValues { name }";
    let twenty = many(20, |n| format!("s{n}: __schema {{ types {{ {whole} }} }}"));
    add(
        "introspection twenty times",
        "SEC-33",
        format!("{{ {twenty} }}"),
        "max_introspection",
    );
    let deep = nested(6, "fields { type { ", "name", "} }");
    let deep = format!("{{ __schema {{ types {{ {deep} }} }} }}");
    add(
        "introspection in introspection",
        "SEC-33",
        deep,
        "nested too deep",
    );
    let pages = nested(
        9,
        "author { bookCollection { edges { node { ",
        "id",
        "} } } }",
    );
    add(
        "pages within pages",
        "SEC-33 D36 D39",
        of_book(&pages),
        "max_cost",
    );
    let hidden = "{ secretCollection(filter: {hidden: {eq: \"a\"}}) { edges { node { id } } } }";
    add(
        "a hidden column as an oracle",
        "SEC-30",
        hidden.into(),
        "hidden",
    );
    let by_key = "{ bookCollection(filter: {nodeId: {eq: \"AAAA\"}}) { totalCount } }";
    add("a node id that is none", "SEC-29", by_key.into(), "");
    let list = json!({ "n": vec![1; 10_001] });
    attacks.push(Attack {
        name: "a list of 10 001",
        ids: "SEC-33",
        query: "query($n: [Int!]!) { doubled(numbers: $n) }".into(),
        variables: list,
        told: "max_list_items",
    });
    attacks
}

#[tokio::test]
async fn every_attack_is_refused_without_a_database_sec_29_sec_30_sec_33() {
    let api = Api::severed().await;
    for attack in corpus() {
        let variables = attack.variables.clone();
        let answer = match attack.query.len() > 4 << 20 {
            // A body as large is refused as one; here it is the document.
            true => {
                let (anonymous, context) = (Identity::default(), RequestContext::default());
                let request = Request::new(attack.query);
                let response = api.graphql.execute(&anonymous, &context, request).await;
                serde_json::from_slice(&response.to_body()).unwrap()
            }
            false => api.ask_with(&attack.query, variables).await,
        };
        let (name, ids) = (attack.name, attack.ids);
        assert!(answer["data"].is_null(), "{name} ({ids}): {answer}");
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(
            !message.is_empty() && message.len() < 1000,
            "{name}: {message}"
        );
        assert!(message.contains(attack.told), "{name} ({ids}): {message}");
        assert_ne!(
            answer["errors"][0]["extensions"]["code"], "unavailable",
            "{name}"
        );
    }
}

#[tokio::test]
#[ignore = "prints how long refusals take"]
async fn what_a_refusal_takes() {
    let api = Api::severed().await;
    let (identity, context) = (Identity::anonymous("anon"), RequestContext::default());
    println!("{:>9}  {:>9}  attack", "bytes", "µs");
    for attack in corpus() {
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let mut request = Request::new(attack.query.clone());
            request.variables = attack.variables.clone();
            let started = Instant::now();
            let response = api.graphql.execute(&identity, &context, request).await;
            times.push(started.elapsed());
            assert!(!response.errors.is_empty());
        }
        times.sort_unstable();
        let middle = times[TIMES / 2].as_secs_f64() * 1e6;
        println!(
            "{:>9}  {middle:>9.1}  {} ({})",
            attack.query.len(),
            attack.name,
            attack.ids
        );
    }
}
