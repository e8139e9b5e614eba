//! A right that is taken away, while requests run on two nodes of one database: D6.2 over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crestfall_core::testing::RedisServer;
use parking_lot::Mutex;

use super::rbac::{migrated, with_rbac};
use super::*;

/// What the issue asks for.
const LIMIT: Duration = Duration::from_secs(1);

/// Callers, each asking once in so many milliseconds: 1,250 requests a second, where the machine can. A debug
/// build does not; for the figure, name a release: `CRESTFALL_TEST_BINARY=… cargo test --release -p
/// crestfall-server --test it revoked -- --nocapture --test-threads 1`.
const CALLERS: usize = 40;
const EVERY: Duration = Duration::from_millis(32);

const SECRETS: &str = "
    create table secrets (id int primary key);
    insert into secrets values (1);
    alter table secrets enable row level security;
    create policy permitted on secrets using ((select rbac.is_authorized('secret:read')));
    grant select on secrets to authenticated;
    insert into rbac.permissions (name) values ('secret:read');
    insert into rbac.roles (name) values ('confidant');
    insert into rbac.role_permissions select id, 'secret:read' from rbac.roles where name = 'confidant';
    insert into rbac.assignments (subject, role_id) select 'ada', id from rbac.roles where name = 'confidant';";

/// What the callers saw.
#[derive(Default)]
struct Seen {
    answered: AtomicUsize,
    failed: AtomicUsize,
    /// When the last request that passed was started.
    passed: Mutex<Option<Instant>>,
    ended: AtomicBool,
}

/// Whether it passes: by a policy in the database, or by what the node remembers.
async fn passes(http: &Client, url: &str, token: &str, by_policy: bool) -> Option<bool> {
    let request = match by_policy {
        true => http.get(format!("{url}/rest/v1/secrets")),
        false => http
            .post(format!("{url}/rbac/v1/check"))
            .json(&json!({ "checks": [{ "permission": "secret:read" }] })),
    };
    let answer = request.bearer_auth(token).send().await.ok()?;
    if answer.status() != 200 {
        return None;
    }
    let body: Value = answer.json().await.ok()?;
    Some(match by_policy {
        true => body != json!([]),
        false => body["allowed"] == json!([true]),
    })
}

async fn ask(seen: Arc<Seen>, url: String, token: String, by_policy: bool) {
    let http = Client::new();
    let mut next = tokio::time::interval(EVERY);
    next.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !seen.ended.load(Ordering::Relaxed) {
        next.tick().await;
        let started = Instant::now();
        match passes(&http, &url, &token, by_policy).await {
            Some(true) => {
                let mut passed = seen.passed.lock();
                *passed = (*passed).max(Some(started));
            }
            Some(false) => {}
            None => _ = seen.failed.fetch_add(1, Ordering::Relaxed),
        }
        seen.answered.fetch_add(1, Ordering::Relaxed);
    }
}

async fn revoked_under_load(redis: Option<&RedisServer>) {
    let db = migrated().await;
    db.load(SECRETS).await;
    let mut variables = with_rbac(&db);
    if let Some(redis) = redis {
        variables.insert("CRESTFALL_REDIS__URL", redis.url());
    }
    let nodes = [
        Server::start("serve", &variables).await,
        Server::start("serve", &variables).await,
    ];
    let claims = json!({ "sub": "ada", "role": "authenticated", "exp": 4_102_444_800_u64 });
    let token = sign_hs256(SECRET, &claims).unwrap();
    for node in &nodes {
        for by_policy in [true, false] {
            until("the right", async || {
                passes(&node.http, &node.url, &token, by_policy).await == Some(true)
            })
            .await;
        }
    }
    let seen = Arc::new(Seen::default());
    let began = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|index| {
            let url = nodes[index % 2].url.clone();
            tokio::spawn(ask(seen.clone(), url, token.clone(), index % 4 < 2))
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(
        seen.passed
            .lock()
            .is_some_and(|last| last.elapsed() < LIMIT)
    );
    // Before the commit: so it is judged more strictly than asked.
    let revoked = Instant::now();
    db.execute("delete from rbac.assignments where subject = 'ada'")
        .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    seen.ended.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let answered = seen.answered.load(Ordering::Relaxed);
    let last = seen.passed.lock().expect("some passed");
    let after = last.saturating_duration_since(revoked);
    println!(
        "{:.0} requests a second on two nodes, {} Redis; the last that passed was started {after:?} after the revocation began",
        answered as f64 / began.elapsed().as_secs_f64(),
        if redis.is_some() { "with" } else { "without" },
    );
    assert_eq!(seen.failed.load(Ordering::Relaxed), 0);
    assert!(after < LIMIT, "{after:?}");
    for node in nodes {
        assert_eq!(node.end().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_revoked_under_load_lets_none_pass_a_second_later_on_any_node_d6() {
    revoked_under_load(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_where_one_node_tells_the_other_by_redis_d6() {
    let redis = RedisServer::start().await;
    revoked_under_load(Some(&redis)).await;
}
