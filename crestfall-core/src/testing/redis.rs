//! A private Redis.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long a start may take.
const START_LIMIT: Duration = Duration::from_secs(10);

/// A `redis-server` of one test's own, on a free port of the loopback address, that keeps nothing
/// over a restart. Stopped when dropped.
#[derive(Debug)]
pub struct RedisServer {
    directory: TempDir,
    port: u16,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Panics
    /// When `redis-server` is not installed or does not start.
    pub async fn start() -> Self {
        let make = || {
            let directory = tempfile::tempdir().expect("a directory for Redis");
            // Somebody may take the port before Redis does; then another is tried.
            for _ in 0..5 {
                let port = free_port();
                if let Some(process) = spawn(&directory, port) {
                    return Self {
                        directory,
                        port,
                        process: Some(process),
                    };
                }
            }
            panic!("redis-server does not start; install Redis (apt install redis-server)");
        };
        match tokio::task::spawn_blocking(make).await {
            Ok(server) => server,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// `redis://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it as a crash would; connections are closed.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Both fail only when it has ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it again on the same port, empty.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.stop();
        self.process = spawn(&self.directory, self.port);
        assert!(self.process.is_some(), "redis-server does not start again");
    }

    /// Makes it hang: connections stay open, nothing is answered.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            let pid = i32::try_from(process.id()).expect("a process id");
            kill(Pid::from_raw(pid), signal).expect("redis-server runs");
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn spawn(directory: &TempDir, port: u16) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begin = Instant::now();
    while begin.elapsed() < START_LIMIT {
        if !matches!(process.try_wait(), Ok(None)) {
            return None;
        }
        if answers(port).is_some() {
            return Some(process);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = process.kill();
    let _ = process.wait();
    None
}

fn answers(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).ok()?;
    (&answer == b"+PONG\r\n").then_some(())
}
