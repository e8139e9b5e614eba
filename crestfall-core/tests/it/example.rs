//! The policies of the example hold: it is what newcomers copy from.

use std::path::Path;
use std::str::FromStr as _;

use crestfall_core::migrate::{self, MigrationSet, Options};
use crestfall_core::testing::TestDb;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Executor as _};

const ADA: &str = "00000000-0000-4000-8000-000000000001";
const BRUNO: &str = "00000000-0000-4000-8000-000000000002";

const ROWS: &str = "
    insert into films (title, year, status) values ('Out', 2001, 'released'), ('Soon', 2030, 'announced');
    insert into profiles (id, handle)
    values ('00000000-0000-4000-8000-000000000001', 'ada'), ('00000000-0000-4000-8000-000000000002', 'bruno');
    insert into accounts (profile_id, email) select id, handle || '@users.example' from profiles;
    insert into reviews (film_id, author_id, stars, published)
    select 1, id, 7, handle = 'ada' from profiles;
    insert into watchlists (owner_id, name, shared) select id, 'mine', handle = 'ada' from profiles;
    insert into watchlist_items (watchlist_id, film_id) select id, 1 from watchlists;
    insert into box_office.venues (name, city) values ('Apollo', 'Ghent');
    insert into box_office.halls values (1, 1, 3);
    insert into box_office.screenings (film_id, venue_id, hall_number, during, price)
    values (1, 1, 1, '[2025-01-01 20:00,2025-01-01 22:00)', 9);";

async fn cinema() -> TestDb {
    let db = TestDb::new().await;
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/cinema/migrations");
    let set = MigrationSet::directory("cinema", &directory).unwrap();
    let database = PgConnectOptions::from_str(&db.url()).unwrap();
    migrate::run(&database, &[set], &Options::default())
        .await
        .unwrap();
    db.load(ROWS).await;
    db
}

async fn caller(db: &TestDb, role: &str, user: &str) -> PgConnection {
    let mut connection = db.connect_as("authenticator").await;
    sqlx::query(
        "select set_config('role', $1, false), set_config('request.jwt.claims', $2, false)",
    )
    .bind(role)
    .bind(format!(r#"{{"role": "{role}", "sub": "{user}"}}"#))
    .execute(&mut connection)
    .await
    .unwrap();
    connection
}

async fn count(caller: &mut PgConnection, relation: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {relation}")))
        .fetch_one(caller)
        .await
        .unwrap()
}

async fn refusal(caller: &mut PgConnection, sql: &'static str) -> String {
    caller.execute(sql).await.unwrap_err().to_string()
}

#[tokio::test]
async fn everybody_sees_what_is_theirs_and_no_more() {
    let db = cinema().await;
    let mut anon = caller(&db, "anon", "").await;
    for (relation, rows) in [
        ("films", 1),
        ("released_films", 1),
        ("reviews", 1),
        ("watchlists", 1),
        ("watchlist_items", 1),
    ] {
        assert_eq!(count(&mut anon, relation).await, rows, "{relation}");
    }
    for sql in [
        "select * from accounts",
        "select * from box_office.tickets",
        "insert into films (title, year) values ('x', 2000)",
        "select rate_film(1, 5)",
        "select box_office.refresh_grosses()",
    ] {
        assert!(
            refusal(&mut anon, sql).await.contains("permission denied"),
            "{sql}"
        );
    }
    let mut bruno = caller(&db, "authenticated", BRUNO).await;
    for (relation, rows) in [
        ("reviews", 2),
        ("watchlists", 2),
        ("accounts", 1),
        ("films", 1),
    ] {
        assert_eq!(count(&mut bruno, relation).await, rows, "{relation}");
    }
    let mut service = caller(&db, "service_role", "").await;
    for (relation, rows) in [("films", 2), ("reviews", 2), ("accounts", 2)] {
        assert_eq!(count(&mut service, relation).await, rows, "{relation}");
    }
}

#[tokio::test]
async fn users_write_their_own_rows_alone() {
    let db = cinema().await;
    let mut ada = caller(&db, "authenticated", ADA).await;
    ada.execute("select rate_film(1, 9, 'Again!')")
        .await
        .unwrap();
    assert_eq!(count(&mut ada, "reviews where stars = 9").await, 1);
    let changed = ada
        .execute("update reviews set stars = 1 where stars = 7")
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 0, "the other review is Bruno's");
    for sql in [
        "insert into watchlist_items (watchlist_id, film_id) values (2, 1)",
        "insert into follows values ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001')",
    ] {
        assert!(
            refusal(&mut ada, sql).await.contains("row-level security"),
            "{sql}"
        );
    }
}

#[tokio::test]
async fn no_more_tickets_are_sold_than_there_are_seats() {
    let db = cinema().await;
    let mut ada = caller(&db, "authenticated", ADA).await;
    ada.execute("select box_office.buy_tickets(1, 2)")
        .await
        .unwrap();
    assert_eq!(count(&mut ada, "box_office.tickets").await, 2);
    let mut bruno = caller(&db, "authenticated", BRUNO).await;
    assert!(
        refusal(&mut bruno, "select box_office.buy_tickets(1, 2)")
            .await
            .contains("sold out")
    );
    assert!(
        refusal(&mut bruno, "select box_office.buy_tickets(1, -1)")
            .await
            .contains("1 to 10")
    );
    assert_eq!(count(&mut bruno, "box_office.tickets").await, 0);
}
