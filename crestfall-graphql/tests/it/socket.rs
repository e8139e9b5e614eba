//! `graphql-transport-ws` over a real listener.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use crestfall_core::{Identity, Problem};
use crestfall_graphql::{Authenticate, Config, GraphQl};
use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use http::request::Parts;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tower::ServiceExt as _;

use crate::api::{Api, sign, token};

/// A socket to an API.
struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// An API behind a listener.
async fn served(change: impl FnOnce(&mut Config)) -> (Api, String) {
    let api = Api::over("", |config| {
        config.subscriptions.interval = Duration::from_millis(50);
        change(config);
    })
    .await;
    let address = listen(&api.graphql).await;
    (api, address)
}

/// Serves an API; where it is.
async fn listen(graphql: &GraphQl) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}/", listener.local_addr().unwrap());
    let router = graphql.router::<()>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

impl Client {
    async fn open(address: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut request = address.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Self(connect_async(request).await.unwrap().0)
    }

    /// A connection that was acknowledged.
    async fn init(address: &str, payload: Value) -> Self {
        let mut client = Self::open(address, &[]).await;
        client
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(client.next().await, json!({ "type": "connection_ack" }));
        client
    }

    async fn send(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        let payload = json!({ "query": query });
        self.send(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
    }

    /// The next message.
    async fn next(&mut self) -> Value {
        loop {
            match self.frame().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code with which the server closes, and its reason.
    async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.frame().await {
                Message::Close(Some(frame)) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Message::Close(None) => panic!("closed without a code"),
                _ => {}
            }
        }
    }

    /// How the connection ends, if by a closing frame and soon.
    async fn end(&mut self) -> Option<(u16, String)> {
        const SOON: Duration = Duration::from_secs(3);
        while let Ok(Some(Ok(message))) = tokio::time::timeout(SOON, self.0.next()).await {
            if let Message::Close(Some(frame)) = message {
                return Some((frame.code.into(), frame.reason.to_string()));
            }
        }
        None
    }

    async fn frame(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(10), self.0.next());
        next.await.expect("in time").expect("a frame").unwrap()
    }
}

const BOOK: &str = "subscription { bookByPk(id: 1) { title } }";

fn title(id: &str, title: &str) -> Value {
    let data = json!({ "bookByPk": { "title": title } });
    json!({ "type": "next", "id": id, "payload": { "data": data } })
}

#[tokio::test]
async fn a_subscription_tells_only_what_changed() {
    let (api, address) = served(|_| {}).await;
    let mut client = Client::init(&address, Value::Null).await;
    client.subscribe("1", BOOK).await;
    assert_eq!(client.next().await, title("1", "Notes"));
    // Another row, and the same value again, are no change.
    api.db
        .execute("update library.book set title = 'Other' where id = 2")
        .await;
    api.db
        .execute("update library.book set title = 'Notes' where id = 1")
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    api.db
        .execute("update library.book set title = 'New' where id = 1")
        .await;
    assert_eq!(client.next().await, title("1", "New"));
    client.send(json!({ "type": "complete", "id": "1" })).await;
    // The id is free again.
    client.subscribe("1", BOOK).await;
    assert_eq!(client.next().await, title("1", "New"));
}

#[tokio::test]
async fn queries_mutations_and_refusals_are_answered_once() {
    let (_api, address) = served(|_| {}).await;
    let mut client =
        Client::init(&address, json!({ "token": token("authenticated", "ann") })).await;
    client
        .subscribe("q", "{ memberCollection { edges { node { nickName } } } }")
        .await;
    let answer = client.next().await;
    assert_eq!(
        answer["payload"]["data"]["memberCollection"]["edges"],
        json!([{ "node": { "nickName": "Annie" } }])
    );
    assert_eq!(
        client.next().await,
        json!({ "type": "complete", "id": "q" })
    );
    client
        .subscribe(
            "m",
            "mutation { renameBook(bookId: 1, title: \"Now\") { title } }",
        )
        .await;
    assert_eq!(
        client.next().await["payload"]["data"]["renameBook"]["title"],
        "Now"
    );
    assert_eq!(client.next().await["type"], "complete");
    client.subscribe("e", "subscription { nothing }").await;
    let error = client.next().await;
    assert_eq!(
        (&error["type"], &error["id"]),
        (&json!("error"), &json!("e"))
    );
    assert!(
        error["payload"][0]["message"]
            .as_str()
            .unwrap()
            .contains("nothing")
    );
    client
        .subscribe("t", "subscription { a: add(a: 1) b: add(a: 2) }")
        .await;
    assert_eq!(client.next().await["type"], "error");
    client
        .send(json!({ "type": "ping", "payload": { "n": 1 } }))
        .await;
    assert_eq!(
        client.next().await,
        json!({ "type": "pong", "payload": { "n": 1 } })
    );
}

#[tokio::test]
async fn who_breaks_the_protocol_is_told_how() {
    let (_api, address) = served(|config| {
        config.subscriptions.init_timeout = Duration::from_millis(300);
    })
    .await;
    let mut late = Client::open(&address, &[]).await;
    assert_eq!(late.closed().await.0, 4408);
    let mut eager = Client::open(&address, &[]).await;
    eager.subscribe("1", BOOK).await;
    assert_eq!(eager.closed().await, (4401, "Unauthorized".into()));
    let mut twice = Client::init(&address, Value::Null).await;
    twice.send(json!({ "type": "connection_init" })).await;
    assert_eq!(twice.closed().await.0, 4429);
    let mut same = Client::init(&address, Value::Null).await;
    same.subscribe("x", BOOK).await;
    same.subscribe("x", BOOK).await;
    let (code, reason) = same.closed().await;
    assert_eq!(
        (code, reason.as_str()),
        (4409, "Subscriber for x already exists")
    );
    let mut odd = Client::init(&address, Value::Null).await;
    odd.send(json!({ "type": "start", "id": "1" })).await;
    assert_eq!(odd.closed().await.0, 4400);
    let request = address.as_str().into_client_request().unwrap();
    let mut other = Client(connect_async(request).await.unwrap().0);
    assert_eq!(other.closed().await.0, 4406);
}

#[tokio::test]
async fn a_socket_ends_with_its_token_sec_28() {
    let (_api, address) = served(|_| {}).await;
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    // The verifier allows clocks to differ by 30 seconds.
    let claims = json!({ "role": "authenticated", "sub": "ann", "exp": now - 28 });
    let bearer = format!("Bearer {}", sign(&claims));
    let mut client = Client::init(&address, json!({ "Authorization": bearer })).await;
    client
        .subscribe(
            "1",
            "subscription { memberCollection { edges { node { nickName } } } }",
        )
        .await;
    assert_eq!(client.next().await["type"], "next");
    let (code, reason) = client.closed().await;
    assert_eq!(code, 4403);
    assert!(reason.contains("expired"), "{reason}");
    let mut bad = Client::open(&address, &[]).await;
    bad.send(json!({ "type": "connection_init", "payload": { "token": "a.b.c" } }))
        .await;
    assert_eq!(bad.closed().await.0, 4403);
}

#[tokio::test]
async fn each_identity_sees_its_own_rows() {
    let (api, address) = served(|_| {}).await;
    let query = "subscription { memberCollection { edges { node { nickName } } } }";
    let mut clients = Vec::new();
    for subject in ["ann", "ben"] {
        let payload = json!({ "token": token("authenticated", subject) });
        let mut client = Client::init(&address, payload).await;
        client.subscribe("1", query).await;
        clients.push((client.next().await, client));
    }
    let name = |message: &Value| {
        message["payload"]["data"]["memberCollection"]["edges"][0]["node"]["nickName"].clone()
    };
    assert_eq!(
        (name(&clients[0].0), name(&clients[1].0)),
        (json!("Annie"), json!(null))
    );
    api.db
        .execute("update library.member set nick_name = 'Benny' where owner = 'ben'")
        .await;
    assert_eq!(name(&clients[1].1.next().await), "Benny");
    let silent = tokio::time::timeout(Duration::from_millis(300), clients[0].1.next()).await;
    assert!(silent.is_err());
}

#[tokio::test]
async fn operations_of_a_connection_and_of_an_identity_are_counted() {
    let (_api, address) = served(|config| {
        config.subscriptions.max_per_connection = 2;
        config.subscriptions.max_per_identity = 3;
        config.subscriptions.max_connections = 2;
    })
    .await;
    let mut one = Client::init(&address, Value::Null).await;
    let mut two = Client::init(&address, Value::Null).await;
    let query = |id: u32| format!("subscription {{ bookByPk(id: {id}) {{ title }} }}");
    for id in 1..=3 {
        one.subscribe(&id.to_string(), &query(id)).await;
    }
    let mut told: Vec<Value> = Vec::new();
    for _ in 0..3 {
        told.push(one.next().await);
    }
    let error = told
        .iter()
        .find(|message| message["type"] == "error")
        .unwrap();
    let message = error["payload"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("graphql.subscriptions.max_per_connection"),
        "{message}"
    );
    // What is asked already costs nothing more.
    two.subscribe("1", &query(1)).await;
    assert_eq!(two.next().await["type"], "next");
    two.send(json!({ "type": "complete", "id": "1" })).await;
    two.subscribe("3", &query(3)).await;
    assert_eq!(two.next().await["type"], "next");
    two.subscribe("4", &query(4)).await;
    let error = two.next().await;
    let message = error["payload"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("graphql.subscriptions.max_per_identity"),
        "{message}"
    );
    let mut request = address.as_str().into_client_request().unwrap();
    request.headers_mut().insert(
        "sec-websocket-protocol",
        "graphql-transport-ws".parse().unwrap(),
    );
    assert!(connect_async(request).await.is_err());
}

#[tokio::test]
async fn sockets_end_when_the_process_does() {
    let (api, address) = served(|_| {}).await;
    let mut client = Client::init(&address, Value::Null).await;
    client.subscribe("1", BOOK).await;
    assert_eq!(client.next().await["type"], "next");
    api.graphql.end_subscriptions();
    assert_eq!(client.closed().await.0, 1001);
}

#[tokio::test]
async fn a_socket_without_subscriptions_is_refused() {
    let (_api, address) = served(|config| config.subscriptions.enabled = false).await;
    let mut request = address.as_str().into_client_request().unwrap();
    request.headers_mut().insert(
        "sec-websocket-protocol",
        "graphql-transport-ws".parse().unwrap(),
    );
    assert!(connect_async(request).await.is_err());
}

/// Credentials that somebody may revoke.
#[derive(Default)]
struct Revocable(AtomicBool);

#[async_trait]
impl Authenticate for Revocable {
    async fn authenticate(&self, _: &Parts) -> Result<Identity, Problem> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "revoked",
                "The session has ended",
            )),
            false => Ok(Identity::from_token(
                "authenticated".into(),
                serde_json::Map::new(),
            )),
        }
    }
}

#[tokio::test]
async fn a_socket_and_a_stream_end_with_their_session_sec_14_sec_28() {
    let api = Api::over("", |config| {
        config.subscriptions.interval = Duration::from_millis(50);
    })
    .await;
    let session = Arc::new(Revocable::default());
    let graphql = GraphQl::clone(&api.graphql).authenticate(session.clone());
    let address = listen(&graphql).await;
    let mut client = Client::init(&address, Value::Null).await;
    client.subscribe("1", BOOK).await;
    assert_eq!(client.next().await, title("1", "Notes"));
    let body = json!({ "query": BOOK }).to_string();
    let request = http::Request::post("/")
        .header("content-type", "application/json")
        .header("accept", "text/event-stream")
        .body(axum::body::Body::from(body));
    let stream = graphql
        .router::<()>()
        .oneshot(request.unwrap())
        .await
        .unwrap();
    let mut stream = stream.into_body().into_data_stream();
    assert!(stream.next().await.is_some());

    session.0.store(true, Ordering::Relaxed);
    assert_eq!(
        client.closed().await,
        (4403, "Forbidden: The session has ended".into())
    );
    while let Some(event) = stream.next().await {
        assert!(
            !event.unwrap().starts_with(b"event: complete"),
            "clients come back"
        );
    }
    // Nothing was told after it, and nothing begins.
    let mut late = Client::open(&address, &[]).await;
    late.send(json!({ "type": "connection_init" })).await;
    assert_eq!(late.closed().await.0, 4403);
}

/// A text of a megabyte.
const MEGABYTE: usize = 1 << 20;

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_d4() {
    let (api, address) = served(|config| {
        config.subscriptions.send_timeout = Duration::from_millis(300);
    })
    .await;
    let long = format!("update library.book set title = repeat('x', {MEGABYTE}) where id = 1");
    api.db.execute(&long).await;
    let titles: Vec<String> = (0..12).map(|number| format!("t{number}: title")).collect();
    let query = format!(
        "subscription {{ bookByPk(id: 1) {{ {} }} }}",
        titles.join(" ")
    );
    // How long the answers take to be made depends on the machine, and the server says why only while
    // the client may still read it.
    for pause in [800, 1600, 3200, 6400] {
        let mut client = Client::init(&address, Value::Null).await;
        // More than the buffers between here and there hold.
        client.subscribe("1", &query).await;
        client.subscribe("2", &query).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if let Some((code, reason)) = client.end().await {
            assert_eq!(
                (code, &*reason),
                (1013, "The client takes its messages too slowly")
            );
            return;
        }
    }
    panic!("it was never closed for being slow");
}

#[tokio::test]
async fn what_a_slow_client_misses_is_kept_for_nobody_d4() {
    const CHANGES: usize = 40;
    let (api, address) = served(|config| {
        config.subscriptions.interval = Duration::from_millis(10);
        config.subscriptions.send_timeout = Duration::from_secs(120);
    })
    .await;
    let mut client = Client::init(&address, Value::Null).await;
    client.subscribe("1", BOOK).await;
    assert_eq!(client.next().await, title("1", "Notes"));
    let mut witness = Client::init(&address, Value::Null).await;
    witness.subscribe("1", BOOK).await;
    assert_eq!(witness.next().await, title("1", "Notes"));
    let numbered = |number: usize| format!("{number:04}{}", "x".repeat(MEGABYTE));
    for number in 0..CHANGES {
        let change = format!(
            "update library.book set title = '{}' where id = 1",
            numbered(number)
        );
        api.db.execute(&change).await;
        // Who reads is told of each.
        assert_eq!(witness.next().await, title("1", &numbered(number)));
    }
    let mut told = 0;
    loop {
        let message = client.next().await;
        told += 1;
        if message == title("1", &numbered(CHANGES - 1)) {
            break;
        }
    }
    // What the buffers of the connection hold, one on its way, one that waits, and the last.
    println!("{told} of {CHANGES} answers reached the slow client");
    assert!(told < CHANGES / 2, "{told}");
}
