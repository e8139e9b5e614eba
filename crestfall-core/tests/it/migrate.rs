use std::str::FromStr as _;
use std::time::Duration;

use crestfall_core::migrate::{self, Error, Migration, MigrationSet, Options, Seeded};
use crestfall_core::testing::TestDb;
use sqlx::postgres::PgConnectOptions;

const FIRST: Migration = Migration::new("0001_film", "create table film (id int primary key)");
const SECOND: Migration = Migration::new(
    "0002_rows",
    "-- three statements; one transaction\nset search_path = nowhere;\n\
     insert into public.film values (1);\ninsert into public.film values (2);",
);

fn at(db: &TestDb) -> PgConnectOptions {
    PgConnectOptions::from_str(&db.url()).unwrap()
}

async fn run(db: &TestDb, migrations: &[Migration]) -> Result<migrate::Report, Error> {
    let set = MigrationSet::embedded("films", migrations);
    migrate::run(&at(db), &[set], &Options::default()).await
}

async fn films(db: &TestDb) -> i64 {
    sqlx::query_scalar("select count(*) from film")
        .fetch_one(&mut db.connect().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn each_migration_is_applied_once() {
    let db = TestDb::new().await;
    assert_eq!(
        run(&db, &[FIRST]).await.unwrap().applied,
        ["films/0001_film"]
    );
    let report = run(&db, &[FIRST, SECOND]).await.unwrap();
    assert_eq!(
        (report.already, &*report.applied),
        (1, &["films/0002_rows".to_owned()][..])
    );
    let report = run(&db, &[FIRST, SECOND]).await.unwrap();
    assert_eq!((report.already, report.applied.len()), (2, 0));
    // An older version of the program, still serving while the new one rolls out.
    assert_eq!(run(&db, &[FIRST]).await.unwrap().already, 1);
    assert_eq!(films(&db).await, 2);
}

#[tokio::test]
async fn many_nodes_may_migrate_at_once() {
    let db = TestDb::new().await;
    let slow = Migration::new(
        "0002_slow",
        "select pg_sleep(0.2); insert into film values (1)",
    );
    let list = [FIRST, slow];
    let nodes = (0..8).map(|_| run(&db, &list));
    let reports = futures_util::future::join_all(nodes).await;
    let applied: usize = reports
        .into_iter()
        .map(|report| report.unwrap().applied.len())
        .sum();
    assert_eq!((applied, films(&db).await), (2, 1));
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing_and_names_the_place() {
    let db = TestDb::new().await;
    let broken = Migration::new(
        "0002_broken",
        "insert into film values (1);\n\n-- why\nselect id,\n  nam\nfrom film;",
    );
    let error = run(&db, &[FIRST, broken]).await.unwrap_err().to_string();
    assert!(
        error.starts_with("0002_broken:5: column \"nam\" does not exist (42703)"),
        "{error}"
    );
    assert!(error.contains("in the statement:\nselect id,"), "{error}");
    assert_eq!(films(&db).await, 0);
    assert_eq!(run(&db, &[FIRST, SECOND]).await.unwrap().already, 1);
}

#[tokio::test]
async fn changed_and_late_migrations_are_refused() {
    let db = TestDb::new().await;
    run(&db, &[FIRST, SECOND]).await.unwrap();
    let changed = Migration::new("0001_film", "create table film (id bigint primary key)");
    let error = run(&db, &[changed, SECOND]).await.unwrap_err();
    assert!(matches!(error, Error::Changed { ref name, .. } if name == "0001_film"));
    let late = Migration::new("0001_z_late", "select 1");
    let error = run(&db, &[FIRST, late, SECOND]).await.unwrap_err();
    assert!(matches!(error, Error::OutOfOrder { ref applied, .. } if applied == "0002_rows"));
    let commits = Migration::new("0003_commits", "select 1;\ncommit;");
    let error = run(&db, &[FIRST, SECOND, commits]).await.unwrap_err();
    assert!(matches!(error, Error::TransactionControl { line: 2, .. }));
}

#[tokio::test]
async fn what_forbids_a_transaction_runs_without_one() {
    let db = TestDb::new().await;
    let index = Migration::new(
        "0002_index",
        "-- crestfall: no transaction\ncreate index concurrently if not exists film_id on film (id);\n\
         create index concurrently if not exists film_id2 on film (id);",
    );
    assert_eq!(run(&db, &[FIRST, index]).await.unwrap().applied.len(), 2);
}

#[tokio::test]
async fn a_table_in_use_makes_a_migration_fail_and_not_the_application_wait() {
    let db = TestDb::new().await;
    run(&db, &[FIRST]).await.unwrap();
    let mut reader = db.connect().await;
    sqlx::raw_sql("begin; select * from film")
        .execute(&mut reader)
        .await
        .unwrap();
    let alter = Migration::new("0002_alter", "alter table film add title text");
    let set = MigrationSet::embedded("films", &[FIRST, alter]);
    let options = Options {
        lock_timeout: Duration::from_millis(100),
        ..Options::default()
    };
    let error = migrate::run(&at(&db), std::slice::from_ref(&set), &options)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("lock timeout"), "{error}");
    drop(reader);
    let options = Options::default();
    assert_eq!(
        migrate::run(&at(&db), &[set], &options)
            .await
            .unwrap()
            .applied
            .len(),
        1
    );
}

#[tokio::test]
async fn a_seed_runs_once_and_tells_when_it_has_changed() {
    let db = TestDb::new().await;
    run(&db, &[FIRST]).await.unwrap();
    let seed = Migration::new("seed", "insert into film values (7)");
    let plant = async |seed: &Migration| {
        migrate::seed(&at(&db), "films", seed, &Options::default())
            .await
            .unwrap()
    };
    assert_eq!(plant(&seed).await, Seeded::Now);
    assert_eq!(plant(&seed).await, Seeded::Before);
    let other = Migration::new("seed", "insert into film values (8)");
    assert_eq!(plant(&other).await, Seeded::BeforeWithOtherText);
    assert_eq!(films(&db).await, 1);
}
