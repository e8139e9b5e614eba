//! Listeners, clients that misbehave, and the end of the process.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crestfall_core::testing::TestDb;
use nix::sys::signal::Signal;

use crate::process::{Process, output};

const SLEEP: &str = "
    create function nap(seconds float8) returns text language sql stable
        as $$ select 'rested' from pg_sleep(seconds) $$;";

#[tokio::test]
async fn the_end_waits_for_requests_in_flight_pr_005() {
    let db = TestDb::new().await;
    db.load(SLEEP).await;
    let mut process = Process::start(&db, &[]);
    let mut idle = UnixStream::connect(process.api()).unwrap();
    let mut busy = UnixStream::connect(process.api()).unwrap();
    busy.write_all(b"GET /rpc/nap?seconds=1 HTTP/1.1\r\nHost: test\r\n\r\n")
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));

    process.signal(Signal::SIGTERM);
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.to_lowercase().contains("\r\nconnection: close\r\n"),
        "{answer}"
    );
    assert!(answer.contains("rested"));
    assert_eq!(
        idle.read(&mut [0; 1]).unwrap(),
        0,
        "an idle connection stayed open"
    );
    assert_eq!(process.ended(), Some(0));
    assert!(process.log().contains("SIGTERM"));
    assert!(!process.api().exists(), "the socket's file stayed");
}

#[tokio::test]
async fn live_needs_the_sockets_file_pr_167() {
    let db = TestDb::new().await;
    let process = Process::start(&db, &[]);
    assert_eq!(process.admin("/live").0, 200);
    std::fs::remove_file(process.api()).unwrap();
    assert_eq!(
        (process.admin("/live").0, process.admin("/ready").0),
        (500, 500)
    );
}

#[tokio::test]
async fn a_head_that_is_too_long_is_431() {
    let db = TestDb::new().await;
    let process = Process::start(&db, &[]);
    let mut client = UnixStream::connect(process.api()).unwrap();
    let head = format!(
        "GET / HTTP/1.1\r\nHost: test\r\nX: {}\r\n",
        "x".repeat(100_000)
    );
    // The server need not read it to the end.
    let _ = client.write_all(head.as_bytes());
    let mut answer = vec![0; 12];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answer, b"HTTP/1.1 431");
    assert_eq!(process.admin("/live").0, 200);
}

#[tokio::test]
async fn a_wrong_database_ends_the_process_when_it_may_not_wait_pr_175() {
    let began = Instant::now();
    let url = "postgresql://nobody@127.0.0.1:9/none";
    let mut process = Process::launch(url, &[("PGRST_DB_POOL_AUTOMATIC_RECOVERY", "false")]);
    assert_eq!(process.ended(), Some(1));
    assert!(
        process
            .log()
            .contains("Automatic recovery disabled, exiting.")
    );
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn ready_asks_the_administration_port_pr_003() {
    let db = TestDb::new().await;
    // Another process may take the port before the server does; then it is tried with the next.
    for port in 39_101..39_140_u16 {
        let text = port.to_string();
        let variables = [
            ("PGRST_ADMIN_SERVER_HOST", "127.0.0.1"),
            ("PGRST_ADMIN_SERVER_PORT", text.as_str()),
        ];
        let probe = std::net::TcpListener::bind(("127.0.0.1", port));
        if probe.is_err() {
            continue;
        }
        drop(probe);
        let refused = output(&["rest", "--ready"], &variables);
        assert_eq!(refused.status.code(), Some(1));
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("api");
        let mut server = crate::process::crestfall(&["rest"], &variables)
            .env("PGRST_DB_URI", db.url_as("authenticator"))
            .env("PGRST_SERVER_UNIX_SOCKET", &socket)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        let mut ready = output(&["rest", "--ready"], &variables);
        while !ready.status.success() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(50));
            ready = output(&["rest", "--ready"], &variables);
        }
        server.kill().unwrap();
        server.wait().unwrap();
        let said = String::from_utf8(ready.stdout).unwrap();
        assert_eq!(said, format!("OK: http://127.0.0.1:{port}/ready\n"));
        return;
    }
    panic!("no port is free");
}
