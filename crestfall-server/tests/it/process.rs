//! A running `crestfall rest`, on a unix socket, with its administration server on another.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crestfall_core::testing::TestDb;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The binary with only these variables: the one that was built for the tests, or the one that
/// `CRESTFALL_TEST_BINARY` names, for figures of a release.
pub(crate) fn crestfall(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let named = std::env::var_os("CRESTFALL_TEST_BINARY");
    let mut command = Command::new(named.unwrap_or(env!("CARGO_BIN_EXE_crestfall").into()));
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Runs the binary to its end.
pub(crate) fn output(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    crestfall(arguments, variables).output().unwrap()
}

/// A server; killed when dropped.
pub(crate) struct Process {
    child: Child,
    folder: tempfile::TempDir,
}

impl Process {
    /// Starts a server over a database and waits until it is ready.
    pub(crate) fn start(db: &TestDb, variables: &[(&str, &str)]) -> Self {
        let process = Self::launch(&db.url_as("authenticator"), variables);
        process.wait("/ready", 200);
        process
    }

    /// Starts a server and does not wait.
    pub(crate) fn launch(url: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = crestfall(&["rest"], variables)
            .env("PGRST_DB_URI", url)
            .env("PGRST_DB_ANON_ROLE", "anon")
            .env("PGRST_LOG_LEVEL", "info")
            .env("PGRST_SERVER_UNIX_SOCKET", folder.path().join("api"))
            .env(
                "PGRST_ADMIN_SERVER_UNIX_SOCKET",
                folder.path().join("admin"),
            )
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    /// The API's socket.
    pub(crate) fn api(&self) -> PathBuf {
        self.folder.path().join("api")
    }

    /// `GET` of the API: status and body.
    pub(crate) fn get(&self, target: &str) -> (u16, String) {
        get(&self.api(), target)
    }

    /// Status of the administration server; 0 when it does not answer.
    pub(crate) fn admin(&self, target: &str) -> (u16, String) {
        get(&self.folder.path().join("admin"), target)
    }

    /// Waits for a status of the administration server.
    pub(crate) fn wait(&self, target: &str, status: u16) {
        self.until(&format!("{target} to be {status}"), || {
            self.admin(target).0 == status
        });
    }

    /// Waits for words in the log.
    pub(crate) fn wait_for_log(&self, words: &str) {
        self.until(words, || self.log().contains(words));
    }

    /// Waits for something to be so.
    pub(crate) fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(
                began.elapsed() < PATIENCE,
                "waited for {what}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All that was logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(process), signal).unwrap();
    }

    /// Waits for the process to end, and gives its status.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "it did not end:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own; 0 when nobody answers.
pub(crate) fn get(socket: &Path, target: &str) -> (u16, String) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    let answer = UnixStream::connect(socket).and_then(|mut stream| {
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    });
    let answer = answer.unwrap_or_default();
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned());
    (status.unwrap_or(0), body.unwrap_or_default())
}
