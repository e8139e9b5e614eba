//! A right that is taken away is gone at once, on every node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crestfall_rbac::{Permission, Place, Rbac};
use parking_lot::Mutex;

use crate::service::TestRbac;

/// What must hold; nodes on one machine are far below it.
const LIMIT: Duration = Duration::from_secs(1);

async fn allowed(rbac: &Rbac, subject: &str, permission: &Permission) -> bool {
    let grants = rbac.grants_of(subject).await.expect("grants");
    grants.is_authorized(permission, &Place::everywhere())
}

async fn until(rbac: &Rbac, subject: &str, permission: &Permission, expected: bool) -> Duration {
    let start = Instant::now();
    while allowed(rbac, subject, permission).await != expected {
        assert!(start.elapsed() < LIMIT, "{subject} is still not {expected}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn every_kind_of_change_is_heard_of() {
    let app = TestRbac::new().await;
    let read: Permission = "invoice:read".parse().expect("a permission");
    app.role("clerk", &["invoice:read"]).await;
    app.role("manager", &[]).await;
    let end = app.follow().await;
    let check = async |subject: &str, expected: bool| {
        until(&app.rbac, subject, &read, expected).await;
    };
    check("ada", false).await;
    app.assign("ada", "clerk", ("", "")).await;
    check("ada", true).await;
    app.db.execute("delete from rbac.assignments").await;
    check("ada", false).await;
    app.assign("*", "manager", ("", "")).await;
    app.db
        .execute(
            "insert into rbac.role_parents select m.id, c.id from rbac.roles m, rbac.roles c
            where m.name = 'manager' and c.name = 'clerk'",
        )
        .await;
    check("ada", true).await;
    app.db.execute("delete from rbac.role_parents").await;
    check("ada", false).await;
    app.assign("ada", "clerk", ("", "")).await;
    check("ada", true).await;
    app.db
        .execute("delete from rbac.role_permissions where permission = 'invoice:read'")
        .await;
    check("ada", false).await;
    app.db
        .execute("insert into rbac.role_permissions select id, 'invoice:read' from rbac.roles where name = 'clerk'")
        .await;
    check("ada", true).await;
    app.db
        .execute("update rbac.assignments set expires_at = now() where subject = 'ada'")
        .await;
    check("ada", false).await;
    app.db
        .execute("update rbac.assignments set expires_at = null")
        .await;
    check("ada", true).await;
    app.db
        .execute("delete from rbac.roles where name = 'clerk'")
        .await;
    check("ada", false).await;
    end.cancel();
}

#[tokio::test]
async fn what_ends_by_itself_ends_though_nothing_is_told() {
    let app = TestRbac::new().await;
    let read: Permission = "invoice:read".parse().expect("a permission");
    app.role("clerk", &["invoice:read"]).await;
    app.assign("ada", "clerk", ("", "")).await;
    app.db
        .execute("update rbac.assignments set expires_at = now() + interval '700 milliseconds'")
        .await;
    app.follow().await;
    assert!(allowed(&app.rbac, "ada", &read).await);
    tokio::time::sleep(Duration::from_millis(750)).await;
    assert!(!allowed(&app.rbac, "ada", &read).await);
}

/// D6.2, and the fault of the issue: a grant revoked while requests run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_none_passes_after_a_second_on_any_node() {
    let app = TestRbac::new().await;
    let read: Permission = "invoice:read".parse().expect("a permission");
    app.role("clerk", &["invoice:read"]).await;
    app.assign("ada", "clerk", ("", "")).await;
    let nodes = [Rbac::new(app.pool.clone()), Rbac::new(app.pool.clone())];
    let end = tokio_util::sync::CancellationToken::new();
    for node in &nodes {
        let (node, end) = (node.clone(), end.clone());
        tokio::spawn(async move { node.run(end).await });
    }
    for node in &nodes {
        while !node.is_followed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let (decided, done) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let last_passed = Arc::new(Mutex::new(Instant::now()));
    let askers: Vec<_> = (0..8)
        .map(|index: usize| {
            let node = nodes[index % 2].clone();
            let (decided, done, last) = (decided.clone(), done.clone(), last_passed.clone());
            let read = read.clone();
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    // When the question was asked: an answer under way may arrive later.
                    let asked = Instant::now();
                    if allowed(&node, "ada", &read).await {
                        let mut last = last.lock();
                        *last = asked.max(*last);
                    }
                    decided.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    app.db
        .execute("delete from rbac.assignments where subject = 'ada'")
        .await;
    let revoked = Instant::now();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    done.store(true, Ordering::Relaxed);
    for asker in askers {
        asker.await.expect("it ended");
    }
    let after = last_passed.lock().saturating_duration_since(revoked);
    let count = decided.load(Ordering::Relaxed);
    println!("{count} decisions; the last that passed was {after:?} after the commit was known");
    assert!(count > 500, "{count} decisions are no load");
    assert!(after < LIMIT, "{after:?}");
    end.cancel();
}

#[tokio::test]
async fn when_the_listening_connection_dies_decisions_stay_right() {
    let app = TestRbac::new().await;
    let read: Permission = "invoice:read".parse().expect("a permission");
    app.role("clerk", &["invoice:read"]).await;
    app.assign("ada", "clerk", ("", "")).await;
    let end = app.follow().await;
    assert!(allowed(&app.rbac, "ada", &read).await);
    // The change is committed while nobody listens.
    app.db
        .execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid();
            delete from rbac.assignments where subject = 'ada'",
        )
        .await;
    let start = Instant::now();
    loop {
        match app.rbac.grants_of("ada").await {
            Ok(grants) if !grants.is_authorized(&read, &Place::everywhere()) => break,
            // A connection of the pool may be dead as well.
            _ => assert!(start.elapsed() < LIMIT, "still allowed"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // And it is heard again.
    let start = Instant::now();
    while !app.rbac.is_followed() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "never heard again"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.assign("ada", "clerk", ("", "")).await;
    until(&app.rbac, "ada", &read, true).await;
    end.cancel();
}

/// Behind a pooler in transaction mode one may listen and hears nothing; so it is found out.
#[tokio::test]
async fn a_node_begins_by_finding_out_that_it_hears() {
    let app = TestRbac::new().await;
    let mut heard = sqlx::postgres::PgListener::connect_with(&app.pool)
        .await
        .expect("a listener");
    heard.listen("crestfall_rbac").await.expect("listening");
    let end = app.follow().await;
    let said = heard.recv().await.expect("a notification");
    assert!(said.payload().starts_with("hello "), "{}", said.payload());
    end.cancel();
}
