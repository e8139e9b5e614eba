//! Whatever is asked by GraphQL has the rows that REST has, for whoever asks: random conditions, orders,
//! pages and embedded rows, under policies that show everybody something else.

use std::sync::Arc;

use arc_swap::ArcSwap;
use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogOptions, SharedCatalog};
use crestfall_core::db::{Db, DbConfig};
use crestfall_core::jwt::Verifier;
use crestfall_core::testing::{TestApp, TestResponse};
use crestfall_rest::{Config, Rest};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::api::{Api, SECRET, token};

/// How many operations are tried, each by everybody.
const TRIES: usize = 120;

/// Nobody in particular, and two members.
const CALLERS: [Option<&str>; 3] = [None, Some("ann"), Some("ben")];

/// More books, and policies: of books for each role and for Ann, of loans by those of members.
const MORE: &str = "
    insert into library.book (author_id, editor_id, title, genre, pages, price, rating, tags, is_lent, added_at)
    select 1 + n % 3, case when n % 4 = 0 then 1 + n % 2 end, 'T' || n % 7,
        (array['novel', 'non-fiction', 'poetry'])[1 + n % 3]::library.genre, nullif(n * 37 % 450, 0),
        case when n % 5 > 0 then n * 0.3 end, case when n % 3 > 0 then n % 6 end,
        case n % 4 when 0 then '{old,dusty}' when 1 then '{old}' else '{}' end::text[], n % 6 = 0,
        '2024-01-01 00:00:00+00'::timestamptz + n % 11 * interval '1 day'
    from generate_series(1, 40) n;
    insert into library.loan select member.id, book.id, title
    from library.member, library.book where book.id > 2 and (book.id + length(owner || nick_name)) % 2 = 0;
    alter table library.book enable row level security;
    alter table library.loan enable row level security;
    create policy everybody on library.book for select to anon using (genre <> 'poetry' and not is_lent);
    create policy members on library.book for select to authenticated using (
        pages is null or pages < 300 or current_setting('request.jwt.claims')::json ->> 'sub' = 'ann'
    );
    create policy own on library.loan for select to authenticated using (
        exists (select from library.member where member.id = member_id)
    );
    comment on table library.book is
        '@graphql({\"totalCount\": {\"enabled\": true}, \"aggregate\": {\"enabled\": true}, \"max_rows\": 100})';";

/// A condition in both languages.
#[derive(Debug, Clone)]
enum Tree {
    /// A member of the filter; the same as REST has it between parentheses.
    Leaf(String, String),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
}

/// Field, column, descending, nulls first.
type Order = Vec<(&'static str, &'static str, bool, bool)>;

/// Books with their authors and, of each of those, a page of books; for members their loans, too.
#[derive(Debug, Clone)]
struct Operation {
    condition: Option<Tree>,
    order: Order,
    first: u64,
    offset: u64,
    /// Of the author's books.
    inner: (Option<Tree>, Order, u64, u64),
    loans: u64,
    /// A book that is asked for by its key.
    key: i64,
}

fn leaf() -> impl Strategy<Value = Tree> {
    let number = (0..6usize, 0..450i32).prop_map(|(operator, value)| {
        let operator = ["eq", "gt", "gte", "lt", "lte", "neq"][operator];
        (
            format!("pages: {{{operator}: {value}}}"),
            format!("pages.{operator}.{value}"),
        )
    });
    let decimal = (0..4usize, 0..130u32).prop_map(|(operator, value)| {
        let operator = ["gt", "gte", "lt", "lte"][operator];
        let value = format!("{}.{}", value / 10, value % 10);
        (
            format!("price: {{{operator}: \"{value}\"}}"),
            format!("price.{operator}.{value}"),
        )
    });
    let null = (0..3usize, any::<bool>()).prop_map(|(column, is_null)| {
        let (graphql, rest) = if is_null {
            ("NULL", "is.null")
        } else {
            ("NOT_NULL", "not.is.null")
        };
        let (field, column) = [
            ("price", "price"),
            ("editorId", "editor_id"),
            ("pages", "pages"),
        ][column];
        (
            format!("{field}: {{is: {graphql}}}"),
            format!("{column}.{rest}"),
        )
    });
    let pattern = prop::sample::select(vec![
        ("ilike: \"w%\"", "ilike.w*"),
        ("like: \"%s\"", "like.*s"),
        ("like: \"T_\"", "like.T_"),
        ("startsWith: \"T\"", "like.T*"),
        ("iregex: \"^t[1-4]$\"", "imatch.\"^t[1-4]$\""),
        ("regex: \"n\"", "match.n"),
        ("eq: \"T3\"", "eq.T3"),
        ("in: [\"T1\", \"Wood\"]", "in.(T1,Wood)"),
        ("gt: \"T4\"", "gt.T4"),
    ]);
    let text = pattern
        .prop_map(|(graphql, rest)| (format!("title: {{{graphql}}}"), format!("title.{rest}")));
    let tags = prop::sample::select(vec![
        ("contains: [\"old\"]", "cs.{old}"),
        ("containedBy: [\"old\", \"dusty\"]", "cd.{old,dusty}"),
        ("overlaps: [\"dusty\", \"science\"]", "ov.{dusty,science}"),
        ("eq: [\"old\"]", "eq.{old}"),
    ]);
    let tags =
        tags.prop_map(|(graphql, rest)| (format!("tags: {{{graphql}}}"), format!("tags.{rest}")));
    let other = prop::sample::select(vec![
        ("genre: {eq: NON_FICTION}", "genre.eq.non-fiction"),
        ("genre: {in: [novel, poetry]}", "genre.in.(novel,poetry)"),
        ("isLent: {eq: true}", "is_lent.is.true"),
        ("isLent: {eq: false}", "is_lent.eq.false"),
        ("rating: {gte: 3.5}", "rating.gte.3.5"),
        (
            "addedAt: {gt: \"2024-01-05T00:00:00Z\"}",
            "added_at.gt.2024-01-05T00:00:00Z",
        ),
        ("titleLength: {lt: 3}", "title_length.lt.3"),
    ]);
    let other = other.prop_map(|(graphql, rest)| (graphql.to_owned(), rest.to_owned()));
    let ids = prop::collection::vec(0..48i64, 0..6).prop_map(|ids| {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let ids = ids.join(",");
        (format!("id: {{in: [{ids}]}}"), format!("id.in.({ids})"))
    });
    prop_oneof![3 => number, 1 => decimal, 1 => null, 2 => text, 1 => tags, 1 => other, 1 => ids]
        .prop_map(|(graphql, rest)| Tree::Leaf(graphql, rest))
}

fn tree() -> impl Strategy<Value = Tree> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::And),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::Or),
            inner.prop_map(|inner| Tree::Not(Box::new(inner))),
        ]
    })
}

fn order() -> impl Strategy<Value = Order> {
    let columns = vec![
        ("title", "title"),
        ("pages", "pages"),
        ("rating", "rating"),
        ("addedAt", "added_at"),
        ("genre", "genre"),
        ("isLent", "is_lent"),
        ("price", "price"),
    ];
    let some = prop::sample::subsequence(columns, 0..3).prop_shuffle();
    let directions = prop::collection::vec((any::<bool>(), any::<bool>()), 3);
    (some, directions).prop_map(|(columns, directions)| {
        let pairs = columns.into_iter().zip(directions);
        pairs
            .map(|((field, column), (descending, first))| (field, column, descending, first))
            .collect()
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let inner = (prop::option::of(leaf()), order(), 0..4u64, 0..3u64);
    let page = (0..12u64, prop_oneof![3 => Just(0), 1 => 0..9u64]);
    (
        prop::option::weighted(0.8, tree()),
        order(),
        page,
        inner,
        0..4u64,
        1..48i64,
    )
        .prop_map(
            |(condition, order, (first, offset), inner, loans, key)| Operation {
                condition,
                order,
                first,
                offset,
                inner,
                loans,
                key,
            },
        )
}

impl Tree {
    fn graphql(&self) -> String {
        let all = |trees: &[Tree]| {
            trees
                .iter()
                .map(Tree::graphql)
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            Self::Leaf(graphql, _) => format!("{{{graphql}}}"),
            Self::And(trees) => format!("{{and: [{}]}}", all(trees)),
            Self::Or(trees) => format!("{{or: [{}]}}", all(trees)),
            Self::Not(tree) => format!("{{not: {}}}", tree.graphql()),
        }
    }

    fn rest(&self) -> String {
        let all = |trees: &[Tree]| trees.iter().map(Tree::rest).collect::<Vec<_>>().join(",");
        match self {
            Self::Leaf(_, rest) => rest.clone(),
            Self::And(trees) => format!("and({})", all(trees)),
            Self::Or(trees) => format!("or({})", all(trees)),
            Self::Not(tree) => format!("not.and({})", tree.rest()),
        }
    }
}

fn filter(condition: Option<&Tree>) -> String {
    condition.map_or_else(|| "{}".to_owned(), Tree::graphql)
}

fn order_by(order: &Order) -> String {
    let one = |(field, _, descending, first): &(&str, &str, bool, bool)| {
        let direction = if *descending { "Desc" } else { "Asc" };
        let nulls = if *first { "First" } else { "Last" };
        format!("{{{field}: {direction}Nulls{nulls}}}")
    };
    let all: Vec<String> = order.iter().map(one).collect();
    format!("[{}]", all.join(", "))
}

fn rest_order(order: &Order) -> String {
    let one = |(_, column, descending, first): &(&str, &str, bool, bool)| {
        let direction = if *descending { "desc" } else { "asc" };
        let nulls = if *first { "first" } else { "last" };
        format!("{column}.{direction}.nulls{nulls},")
    };
    let all: String = order.iter().map(one).collect();
    format!("{all}id.asc")
}

impl Operation {
    fn graphql(&self, is_member: bool) -> String {
        let loans = match is_member {
            false => String::new(),
            true => format!(
                "loanCollection(first: {}) {{ edges {{ node {{ note member {{ nickName }} }} }} }}",
                self.loans
            ),
        };
        let (condition, order, first, offset) = &self.inner;
        let inner = format!(
            "bookCollection(first: {first}, offset: {offset}, filter: {}, orderBy: {}) \
             {{ edges {{ node {{ id title }} }} }}",
            filter(condition.as_ref()),
            order_by(order)
        );
        format!(
            "{{ bookCollection(first: {}, offset: {}, filter: {}, orderBy: {}) {{ totalCount \
             aggregate {{ count sum {{ pages }} min {{ title }} max {{ pages }} }} \
             edges {{ node {{ id title pages editor {{ fullName }} author {{ fullName {inner} }} {loans} }} }} }} \
             one: bookByPk(id: {}) {{ id title }} }}",
            self.first,
            self.offset,
            filter(self.condition.as_ref()),
            order_by(&self.order),
            self.key,
        )
    }

    fn condition(&self) -> String {
        let condition = self.condition.as_ref();
        condition.map_or(String::new(), |tree| format!("&and=({})", tree.rest()))
    }

    fn rest(&self, is_member: bool) -> String {
        let (condition, order, first, offset) = &self.inner;
        let mut query = String::from(
            "/book?select=id,title,pages,editor:author!book_editor_id_fkey(full_name),\
             writer:author!book_author_id_fkey(full_name,book!book_author_id_fkey(id,title))",
        );
        if is_member {
            query.push_str(&format!(
                ",loan(note,member(nick_name))&loan.order=member_id,book_id&loan.limit={}",
                self.loans
            ));
        }
        if let Some(tree) = condition {
            query.push_str(&format!("&writer.book.and=({})", tree.rest()));
        }
        query.push_str(&self.condition());
        query.push_str(&format!(
            "&writer.book.order={}&writer.book.limit={first}&writer.book.offset={offset}",
            rest_order(order)
        ));
        query.push_str(&format!(
            "&order={}&limit={}&offset={}",
            rest_order(&self.order),
            self.first,
            self.offset
        ));
        query
    }

    /// All rows that fulfil the condition, counted and summed up.
    fn rest_aggregate(&self) -> String {
        let select = "count(),sum:pages.sum(),min:title.min(),max:pages.max()";
        format!("/book?select={select}{}", self.condition())
    }
}

fn nodes(connection: &Value) -> impl Iterator<Item = Value> {
    let edges = connection["edges"].as_array().cloned().unwrap_or_default();
    edges.into_iter().map(|edge| edge["node"].clone())
}

/// Identifiers are texts in GraphQL.
fn id(of: &Value) -> Value {
    let id: Option<i64> = of.as_str().and_then(|id| id.parse().ok());
    id.into()
}

fn renamed(row: &Value, field: &str, column: &str) -> Value {
    match row {
        Value::Null => Value::Null,
        row => json!({ column: row[field] }),
    }
}

/// The rows of GraphQL in the form that REST gives them.
fn as_rest(connection: &Value, is_member: bool) -> Value {
    let rows = nodes(connection).map(|node| {
        let mut author = renamed(&node["author"], "fullName", "full_name");
        let books = nodes(&node["author"]["bookCollection"]);
        author["book"] = books.map(|book| json!({ "id": id(&book["id"]), "title": book["title"] })).collect();
        let mut row = json!({
            "id": id(&node["id"]), "title": node["title"], "pages": node["pages"], "writer": author,
            "editor": renamed(&node["editor"], "fullName", "full_name"),
        });
        if is_member {
            let loans = nodes(&node["loanCollection"]);
            let loans = loans.map(|loan| {
                json!({ "note": loan["note"], "member": renamed(&loan["member"], "nickName", "nick_name") })
            });
            row["loan"] = loans.collect();
        }
        row
    });
    rows.collect()
}

/// REST over the same database.
async fn rest(api: &Api) -> TestApp {
    let pool = DbConfig::parse(&api.db.url_as("authenticator")).expect("a valid address");
    let pool = Db::connect(pool).await.expect("a database");
    let config = Config {
        schemas: vec!["library".into()],
        aggregates_enabled: true,
        ..Config::default()
    };
    let options = CatalogOptions {
        schemas: config.schemas.clone(),
        extra_search_path: config.extra_search_path.clone(),
        ..CatalogOptions::default()
    };
    let catalog = Arc::new(SharedCatalog::new());
    catalog.replace(Catalog::load(&pool, &options).await.expect("a catalogue"));
    let verifier = Verifier::builder()
        .secret(SECRET)
        .anonymous_role("anon")
        .build();
    let verifier = Arc::new(ArcSwap::from_pointee(verifier.expect("a verifier")));
    let rest = Rest::new(pool, catalog).config(config).verifier(verifier);
    TestApp::new(rest.router())
}

async fn get(rest: &TestApp, path: &str, who: Option<&str>) -> Value {
    let request = rest.get(path);
    let answer: TestResponse = match who {
        None => request.await,
        Some(who) => request.bearer(&token("authenticated", who)).await,
    };
    assert_eq!(answer.status, 200, "{path}\n{}", answer.text());
    answer.json()
}

async fn ask(api: &Api, query: &str, who: Option<&str>) -> Value {
    let answer = match who {
        None => api.ask(query).await,
        Some(who) => api.ask_as(who, query, json!({})).await,
    };
    assert!(answer.get("errors").is_none(), "{query}\n{answer}");
    answer["data"].clone()
}

#[tokio::test]
async fn random_operations_have_the_rows_that_rest_has() {
    let api = Api::over(MORE, |config| config.limits.cost = u64::MAX).await;
    let rest = rest(&api).await;
    let mut runner = TestRunner::default();
    let (mut rows_found, mut differ) = (0, 0);
    for _ in 0..TRIES {
        let operation = operation()
            .new_tree(&mut runner)
            .expect("an operation")
            .current();
        let mut seen = Vec::new();
        for who in CALLERS {
            let (query, path) = (
                operation.graphql(who.is_some()),
                operation.rest(who.is_some()),
            );
            let data = ask(&api, &query, who).await;
            let rows = get(&rest, &path, who).await;
            let books = &data["bookCollection"];
            assert_eq!(
                as_rest(books, who.is_some()),
                rows,
                "{who:?}\n{query}\n{path}"
            );

            let aggregate = get(&rest, &operation.rest_aggregate(), who).await;
            let all = &books["aggregate"];
            let expected = json!([{
                "count": books["totalCount"], "sum": sum(&all["sum"]["pages"]),
                "min": all["min"]["title"], "max": all["max"]["pages"],
            }]);
            assert_eq!(aggregate, expected, "{who:?}\n{query}");
            assert_eq!(all["count"], books["totalCount"]);

            let by_key = get(
                &rest,
                &format!("/book?select=id,title&id=eq.{}", operation.key),
                who,
            )
            .await;
            let one = match &data["one"] {
                Value::Null => json!([]),
                one => json!([{ "id": id(&one["id"]), "title": one["title"] }]),
            };
            assert_eq!(one, by_key, "{who:?} {}", operation.key);
            rows_found += rows.as_array().map_or(0, Vec::len);
            seen.push((books["totalCount"].clone(), one));
        }
        differ += usize::from(seen.iter().any(|of_one| *of_one != seen[0]));
    }
    assert!(
        rows_found > 3 * TRIES,
        "the operations find next to nothing: {rows_found}"
    );
    assert!(
        differ > TRIES / 4,
        "policies decide next to nothing: {differ}"
    );
}

/// Sums of integers are texts, for they may be larger than any.
fn sum(of: &Value) -> Value {
    match of.as_str() {
        Some(text) => text.parse::<i64>().ok().into(),
        None => of.clone(),
    }
}

/// Pages one behind the other, and one before the other, are the rows that REST has, each once.
#[tokio::test]
async fn pages_by_cursor_are_the_rows_that_rest_has() {
    let api = Api::over(MORE, |config| config.limits.cost = u64::MAX).await;
    let rest = rest(&api).await;
    let mut runner = TestRunner::default();
    for round in 0..TRIES / 4 {
        let operation = operation()
            .new_tree(&mut runner)
            .expect("an operation")
            .current();
        let (who, size) = (CALLERS[round % 3], 1 + operation.first);
        let order = rest_order(&operation.order);
        let path = format!("/book?select=id&order={order}{}", operation.condition());
        let rows = get(&rest, &path, who).await;
        let rows: Vec<Value> = rows
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row["id"].clone())
            .collect();
        for (count, place, cursor, more) in [
            ("first", "after", "endCursor", "hasNextPage"),
            ("last", "before", "startCursor", "hasPreviousPage"),
        ] {
            let (mut found, mut at): (Vec<Value>, Value) = (Vec::new(), Value::Null);
            loop {
                let query = format!(
                    "{{ bookCollection({count}: {size}, {place}: {at}, filter: {}, orderBy: {}) \
                     {{ edges {{ node {{ id }} }} pageInfo {{ {cursor} {more} }} }} }}",
                    filter(operation.condition.as_ref()),
                    order_by(&operation.order),
                );
                let data = ask(&api, &query, who).await;
                let page = &data["bookCollection"];
                let ids: Vec<Value> = nodes(page).map(|node| id(&node["id"])).collect();
                found = match count {
                    "first" => [found, ids].concat(),
                    _ => [ids, found].concat(),
                };
                at = page["pageInfo"][cursor].clone();
                if page["pageInfo"][more] != true {
                    break;
                }
                assert!(found.len() <= rows.len(), "{query}");
            }
            assert_eq!(found, rows, "{who:?} {operation:?}");
        }
    }
}
