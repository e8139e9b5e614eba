//! DDL, by event triggers.

use crate::fixture::Audited;

#[tokio::test]
async fn ddl_is_logged_without_its_text() {
    let audited = Audited::new().await;
    assert!(!audited.log.tracks_ddl().await.unwrap());
    assert!(audited.log.track_ddl().await.unwrap());
    audited
        .run(
            "
        set request.jwt.claims = '{\"sub\":\"ada\"}';
        create table notes (id int primary key, body text);
        create policy everybody on notes using (true);
        create temporary table passing (id int);
        alter table invoices disable trigger crestfall_audit_insert;
        drop table notes",
        )
        .await;
    let log = audited.texts("select operation || ' ' || (detail ->> 'type') || ' ' || (detail ->> 'identity') || ' ' || actor
        from audit.log where detail is not null order by position").await;
    assert_eq!(
        log,
        [
            "CREATE TABLE table public.notes ada",
            "CREATE INDEX index public.notes_pkey ada",
            "CREATE POLICY policy everybody on public.notes ada",
            "ALTER TABLE table public.invoices ada",
            "DROP TABLE table public.notes ada",
        ]
    );
    let problem = audited
        .log
        .status()
        .await
        .unwrap()
        .remove(0)
        .problem
        .unwrap();
    assert!(problem.contains("insert"), "{problem}");
}

#[tokio::test]
async fn a_table_keeps_its_log_under_its_new_name_and_ends_with_its_drop() {
    let audited = Audited::new().await;
    audited.log.track_ddl().await.unwrap();
    audited
        .run("insert into invoices values (1, 1, ''); alter table invoices rename to bills")
        .await;
    assert_eq!(audited.log.status().await.unwrap()[0].problem, None);
    assert_eq!(
        audited.log.history("bills", &["1"]).await.unwrap()[0]
            .relation_name
            .as_deref(),
        Some("bills")
    );
    audited.run("drop table bills").await;
    assert!(audited.log.status().await.unwrap().is_empty());
    // What is dropped is rolled back as well.
    audited
        .run("create table again (id int primary key); select audit.track('again')")
        .await;
    audited.run("begin; drop table again; rollback").await;
    assert_eq!(audited.log.status().await.unwrap().len(), 1);
}

#[tokio::test]
async fn new_partitions_are_followed() {
    let audited = Audited::new().await;
    audited.log.track_ddl().await.unwrap();
    audited
        .run(
            "create table m (id int primary key) partition by range (id); select audit.track('m');
        create table m1 partition of m for values from (0) to (10); insert into m1 values (1)",
        )
        .await;
    assert_eq!(audited.log.history("m", &["1"]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_may_not_is_told() {
    let audited = Audited::new().await;
    audited
        .run("grant create on schema public to crestfall_audit")
        .await;
    let answer = audited.texts("select r from (select set_config('role', 'crestfall_audit', false)) s, lateral (select audit.track_ddl() r offset 0) t").await;
    assert_eq!(answer, ["false"]);
}
