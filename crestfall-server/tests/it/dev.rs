//! `crestfall dev` as somebody types it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::process::crestfall;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A project that is being served; stopped as Ctrl-C does when dropped.
struct Dev {
    child: Child,
    folder: tempfile::TempDir,
}

impl Dev {
    /// With these settings, variables and flags.
    fn start(toml: &str, variables: &[(&str, &str)], flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL may run as another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("crestfall.toml"), toml).unwrap();
        let project = folder.path().display().to_string();
        let log = File::create(folder.path().join("log")).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let child = crestfall(&[&["dev", &project], flags].concat(), variables)
            .env("PATH", path)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The address that it tells as soon as it answers.
    fn told(&mut self) -> String {
        let began = Instant::now();
        loop {
            let log = self.log();
            let line = log.lines().find_map(|line| line.strip_prefix("  REST "));
            if let Some(address) = line.and_then(|line| line.trim().strip_suffix("/rest/v1")) {
                return address.to_owned();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && began.elapsed() < PATIENCE,
                "{ended:?}\n{log}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let process = i32::try_from(self.child.id()).unwrap();
        let _ = kill(Pid::from_raw(process), Signal::SIGINT);
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn json(url: &str) -> Value {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_port_and_hosts_of_the_project_count_and_this_machine_is_let_in() {
    let (port, admin) = (free_port(), free_port());
    let toml = format!(
        "[server]\nport = {port}\nallowed_hosts = [\"api.example.org\"]\n[admin]\nport = {admin}\n"
    );
    let mut dev = Dev::start(&toml, &[], &[]);
    let base = dev.told();
    assert_eq!(base, format!("http://127.0.0.1:{port}"));
    // Tokens are issued by that address.
    let issuer = json(&format!("{base}/auth/v1/.well-known/openid-configuration")).await;
    assert_eq!(issuer["issuer"], format!("{base}/auth/v1"));
    let document = json(&format!("http://localhost:{port}/openapi.json")).await;
    for path in ["/auth/v1/signup", "/rbac/v1/check", "/graphql/v1"] {
        assert!(document["paths"][path]["post"].is_object(), "{path}");
    }
    let ask = async |host: &str| {
        let request = reqwest::Client::new().get(format!("{base}/rest/v1/"));
        request.header("host", host).send().await.unwrap().status()
    };
    assert_eq!(ask("api.example.org").await, 200);
    assert_eq!(ask("evil.example").await, 421);
}

#[tokio::test]
async fn a_flag_is_stronger_than_a_variable_and_that_than_the_file() {
    let (port, admin) = (free_port(), free_port().to_string());
    let variables = [
        ("CRESTFALL_SERVER__PORT", "1"),
        ("CRESTFALL_ADMIN__PORT", admin.as_str()),
    ];
    let mut dev = Dev::start(
        "[server]\nport = 2\n",
        &variables,
        &["--port", &port.to_string()],
    );
    assert_eq!(dev.told(), format!("http://127.0.0.1:{port}"));
}
