//! `deploy/Caddyfile` with a real Caddy between the browser and two applications.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use crestfall_auth::config::{ForwardAuthPolicy, ForwardAuthRule};
use http::HeaderMap;
use reqwest::redirect::Policy;
use tokio::net::TcpListener;

use crate::service::TestAuth;

/// Ends with the test.
struct Caddy(Child);

impl Drop for Caddy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn serve(listener: TcpListener, app: Router) -> SocketAddr {
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}

fn is_installed(program: &str) -> bool {
    let version = Command::new(program)
        .arg("version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// What an application behind the proxy sees of the user.
async fn application(headers: HeaderMap) -> String {
    let of = |name: &str| {
        let values = headers.get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        values.join("|")
    };
    format!(
        "user={} groups={} email={}",
        of("remote-user"),
        of("remote-groups"),
        of("remote-email")
    )
}

#[tokio::test]
async fn caddy_asks_before_each_request() {
    if !is_installed("caddy") {
        eprintln!("skipped: caddy is not installed (Debian: apt install caddy)");
        return;
    }
    let (proxy, auth, app) = (bind().await, bind().await, bind().await);
    let port = proxy.local_addr().expect("an address").port();
    drop(proxy);
    let auth_address = auth.local_addr().expect("an address");
    let service = TestAuth::with(|config| {
        config.external_url = format!("http://auth.localhost:{port}/auth/v1");
        config.site_url = format!("http://app.localhost:{port}");
        config.forward_auth.domains = vec!["localhost".into()];
        config.forward_auth.allow_http = true;
        config.forward_auth.rules = vec![
            ForwardAuthRule {
                paths: vec!["/public".into()],
                policy: ForwardAuthPolicy::Bypass,
                ..ForwardAuthRule::default()
            },
            ForwardAuthRule {
                domains: vec!["app.localhost".into()],
                policy: ForwardAuthPolicy::OneFactor,
                ..ForwardAuthRule::default()
            },
        ];
    })
    .await;
    service.sign_up("ada@example.org", "correct horse").await;
    serve(auth, Router::new().nest("/auth/v1", service.auth.router())).await;
    let app = serve(app, Router::new().fallback(any(application))).await;
    let directory = tempfile::tempdir().expect("a directory");
    let caddyfile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/Caddyfile");
    let caddy = Command::new("caddy")
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(caddyfile)
        .env("HOME", directory.path())
        .env("XDG_DATA_HOME", directory.path())
        .env("XDG_CONFIG_HOME", directory.path())
        .env("AUTH_SITE", format!("http://auth.localhost:{port}"))
        .env("APP_SITE", format!("http://app.localhost:{port}"))
        .env("CRESTFALL", auth_address.to_string())
        .env("APP", app.to_string())
        .env("CADDY_ADMIN", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("caddy");
    let _caddy = Caddy(caddy);
    let local = SocketAddr::from(([127, 0, 0, 1], port));
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .resolve("app.localhost", local)
        .resolve("auth.localhost", local)
        .build()
        .expect("a client");
    let base = format!("http://app.localhost:{port}");
    let started = Instant::now();
    while client.get(format!("{base}/public")).send().await.is_err() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "caddy does not answer"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Nobody makes themselves up, neither where all may nor where some may.
    let forged = client
        .get(format!("{base}/public"))
        .header("remote-user", "root")
        .send();
    let forged = forged.await.expect("an answer");
    assert_eq!(forged.status(), 200);
    let seen = forged.text().await.expect("text");
    assert_eq!(seen, "user= groups= email=");
    let page = client
        .get(format!("{base}/page?x=1"))
        .header("accept", "text/html");
    let led = page.send().await.expect("an answer");
    assert_eq!(led.status(), 302);
    let login = led.headers()["location"].to_str().expect("text").to_owned();
    assert!(
        login.starts_with(&format!("http://auth.localhost:{port}/auth/v1/login?rd=")),
        "{login}"
    );
    assert_eq!(
        client.get(&login).send().await.expect("an answer").status(),
        200
    );
    let rd = format!("{base}/page?x=1");
    let fields = [
        ("email", "ada@example.org"),
        ("password", "correct horse"),
        ("rd", rd.as_str()),
    ];
    let signed_in = client
        .post(format!("http://auth.localhost:{port}/auth/v1/login"))
        .header("origin", format!("http://auth.localhost:{port}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(super::form(&fields))
        .send()
        .await
        .expect("an answer");
    assert_eq!(signed_in.status(), 303);
    assert_eq!(signed_in.headers()["location"], rd.as_str());
    let set = signed_in.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    let cookie = set.split(';').next().expect("a pair").to_owned();
    let page = client
        .post(format!("{base}/page"))
        .header("cookie", &cookie)
        .header("remote-user", "root")
        .header("Remote-Groups", "admins")
        .body("a body");
    let page = page.send().await.expect("an answer");
    assert_eq!(page.status(), 200);
    let seen = page.text().await.expect("text");
    assert_eq!(seen, "user=ada@example.org groups= email=ada@example.org");
    let program = client
        .get(format!("{base}/page"))
        .basic_auth("ada@example.org", Some("wrong"));
    assert_eq!(program.send().await.expect("an answer").status(), 401);
}
