//! A service, an application, and what a browser sees of them through a reverse proxy.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use crestfall_auth::config::{ForwardAuthPolicy, ForwardAuthRule};
use http::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::net::TcpListener;

use crate::service::TestAuth;

/// What stands behind the proxy, and where the proxy is to listen.
pub(super) struct Site {
    pub(super) port: u16,
    pub(super) crestfall: SocketAddr,
    pub(super) app: SocketAddr,
    service: TestAuth,
}

/// Ends with the test.
pub(super) struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let process = i32::try_from(self.0.id()).expect("an id");
        // Not killed: its workers are to end with it.
        let _ = Command::new("kill").arg(process.to_string()).status();
        let _ = self.0.wait();
    }
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}

fn serve(listener: TcpListener, app: Router) -> SocketAddr {
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
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

impl Site {
    /// Of `auth.localhost` and `app.localhost`, where `/public` is everybody's.
    pub(super) async fn new() -> Self {
        let (proxy, auth, app) = (bind().await, bind().await, bind().await);
        let port = proxy.local_addr().expect("an address").port();
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
        let router = Router::new().nest("/auth/v1", service.auth.router());
        Self {
            port,
            crestfall: serve(auth, router),
            app: serve(app, Router::new().fallback(any(application))),
            service,
        }
    }

    /// # Panics
    /// When it is not installed: a test that is left out is not missed by anybody.
    pub(super) fn start(&self, mut proxy: Command, package: &str) -> Proxy {
        let started = proxy
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(child) => Proxy(child),
            Err(error) => panic!("{error}; scripts/setup.sh test installs Debian's {package}"),
        }
    }

    fn of(&self, path: &str) -> String {
        format!("http://app.localhost:{}{path}", self.port)
    }

    /// A browser without cookies, once the proxy answers.
    pub(super) async fn visitor(&self) -> Client {
        let local = SocketAddr::from(([127, 0, 0, 1], self.port));
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .resolve("app.localhost", local)
            .resolve("auth.localhost", local)
            .build()
            .expect("a client");
        let started = Instant::now();
        while client.get(self.of("/public")).send().await.is_err() {
            let waited = started.elapsed();
            assert!(
                waited < Duration::from_secs(10),
                "the proxy does not answer"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        client
    }

    /// From the first look at a page to the last.
    pub(super) async fn is_guarded(&self, client: &Client) {
        // Nobody makes themselves up, neither where all may nor where some may.
        let forged = client.get(self.of("/public")).header("remote-user", "root");
        let forged = forged.send().await.expect("an answer");
        assert_eq!(forged.status(), 200);
        let seen = forged.text().await.expect("text");
        assert_eq!(seen, "user= groups= email=");

        let rd = self.of("/page?x=1");
        let page = client.get(&rd).header("accept", "text/html");
        let led = page.send().await.expect("an answer");
        assert_eq!(led.status(), 302);
        let login = location(&led);
        let port = self.port;
        let expected = format!("http://auth.localhost:{port}/auth/v1/login?rd=");
        assert!(login.starts_with(&expected), "{login}");
        let page = client.get(&login).send().await.expect("an answer");
        assert_eq!(page.status(), 200);

        let cookie = self.sign_in(client, &rd).await;
        let page = client
            .post(self.of("/page"))
            .header("cookie", &cookie)
            .header("remote-user", "root")
            .header("Remote-Groups", "admins")
            .body("a body");
        let page = page.send().await.expect("an answer");
        assert_eq!(page.status(), 200);
        let seen = page.text().await.expect("text");
        assert_eq!(seen, "user=ada@example.org groups= email=ada@example.org");

        let program = client
            .get(self.of("/page"))
            .basic_auth("ada@example.org", Some("wrong"));
        assert_eq!(program.send().await.expect("an answer").status(), 401);

        // A session that has ended leads to the login page, on a node that is told by nobody within
        // a second.
        sqlx::query("delete from auth.sessions")
            .execute(&self.service.pool)
            .await
            .expect("no sessions");
        let started = Instant::now();
        loop {
            let page = client.get(&rd).header("accept", "text/html");
            let led = page.header("cookie", &cookie).send().await;
            let led = led.expect("an answer");
            if led.status() == 302 {
                assert_eq!(location(&led), login);
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(10), "{led:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The session's cookie.
    async fn sign_in(&self, client: &Client, rd: &str) -> String {
        let fields = [
            ("email", "ada@example.org"),
            ("password", "correct horse"),
            ("rd", rd),
        ];
        let port = self.port;
        let signed_in = client
            .post(format!("http://auth.localhost:{port}/auth/v1/login"))
            .header("origin", format!("http://auth.localhost:{port}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(super::form(&fields))
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            (signed_in.status().as_u16(), location(&signed_in)),
            (303, rd.to_owned())
        );
        let set = signed_in.headers()["set-cookie"].to_str().expect("text");
        set.split(';').next().expect("a pair").to_owned()
    }
}

fn location(response: &Response) -> String {
    let location = response.headers().get("location").expect("a location");
    location.to_str().expect("text").to_owned()
}
