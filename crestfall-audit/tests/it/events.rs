//! What D46 asks of the log besides rows: every kind of event in one shape, refusals too, bounded, append-only,
//! read by organisation, and exported.

use std::time::Duration;

use crestfall_audit::{Event, Export, Format, Log, Outcome, Recorder, record};
use crestfall_core::Identity;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::fixture::Audited;

/// What crestfall-auth and crestfall-rbac keep, as far as it matters here.
const OTHERS: &str = "
    create schema auth;
    create table auth.audit_log_entries (
      id uuid primary key default gen_random_uuid(), payload json, created_at timestamptz default now(),
      ip_address text not null default '');
    create table auth.signing_keys (id int primary key, kid text, sealed_key text, state text);
    create schema rbac;
    create table rbac.assignments (id int primary key, subject text, role text);
    create table rbac.invitations (id int primary key, email text, token_hash bytea);";

fn ada() -> Identity {
    let claims = json!({ "sub": "ada", "session_id": "s1", "org_id": "o1" });
    Identity::from_token("authenticated".into(), claims.as_object().unwrap().clone())
}

#[tokio::test]
async fn d46_accounts_keys_and_authorization_are_in_the_same_log_once_adopted() {
    let audited = Audited::new().await;
    assert_eq!(audited.log.adopt().await.unwrap(), Vec::<String>::new());
    audited.run(OTHERS).await;
    assert_eq!(audited.log.adopt().await.unwrap().len(), 4);
    assert_eq!(audited.log.adopt().await.unwrap(), Vec::<String>::new());
    audited
        .run(
            r#"
        begin;
        insert into auth.audit_log_entries (payload, ip_address) values
          ('{"action":"login","actor_id":"u1","user_id":"u1","actor_username":"ada@example.org","request_id":"r1"}', '192.0.2.1'),
          ('{"action":"login_failed","actor_id":"u1","user_id":"u1","traits":{"provider":"email"}}', '192.0.2.2');
        insert into auth.signing_keys values (1, 'k1', 'sealed secret', 'current');
        insert into rbac.assignments values (1, 'bob', 'admin');
        insert into rbac.invitations values (1, 'c@example.org', 'token');
        commit;
        begin; insert into auth.audit_log_entries (payload) values ('{"action":"logout"}'); rollback;
    "#,
        )
        .await;
    let entries = audited.log.changes(0, 100).await.unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|one| (one.operation.as_str(), one.relation_name.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("auth.login", None),
            ("auth.login_failed", None),
            ("INSERT", Some("signing_keys")),
            ("INSERT", Some("assignments")),
            ("INSERT", Some("invitations")),
        ]
    );
    let login = &entries[0];
    assert_eq!(
        (
            login.actor.as_deref(),
            login.request.as_deref(),
            login.ip.as_deref()
        ),
        (Some("u1"), Some("r1"), Some("192.0.2.1"))
    );
    let outcomes = audited
        .texts("select outcome from audit.events order by position")
        .await;
    assert_eq!(outcomes, ["success", "failure"]);
    let all = serde_json::to_string(&entries).unwrap();
    for secret in ["sealed secret", "token_hash", "ada@example.org"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    // Out again is out for good.
    audited.log.untrack("rbac.assignments").await.unwrap();
    assert_eq!(audited.log.adopt().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn d46_an_event_is_written_in_its_transaction_with_the_transactions_actor() {
    let audited = Audited::new().await;
    let pool = PgPool::connect(&audited.db.url()).await.unwrap();
    let mut undone = pool.begin().await.unwrap();
    record(&mut *undone, Event::new("shop.order_refunded"))
        .await
        .unwrap();
    undone.rollback().await.unwrap();
    let mut kept = pool.begin().await.unwrap();
    let become_ada = "select set_config('request.jwt.claims', '{\"sub\":\"ada\"}', true)";
    sqlx::query(become_ada).execute(&mut *kept).await.unwrap();
    let event = Event::new("shop.order_refunded").detail("order", 7);
    record(&mut *kept, event).await.unwrap();
    kept.commit().await.unwrap();
    let entries = audited.log.changes(0, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].operation, "shop.order_refunded");
    assert_eq!(entries[0].actor.as_deref(), Some("ada"));
    assert_eq!(
        entries[0].detail,
        Some(json!({ "event": "shop.order_refunded", "outcome": "success", "order": 7 }))
    );
    let bad = audited.log.record(Event::new("refunded")).await;
    assert!(bad.unwrap_err().to_string().contains("no name of an event"));
}

#[tokio::test]
async fn d46_refusals_are_written_by_the_login_role_and_a_flood_of_them_is_one_entry() {
    let audited = Audited::new().await;
    let pool = PgPool::connect(&audited.db.url_as("authenticator"))
        .await
        .unwrap();
    let recorder = Recorder::default();
    let end = CancellationToken::new();
    for request in ["r1", "r2", "r3"] {
        let event = Event::new("access.refused").outcome(Outcome::Refused);
        recorder.tell(
            event
                .detail("path", "/invoices")
                .by(&ada(), request, "192.0.2.9"),
        );
    }
    let running = tokio::spawn({
        let (recorder, end) = (recorder.clone(), end.clone());
        async move { recorder.run(&Log::new(pool), end).await }
    });
    // What was told before the end is written at the end.
    tokio::time::sleep(Duration::from_millis(50)).await;
    end.cancel();
    running.await.unwrap();
    let entries = audited.log.changes(0, 10).await.unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    let refusal = &entries[0];
    assert_eq!(refusal.operation, "access.refused");
    assert_eq!(refusal.actor.as_deref(), Some("ada"));
    assert_eq!(refusal.organisation.as_deref(), Some("o1"));
    assert_eq!(refusal.request.as_deref(), Some("r1"));
    assert_eq!(refusal.role, "authenticated");
    let detail = refusal.detail.as_ref().unwrap();
    assert_eq!(
        (&detail["times"], &detail["outcome"]),
        (&json!(3), &json!("refused"))
    );
}

#[tokio::test]
async fn d46_no_role_of_requests_writes_or_changes_events() {
    let audited = Audited::new().await;
    let forged = "select audit.record_all('[]')";
    for role in ["anon", "authenticated", "service_role"] {
        let told = audited.refusal(role, forged).await;
        assert!(told.contains("permission denied"), "{role}: {told}");
        let told = audited
            .refusal(role, "select audit.capture_account()")
            .await;
        assert!(told.contains("permission denied"), "{role}: {told}");
    }
    for role in ["anon", "authenticated"] {
        let told = audited
            .refusal(role, "select audit.record('shop.faked')")
            .await;
        assert!(told.contains("permission denied"), "{role}: {told}");
    }
    audited.log.record(Event::new("shop.opened")).await.unwrap();
    for change in [
        "update audit.statements set detail = '{}'",
        "delete from audit.statements",
        "truncate audit.statements",
    ] {
        let told = audited.refusal("service_role", change).await;
        assert!(told.contains("permission denied"), "{change}: {told}");
    }
}

#[tokio::test]
async fn d46_an_export_goes_on_where_the_last_one_ended_in_both_formats() {
    let audited = Audited::new().await;
    audited
        .run("insert into invoices select g, g, 'a, \"b\"' from generate_series(1, 2500) g")
        .await;
    let mut first = Vec::new();
    let export = Export::new(audited.log.clone(), Format::JsonLines);
    let last = export.write_to(&mut first).await.unwrap();
    let lines: Vec<Value> = String::from_utf8(first)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2500);
    let ids: std::collections::BTreeSet<_> = lines
        .iter()
        .map(|line| line["after"]["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids.len(), 2500);
    audited
        .run("update invoices set amount = 0 where id = 7")
        .await;
    audited.log.record(Event::new("shop.closed")).await.unwrap();
    let mut second = Vec::new();
    let export = Export::new(audited.log.clone(), Format::Csv).after(last);
    let end = export.write_to(&mut second).await.unwrap();
    let text = String::from_utf8(second).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("position,at,"), "{text}");
    assert!(
        lines[1].contains(r#""{""id"":7}""#) && lines[1].contains(",UPDATE,"),
        "{text}"
    );
    assert!(lines[2].contains("shop.closed"), "{text}");
    let mut nothing = Vec::new();
    let export = Export::new(audited.log.clone(), Format::JsonLines).after(end);
    assert_eq!(export.write_to(&mut nothing).await.unwrap(), end);
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn bulk_updates_keep_every_image_whatever_the_columns_are() {
    let audited = Audited::new().await;
    // Equal values whose texts differ, arrays, JSON, nulls, names that need quotes.
    audited
        .run(
            r#"
        create table odd (id int primary key, "a'b" numeric, tags text[], doc json, note text, old int);
        select audit.track('odd');
        insert into odd select g, 1.0, array[g::text, null], '{"a" : 1}', case when g % 2 = 0 then 'n' end, g from generate_series(1, 5) g;
        update odd set "a'b" = 1.00, tags = '{}', note = null;
        delete from odd;
    "#,
        )
        .await;
    let history = audited.log.history("odd", &["2"]).await.unwrap();
    let changed: Vec<_> = history.iter().map(|one| one.changed.clone()).collect();
    let changes = vec!["note".to_owned(), "tags".to_owned()];
    assert_eq!(changed, [None, Some(changes), None]);
    assert_eq!(history[0].after, history[1].before);
    assert_eq!(history[1].after, history[2].before);
    let texts = audited
        .texts("select (before ->> 'a''b') || ' ' || (after ->> 'a''b') from audit.log where operation = 'UPDATE' limit 1")
        .await;
    assert_eq!(texts, ["1.0 1.00"]);
    // A column that came since is in the images all the same.
    audited
        .run(
            "alter table odd add column late int; insert into odd (id, late) values (8, 1), (9, 2)",
        )
        .await;
    let late = audited
        .texts("select after ->> 'late' from audit.log where (key ->> 'id')::int > 7 order by position")
        .await;
    assert_eq!(late, ["1", "2"]);
    let done = audited.log.refresh().await.unwrap();
    assert_eq!(done, ["public.odd: its columns have changed"]);
}

#[tokio::test]
async fn d46_what_could_not_wait_is_told_by_its_number() {
    let audited = Audited::new().await;
    let recorder = Recorder::default();
    for number in 0..4100 {
        let event = Event::new("access.refused").detail("path", format!("/{number}"));
        recorder.tell(event);
    }
    let end = CancellationToken::new();
    let writing = tokio::spawn({
        let (recorder, log, end) = (recorder.clone(), audited.log.clone(), end.clone());
        async move { recorder.run(&log, end).await }
    });
    let lost = "select detail ->> 'times' from audit.events where event = 'audit.events_lost'";
    while audited.texts(lost).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(audited.texts(lost).await, ["4"]);
    end.cancel();
    writing.await.unwrap();
    let kept = "select count(*) from audit.events where event = 'access.refused'";
    assert_eq!(audited.texts(kept).await, ["4096"]);
}
