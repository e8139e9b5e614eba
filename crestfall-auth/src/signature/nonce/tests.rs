//! One suite for both stores; Redis is a real one.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use super::*;

/// A private Redis, gone with this value.
struct Server {
    process: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Server {
    async fn start(port: u16) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string()])
            .arg("--dir")
            .arg(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let server = Self {
            process,
            port,
            _directory: directory,
        };
        while tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    fn store(&self) -> RedisNonces {
        let url = format!("redis://127.0.0.1:{}", self.port);
        RedisNonces::connect(&url, "crestfall:").expect("a URL")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A client's clock, a little ahead.
fn now() -> i64 {
    chrono::Utc::now().timestamp() + 2
}

const MINUTE: Duration = Duration::from_secs(60);

async fn keeps_the_contract(nodes: [&dyn NonceStore; 2]) {
    let [one, two] = nodes;
    let nonce = Nonce::new("key", "first");
    assert_eq!(
        one.remember(nonce, now(), MINUTE).await.expect("asked"),
        Use::First
    );
    for node in [one, two, one] {
        let again = node.remember(nonce, now(), MINUTE).await.expect("asked");
        assert_eq!(again, Use::Again);
    }
    for other in [Nonce::new("key", "second"), Nonce::new("yek", "first")] {
        assert_eq!(
            two.remember(other, now(), MINUTE).await.expect("asked"),
            Use::First
        );
    }
    let raced = Nonce::new("key", "raced");
    let uses = (0..50).map(|turn| nodes[turn % 2].remember(raced, now(), MINUTE));
    let uses = futures_util::future::join_all(uses).await;
    let first = uses.iter().filter(|used| matches!(used, Ok(Use::First)));
    assert_eq!(first.count(), 1, "exactly one wins");
    let short = Nonce::new("key", "short");
    let moment = Duration::from_millis(100);
    assert_eq!(
        one.remember(short, now(), moment).await.expect("asked"),
        Use::First
    );
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(
        two.remember(short, now(), moment).await.expect("asked"),
        Use::First
    );
}

#[tokio::test]
async fn a_nonce_counts_once_in_this_process() {
    let store = MemoryNonces::default();
    keeps_the_contract([&store, &store]).await;
}

#[tokio::test]
async fn a_nonce_counts_once_on_all_nodes_with_redis() {
    let server = Server::start(free_port()).await;
    keeps_the_contract([&server.store(), &server.store()]).await;
}

#[tokio::test]
async fn without_redis_no_nonce_is_taken_for_new() {
    let server = Server::start(free_port()).await;
    let (store, port) = (server.store(), server.port);
    let nonce = Nonce::new("key", "nonce");
    store.prepare().await.expect("prepared");
    let signed = chrono::Utc::now().timestamp();
    assert_eq!(
        store.remember(nonce, signed, MINUTE).await.expect("asked"),
        Use::First
    );
    tokio::time::sleep(Duration::from_millis(1100)).await;
    drop(server);
    let started = std::time::Instant::now();
    let away = store
        .remember(Nonce::new("key", "new"), now(), MINUTE)
        .await;
    assert!(matches!(away, Err(NonceError::Away(_))), "{away:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
    let _back = Server::start(port).await;
    let mut used = store.remember(nonce, signed, MINUTE).await;
    for _ in 0..50 {
        if !matches!(used, Err(NonceError::Away(_))) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        used = store.remember(nonce, signed, MINUTE).await;
    }
    // Redis is back, and empty: what was signed before may have been used.
    assert!(matches!(used, Err(NonceError::BeforeMemory)), "{used:?}");
    let next = Nonce::new("key", "next");
    assert_eq!(
        store.remember(next, now(), MINUTE).await.expect("asked"),
        Use::First
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_store_refuses_rather_than_forgets() {
    let store = MemoryNonces::new(2);
    for name in ["a", "b"] {
        let nonce = Nonce::new("key", name);
        assert_eq!(
            store.remember(nonce, now(), MINUTE).await.expect("room"),
            Use::First
        );
    }
    let third = Nonce::new("key", "c");
    assert!(matches!(
        store.remember(third, now(), MINUTE).await,
        Err(NonceError::Full)
    ));
    let first = store.remember(Nonce::new("key", "a"), now(), MINUTE).await;
    assert_eq!(first.expect("known"), Use::Again);
    tokio::time::advance(Duration::from_secs(59)).await;
    assert!(store.remember(third, now(), MINUTE).await.is_err());
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(
        store.remember(third, now(), MINUTE).await.expect("room"),
        Use::First
    );
}

#[test]
fn where_the_key_id_ends_matters() {
    assert_ne!(Nonce::new("ab", "c"), Nonce::new("a", "bc"));
}
