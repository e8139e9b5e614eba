//! PostgreSQL or Redis goes away while users are at it (D6, D36).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crestfall_auth::signature::{PrivateKey, Signer};
use crestfall_core::cluster::{Cluster, Options};
use crestfall_core::testing::RedisServer;
use parking_lot::Mutex;

use super::*;

/// A client of a user: it sends its last refresh token until it has a new one.
struct Tab {
    http: Client,
    url: String,
    refresh_token: String,
    access_token: String,
}

/// What happened to all tabs.
#[derive(Default)]
struct Seen {
    refreshed: AtomicU64,
    refused: AtomicU64,
    /// What is neither a new session nor "try again".
    odd: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl Tab {
    fn of(server: &Server, session: &Answer) -> Self {
        Self {
            // A connection of its own, as browsers have.
            http: Client::new(),
            url: server.url.clone(),
            refresh_token: session.text("refresh_token"),
            access_token: session.text("access_token"),
        }
    }

    async fn refresh(&mut self) -> Option<Answer> {
        let url = format!("{}/auth/v1/token?grant_type=refresh_token", self.url);
        let body = json!({ "refresh_token": self.refresh_token });
        let response = self.http.post(url).json(&body).send().await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.json().await.unwrap_or_default();
        let answer = Answer {
            status,
            headers,
            body,
        };
        if answer.status == 200 {
            self.refresh_token = answer.text("refresh_token");
            self.access_token = answer.text("access_token");
        }
        Some(answer)
    }

    async fn stay(mut self, seen: Arc<Seen>) -> Self {
        while !seen.is_over.load(Relaxed) {
            match self.refresh().await {
                Some(answer) if answer.status == 200 => drop(seen.refreshed.fetch_add(1, Relaxed)),
                other => {
                    seen.refused.fetch_add(1, Relaxed);
                    let try_again = other.as_ref().is_none_or(|answer| {
                        answer.status == 503 && answer.headers.contains_key("retry-after")
                    });
                    if !try_again {
                        seen.odd.lock().push(format!("{other:?}"));
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        self
    }
}

fn kill_now(cluster: &Cluster) {
    // An immediate shutdown: as after a crash, without a word to anybody.
    kill(Pid::from_raw(cluster.pid()), Signal::SIGQUIT).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_is_lost_when_postgresql_dies_in_the_middle_of_refreshes_d6() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(folder.path().join("postgres"));
    let mut cluster = Cluster::start(options.clone()).await.unwrap();
    cluster.ensure_database("app").await.unwrap();
    let migrated = output(&["migrate", "--database-url", &cluster.url("app")], &[]);
    assert!(migrated.status.success(), "{migrated:?}");
    let mut variables: Variables = BTreeMap::from([
        (
            "CRESTFALL_DATABASE__URL",
            cluster.url_as("authenticator", "app"),
        ),
        ("CRESTFALL_AUTH__PASSWORD__HASH_MEMORY", "64".to_owned()),
    ]);
    for name in ["TOKEN_REFRESH", "OTP"] {
        let name: &'static str = format!("CRESTFALL_AUTH__RATE_LIMITS__{name}").leak();
        variables.insert(name, "off".to_owned());
    }
    for (name, value) in common() {
        variables.entry(name).or_insert(value);
    }
    let server = Server::start("serve", &variables).await;
    let seen = Arc::new(Seen::default());
    let mut tabs = Vec::new();
    for n in 0..24 {
        let session = server.sign_up(&format!("user-{n}@example.org")).await;
        let tab = Tab::of(&server, &session);
        tabs.push(tokio::spawn(tab.stay(seen.clone())));
    }
    for _ in 0..3 {
        let before = seen.refreshed.load(Relaxed);
        until("refreshes", async || {
            seen.refreshed.load(Relaxed) > before + 100
        })
        .await;
        let refused = seen.refused.load(Relaxed);
        kill_now(&cluster);
        until("refusals", async || {
            seen.refused.load(Relaxed) > refused + 50
        })
        .await;
        cluster.detach();
        cluster = Cluster::start(options.clone()).await.unwrap();
    }
    let before = seen.refreshed.load(Relaxed);
    until("refreshes again", async || {
        seen.refreshed.load(Relaxed) > before + 100
    })
    .await;
    seen.is_over.store(true, Relaxed);
    for tab in tabs {
        let mut tab = tab.await.unwrap();
        let last = tab.refresh().await;
        assert!(
            last.as_ref().is_some_and(|answer| answer.status == 200),
            "{last:?}"
        );
        let user = server.get("/auth/v1/user", &tab.access_token).await;
        assert_eq!(user.status, 200, "{user:?}");
    }
    let odd = std::mem::take(&mut *seen.odd.lock());
    assert!(
        odd.is_empty(),
        "{} of {}: {:#?}",
        odd.len(),
        seen.refused.load(Relaxed),
        &odd[..odd.len().min(5)]
    );
    println!(
        "{} refreshes, {} refused, 24 of 24 signed in",
        seen.refreshed.load(Relaxed),
        seen.refused.load(Relaxed)
    );
    assert_eq!(server.end().await, Some(0));
    cluster.stop().await.unwrap();
}

/// Two nodes over one database, with a limit of tries.
async fn nodes(db: &TestDb, redis: Option<&RedisServer>) -> [Server; 2] {
    let mut variables = settings(db);
    variables.insert(
        "CRESTFALL_AUTH__RATE_LIMITS__TOKEN_REFRESH",
        "6 per 1h".to_owned(),
    );
    variables.insert("CRESTFALL_AUTH__RATE_LIMITS__OTP", "off".to_owned());
    if let Some(redis) = redis {
        variables.insert("CRESTFALL_REDIS__URL", redis.url());
    }
    let first = Server::start("serve", &variables).await;
    [first, Server::start("serve", &variables).await]
}

async fn guess(server: &Server) -> u16 {
    let body = json!({ "refresh_token": "none" });
    let path = "/auth/v1/token?grant_type=refresh_token";
    server.post(path, "", body).await.status.as_u16()
}

/// A key that signs requests, and how.
struct SigningKey(Signer);

impl SigningKey {
    async fn of(server: &Server, email: &str) -> Self {
        let token = server.sign_up(email).await.text("access_token");
        let body = json!({ "name": "machine", "kind": "hmac" });
        let made = server.post("/auth/v1/user/api-keys", &token, body).await;
        assert_eq!(made.status, 201, "{made:?}");
        let secret = BASE64_STANDARD.decode(made.text("secret")).unwrap();
        let key = PrivateKey::hmac_sha256(&secret).unwrap();
        Self(Signer::new(made.text("key_id"), key))
    }

    /// A request to read notes, to be sent to any node behind one name, as often as one likes.
    fn sign(&self) -> http::HeaderMap {
        let request = http::Request::get("/rest/v1/notes").header("host", "shop.example");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        self.0.sign(&mut parts, b"", now).unwrap();
        parts.headers
    }
}

async fn send(server: &Server, headers: &http::HeaderMap) -> Answer {
    let request = server.http.get(format!("{}/rest/v1/notes", server.url));
    answer(request.headers(headers.clone())).await
}

#[tokio::test]
async fn two_nodes_count_and_refuse_replays_together_as_long_as_redis_is_there_d36() {
    let db = database().await;
    let mut redis = RedisServer::start().await;
    let [one, two] = nodes(&db, Some(&redis)).await;
    let key = SigningKey::of(&one, "ada@example.org").await;
    for _ in 0..3 {
        assert_eq!(guess(&one).await, 400);
        assert_eq!(guess(&two).await, 400);
    }
    assert_eq!((guess(&one).await, guess(&two).await), (429, 429));
    let signed = key.sign();
    assert_eq!(send(&one, &signed).await.status, 200);
    assert_eq!(send(&two, &signed).await.status, 401, "a replay");

    redis.stop();
    // Limits stay as each node knew them, and go on in each by itself: they never stop anybody else.
    assert_eq!((guess(&one).await, guess(&two).await), (429, 429));
    let session = two.sign_up("grace@example.org").await;
    let token = session.text("access_token");
    assert_eq!(two.get("/auth/v1/user", &token).await.status, 200);
    // A nonce that nobody can vouch for is not taken: signed requests wait, others do not.
    let refused = send(&two, &key.sign()).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    assert_eq!(two.get("/rest/v1/notes", &token).await.status, 200);

    redis.restart();
    until("signed requests", async || {
        send(&two, &key.sign()).await.status == 200
    })
    .await;
    for server in [&one, &two] {
        let metrics = server.http.get(format!("{}/metrics", server.admin));
        let metrics = metrics.send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("status=\"200\""), "{metrics}");
        assert!(!metrics.contains("status=\"500\""), "{metrics}");
    }
}

#[tokio::test]
async fn two_nodes_without_redis_share_sessions_and_revocations_and_count_each_by_itself() {
    let db = database().await;
    let [one, two] = nodes(&db, None).await;
    for _ in 0..6 {
        assert_eq!(guess(&one).await, 400);
    }
    assert_eq!((guess(&one).await, guess(&two).await), (429, 400));
    let session = one.sign_up("ada@example.org").await;
    let token = session.text("access_token");
    assert_eq!(two.get("/auth/v1/user", &token).await.status, 200);
    assert_eq!(two.get("/rest/v1/notes", &token).await.status, 200);
    assert_eq!(
        one.post("/auth/v1/logout", &token, Value::Null)
            .await
            .status,
        204
    );
    until("the other node to know", async || {
        two.get("/rest/v1/notes", &token).await.status == 401
    })
    .await;
    // A signed request counts once on each node: without Redis they do not know of each other's.
    let key = SigningKey::of(&one, "grace@example.org").await;
    let signed = key.sign();
    assert_eq!(send(&one, &signed).await.status, 200);
    assert_eq!(send(&one, &signed).await.status, 401);
}
