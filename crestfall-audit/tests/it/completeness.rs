//! Nothing without an entry, no entry without what it tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crestfall_audit::{Log, migrations};
use crestfall_core::cluster::{Cluster, Options};
use crestfall_core::migrate;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection};

use crate::fixture::{Audited, execute};

/// How often the table and the log disagree: rows without their last image, entries without a row.
const DISAGREEMENTS: &str = "
    with last as (
      select distinct on (l.key) l.key, l.after from audit.log l where l.relation_name = 'invoices'
      order by l.key, l.position desc
    )
    select count(*) from (select * from last where after is not null) l
    full join invoices i on jsonb_build_object('id', i.id) = l.key
    where to_jsonb(i) is distinct from l.after";

#[tokio::test]
async fn what_is_rolled_back_leaves_no_entry() {
    let audited = Audited::new().await;
    audited
        .run("begin; insert into invoices values (1, 1, ''); rollback")
        .await;
    audited.run("
        begin;
        insert into invoices values (1, 1, '');
        savepoint a; insert into invoices values (2, 2, ''); update invoices set amount = 5; rollback to a;
        savepoint b; insert into invoices values (3, 3, ''); release b;
        do $$ begin insert into invoices values (4, 4, ''); raise 'no'; exception when others then null; end $$;
        commit").await;
    let log = audited
        .texts("select operation || ' ' || (key ->> 'id') from audit.log order by position")
        .await;
    assert_eq!(log, ["INSERT 1", "INSERT 3"]);
    assert_eq!(audited.texts(DISAGREEMENTS).await, ["0"]);
}

#[tokio::test]
async fn serialization_failures_and_killed_clients_leave_table_and_log_as_one() {
    let audited = Audited::new().await;
    audited
        .run("insert into invoices select g, 0, '' from generate_series(1, 5) g")
        .await;
    let failures = Arc::new(AtomicI64::new(0));
    let kept = Arc::new(AtomicI64::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..6_i64 {
        let (url, failures, kept) = (audited.db.url(), failures.clone(), kept.clone());
        clients.spawn(async move {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            for round in 0..40_i64 {
                if (round + client) % 13 == 0 {
                    // In the middle of a transaction, without a word.
                    let begun = "begin; update invoices set amount = amount + 1000 where id = 1";
                    let _ = sqlx::raw_sql(begun).execute(&mut connection).await;
                    drop(connection);
                    connection = PgConnection::connect(&url).await.unwrap();
                }
                let id = 1 + (round * 7 + client) % 5;
                let sql = format!("begin isolation level serializable;
                    update invoices set amount = amount + (select count(*) from invoices where amount >= 0) where id = {id};
                    update invoices set amount = amount + 1 where id = 1 + ({id} % 5);
                    commit");
                match sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await {
                    Ok(_) => { kept.fetch_add(1, Ordering::Relaxed); }
                    Err(_) => {
                        failures.fetch_add(1, Ordering::Relaxed);
                        execute(&mut connection, "rollback").await;
                    }
                }
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        failures.load(Ordering::Relaxed) > 0,
        "no conflict: nothing was tested"
    );
    assert_eq!(audited.texts(DISAGREEMENTS).await, ["0"]);
    let updates = audited
        .texts("select count(*) from audit.log where operation = 'UPDATE'")
        .await;
    assert_eq!(updates, [(2 * kept.load(Ordering::Relaxed)).to_string()]);
    // One change follows the other: each begins where the one before it ended.
    let gaps = audited.texts("select count(*) from (
        select before, lag(after) over (partition by key order by position) as earlier from audit.log) l
        where earlier is not null and before <> earlier").await;
    assert_eq!(gaps, ["0"]);
}

#[tokio::test]
async fn a_killed_postgresql_comes_back_with_table_and_log_as_one() {
    let directory = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    // Durable: fsync is on.
    let options = Options::new(directory.path().join("cluster"));
    let mut cluster = Cluster::start(options.clone()).await.unwrap();
    cluster.ensure_database("app").await.unwrap();
    let database = migrate::database(&cluster.url("app")).unwrap();
    migrate::run(&database, &migrations(), &migrate::Options::default())
        .await
        .unwrap();
    let mut connection = PgConnection::connect(&cluster.url("app")).await.unwrap();
    execute(&mut connection, "create table invoices (id bigint primary key, amount numeric); select audit.track('invoices')").await;
    drop(connection);
    let next = Arc::new(AtomicI64::new(1));
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (url, next) = (cluster.url("app"), next.clone());
            writers.spawn(async move {
                let mut done = Vec::new();
                let Ok(mut connection) = PgConnection::connect(&url).await else { return done };
                loop {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    let sql = format!("begin; insert into invoices values ({id}, 0); update invoices set amount = 1 where id = {id}; commit");
                    if sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.is_err() {
                        return done;
                    }
                    done.push(id);
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        kill(Pid::from_raw(cluster.pid()), Signal::SIGKILL).unwrap();
        while let Some(done) = writers.join_next().await {
            acknowledged.extend(done.unwrap());
        }
        cluster.detach();
        cluster = Cluster::start(options.clone()).await.unwrap();
    }
    assert!(
        acknowledged.len() > 50,
        "only {} writes",
        acknowledged.len()
    );
    let mut connection = PgConnection::connect(&cluster.url("app")).await.unwrap();
    assert_eq!(
        crate::fixture::texts(&mut connection, DISAGREEMENTS).await,
        ["0"]
    );
    let logged: Vec<i64> = sqlx::query_scalar(
        "select (key ->> 'id')::bigint from audit.log where operation = 'UPDATE'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let logged: std::collections::HashSet<i64> = logged.into_iter().collect();
    assert!(acknowledged.iter().all(|id| logged.contains(id)));
    // And a reader gets all of it.
    let pool = PgPoolOptions::new()
        .connect(&cluster.url("app"))
        .await
        .unwrap();
    let log = Log::new(pool);
    let mut read = 0;
    let mut after = 0;
    loop {
        let entries = log.changes(after, 500).await.unwrap();
        let Some(last) = entries.last() else { break };
        after = last.position;
        read += entries.len();
    }
    assert_eq!(read, 2 * logged.len());
    cluster.stop().await.unwrap();
}
