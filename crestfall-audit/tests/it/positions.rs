//! Readers that come back with a position.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::fixture::{Audited, execute};

async fn drain(audited: &Audited, after: &mut i64, seen: &mut Vec<i64>) {
    loop {
        let entries = audited.log.changes(*after, 100).await.unwrap();
        let Some(last) = entries.last() else { return };
        *after = last.position;
        for entry in entries {
            let id = entry.key.unwrap()["id"].as_i64().unwrap();
            seen.push(id);
        }
    }
}

#[tokio::test]
async fn an_entry_waits_until_nobody_can_write_below_it() {
    let audited = Audited::new().await;
    let (mut first, mut second) = (audited.db.connect().await, audited.db.connect().await);
    let (mut after, mut seen) = (0, Vec::new());
    execute(&mut first, "begin; insert into invoices values (1, 1, '')").await;
    execute(&mut second, "insert into invoices values (2, 2, '')").await;
    // 2 is committed, with a position above that of 1, which is not.
    for _ in 0..3 {
        drain(&audited, &mut after, &mut seen).await;
    }
    assert_eq!((after, seen.as_slice()), (0, [].as_slice()));
    execute(&mut first, "commit").await;
    drain(&audited, &mut after, &mut seen).await;
    assert_eq!(seen, [1, 2]);
    // What comes later is not held up by what was.
    execute(&mut second, "insert into invoices values (3, 3, '')").await;
    drain(&audited, &mut after, &mut seen).await;
    assert_eq!(seen, [1, 2, 3]);
}

#[tokio::test]
async fn a_transaction_that_begins_after_a_mark_holds_nobody_up_below_it() {
    let audited = Audited::new().await;
    let (mut early, mut late) = (audited.db.connect().await, audited.db.connect().await);
    let (mut after, mut seen) = (0, Vec::new());
    execute(&mut early, "begin; insert into invoices values (1, 1, '')").await;
    audited.run("insert into invoices values (2, 2, '')").await;
    drain(&audited, &mut after, &mut seen).await;
    execute(&mut late, "begin; insert into invoices values (3, 3, '')").await;
    execute(&mut early, "commit").await;
    drain(&audited, &mut after, &mut seen).await;
    assert_eq!(seen, [1, 2]);
    execute(&mut late, "rollback").await;
    drain(&audited, &mut after, &mut seen).await;
    assert_eq!(seen, [1, 2]);
}

#[tokio::test]
async fn readers_in_transactions_of_any_isolation_skip_nothing() {
    let audited = Audited::new().await;
    let mut open = audited.db.connect().await;
    execute(&mut open, "begin; insert into invoices values (1, 1, '')").await;
    audited.run("insert into invoices values (2, 2, '')").await;
    for isolation in [
        "read committed",
        "repeatable read",
        "serializable",
        "serializable read only",
    ] {
        let mut reader = audited.db.connect().await;
        execute(&mut reader, &format!("begin isolation level {isolation}")).await;
        let seen = crate::fixture::texts(&mut reader, "select count(*) from audit.changes()").await;
        assert_eq!(seen, ["0"], "{isolation}");
        execute(&mut reader, "commit").await;
    }
    // A reader that writes where it stands, in one transaction, several times.
    let mut reader = audited.db.connect().await;
    execute(
        &mut reader,
        "create table stand (position bigint); begin; insert into stand values (0)",
    )
    .await;
    let seen = crate::fixture::texts(&mut reader, "select count(*) from audit.changes()").await;
    assert_eq!(seen, ["0"]);
    execute(&mut reader, "commit").await;
    execute(&mut open, "commit").await;
    let (mut after, mut seen) = (0, Vec::new());
    drain(&audited, &mut after, &mut seen).await;
    assert_eq!(seen, [1, 2]);
}

#[tokio::test]
async fn no_reader_skips_or_repeats_anything_while_transactions_overlap() {
    const WRITERS: i64 = 6;
    const EACH: i64 = 60;
    let audited = Audited::new().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let url = audited.db.url();
        writers.spawn(async move {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            for round in 0..EACH {
                // Some are long, some are rolled back, some have savepoints.
                let (one, two) = (writer * 1000 + 2 * round, writer * 1000 + 2 * round + 1);
                execute(
                    &mut connection,
                    &format!("begin; insert into invoices values ({one}, 0, '')"),
                )
                .await;
                if round % 7 == writer % 7 {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                execute(
                    &mut connection,
                    &format!("savepoint s; insert into invoices values ({two}, 0, '')"),
                )
                .await;
                if round % 5 == 0 {
                    execute(&mut connection, "rollback to s").await;
                }
                let end = if round % 11 == 3 {
                    "rollback"
                } else {
                    "commit"
                };
                execute(&mut connection, end).await;
            }
        });
    }
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (log, _) = (audited.log.clone(), ());
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let reading = tokio::spawn(async move {
                let mut stopped = stopped;
                let (mut after, mut seen, mut last_round) = (0, Vec::new(), false);
                loop {
                    let entries = log.changes(after, 37).await.unwrap();
                    match entries.last() {
                        Some(last) => after = last.position,
                        None if last_round => return seen,
                        None => {
                            last_round = stopped.try_recv().is_ok();
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                    }
                    seen.extend(entries.iter().map(|entry| {
                        (
                            entry.position,
                            entry.key.clone().unwrap()["id"].as_i64().unwrap(),
                        )
                    }));
                }
            });
            (stop, reading)
        })
        .collect();
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    let there: HashSet<i64> = audited
        .texts("select id from invoices")
        .await
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    assert!(there.len() as i64 > WRITERS * EACH);
    for (stop, reading) in readers {
        stop.send(()).unwrap();
        let seen = reading.await.unwrap();
        assert!(
            seen.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "out of order"
        );
        let ids: HashSet<i64> = seen.iter().map(|(_, id)| *id).collect();
        assert_eq!(ids.len(), seen.len(), "repeated");
        assert_eq!(ids, there);
    }
}
