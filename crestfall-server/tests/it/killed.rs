//! The process is killed in the middle of its work.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crestfall_core::testing::TestDb;
use nix::sys::signal::Signal;
use sqlx::Row as _;

use crate::process::Process;

/// Rows of one request.
const ROWS: u64 = 500;

/// Whether a bulk insert was acknowledged; false when the server went away before.
fn insert(socket: &Path, body: &str) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else {
        return false;
    };
    let length = body.len();
    let request = format!(
        "POST /rows HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut answer = String::new();
    let sent = stream.write_all(request.as_bytes());
    sent.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 201")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_and_nothing_by_halves() {
    let db = TestDb::new().await;
    db.load("create table rows (n int); grant insert on rows to anon;")
        .await;
    let process = Process::start(&db, &[]);
    let rows: Vec<String> = (0..ROWS).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
    let body = format!("[{}]", rows.join(","));
    let acknowledged = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while insert(&process.api(), &body) {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        process.until("some inserts", || {
            acknowledged.load(Ordering::Relaxed) >= 20
        });
        process.signal(Signal::SIGKILL);
    });

    // PostgreSQL ends what the dead server left open before it can be counted for good.
    let mut connection = db.connect().await;
    let mut counted = None;
    loop {
        let row = sqlx::query("select count(*) from rows").fetch_one(&mut connection);
        let count: i64 = row.await.unwrap().get(0);
        if counted == Some(count) {
            break;
        }
        counted = Some(count);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let counted = u64::try_from(counted.unwrap()).unwrap();
    assert_eq!(counted % ROWS, 0, "an insert was kept by halves");
    assert!(
        counted / ROWS >= acknowledged.load(Ordering::Relaxed),
        "an acknowledged insert is lost"
    );
}
