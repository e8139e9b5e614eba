//! Rows that this crate writes as JSON are byte for byte what PostgreSQL writes, whatever is in
//! them.

mod columns;
mod values;

use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::runtime::Runtime;

use self::columns::{Column, columns};
use crate::api::Api;

/// A value as text that PostgreSQL reads; none is NULL.
type Value = Option<String>;

const TYPES: &str = "
  create domain cinema.label as text;
  create domain cinema.moment as timestamp;
  create domain cinema.document as json;
  create domain cinema.pair_of_numbers as int[] check (cardinality(value) = 2);
  create type cinema.nested as (n float8, place cinema.address, numbers int[], day date);
";

struct World {
    api: Api,
    connection: PgConnection,
    columns: Vec<Column>,
}

fn ident(name: &str) -> String {
    crestfall_core::name::quote(name).to_string()
}

fn literal(value: &str) -> String {
    crestfall_core::name::literal(value).to_string()
}

impl World {
    async fn new() -> Self {
        let columns = columns();
        let definitions: Vec<_> = columns
            .iter()
            .map(|column| format!("{} {}", ident(column.name), column.sql_type))
            .collect();
        let table = format!(
            "{TYPES} create table cinema.everything ({}); grant select on cinema.everything to anon;",
            definitions.join(", ")
        );
        let api = Api::over(&table, |_| {}).await;
        let connection = api.db.connect().await;
        let mut world = Self {
            api,
            connection,
            columns,
        };
        // Names are shown as far as the search path needs.
        world
            .run("set search_path to cinema, extras".into())
            .await
            .expect("a search path");
        world
    }

    async fn run(&mut self, sql: String) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.connection)
            .await
            .map(drop)
    }

    async fn scalar(&mut self, sql: String) -> String {
        sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .fetch_one(&mut self.connection)
            .await
            .unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    /// Puts rows into the table in place of what is there.
    async fn fill(&mut self, rows: &[Vec<Value>]) -> Result<(), sqlx::Error> {
        let types: Vec<_> = self.columns.iter().map(|column| column.sql_type).collect();
        let row = |values: &Vec<Value>| {
            let values: Vec<_> = values
                .iter()
                .zip(&types)
                .map(|(value, sql_type)| match value {
                    // An explicit cast would cut texts that are too long instead of refusing them.
                    Some(value) => format!("{}::{sql_type}", literal(value)),
                    None => "null".to_owned(),
                })
                .collect();
            format!("({})", values.join(","))
        };
        let rows: Vec<_> = rows.iter().map(row).collect();
        self.run(format!(
            "truncate cinema.everything; insert into cinema.everything values {}",
            rows.join(",")
        ))
        .await
    }

    /// Compares the answer with what PostgreSQL aggregates of the same rows.
    async fn compare(&mut self, select: &str, list: &str) -> Result<(), String> {
        let path = format!(
            "/everything?select={}",
            percent_encoding::utf8_percent_encode(select, percent_encoding::NON_ALPHANUMERIC,)
        );
        let response = self.api.app.get(&path).await;
        let ours = response.text();
        let theirs = self
            .scalar(format!(
                "select coalesce(json_agg(whole_row), '[]')::text from (select {list} from cinema.everything) whole_row"
            ))
            .await;
        if response.status.as_u16() == 200 && ours == theirs {
            return Ok(());
        }
        let at = ours
            .bytes()
            .zip(theirs.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let around = |text: &str| {
            let bytes = text.as_bytes();
            let from = at.saturating_sub(60);
            let to = (at + 60).min(bytes.len());
            String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()).into_owned()
        };
        Err(format!(
            "select={select}: {} at byte {at}\n  ours   …{}…\n  theirs …{}…",
            response.status,
            around(&ours),
            around(&theirs)
        ))
    }

    /// Every way of asking for the rows.
    async fn compare_all(&mut self) -> Result<(), String> {
        self.compare("*", "*").await?;
        let quoted =
            |name: &str| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        let select: Vec<_> = names.iter().rev().map(|name| quoted(name)).collect();
        let list: Vec<_> = names.iter().rev().map(|name| ident(name)).collect();
        self.compare(&select.join(","), &list.join(",")).await?;
        let select: Vec<_> = names
            .iter()
            .map(|name| {
                format!(
                    "\"as \\\" {}\":{}",
                    name.replace('\\', "\\\\").replace('"', "\\\""),
                    quoted(name)
                )
            })
            .collect();
        let list: Vec<_> = names
            .iter()
            .map(|name| format!("{} as {}", ident(name), ident(&format!("as \" {name}"))))
            .collect();
        self.compare(&select.join(","), &list.join(",")).await?;
        let select: Vec<_> = names
            .iter()
            .map(|name| format!("{}::text", quoted(name)))
            .collect();
        let list: Vec<_> = names
            .iter()
            .map(|name| format!("{0}::text as {0}", ident(name)))
            .collect();
        self.compare(&select.join(","), &list.join(",")).await?;
        self.compare(
            "jb->a,dj->a,co->>city,ta->0,con->place->>city",
            "jb->'a' as a,dj->'a' as a,to_jsonb(co)->>'city' as city,to_jsonb(ta)->0 as ta,to_jsonb(con)->'place'->>'city' as city",
        )
        .await
    }
}

#[test]
fn odd_values_of_every_type_are_written_as_postgresql_writes_them() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new().await;
        let most = world
            .columns
            .iter()
            .map(|column| column.edges.len())
            .max()
            .unwrap_or(0);
        let mut rows: Vec<Vec<Value>> = (0..most)
            .map(|row| {
                let edge =
                    |column: &Column| Some(column.edges[row % column.edges.len()].to_owned());
                world.columns.iter().map(edge).collect()
            })
            .collect();
        rows.push(vec![None; world.columns.len()]);
        if let Err(error) = world.fill(&rows).await {
            panic!("{error}");
        }
        if let Err(difference) = world.compare_all().await {
            panic!("{difference}");
        }
        world
            .run("truncate cinema.everything".into())
            .await
            .expect("an empty table");
        world.compare("*", "*").await.expect("no rows alike");
    });
}

#[test]
fn random_values_of_every_type_are_written_as_postgresql_writes_them() {
    let runtime = Runtime::new().expect("a runtime");
    let world = tokio::sync::Mutex::new(runtime.block_on(World::new()));
    let row: Vec<_> = columns()
        .into_iter()
        .map(|column| {
            let edges: Vec<_> = column
                .edges
                .iter()
                .map(|edge| Just((*edge).to_owned()).boxed())
                .collect();
            let value = prop_oneof![4 => column.random, 1 => Union::new(edges)];
            proptest::option::weighted(0.9, value)
        })
        .collect();
    let rows = proptest::collection::vec(row, 1..4);
    let cases = std::env::var("CRESTFALL_ROWS_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(60);
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&rows, |rows| {
            runtime.block_on(async {
                let mut world = world.lock().await;
                // What PostgreSQL does not take says nothing about how it is written.
                if let Err(error) = world.fill(&rows).await {
                    return Err(TestCaseError::reject(error.to_string()));
                }
                world.compare_all().await.map_err(TestCaseError::fail)
            })
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
