//! The queue of jobs.

use std::str::FromStr as _;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crestfall_core::job::{self, Claim, Failure, Job, Worker, WorkerConfig};
use crestfall_core::migrate::{self, Options};
use crestfall_core::testing::TestDb;
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio_util::sync::CancellationToken;

struct Queue {
    pool: PgPool,
    _db: TestDb,
}

impl Queue {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let options = PgConnectOptions::from_str(&db.url()).unwrap();
        migrate::run(&options, &[job::migrations()], &Options::default())
            .await
            .unwrap();
        let pool = PgPoolOptions::new()
            .max_connections(5)
            .connect_with(options)
            .await
            .unwrap();
        Self { pool, _db: db }
    }

    async fn count(&self, condition: &str) -> i64 {
        let sql = format!("select count(*) from crestfall.jobs where {condition}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    async fn becomes_empty(&self) {
        eventually("the queue is empty", async || self.count("true").await == 0).await;
    }
}

async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let until = Instant::now() + Duration::from_secs(15);
    while !condition().await {
        assert!(Instant::now() < until, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn quick() -> WorkerConfig {
    WorkerConfig {
        lease: Duration::from_millis(600),
        poll: Duration::from_millis(100),
        first_pause: Duration::from_millis(40),
        longest_pause: Duration::from_millis(160),
        grace: Duration::from_secs(5),
        ..WorkerConfig::default()
    }
}

/// A handler that counts, and its counter.
fn counting() -> (impl job::Handler, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let handler = move |_: Claim| {
        counter.fetch_add(1, SeqCst);
        async { Ok(()) }
    };
    (handler, count)
}

#[tokio::test]
async fn a_job_is_there_when_its_transaction_commits_and_not_before() {
    let queue = Queue::new().await;
    let (handler, done) = counting();
    let stop = CancellationToken::new();
    let config = WorkerConfig {
        poll: Duration::from_secs(3600),
        ..quick()
    };
    let worker = Worker::new(queue.pool.clone())
        .config(config)
        .on("a", handler);
    let worker = tokio::spawn(worker.run(stop.clone()));
    tokio::time::sleep(Duration::from_millis(300)).await;

    let mut transaction = queue.pool.begin().await.unwrap();
    let job = Job::new("a", json!({ "n": 1 }));
    assert!(job.enqueue(&mut *transaction).await.unwrap().is_some());
    transaction.rollback().await.unwrap();
    assert_eq!(queue.count("true").await, 0);

    let mut transaction = queue.pool.begin().await.unwrap();
    job.enqueue(&mut *transaction).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(done.load(SeqCst), 0);
    transaction.commit().await.unwrap();
    // The poll is an hour away: the notification did it.
    queue.becomes_empty().await;
    assert_eq!(done.load(SeqCst), 1);
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test]
async fn the_job_of_a_killed_worker_comes_back() {
    let queue = Queue::new().await;
    Job::new("a", json!({})).enqueue(&queue.pool).await.unwrap();
    let begun = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&begun);
    let stuck = Worker::new(queue.pool.clone())
        .config(quick())
        .on("a", move |_: Claim| {
            counter.fetch_add(1, SeqCst);
            std::future::pending()
        });
    let stuck = tokio::spawn(stuck.run(CancellationToken::new()));
    eventually("it begins", async || begun.load(SeqCst) == 1).await;
    // It lives longer than its lease, and keeps the job.
    let (handler, done) = counting();
    let other = Worker::new(queue.pool.clone())
        .config(quick())
        .on("a", handler);
    let stop = CancellationToken::new();
    let other = tokio::spawn(other.run(stop.clone()));
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!((begun.load(SeqCst), done.load(SeqCst)), (1, 0));

    stuck.abort();
    queue.becomes_empty().await;
    assert_eq!((begun.load(SeqCst), done.load(SeqCst)), (1, 1));
    stop.cancel();
    other.await.unwrap();
}

#[tokio::test]
async fn each_job_is_done_by_one_worker_of_many() {
    let queue = Queue::new().await;
    for n in 0..100 {
        Job::new("a", json!(n)).enqueue(&queue.pool).await.unwrap();
    }
    let done = Arc::new(Mutex::new(Vec::new()));
    let stop = CancellationToken::new();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let done = Arc::clone(&done);
            let worker =
                Worker::new(queue.pool.clone())
                    .config(quick())
                    .on("a", move |job: Claim| {
                        done.lock().unwrap().push(job.payload.as_i64().unwrap());
                        async { Ok(()) }
                    });
            tokio::spawn(worker.run(stop.clone()))
        })
        .collect();
    queue.becomes_empty().await;
    stop.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    let mut done = done.lock().unwrap().clone();
    done.sort_unstable();
    assert_eq!(done, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_failing_job_is_tried_after_growing_pauses_and_then_given_up() {
    let queue = Queue::new().await;
    Job::new("a", json!({ "code": "123456" }))
        .max_attempts(4)
        .confidential()
        .enqueue(&queue.pool)
        .await
        .unwrap();
    let at = Arc::new(Mutex::new(Vec::new()));
    let times = Arc::clone(&at);
    let stop = CancellationToken::new();
    let worker = Worker::new(queue.pool.clone())
        .config(quick())
        .on("a", move |job: Claim| {
            assert_eq!(job.payload["code"], "123456");
            assert_eq!(job.is_last, job.attempt == 4);
            times.lock().unwrap().push(Instant::now());
            // The second attempt panics, which is a failure like others.
            assert!(job.attempt != 2, "a panic of the test");
            async { Err(Failure::retry("not today")) }
        });
    let worker = tokio::spawn(worker.run(stop.clone()));
    eventually("it is dead", async || {
        queue.count("dead_at is not null").await == 1
    })
    .await;
    let dead = job::dead(&queue.pool, 10).await.unwrap();
    assert_eq!(
        (dead[0].attempts, dead[0].error.as_deref()),
        (4, Some("not today"))
    );
    assert_eq!(
        queue.count("payload is null").await,
        1,
        "codes are forgotten"
    );
    let at = at.lock().unwrap().clone();
    let pauses: Vec<_> = at
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_millis())
        .collect();
    assert!(
        pauses[0] >= 20 && pauses[1] >= 40 && pauses[2] >= 80,
        "{pauses:?}"
    );
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test]
async fn a_permanent_failure_is_not_tried_again_and_leaves_its_key_free() {
    let queue = Queue::new().await;
    let job = Job::new("a", json!({})).unique("once");
    assert!(job.enqueue(&queue.pool).await.unwrap().is_some());
    assert!(job.enqueue(&queue.pool).await.unwrap().is_none());
    let stop = CancellationToken::new();
    let worker = Worker::new(queue.pool.clone())
        .config(quick())
        .on("a", |_: Claim| async { Err(Failure::permanent("never")) });
    let worker = tokio::spawn(worker.run(stop.clone()));
    eventually("it is dead", async || {
        queue.count("dead_at is not null").await == 1
    })
    .await;
    assert_eq!(job::dead(&queue.pool, 10).await.unwrap()[0].attempts, 1);
    stop.cancel();
    worker.await.unwrap();
    assert!(job.enqueue(&queue.pool).await.unwrap().is_some());
}

#[tokio::test]
async fn a_job_that_kills_every_worker_is_given_up_too() {
    let queue = Queue::new().await;
    Job::new("a", json!({}))
        .max_attempts(2)
        .enqueue(&queue.pool)
        .await
        .unwrap();
    for attempt in 1..=2 {
        let worker = Worker::new(queue.pool.clone())
            .config(quick())
            .on("a", |_: Claim| std::future::pending());
        let worker = tokio::spawn(worker.run(CancellationToken::new()));
        let condition = format!("attempts = {attempt}");
        eventually("it begins", async || queue.count(&condition).await == 1).await;
        worker.abort();
    }
    let (handler, done) = counting();
    let stop = CancellationToken::new();
    let worker = Worker::new(queue.pool.clone())
        .config(quick())
        .on("a", handler);
    let worker = tokio::spawn(worker.run(stop.clone()));
    eventually("it is dead", async || {
        queue.count("dead_at is not null").await == 1
    })
    .await;
    assert_eq!(done.load(SeqCst), 0);
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test]
async fn a_worker_told_to_stop_finishes_what_it_has_and_takes_nothing_more() {
    let queue = Queue::new().await;
    for _ in 0..2 {
        Job::new("a", json!({})).enqueue(&queue.pool).await.unwrap();
    }
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    let config = WorkerConfig {
        concurrency: 1,
        ..quick()
    };
    let worker = Worker::new(queue.pool.clone())
        .config(config)
        .on("a", move |_: Claim| {
            cancel.cancel();
            async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Ok(())
            }
        });
    worker.run(stop).await;
    assert_eq!(queue.count("attempts = 0").await, 1);
    assert_eq!(queue.count("true").await, 1);
}
