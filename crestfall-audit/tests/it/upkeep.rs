//! Partitions and retention.

use std::time::Duration;

use crestfall_audit::{Keeper, KeeperConfig};
use tokio_util::sync::CancellationToken;

use crate::fixture::Audited;

/// As if nobody had ever made one.
async fn drop_partitions(audited: &Audited) {
    audited
        .run("do $$ declare p text; begin for p in select name from audit.partitions() where not is_default
            loop execute format('drop table audit.%I', p); end loop; end $$")
        .await;
}

#[tokio::test]
async fn writers_are_not_refused_while_partitions_are_made_below_them() {
    let audited = Audited::new().await;
    for _ in 0..5 {
        drop_partitions(&audited).await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..4 {
            let mut connection = audited.db.connect().await;
            writers.spawn(async move {
                for round in 0..25 {
                    let id = writer * 100 + round;
                    let sql = format!("insert into invoices values ({id}, 1, ''); delete from invoices where id = {id}");
                    crate::fixture::execute(&mut connection, &sql).await;
                }
            });
        }
        // It may find no moment to, and then tries again.
        while audited.log.maintain().await.is_err() {}
        while let Some(ended) = writers.join_next().await {
            ended.unwrap();
        }
        while audited.log.maintain().await.is_err() {}
    }
    let entries = audited.texts("select count(*) from audit.statements").await;
    assert!(entries[0].parse::<u32>().unwrap() >= 200);
}

#[tokio::test]
async fn partitions_are_made_ahead_and_dropped_after_their_time() {
    let audited = Audited::new().await;
    drop_partitions(&audited).await;
    let made = audited.log.maintain().await.unwrap();
    assert_eq!(made.len(), 3, "{made:?}");
    assert!(audited.log.maintain().await.unwrap().is_empty());
    audited.run("insert into invoices values (1, 1, '')").await;
    // Two months ago, where no partition was.
    audited.run("insert into audit.statements (kind, at, detail) values ('c', now() - interval '60 days', '{\"command\":\"OLD\"}')").await;
    let made = audited.log.maintain().await.unwrap();
    assert!(made.is_empty(), "{made:?}");
    assert_eq!(audited.texts("select count(*) from audit.log").await, ["2"]);
    audited.log.seal(None).await.unwrap();
    audited
        .log
        .configure(Some("30 days"), "week")
        .await
        .unwrap();
    let dropped = audited.log.maintain().await.unwrap();
    assert_eq!(dropped, ["dropped statements_other_1"]);
    assert_eq!(
        audited.texts("select operation from audit.log").await,
        ["INSERT"]
    );
    // The chain knows that retention did it.
    let verdict = audited.log.verify(1, None).await.unwrap();
    assert!(verdict.is_intact() && verdict.seals == 2, "{verdict:?}");
}

#[tokio::test]
async fn entries_are_written_when_nobody_made_partitions() {
    let audited = Audited::new().await;
    drop_partitions(&audited).await;
    audited
        .run("insert into invoices values (1, 1, ''); delete from invoices")
        .await;
    audited.log.maintain().await.unwrap();
    audited.run("insert into invoices values (2, 2, '')").await;
    audited.log.configure(None, "month").await.unwrap();
    audited.log.maintain().await.unwrap();
    audited.run("insert into invoices values (3, 3, '')").await;
    assert_eq!(audited.log.changes(0, 10).await.unwrap().len(), 4);
    assert!(audited.log.configure(Some("soon"), "week").await.is_err());
    assert!(audited.log.configure(None, "year").await.is_err());
}

#[tokio::test]
async fn maintenance_does_not_wait_for_writers_nor_they_for_it() {
    let audited = Audited::new().await;
    audited.log.maintain().await.unwrap();
    let mut writer = audited.db.connect().await;
    crate::fixture::execute(&mut writer, "begin; insert into invoices values (1, 1, '')").await;
    assert!(audited.log.maintain().await.unwrap().is_empty());
    crate::fixture::execute(&mut writer, "commit").await;
}

#[tokio::test]
async fn the_servers_login_role_keeps_the_log_and_can_do_no_more() {
    let audited = Audited::new().await;
    audited.run("insert into invoices values (1, 1, '')").await;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .connect(&audited.db.url_as("authenticator"))
        .await
        .unwrap();
    let config = KeeperConfig {
        maintain_every: Duration::from_millis(50),
        seal_every: Some(Duration::from_millis(50)),
        seal_key: Some(crestfall_core::Secret::new("a key of the tests")),
    };
    let end = CancellationToken::new();
    let keeper = Keeper::new(pool, config);
    let running = tokio::spawn({
        let end = end.clone();
        async move { keeper.run(end).await }
    });
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if audited.texts("select count(*) from audit.signatures").await == ["1"] {
            break;
        }
    }
    end.cancel();
    running.await.unwrap();
    assert_eq!(
        audited.texts("select count(*) from audit.signatures").await,
        ["1"]
    );
    assert_eq!(
        audited
            .texts("select count(*) > 2 from audit.partitions()")
            .await,
        ["true"]
    );
}
