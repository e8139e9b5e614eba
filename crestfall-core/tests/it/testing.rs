use crestfall_core::testing::TestDb;
use sqlx::Connection as _;

const FILMS: &str = "create table film (id int primary key, title text not null);
                     insert into film values (1, 'Dawn'); grant select on film to anon;";

async fn count(db: &TestDb, sql: &'static str) -> i64 {
    let mut connection = db.connect().await;
    let count = sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    count
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, other) = tokio::join!(TestDb::new(), TestDb::new());
    one.load("create table only_here (); create table and_this ()")
        .await;
    const TABLES: &str = "select count(*) from pg_tables where schemaname = 'public'";
    assert_eq!(count(&one, TABLES).await, 2);
    assert_eq!(count(&other, TABLES).await, 0);
}

#[tokio::test]
async fn a_template_is_set_up_once_and_copied() {
    let one = TestDb::with_template("films", FILMS).await;
    assert_eq!(one.execute("insert into film values (2, 'Dusk')").await, 1);
    let other = TestDb::with_template("films", FILMS).await;
    assert_eq!(count(&one, "select count(*) from film").await, 2);
    assert_eq!(count(&other, "select count(*) from film").await, 1);
}

#[tokio::test]
async fn a_database_outlives_the_connections_to_it_but_not_its_test() {
    let db = TestDb::new().await;
    let mut watcher = sqlx::PgConnection::connect(&db.url()).await.unwrap();
    let name = db.name().to_owned();
    drop(db);
    // The watcher is in that very database: it is disconnected.
    for _ in 0..200 {
        if sqlx::query("select 1").execute(&mut watcher).await.is_err() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let other = TestDb::new().await;
    let mut connection = other.connect().await;
    for _ in 0..200 {
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(&name)
                .fetch_one(&mut connection)
                .await
                .unwrap();
        if !exists {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{name} is still there");
}

#[tokio::test]
async fn the_databases_of_a_living_process_are_left_alone_by_one_that_joins() {
    let db = TestDb::new().await;
    db.load("create table kept ()").await;
    // Another process, such as the tests of another checkout, drops what nobody owns any more.
    let joined = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "testing::the_standard_roles_are_there"])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&joined.stdout);
    assert!(
        joined.status.success() && said.contains("1 passed"),
        "{said}"
    );
    const KEPT: &str = "select count(*) from pg_tables where tablename = 'kept'";
    assert_eq!(count(&db, KEPT).await, 1);
}

#[tokio::test]
async fn the_standard_roles_are_there() {
    let db = TestDb::new().await;
    let mut connection = db.connect_as("authenticator").await;
    for (role, bypasses) in [
        ("anon", false),
        ("authenticated", false),
        ("service_role", true),
    ] {
        sqlx::query("select set_config('role', $1, false)")
            .bind(role)
            .execute(&mut connection)
            .await
            .unwrap();
        let (current, found): (String, bool) = sqlx::query_as(
            "select current_user::text, (select rolbypassrls from pg_roles where rolname = current_user)",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!((current.as_str(), found), (role, bypasses));
    }
}

#[tokio::test]
async fn the_authenticator_logs_in_over_tcp_with_its_password() {
    let db = TestDb::new().await;
    if let Some(url) = db.tcp_url() {
        sqlx::PgConnection::connect(&url).await.unwrap();
        let wrong = url.replacen("authenticator:", "authenticator:x", 1);
        assert!(sqlx::PgConnection::connect(&wrong).await.is_err());
    }
}

#[tokio::test]
#[should_panic(expected = "line 2: create tabel x ()")]
async fn a_failing_set_up_names_the_line() {
    TestDb::with_template("broken", "create table y ();\ncreate tabel x ()").await;
}

#[test]
fn a_database_is_used_by_runtimes_other_than_the_one_that_made_it() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let db = runtime().block_on(TestDb::new());
    let two = runtime().block_on(async { db.execute("create table t (); select 1").await });
    assert_eq!(two, 1);
}
