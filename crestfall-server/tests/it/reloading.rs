//! Settings and catalogue change while the process serves.

use crestfall_core::testing::TestDb;
use nix::sys::signal::Signal;

use crate::process::Process;

const TODOS: &str = "
    create table todos (id int primary key);
    insert into todos select generate_series(1, 5);
    grant select on todos to anon;";

#[tokio::test]
async fn usr1_and_notify_load_the_catalogue_pr_172_173() {
    let db = TestDb::new().await;
    db.load(TODOS).await;
    let process = Process::start(&db, &[]);
    assert_eq!(process.get("/todos").0, 200);
    for (table, by_signal) in [("first", true), ("second", false)] {
        assert_eq!(process.get(&format!("/{table}")).0, 404);
        db.load(&format!(
            "create table {table} (); grant select on {table} to anon;"
        ))
        .await;
        match by_signal {
            true => process.signal(Signal::SIGUSR1),
            false => db.load("notify pgrst, 'reload schema'").await,
        }
        process.until(table, || process.get(&format!("/{table}")).0 == 200);
    }
}

#[tokio::test]
async fn a_failed_reload_of_settings_keeps_the_old_ones() {
    let db = TestDb::new().await;
    db.load(TODOS).await;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret of thirty-two or more bytes").unwrap();
    let setting = format!("@{}", secret.display());
    let process = Process::start(&db, &[("PGRST_JWT_SECRET", &setting)]);

    std::fs::write(&secret, "short").unwrap();
    process.signal(Signal::SIGUSR2);
    process.wait_for_log("Failed reloading config: The JWT secret must be at least 32");
    assert_eq!(process.get("/todos").0, 200);

    std::fs::write(&secret, "another secret of thirty-two bytes").unwrap();
    let reloads = process.log().matches("Config reloaded").count();
    db.load("notify pgrst, 'reload config'").await;
    process.until("a reload", || {
        process.log().matches("Config reloaded").count() > reloads
    });
}

#[tokio::test]
async fn the_database_answers_for_settings_before_the_environment_pr_177() {
    let db = TestDb::new().await;
    db.load(TODOS).await;
    let function = "
        create function limits() returns void language sql
            as $$ select set_config('pgrst.db_max_rows', '2', true) $$;
        grant execute on function limits() to authenticator;";
    db.load(function).await;
    let variables = [
        ("PGRST_DB_PRE_CONFIG", "limits"),
        ("PGRST_DB_MAX_ROWS", "4"),
    ];
    let process = Process::start(&db, &variables);
    assert_eq!(
        process.get("/todos?select=id").1,
        "[{\"id\":1}, \n {\"id\":2}]"
    );
}

#[tokio::test]
async fn a_catalogue_that_cannot_be_loaded_is_tried_again_and_not_ready() {
    let db = TestDb::new().await;
    db.load(TODOS).await;
    let url = db.url_as("authenticator");
    let process = Process::launch(&url, &[("PGRST_DB_SCHEMAS", "missing")]);
    process.wait_for_log("Failed to load the schema cache using db-schemas=missing");
    process.wait("/live", 200);
    assert_eq!(process.admin("/ready").0, 503);
    assert_eq!(process.get("/todos").0, 503);
    db.load("create schema missing").await;
    process.wait("/ready", 200);
    let (_, metrics) = process.admin("/metrics");
    assert!(metrics.contains("pgrst_schema_cache_loads_total{status=\"SUCCESS\"} 1.0\n"));
    assert!(metrics.contains("pgrst_schema_cache_loads_total{status=\"FAIL\"} "));
}
