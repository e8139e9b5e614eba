//! What attackers send. Each is refused, or answered like anything else; none costs the database.

use axum::body::{Body, Bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use http::Method;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::api::{Api, token};

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

/// A change that the fixture's members may make.
const RENAME: &str = "mutation { renameBook(bookId: 1, title: \"Taken\") { title } }";

async fn title(api: &Api) -> Value {
    api.data("{ bookByPk(id: 1) { title } }").await["bookByPk"]["title"].clone()
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_sec_28_csrf() {
    let api = Api::new().await;
    let bearer = token("authenticated", "ann");
    let body = json!({ "query": RENAME }).to_string();
    // What a form or an image can send without asking first.
    for kind in [
        "text/plain",
        "text/plain; charset=utf-8",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "",
    ] {
        let request = api.app.request(Method::POST, "/").bearer(&bearer);
        let request = match kind {
            "" => request,
            kind => request.header("content-type", kind),
        };
        assert_eq!(request.body(body.clone()).await.status, 415, "{kind}");
    }
    let form = format!("query={RENAME}");
    let kind = "application/x-www-form-urlencoded";
    let request = api.app.request(Method::POST, &format!("/?query={RENAME}"));
    let request = request.header("content-type", kind).bearer(&bearer);
    assert_eq!(request.body(form).await.status, 415);
    assert_eq!(title(&api).await, "Notes");
}

#[tokio::test]
async fn a_change_is_never_asked_for_by_get_sec_31_csrf() {
    let api = Api::new().await;
    let bearer = token("authenticated", "ann");
    let hidden = format!(
        "query A {{ add(a: 1) }} {}",
        RENAME.replace("mutation", "mutation B")
    );
    for (path, more) in [
        (format!("/?query={RENAME}"), None),
        (format!("/?query=%23 query%0A{RENAME}"), None),
        (format!("/?query={hidden}&operationName=B"), None),
        (
            format!("/?query={RENAME}"),
            Some(("x-http-method-override", "POST")),
        ),
        (format!("/?query={RENAME}&_method=POST"), None),
        (
            format!("/?query={RENAME}"),
            Some(("accept", "application/graphql-response+json")),
        ),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let request = api.app.request(method, &path).bearer(&bearer);
            let answer = match more {
                Some((name, value)) => request.header(name, value).await,
                None => request.await,
            };
            assert_eq!(answer.status, 405, "{path}");
        }
    }
    let events = api.app.get(&format!("/?query={RENAME}")).bearer(&bearer);
    let events = events.header("accept", "text/event-stream").await;
    assert!(
        events.text().contains("cannot be asked for by GET"),
        "{}",
        events.text()
    );
    assert_eq!(title(&api).await, "Notes");
}

#[tokio::test]
async fn a_query_changes_nothing_whatever_it_calls_sec_32() {
    let more = "create function library.sneaky() returns int stable language plpgsql
        as $$ begin update library.book set title = 'Taken'; return 1; end $$;";
    let api = Api::over(more, |_| {}).await;
    let answer = api.ask_as("ann", "{ sneaky }", json!({})).await;
    assert!(answer["errors"][0]["message"].is_string(), "{answer}");
    // Nor may a role without the right, by any name.
    for query in [
        RENAME,
        "mutation { updateBookCollection(set: {title: \"x\"}) { affectedCount } }",
        "mutation { deleteFromBookCollection { affectedCount } }",
    ] {
        assert!(api.ask(query).await["data"].is_null(), "{query}");
    }
    assert_eq!(title(&api).await, "Notes");
}

#[tokio::test]
async fn a_token_in_the_address_is_nobodys_sec_28() {
    let api = Api::new().await;
    let bearer = token("authenticated", "ann");
    let query = "{ memberCollection { edges { node { nickName } } } }";
    for name in ["access_token", "token", "apikey", "authorization", "jwt"] {
        let answer = api
            .app
            .get(&format!("/?query={query}&{name}={bearer}"))
            .await;
        assert!(answer.json()["data"].is_null(), "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_endless_body_is_read_to_its_limit_sec_34() {
    let api = Api::new().await;
    let piece = Bytes::from(vec![b' '; 64 * 1024]);
    let pieces = stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
    let request = api.app.request(Method::POST, "/");
    let request = request.header("content-type", "application/json");
    let answer = request.body(Body::from_stream(pieces)).await;
    assert_eq!(answer.status, 413);
}

/// No refusal names what was not asked for.
#[tokio::test]
async fn a_refusal_does_not_guess_at_names_sec_30_sec_33() {
    let comment = "comment on schema library is '@graphql({\"inflect_names\": true})'";
    let api = Api::over(comment, |_| {}).await;
    for (query, near) in [
        ("{ bookCollectio { totalCount } }", "bookCollection"),
        ("{ bookCollection { edge { cursor } } }", "edges"),
        ("{ bookByPk(id: 1) { titl } }", "title"),
        ("{ bookByPk(ids: 1) { title } }", "(id"),
        ("{ bookCollection(filters: {}) { totalCount } }", "filter\""),
        (
            "{ bookCollection(filter: {titl: {eq: \"a\"}}) { totalCount } }",
            "title",
        ),
        (
            "{ bookCollection(filter: {title: {like_: \"a\"}}) { totalCount } }",
            "ilike",
        ),
        (
            "{ bookCollection(orderBy: [{titl: AscNullsLast}]) { totalCount } }",
            "title",
        ),
        (
            "{ bookCollection(filter: {genre: {eq: novell}}) { totalCount } }",
            "novel\"",
        ),
        ("{ bookCollection { aggregate { sum { page } } } }", "pages"),
        ("{ add(a: 1, c: 2) }", "\"b\""),
        ("{ ...f } fragment f on Quer { add(a: 1) }", "Query\""),
        (
            "{ secretCollection { edges { node { hidde } } } }",
            "hidden",
        ),
        ("{ memberCollectio { totalCount } }", "member\""),
        ("{ __type(name: \"Boo\") { name } }", "Book"),
        ("{ __schema { queryType { name } } }", "Query\""),
    ] {
        let answer = api.ask(query).await;
        let told = answer.to_string();
        assert!(answer["errors"].is_array(), "{query}: {told}");
        assert!(
            !told.replace("type Query", "").contains(near),
            "{query}: {told}"
        );
        assert!(!told.to_lowercase().contains("did you mean"), "{told}");
    }
}

/// What a role may not read, it may not filter, order, count, write or write back by either.
#[tokio::test]
async fn a_column_that_may_not_be_read_can_be_used_for_nothing_sec_30() {
    let more = "
        grant insert (id, visible, hidden), update (visible, hidden), delete on library.secret to anon;
        comment on table library.secret is
            '@graphql({\"aggregate\": {\"enabled\": true}, \"totalCount\": {\"enabled\": true}})';";
    let api = Api::over(more, |_| {}).await;
    for query in [
        "{ secretCollection { edges { node { hidden } } } }",
        "{ secretByPk(id: 1) { hidden } }",
        "{ secretCollection(filter: {hidden: {eq: \"unseen\"}}) { totalCount } }",
        "{ secretCollection(filter: {not: {or: [{hidden: {is: NULL}}]}}) { totalCount } }",
        "{ secretCollection(orderBy: [{hidden: AscNullsFirst}]) { totalCount } }",
        "{ secretCollection { aggregate { min { hidden } } } }",
        "mutation { updateSecretCollection(set: {visible: \"a\"}, filter: {hidden: {eq: \"unseen\"}}) { affectedCount } }",
        "mutation { deleteFromSecretCollection(filter: {hidden: {startsWith: \"u\"}}) { affectedCount } }",
        "mutation { updateSecretCollection(set: {hidden: \"a\"}) { records { hidden } } }",
    ] {
        let answer = api.ask(query).await;
        assert!(answer["data"].is_null(), "{query}\n{answer}");
        assert!(!answer.to_string().contains("unseen"), "{query}\n{answer}");
    }
    // A cursor has the columns of the order, whatever is put into it.
    let cursor = "WyJ1bnNlZW4iLCAxXQ==";
    let query =
        format!("{{ secretCollection(after: \"{cursor}\") {{ edges {{ node {{ id }} }} }} }}");
    assert!(api.ask(&query).await["data"].is_null());
}

/// Texts that mean something to SQL, to patterns, to arrays, to JSON or to dates.
fn evil() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "\\",
        "\\'",
        "--",
        "/*",
        "*/",
        ";",
        "$1",
        "$$",
        "%",
        "_",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        "::int",
        "null",
        "NaN",
        "infinity",
        "\u{202e}",
        "\u{0}",
        "\n",
        " or 1=1",
        "e'\\x'",
        "0x",
        "1e999999",
        "99999999999999999999",
    ]);
    prop::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

#[tokio::test]
async fn no_value_changes_a_statement_sec_29() {
    let api = Api::new().await;
    let mut runner = TestRunner::default();
    let queries = [
        "query($x: String!) { bookCollection(filter: {title: {ilike: $x}}) { totalCount } }",
        "query($x: String!) { bookCollection(filter: {title: {iregex: $x}}) { totalCount } }",
        "query($x: String!) { bookCollection(filter: {title: {startsWith: $x}}) { totalCount } }",
        "query($x: String!) { bookCollection(filter: {tags: {overlaps: [$x]}}) { totalCount } }",
        "query($x: BigFloat!) { bookCollection(filter: {price: {gt: $x}}) { totalCount } }",
        "query($x: Datetime!) { bookCollection(filter: {addedAt: {lt: $x}}) { totalCount } }",
        "query($x: BigInt!) { bookByPk(id: $x) { title } }",
        "query($x: ID!) { node(nodeId: $x) { nodeId } }",
        "query($x: String!) { booksBy(writer: $x) { totalCount } }",
        "query($x: Cursor) { bookCollection(after: $x) { totalCount edges { cursor } } }",
        "mutation($x: String!) { renameBook(bookId: 2, title: $x) { title } }",
        "mutation($x: JSON!) { updateBookCollection(set: {details: $x}, filter: {id: {eq: 3}}) { affectedCount } }",
        "mutation($x: String!) { updateBookCollection(set: {tags: [$x, null]}, filter: {id: {eq: 3}}) { records { tags } } }",
    ];
    for round in 0..20 * queries.len() {
        let query = queries[round % queries.len()];
        let text = evil().new_tree(&mut runner).expect("a text").current();
        let cursor = json!([text, text]).to_string();
        let texts = [
            text,
            base64(&cursor),
            base64(&format!("[\"library\",\"book\",{cursor}]")),
        ];
        for text in texts {
            let answer = api.ask_as("ann", query, json!({ "x": text })).await;
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            // Syntax errors, undefined names, wrong numbers of parameters, protocol violations.
            let is_ours = code.is_some_and(|code| code.starts_with("42") || code.starts_with("08"));
            assert!(!is_ours, "{query}\n{text:?}\n{answer}");
            if let Some(title) = answer["data"]["renameBook"]["title"].as_str() {
                assert_eq!(title, text);
            }
        }
    }
    let count = api.data("{ bookCollection { totalCount } }").await;
    assert_eq!(count["bookCollection"]["totalCount"], 7);
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}
