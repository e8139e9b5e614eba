//! How a session stays fresh.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use crestfall_client::auth::UserUpdate;
use crestfall_client::session::{FileStorage, MemoryStorage, SessionEvent, SessionStorage as _};
use crestfall_client::{Client, Retry};

use super::World;
use super::films_types::cities;
use crate::auth::project_key;

/// Stands between client and server: counts refreshes, and can answer them itself.
#[derive(Clone)]
struct Between {
    server: String,
    http: reqwest::Client,
    refreshes: Arc<AtomicUsize>,
    /// Answered in place of the server; 0 asks it.
    status: Arc<AtomicU16>,
    url: String,
}

impl Between {
    async fn new(server: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let between = Self {
            server: server.to_owned(),
            http: reqwest::Client::new(),
            refreshes: Arc::default(),
            status: Arc::default(),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let app = Router::new().fallback(pass).with_state(between.clone());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        between
    }

    fn refreshes(&self) -> usize {
        self.refreshes.load(Ordering::SeqCst)
    }

    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

async fn pass(State(between): State<Between>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    if target.contains("grant_type=refresh_token") {
        between.refreshes.fetch_add(1, Ordering::SeqCst);
        // So that those who come meanwhile come meanwhile.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let status = between.status.load(Ordering::SeqCst);
        if status != 0 {
            let mut response = Response::new(Body::from("{}"));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            return response;
        }
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let asked = between
        .http
        .request(parts.method, format!("{}{target}", between.server));
    let answer = asked
        .headers(parts.headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = Body::from(answer.bytes().await.unwrap());
    response
}

struct Stale {
    _world: World,
    between: Between,
    client: Client,
    storage: tempfile::TempDir,
}

impl Stale {
    /// A client whose access token has ended.
    async fn new() -> Self {
        Self::with(0).await
    }

    /// A client whose access token has so many seconds left.
    async fn with(left: u64) -> Self {
        let world = World::new().await;
        let between = Between::new(world.url()).await;
        let storage = tempfile::tempdir().unwrap();
        let file = FileStorage::new(storage.path().join("session.json"));
        let client = world.client();
        client
            .auth()
            .sign_up("ada@example.org", "correct horse")
            .send()
            .await
            .unwrap();
        let mut session = client.auth().session().await.unwrap().unwrap();
        session.expires_at = now() + left;
        file.save(Some(session)).await.unwrap();
        let client = builder(&between).storage(file).build().unwrap();
        Self {
            _world: world,
            between,
            client,
            storage,
        }
    }
}

fn builder(between: &Between) -> crestfall_client::Builder {
    Client::builder(&between.url)
        .key(project_key("anon"))
        .retry(Retry {
            first_pause: Duration::from_millis(1),
            ..Retry::default()
        })
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

async fn cities(client: &Client) -> Result<Vec<String>, crestfall_client::Error> {
    client.from(cities::TABLE).select(cities::name).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tasks_with_an_old_token_make_one_refresh_request() {
    let stale = Stale::new().await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let client = stale.client.clone();
            tokio::spawn(async move { cities(&client).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().len(), 2);
    }
    assert_eq!(stale.between.refreshes(), 1);
}

#[tokio::test]
async fn who_gives_up_waiting_does_not_break_the_refresh() {
    let stale = Stale::new().await;
    let gave_up = tokio::time::timeout(Duration::from_millis(10), cities(&stale.client)).await;
    assert!(gave_up.is_err());
    assert_eq!(cities(&stale.client).await.unwrap().len(), 2);
    assert_eq!(stale.between.refreshes(), 1);
}

#[tokio::test]
async fn a_network_that_fails_signs_nobody_out() {
    let stale = Stale::new().await;
    stale.between.answer(503);
    let error = cities(&stale.client).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    assert_eq!(stale.between.refreshes(), 4, "asked again, as it is safe");
    assert!(stale.client.auth().session().await.unwrap().is_some());
    stale.between.answer(0);
    assert_eq!(cities(&stale.client).await.unwrap().len(), 2);
}

#[tokio::test]
async fn ahead_of_its_end_a_token_serves_on_while_the_refresh_fails() {
    let stale = Stale::with(20).await;
    stale.between.answer(502);
    assert_eq!(cities(&stale.client).await.unwrap().len(), 2);
    let tried = stale.between.refreshes();
    assert!(tried > 0);
    // Nobody tries again at once.
    assert_eq!(cities(&stale.client).await.unwrap().len(), 2);
    assert_eq!(stale.between.refreshes(), tried);
}

#[tokio::test]
async fn a_refresh_that_is_refused_signs_out() {
    let stale = Stale::new().await;
    let mut events = stale.client.auth().events();
    stale.between.answer(400);
    let error = cities(&stale.client).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 400);
    assert_eq!(stale.client.auth().session().await.unwrap(), None);
    assert!(!stale.storage.path().join("session.json").exists());
    assert_eq!(events.next().await, Some(SessionEvent::SignedOut));
    // As anybody.
    assert_eq!(cities(&stale.client).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_that_the_server_finds_too_old_is_refreshed_and_the_request_repeated() {
    let stale = Stale::with(3000).await;
    // The token's own end, by a clock that is ahead: a token with a life of two seconds.
    let session = stale.client.auth().session().await.unwrap().unwrap();
    let old = crestfall_core::jwt::sign_hs256(
        crate::auth::SECRET,
        &serde_json::json!({ "role": "authenticated", "sub": session.user.id, "exp": now() - 60 }),
    );
    let mut session = session;
    session.access_token = old.unwrap();
    let storage = MemoryStorage::default();
    storage.save(Some(session)).await.unwrap();
    let client = builder(&stale.between).storage(storage).build().unwrap();
    assert_eq!(cities(&client).await.unwrap().len(), 2);
    assert_eq!(stale.between.refreshes(), 1);
}

#[tokio::test]
async fn processes_that_share_a_file_make_one_refresh_request() {
    let stale = Stale::new().await;
    let path = stale.storage.path().join("session.json");
    let other = || {
        let storage = FileStorage::new(&path);
        builder(&stale.between).storage(storage).build().unwrap()
    };
    let clients: Vec<Client> = (0..8).map(|_| other()).collect();
    for client in &clients {
        assert!(client.auth().session().await.unwrap().unwrap().is_expired());
    }
    let tasks = clients
        .iter()
        .cloned()
        .map(|client| tokio::spawn(async move { cities(&client).await.unwrap().len() }));
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), 2);
    }
    assert_eq!(stale.between.refreshes(), 1);
}

/// The tokens that another process stored are not lost when this one learns of the user.
#[tokio::test]
async fn who_asks_for_the_user_leaves_the_tokens_of_another_process() {
    let stale = Stale::with(3600).await;
    let path = stale.storage.path().join("session.json");
    let file = FileStorage::new(&path);
    let old = stale.client.auth().session().await.unwrap().unwrap();
    let other = builder(&stale.between).storage(FileStorage::new(&path));
    let other = other.build().unwrap();
    let new = other.auth().refresh().await.unwrap();
    assert_ne!(new.access_token, old.access_token);
    let change = UserUpdate::new().data("name", "Ada");
    stale.client.auth().update_user(change).await.unwrap();
    let stored = file.load().await.unwrap().unwrap();
    assert_eq!(stored.access_token, new.access_token);
    assert_eq!(stored.user.user_metadata["name"], "Ada");
    // Nor does a session come back that another process ended.
    file.save(None).await.unwrap();
    stale.client.auth().user().await.unwrap();
    assert_eq!(file.load().await.unwrap(), None);
}

#[tokio::test]
async fn another_process_that_refreshed_first_is_followed() {
    let stale = Stale::new().await;
    let path = stale.storage.path().join("session.json");
    let other = builder(&stale.between)
        .storage(FileStorage::new(&path))
        .build()
        .unwrap();
    // Both have read the old one.
    assert!(other.auth().session().await.unwrap().unwrap().is_expired());
    assert!(stale.client.auth().session().await.unwrap().is_some());
    cities(&other).await.unwrap();
    cities(&stale.client).await.unwrap();
    assert_eq!(stale.between.refreshes(), 1);
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
