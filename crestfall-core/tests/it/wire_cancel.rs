//! Requests that go away, and what must not be left behind by them.

use std::time::{Duration, Instant};

use crestfall_core::db::{Access, Db, Scope, Share, Statement};
use tokio::time::timeout;

use crate::database;

const ROLE: Scope<'static> = Scope {
    settings: &[("role", "pg_monitor"), ("request.leak", "secret")],
    access: Access::ReadOnly,
    isolation: None,
    end: crestfall_core::db::End::Commit,
    prelude: None,
    share: Share::Pipelined,
    leaves_nothing: false,
};

async fn state(db: &Db) -> String {
    let sql = "select current_user || ':' || coalesce(current_setting('request.leak', true), '') \
               || ':' || current_setting('transaction_read_only') \
               || ':' || (now() = statement_timestamp() or true)";
    let rows = db
        .run(&Scope::default(), &[Statement::new(sql)])
        .await
        .unwrap();
    String::from_utf8(rows[0].first().unwrap().to_vec()).unwrap()
}

/// `CRESTFALL_TEST_CANCELLATIONS` sets how many are tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaks_from_requests_that_go_away() {
    let Some(db) = database(|config| config.pool_size = 3).await else {
        return;
    };
    let attempts: u64 = std::env::var("CRESTFALL_TEST_CANCELLATIONS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2_000);
    let mut tasks = Vec::new();
    for task in 0..8 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            for attempt in 0..attempts / 8 {
                go_away(&db, (task * 7919 + attempt) % 40, attempt).await;
                if attempt % 10 == 0 {
                    assert_eq!(state(&db).await, "postgres::off:true");
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(state(&db).await, "postgres::off:true");
}

/// A request dropped after so many times 20 microseconds, of one of four kinds.
async fn go_away(db: &Db, steps: u64, kind: u64) {
    let pause = Duration::from_micros(20 * steps);
    let quick = [Statement::new("select pg_sleep(0.0002)")];
    let slow = [Statement::new("select pg_sleep(0.002)")];
    let write = Scope {
        access: Access::ReadWrite,
        ..ROLE
    };
    // Long enough to be cancelled by a message, not only waited for.
    let long = [Statement::new("select pg_sleep(0.1)")];
    match kind % 40 {
        5 => drop(timeout(pause, db.run(&ROLE, &long)).await),
        13 => drop(timeout(pause, db.open(&write, &long)).await),
        _ => {}
    }
    match kind % 8 {
        0 => drop(timeout(pause, db.open(&write, &quick)).await),
        1 => drop(
            timeout(
                pause,
                db.run(
                    &Scope {
                        end: crestfall_core::db::End::Rollback,
                        ..write
                    },
                    &quick,
                ),
            )
            .await,
        ),
        2 => drop(timeout(pause, db.run(&ROLE, &slow)).await),
        3 => {
            let both = async {
                let (_, mut open) = db.open(&write, &quick).await?;
                open.run(&slow).await?;
                open.commit().await
            };
            drop(timeout(2 * pause, both).await);
        }
        _ => drop(timeout(pause, db.run(&ROLE, &quick)).await),
    }
}

#[tokio::test]
async fn a_statement_nobody_waits_for_is_cancelled() {
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let sleep = [Statement::new("select pg_sleep(60)")];
    let begin = Instant::now();
    assert!(
        timeout(Duration::from_millis(200), db.run(&ROLE, &sleep))
            .await
            .is_err()
    );
    assert!(
        timeout(Duration::from_millis(100), db.open(&ROLE, &sleep))
            .await
            .is_err()
    );
    assert_eq!(state(&db).await, "postgres::off:true");
    let (_, mut open) = db.open(&ROLE, &[]).await.unwrap();
    assert!(
        timeout(Duration::from_millis(200), open.run(&sleep))
            .await
            .is_err()
    );
    drop(open);
    assert_eq!(state(&db).await, "postgres::off:true");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_copy_nobody_reads_is_cancelled() {
    use futures_util::StreamExt;
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let sql = "copy (select repeat('x', 1000) from generate_series(1, 100000000)) to stdout";
    let mut copy = db.copy_out(&ROLE, &Statement::new(sql)).await.unwrap();
    let first = copy.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"xxx"));
    drop(copy);
    assert_eq!(state(&db).await, "postgres::off:true");
    let sql = "copy (select n from generate_series(1, 100000) n) to stdout";
    let copy = db.copy_out(&ROLE, &Statement::new(sql)).await.unwrap();
    let bytes: usize = copy
        .map(|part| part.unwrap().len())
        .collect::<Vec<_>>()
        .await
        .iter()
        .sum();
    assert_eq!(bytes, 588_895);
    let refused = db
        .copy_out(&ROLE, &Statement::new("copy pg_authid to stdout"))
        .await
        .unwrap_err();
    assert_eq!(refused.postgres().unwrap().code, "42501");
    let sql = "copy (select 1 / (3 - n) from generate_series(1, 5) n) to stdout";
    let copy = db.copy_out(&ROLE, &Statement::new(sql)).await;
    let failed = match copy {
        Err(error) => error,
        Ok(copy) => copy
            .filter_map(|part| async { part.err() })
            .collect::<Vec<_>>()
            .await
            .remove(0),
    };
    assert_eq!(failed.postgres().unwrap().code, "22012");
    assert_eq!(state(&db).await, "postgres::off:true");
}
