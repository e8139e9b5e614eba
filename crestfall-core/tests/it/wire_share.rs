//! Requests of many clients on few connections.

use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crestfall_core::db::{Access, Db, Param, Scope, Share, Statement};

use crate::database;

fn read<'a>(settings: &'a [(&'a str, &'a str)]) -> Scope<'a> {
    Scope {
        settings,
        access: Access::ReadOnly,
        ..Scope::default()
    }
}

async fn text(db: &Db, scope: &Scope<'_>, statement: Statement) -> Result<String, String> {
    let rows = db.run(scope, &[statement]).await;
    rows.map(|rows| String::from_utf8_lossy(rows[0].first().unwrap_or_default()).into_owned())
        .map_err(|error| {
            error
                .postgres()
                .map(|error| error.code.clone())
                .unwrap_or(error.to_string())
        })
}

/// Runs it a few times, so that it is known to be short.
async fn warm(db: &Db, sql: &'static str, param: &'static str) {
    for _ in 0..5 {
        let _ = text(db, &read(&[]), Statement::new(sql).bind(param)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_request_does_not_disturb_its_neighbours() {
    let Some(db) = database(|config| config.pool_size = 2).await else {
        return;
    };
    let sql = "select (100 / $1::int)::text";
    warm(&db, sql, "5").await;
    let mut tasks = Vec::new();
    for task in 0..16 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..200 {
                let divisor = (task + n) % 4;
                let sql = if n % 50 == 7 {
                    "select nothing from nowhere where $1"
                } else {
                    sql
                };
                let expected = match (divisor, sql.contains("nowhere")) {
                    (_, true) => Err("42P01".to_owned()),
                    (0, _) => Err("22012".to_owned()),
                    (divisor, _) => Ok((100 / divisor).to_string()),
                };
                let statement = Statement::new(sql).bind(divisor.to_string());
                assert_eq!(text(&db, &read(&[]), statement).await, expected);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert!(db.status().size <= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_sees_its_own_role_s_rows() {
    let Some(db) = database(|config| config.pool_size = 2).await else {
        return;
    };
    let setup = "do $$ begin
        perform pg_advisory_xact_lock(1);
        -- Roles are of the whole cluster, which other databases' tests share.
        begin create role tenant_a; exception when duplicate_object or unique_violation then null; end;
        begin create role tenant_b; exception when duplicate_object or unique_violation then null; end;
        if to_regclass('tenants') is null then
          create table tenants(owner text);
          insert into tenants values ('tenant_a'), ('tenant_b'), ('tenant_b');
          alter table tenants enable row level security;
          create policy own on tenants using (owner = current_user and owner = current_setting('request.owner'));
          grant select on tenants to tenant_a, tenant_b;
        end if; end $$";
    db.run(&Scope::default(), &[Statement::new(setup)])
        .await
        .unwrap();
    let mut tasks = Vec::new();
    for task in 0..16 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..200 {
                let (role, expected) = [("tenant_a", "1"), ("tenant_b", "2")][(task + n) % 2];
                let settings = [("role", role), ("request.owner", role)];
                let statement =
                    Statement::new("select count(*) from tenants where $1 <> ''").bind("x");
                assert_eq!(
                    text(&db, &read(&settings), statement).await.unwrap(),
                    expected
                );
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_statement_does_not_hold_up_short_ones() {
    let Some(db) = database(|config| config.pool_size = 3).await else {
        return;
    };
    let short = "select $1::text";
    warm(&db, short, "a").await;
    let none = read(&[]);
    let slow = text(
        &db,
        &none,
        Statement::new("select pg_sleep(1)::text || $1").bind("x"),
    );
    let shorts = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let begin = Instant::now();
        for _ in 0..50 {
            text(&db, &none, Statement::new(short).bind("b"))
                .await
                .unwrap();
        }
        begin.elapsed()
    };
    let (slow, elapsed) = tokio::join!(slow, shorts);
    slow.unwrap();
    assert!(elapsed < Duration::from_millis(500), "{elapsed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_needs_a_connection_alone_gets_one_among_many_who_share() {
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let short = "select $1::text";
    warm(&db, short, "a").await;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (db, stop) = (db.clone(), stop.clone());
        tasks.push(tokio::spawn(async move {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                text(&db, &read(&[]), Statement::new(short).bind("b"))
                    .await
                    .unwrap();
            }
        }));
    }
    let begin = Instant::now();
    for _ in 0..50 {
        let scope = Scope {
            share: Share::Alone,
            ..Scope::default()
        };
        text(
            &db,
            &scope,
            Statement::new("select $1::text").bind(Param::Null),
        )
        .await
        .unwrap();
    }
    let elapsed = begin.elapsed();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    assert!(elapsed < Duration::from_secs(3), "{elapsed:?}");
}

#[tokio::test]
async fn nothing_is_queued_behind_a_statement_that_became_slow() {
    let Some(db) = database(|config| config.pool_size = 3).await else {
        return;
    };
    // One text: short until it is told to sleep.
    let sql = "select pg_sleep($1::float)::text";
    warm(&db, sql, "0").await;
    let none = read(&[]);
    let slow = text(&db, &none, Statement::new(sql).bind("1"));
    let shorts = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begin = Instant::now();
        let short = || text(&db, &none, Statement::new(sql).bind("0"));
        for _ in 0..20 {
            let (a, b, c) = tokio::join!(short(), short(), short());
            assert!(a.is_ok() && b.is_ok() && c.is_ok());
        }
        begin.elapsed()
    };
    let (slow, elapsed) = tokio::join!(slow, shorts);
    slow.unwrap();
    assert!(elapsed < Duration::from_millis(700), "{elapsed:?}");
}

#[tokio::test]
async fn whoever_leaves_before_what_was_gathered_is_written_strands_nobody() {
    let Some(db) = database(|config| config.pool_size = 2).await else {
        return;
    };
    let sql = "select upper($1)";
    warm(&db, sql, "a").await;
    for round in 0..50 {
        let scope = read(&[]);
        let mut requests: Vec<_> = (0..12)
            .map(|_| Box::pin(text(&db, &scope, Statement::new(sql).bind("a"))))
            .collect();
        let mut nobody = Context::from_waker(Waker::noop());
        // All of them are submitted before the runtime does anything else.
        for request in &mut requests {
            assert!(request.as_mut().poll(&mut nobody).is_pending());
        }
        let stay = requests.split_off(1 + round % 10);
        drop(requests);
        let answers = tokio::time::timeout(
            Duration::from_secs(10),
            futures_util::future::join_all(stay),
        );
        for answer in answers.await.expect("everybody is answered") {
            assert_eq!(answer.as_deref(), Ok("A"));
        }
    }
}
