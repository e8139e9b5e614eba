//! `crestfall serve`, `crestfall auth`, `crestfall migrate` and `crestfall keys` with users.

mod alone;
mod faults;
mod keys;
mod live;
mod rbac;
mod reloading;
mod revoked;
mod serve;
mod users;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use crestfall_core::jwt::sign_hs256;
use crestfall_core::testing::TestDb;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::process::{crestfall, output};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The shared secret of the tests.
pub(crate) const SECRET: &str = "9Qm4vX2tLr8kZc1sWp6yHb3nJd7fGa5u";

/// Our tables, and notes that belong to users.
pub(crate) const SCHEMA: &str = concat!(
    include_str!("../../../crestfall-core/src/job/0001_jobs.sql"),
    include_str!("../../../crestfall-auth/migrations/0001_auth.sql"),
    include_str!("../../../crestfall-auth/migrations/0002_lean_sessions.sql"),
    include_str!("../../../crestfall-auth/migrations/0003_scim.sql"),
    "
    reset role;
    create table notes (owner uuid not null default auth.uid(), text text);
    alter table notes enable row level security;
    create policy own on notes to authenticated
      using (owner = auth.uid()) with check (owner = auth.uid());
    grant select, insert on notes to anon, authenticated;",
);

async fn database() -> TestDb {
    TestDb::with_template("server-auth", SCHEMA).await
}

/// One at a time: roles belong to all databases of a server.
pub(crate) static MIGRATING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub(crate) type Variables = BTreeMap<&'static str, String>;

/// The settings that every server of these tests has.
pub(crate) fn settings(db: &TestDb) -> Variables {
    let mut variables = common();
    variables.insert("CRESTFALL_DATABASE__URL", db.url_as("authenticator"));
    variables
}

/// The same without a database.
fn common() -> Variables {
    BTreeMap::from([
        ("CRESTFALL_JWT__SECRET", SECRET.to_owned()),
        ("CRESTFALL_SERVER__PORT", "0".to_owned()),
        ("CRESTFALL_ADMIN__PORT", "0".to_owned()),
        ("CRESTFALL_AUTH__ENABLED", "true".to_owned()),
        (
            "CRESTFALL_AUTH__ENCRYPTION_KEY",
            "e1f0a2c3d4b5968778695a4b3c2d1e0f".to_owned(),
        ),
        ("CRESTFALL_AUTH__EMAIL__AUTOCONFIRM", "true".to_owned()),
    ])
}

fn as_pairs(variables: &Variables) -> Vec<(&str, &str)> {
    variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// A token of a key that projects have, for this role.
pub(crate) fn project_key(role: &str) -> String {
    sign_hs256(SECRET, &json!({ "role": role, "exp": 4_102_444_800_u64 })).unwrap()
}

/// A running server over TCP; killed when dropped.
pub(crate) struct Server {
    child: Child,
    folder: tempfile::TempDir,
    http: Client,
    pub(crate) url: String,
    admin: String,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }
}

impl Server {
    /// Starts `crestfall <command>` and waits until it listens.
    pub(crate) async fn start(command: &str, variables: &Variables) -> Self {
        Self::start_with(&[command], variables).await
    }

    /// The same with flags.
    async fn start_with(arguments: &[&str], variables: &Variables) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let child = crestfall(arguments, &as_pairs(variables))
            .current_dir(folder.path())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            folder,
            http: Client::new(),
            url: String::new(),
            admin: String::new(),
        };
        server.url = server.listening("API server listening on ").await;
        server.admin = server.listening("Admin server listening on ").await;
        server
    }

    /// Where a path is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The address in a line of the log, as soon as it is there.
    async fn listening(&self, words: &str) -> String {
        let began = Instant::now();
        loop {
            let log = self.log();
            let found = log
                .split_once(words)
                .and_then(|(_, rest)| rest.split_once('\n'));
            if let Some((address, _)) = found {
                return format!("http://{}", address.trim());
            }
            assert!(began.elapsed() < PATIENCE, "waited for {words}:\n{log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn log(&self) -> String {
        let path: PathBuf = self.folder.path().join("log");
        std::fs::read_to_string(path).unwrap()
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("x-supabase-api-version", "2024-01-01");
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        answer(request).await
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, Value::Null).await
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, token, body).await
    }

    /// Signs a new user up, whose session it gives.
    async fn sign_up(&self, email: &str) -> Answer {
        let body = json!({ "email": email, "password": "correct horse battery" });
        let answer = self.post("/auth/v1/signup", "", body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(process), signal).unwrap();
    }

    /// Tells the process to end, and gives its status.
    async fn end(mut self) -> Option<i32> {
        self.signal(Signal::SIGTERM);
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
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}

/// Asks again until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "waited for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
