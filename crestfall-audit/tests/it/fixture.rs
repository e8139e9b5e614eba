//! A database with the log and a table under audit.

use crestfall_audit::Log;
use crestfall_core::testing::TestDb;
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

/// The schema `audit`, then `invoices` under audit.
pub(crate) const SCHEMA: &str = concat!(
    include_str!("../../migrations/0001_log.sql"),
    "reset role;",
    include_str!("../../migrations/0002_capture.sql"),
    "reset role;",
    include_str!("../../migrations/0003_track.sql"),
    "reset role;",
    include_str!("../../migrations/0004_read.sql"),
    "reset role;",
    include_str!("../../migrations/0005_upkeep.sql"),
    "reset role;",
    include_str!("../../migrations/0006_ddl.sql"),
    "reset role;",
    include_str!("../../migrations/0007_events.sql"),
    "reset role;",
    "create table invoices (id bigint primary key, amount numeric, iban text);
     grant all on invoices to authenticated, anon;
     select audit.track('invoices');",
);

pub(crate) struct Audited {
    pub(crate) db: TestDb,
    pub(crate) log: Log,
}

impl Audited {
    pub(crate) async fn new() -> Self {
        let db = TestDb::with_template("audit", SCHEMA).await;
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect(&db.url())
            .await
            .unwrap();
        let log = Log::new(pool);
        Self { db, log }
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.db.execute(sql).await;
    }

    /// PostgreSQL's major version: 14 has neither MERGE nor views that read with the caller's rights.
    pub(crate) async fn version(&self) -> u32 {
        let number = self.texts("select current_setting('server_version_num')");
        number.await[0].parse::<u32>().unwrap() / 10_000
    }

    /// The first column of the rows, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let mut connection = self.db.connect().await;
        texts(&mut connection, sql).await
    }

    /// Why a statement is refused.
    pub(crate) async fn refusal(&self, role: &str, sql: &str) -> String {
        let mut connection = self.db.connect().await;
        let sql = format!("set role {role}; {sql}");
        let outcome = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await;
        outcome.unwrap_err().to_string()
    }
}

pub(crate) async fn texts(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    let sql = format!("select to_json(r)::text from ({sql}) as r (v)");
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await;
    let rows = rows.unwrap_or_else(|error| panic!("{error}"));
    let value = |row: &sqlx::postgres::PgRow| -> Value {
        serde_json::from_str(&row.get::<String, _>(0)).unwrap()
    };
    rows.iter()
        .map(|row| match &value(row)["v"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

pub(crate) async fn execute(connection: &mut PgConnection, sql: &str) {
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await;
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
