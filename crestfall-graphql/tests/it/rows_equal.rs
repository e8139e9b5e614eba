//! Whatever is asked by GraphQL has the rows that REST has, for whoever asks.

use std::sync::Arc;

use arc_swap::ArcSwap;
use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogOptions, SharedCatalog};
use crestfall_core::db::{Db, DbConfig};
use crestfall_core::jwt::Verifier;
use crestfall_core::testing::TestApp;
use crestfall_rest::{Config, Rest};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::api::{Api, SECRET, token};

/// How many operations are tried.
const TRIES: usize = 150;

/// A condition in both languages.
#[derive(Debug, Clone)]
struct Condition {
    graphql: String,
    rest: String,
}

/// Books with their authors and, for members, their loans: those of other members have a policy
/// before them.
#[derive(Debug, Clone)]
struct Operation {
    /// Each of another column.
    conditions: Vec<Condition>,
    /// Field, column, direction.
    order: Option<(&'static str, &'static str, bool, bool)>,
    first: u64,
    offset: u64,
    loans: u64,
    who: Option<&'static str>,
}

fn condition() -> impl Strategy<Value = Vec<Condition>> {
    let of = |graphql: String, rest: String| Condition { graphql, rest };
    let comparison = (0..6usize, 0..450i32).prop_map(move |(operator, value)| {
        let operator = ["eq", "gt", "gte", "lt", "lte", "neq"][operator];
        of(
            format!("pages: {{ {operator}: {value} }}"),
            format!("pages={operator}.{value}"),
        )
    });
    let null = any::<bool>().prop_map(move |is_null| {
        let (graphql, rest) = if is_null {
            ("NULL", "is.null")
        } else {
            ("NOT_NULL", "not.is.null")
        };
        of(
            format!("price: {{ is: {graphql} }}"),
            format!("price={rest}"),
        )
    });
    let text = prop::sample::select(vec!["W%", "%s", "_a%", "notes", "%'%", "%\\\\%"]).prop_map(
        move |pattern| {
            let rest = pattern.replace('%', "*").replace("\\\\", "%5C");
            of(
                format!("title: {{ ilike: \"{pattern}\" }}"),
                format!("title=ilike.{rest}"),
            )
        },
    );
    let list = prop::collection::vec(0..9i64, 0..4).prop_map(move |ids| {
        let ids = ids
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",");
        of(format!("id: {{ in: [{ids}] }}"), format!("id=in.({ids})"))
    });
    (
        prop::option::of(comparison),
        prop::option::of(null),
        prop::option::of(text),
        prop::option::weighted(0.2, list),
    )
        .prop_map(|(one, two, three, four)| [one, two, three, four].into_iter().flatten().collect())
}

fn operation() -> impl Strategy<Value = Operation> {
    let columns = vec![
        ("title", "title"),
        ("pages", "pages"),
        ("rating", "rating"),
        ("addedAt", "added_at"),
    ];
    let order = (prop::sample::select(columns), any::<bool>(), any::<bool>()).prop_map(
        |((field, column), descending, nulls_first)| (field, column, descending, nulls_first),
    );
    (
        condition(),
        prop::option::of(order),
        1..6u64,
        0..4u64,
        1..4u64,
        prop::sample::select(vec![None, Some("ann"), Some("ben")]),
    )
        .prop_map(|(conditions, order, first, offset, loans, who)| Operation {
            conditions,
            order,
            first,
            offset,
            loans,
            who,
        })
}

impl Operation {
    fn graphql(&self) -> String {
        let filter: Vec<&str> = self
            .conditions
            .iter()
            .map(|one| one.graphql.as_str())
            .collect();
        let order = self
            .order
            .map_or(String::new(), |(field, _, descending, nulls_first)| {
                let direction = if descending { "Desc" } else { "Asc" };
                let nulls = if nulls_first { "First" } else { "Last" };
                format!("orderBy: [{{ {field}: {direction}Nulls{nulls} }}]")
            });
        let loans = match self.who {
            None => String::new(),
            Some(_) => format!(
                "loanCollection(first: {}) {{ edges {{ node {{ note member {{ nickName }} }} }} }}",
                self.loans
            ),
        };
        format!(
            "{{ bookCollection(first: {}, offset: {}, {order} filter: {{ {} }}) {{ edges {{ node {{ id title pages author {{ fullName }} {loans} }} }} }} }}",
            self.first,
            self.offset,
            filter.join(", "),
        )
    }

    fn rest(&self) -> String {
        let mut query =
            String::from("/book?select=id,title,pages,author!book_author_id_fkey(full_name)");
        if self.who.is_some() {
            query.push_str(&format!(
                ",loan(note,member(nick_name))&loan.order=member_id,book_id&loan.limit={}",
                self.loans
            ));
        }
        for condition in &self.conditions {
            query.push_str(&format!("&{}", condition.rest));
        }
        let order = self
            .order
            .map_or(String::new(), |(_, column, descending, nulls_first)| {
                let direction = if descending { "desc" } else { "asc" };
                let nulls = if nulls_first { "first" } else { "last" };
                format!("{column}.{direction}.nulls{nulls},")
            });
        query.push_str(&format!(
            "&order={order}id.asc&limit={}&offset={}",
            self.first.min(5),
            self.offset
        ));
        query
    }
}

/// The rows of GraphQL in the form that REST gives them.
fn as_rest(answer: &Value, with_loans: bool) -> Value {
    let edges = |connection: &Value| connection["edges"].as_array().cloned().unwrap_or_default();
    let rows = edges(&answer["data"]["bookCollection"])
        .into_iter()
        .map(|edge| {
            let node = &edge["node"];
            let id: i64 = node["id"]
                .as_str()
                .unwrap_or_default()
                .parse()
                .unwrap_or_default();
            let mut row = json!({
                "id": id, "title": node["title"], "pages": node["pages"],
                "author": { "full_name": node["author"]["fullName"] },
            });
            if with_loans {
                let loans = edges(&node["loanCollection"]).into_iter().map(|edge| {
                    let loan = &edge["node"];
                    let member = match &loan["member"] {
                        Value::Null => Value::Null,
                        member => json!({ "nick_name": member["nickName"] }),
                    };
                    json!({ "note": loan["note"], "member": member })
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

#[tokio::test]
async fn random_operations_have_the_rows_that_rest_has() {
    let api = Api::new().await;
    let rest = rest(&api).await;
    let mut runner = TestRunner::default();
    let mut found = 0;
    for _ in 0..TRIES {
        let operation = operation()
            .new_tree(&mut runner)
            .expect("an operation")
            .current();
        let (query, path) = (operation.graphql(), operation.rest());
        let (answer, rows) = match operation.who {
            None => (api.ask(&query).await, rest.get(&path).await),
            Some(who) => {
                let bearer = token("authenticated", who);
                let answer = api.ask_as(who, &query, json!({})).await;
                (answer, rest.get(&path).bearer(&bearer).await)
            }
        };
        assert_eq!(rows.status, 200, "{path}\n{}", rows.text());
        assert!(answer.get("errors").is_none(), "{query}\n{answer}");
        let rows = rows.json();
        assert_eq!(
            as_rest(&answer, operation.who.is_some()),
            rows,
            "{query}\n{path}"
        );
        found += rows.as_array().map_or(0, Vec::len);
    }
    assert!(
        found > TRIES / 2,
        "the operations find next to nothing: {found}"
    );
}
