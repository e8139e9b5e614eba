//! What is around the process fails: the database goes away, connections run out, clients break.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crestfall_core::cluster::{Cluster, Options};
use crestfall_core::testing::TestDb;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::process::Process;

/// An answer's status and head; status 0 when there was none.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn ask(socket: &Path, request: &str) -> Answer {
    let mut answer = Vec::new();
    let asked = UnixStream::connect(socket).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)
    });
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.filter(|_| asked.is_ok()).unwrap_or(0),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

fn get(socket: &Path, target: &str) -> Answer {
    let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ask(socket, &request)
}

fn insert(socket: &Path, n: u64) -> Answer {
    let body = format!(r#"{{"n":{n}}}"#);
    let length = body.len();
    let request = format!(
        "POST /rows HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    ask(socket, &request)
}

/// The value of a sample of `/metrics`.
fn metric(process: &Process, name: &str) -> f64 {
    let (_, text) = process.admin("/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok())
        .unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

const ROWS: &str = "
    create table rows (n bigint);
    grant select, insert on rows to anon;";

/// Writers and readers that never stop, and what they were answered.
#[derive(Default)]
struct Load {
    next: AtomicU64,
    kept: Mutex<HashSet<i64>>,
    reads: AtomicU64,
    refused: AtomicU64,
    odd: Mutex<Vec<String>>,
    slowest_ms: AtomicU64,
    is_over: AtomicBool,
}

impl Load {
    fn write(&self, socket: &Path) {
        while !self.is_over.load(Relaxed) {
            let n = self.next.fetch_add(1, Relaxed);
            let answer = self.timed(|| insert(socket, n));
            if answer.status == 201 {
                let n = i64::try_from(n).unwrap();
                self.kept.lock().unwrap().insert(n);
            } else {
                self.refused(&answer);
            }
        }
    }

    fn read(&self, socket: &Path) {
        while !self.is_over.load(Relaxed) {
            let answer = self.timed(|| get(socket, "/rows?limit=1"));
            if answer.status == 200 {
                self.reads.fetch_add(1, Relaxed);
            } else {
                self.refused(&answer);
            }
        }
    }

    fn timed(&self, ask: impl FnOnce() -> Answer) -> Answer {
        let began = Instant::now();
        let answer = ask();
        let took = u64::try_from(began.elapsed().as_millis()).unwrap();
        self.slowest_ms.fetch_max(took, Relaxed);
        answer
    }

    fn refused(&self, answer: &Answer) {
        self.refused.fetch_add(1, Relaxed);
        if answer.status != 503 || !answer.head.contains("\r\nretry-after: ") {
            let told = format!("{} {}", answer.head, answer.body);
            self.odd.lock().unwrap().push(told);
        }
        std::thread::sleep(Duration::from_millis(5));
    }

    fn kept(&self) -> usize {
        self.kept.lock().unwrap().len()
    }
}

/// Ends the load, also when an assertion fails: its threads are waited for.
struct Ending<'a>(&'a Load);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Relaxed);
    }
}

#[test]
fn postgresql_may_be_restarted_under_load() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(folder.path().join("postgres"));
    let cluster = runtime.block_on(Cluster::start(options.clone())).unwrap();
    runtime.block_on(async {
        cluster.ensure_database("app").await.unwrap();
        let mut admin = PgConnection::connect(&cluster.url("app")).await.unwrap();
        admin.execute(ROWS).await.unwrap();
    });
    let process = Process::launch(&cluster.url_as("authenticator", "app"), &[]);
    process.wait("/ready", 200);
    let load = Load::default();
    let api = process.api();
    let cluster = std::thread::scope(|scope| {
        let _ending = Ending(&load);
        let mut cluster = cluster;
        for _ in 0..3 {
            scope.spawn(|| load.write(&api));
        }
        scope.spawn(|| load.read(&api));
        for _ in 0..2 {
            let (kept, reads) = (load.kept(), load.reads.load(Relaxed));
            process.until("work to be done", || {
                load.kept() > kept + 50 && load.reads.load(Relaxed) > reads + 20
            });
            runtime.block_on(cluster.stop()).unwrap();
            let refused = load.refused.load(Relaxed);
            process.until("refusals", || load.refused.load(Relaxed) > refused + 50);
            cluster = runtime.block_on(Cluster::start(options.clone())).unwrap();
        }
        let kept = load.kept();
        process.until("work to be done again", || load.kept() > kept + 50);
        cluster
    });
    let odd = load.odd.into_inner().unwrap();
    assert!(odd.is_empty(), "{odd:#?}");
    let slowest = load.slowest_ms.load(Relaxed);
    assert!(slowest < 5_000, "a request took {slowest} ms");

    let found: Vec<i64> = runtime.block_on(async {
        let mut admin = PgConnection::connect(&cluster.url("app")).await.unwrap();
        let found = sqlx::query_scalar("select n from rows").fetch_all(&mut admin);
        found.await.unwrap()
    });
    let found: HashSet<i64> = found.into_iter().collect();
    let kept = load.kept.into_inner().unwrap();
    let lost: Vec<_> = kept.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    process.wait("/ready", 200);
    runtime.block_on(cluster.stop()).unwrap();
}

const NAP: &str = "
    create function nap(seconds float8) returns text language sql stable
        as $$ select 'rested' from pg_sleep(seconds) $$;";

#[tokio::test]
async fn who_waits_for_a_connection_in_vain_is_told_in_time_and_counted_pr_170() {
    let db = TestDb::new().await;
    db.load(NAP).await;
    let variables = [
        ("PGRST_DB_POOL", "2"),
        ("PGRST_DB_POOL_ACQUISITION_TIMEOUT", "1"),
    ];
    let process = Process::start(&db, &variables);
    let api = process.api();
    let began = Instant::now();
    let answers: Vec<(Answer, Duration)> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| (get(&api, "/rpc/nap?seconds=2.5"), began.elapsed())))
            .collect();
        let answers = asking.into_iter().map(|asked| asked.join().unwrap());
        answers.collect()
    });
    let rested = answers.iter().filter(|(answer, _)| answer.status == 200);
    assert_eq!(rested.count(), 2);
    for (answer, took) in answers.iter().filter(|(answer, _)| answer.status != 200) {
        assert_eq!(answer.status, 504, "{}", answer.head);
        assert!(answer.body.contains("PGRST003"), "{}", answer.body);
        assert!(
            answer.head.contains("\r\nretry-after: 1"),
            "{}",
            answer.head
        );
        assert!(*took < Duration::from_secs(2), "{took:?}");
    }
    let began = Instant::now();
    assert_eq!(get(&api, "/rpc/nap?seconds=0").status, 200);
    assert!(began.elapsed() < Duration::from_millis(500));
    assert_eq!(metric(&process, "pgrst_db_pool_timeouts_total "), 8.0);
    assert_eq!(metric(&process, "pgrst_db_pool_waiting "), 0.0);
    assert_eq!(metric(&process, "pgrst_db_pool_available "), 2.0);
}

#[tokio::test]
async fn the_cache_of_tokens_is_measured_pr_170() {
    let db = TestDb::new().await;
    db.load(NAP).await;
    let secret = "a secret that nobody has guessed yet, 32 bytes";
    let variables = [
        ("PGRST_JWT_SECRET", secret),
        ("PGRST_JWT_CACHE_MAX_ENTRIES", "10"),
    ];
    let process = Process::start(&db, &variables);
    let ask = |user: u32| {
        let claims = serde_json::json!({ "role": "anon", "sub": user.to_string() });
        let token = crestfall_core::jwt::sign_hs256(secret.as_bytes(), &claims).unwrap();
        let request = format!(
            "GET /rpc/nap?seconds=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(ask(&process.api(), &request).status, 200);
    };
    for _ in 0..3 {
        ask(0);
    }
    assert_eq!(metric(&process, "pgrst_jwt_cache_requests_total "), 3.0);
    assert_eq!(metric(&process, "pgrst_jwt_cache_hits_total "), 2.0);
    assert_eq!(metric(&process, "pgrst_jwt_cache_evictions_total "), 0.0);
    for user in 1..=100 {
        ask(user);
    }
    assert_eq!(metric(&process, "pgrst_jwt_cache_requests_total "), 103.0);
    assert!(metric(&process, "pgrst_jwt_cache_evictions_total ") >= 80.0);
}

/// Heads that no client should send.
fn absurd_heads() -> Vec<Vec<u8>> {
    let mut heads: Vec<Vec<u8>> = [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n",
        "POST /rows HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /rows HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST /rows HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}{}",
        "POST /rows HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        "POST /rows HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "GET /%zz%00?%zz=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "CONNECT nowhere:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ]
    .iter()
    .map(|head| head.as_bytes().to_vec())
    .collect();
    let many = "X-Y: z\r\n".repeat(5_000);
    heads.push(format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").into_bytes());
    let long = "a".repeat(200_000);
    heads.push(format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes());
    heads
}

#[tokio::test]
async fn broken_clients_leave_the_server_to_the_others() {
    let db = TestDb::new().await;
    db.load(ROWS).await;
    db.load("insert into rows select generate_series(1, 300000);")
        .await;
    let process = Process::start(&db, &[("PGRST_DB_POOL", "2")]);
    let api = process.api();
    let is_well = |after: &str| {
        let began = Instant::now();
        assert_eq!(get(&api, "/rows?limit=1").status, 200, "{after}");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(20), "{after}: {took:?}");
    };
    let mut open = Vec::new();
    for head in absurd_heads() {
        let shown = String::from_utf8_lossy(&head[..head.len().min(60)]).into_owned();
        let mut client = UnixStream::connect(&api).unwrap();
        client
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        // The server may be gone before all was sent.
        let _ = client.write_all(&head);
        let mut answer = [0; 12];
        let read = client.read_exact(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let refused = answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 505");
        let allowed = answer.starts_with("HTTP/1.1 2") && shown.starts_with("OPTIONS");
        assert!(read.is_err() || refused || allowed, "{shown}: {answer}");
        is_well(&shown);
        open.push(client);
    }
    for half in [
        "GET /rows?lim",
        "GET /rows?limit=1 HTTP/1.1\r\nHost: x\r\n",
        "POST /rows HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"n\":",
    ] {
        for _ in 0..50 {
            let mut client = UnixStream::connect(&api).unwrap();
            client.write_all(half.as_bytes()).unwrap();
            open.push(client);
        }
        is_well(half);
    }
    // With an answer unread, closing a socket resets it: in the middle of a body here.
    for _ in 0..50 {
        let mut client = UnixStream::connect(&api).unwrap();
        client
            .write_all(b"POST /rows HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[{\"n\":1},")
            .unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    is_well("resets");
    // Megabytes that nobody reads hold no connection to the database.
    for _ in 0..6 {
        let mut client = UnixStream::connect(&api).unwrap();
        client
            .write_all(b"GET /rows HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        open.push(client);
    }
    is_well("clients that do not read");
    let rows = insert(&api, 7);
    assert_eq!(rows.status, 201, "{}", rows.body);
    drop(open);
    process.until("no request to be left", || {
        metric(&process, "crestfall_http_requests_in_flight ") == 0.0
    });
    assert_eq!(metric(&process, "pgrst_db_pool_available "), 2.0);
}
