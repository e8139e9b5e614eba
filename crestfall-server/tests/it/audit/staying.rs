//! Refusals of who stays: in sockets and event streams, and by session cookies.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::*;
use crate::auth::settings;

const CLOSED: &str = "
    create table closed (id int primary key);
    alter table closed enable row level security;
    create policy nobody on closed using (false);
    create function veil() returns bool language sql stable as 'select true';
    revoke execute on function veil() from public;
    create table veiled (id int primary key);
    alter table veiled enable row level security;
    create policy behind on veiled using (veil());
    grant select, insert on closed, veiled to authenticated;";

const WRITE: &str = "mutation { insertIntoclosedCollection(objects: [{id: 1}]) { affectedCount } }";
const WATCH: &str = "subscription { veiledCollection { edges { node { id } } } }";

/// Opens a socket whose first message has this token; sends an operation, and gives what came back.
async fn by_socket(server: &Server, request: &str, token: &str, query: &str) -> Vec<Value> {
    let address = server.url("/graphql/v1").replace("http://", "ws://");
    let mut opening = address.into_client_request().unwrap();
    let headers = opening.headers_mut();
    headers.insert(
        "sec-websocket-protocol",
        "graphql-transport-ws".parse().unwrap(),
    );
    headers.insert("x-request-id", request.parse().unwrap());
    let (mut socket, _) = connect_async(opening).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "token": token } });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": query } });
    for message in [init, subscribe] {
        // Who is refused by the first may not take the second.
        let _ = socket.send(Message::text(message.to_string())).await;
    }
    let mut told = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            told.push(serde_json::from_str::<Value>(&text).unwrap());
        }
        if told.len() == 2 {
            break;
        }
    }
    told
}

#[tokio::test]
async fn d46_refusals_in_sockets_and_event_streams_and_of_session_cookies_are_in_the_log() {
    let db = migrated().await;
    db.load(CLOSED).await;
    let server = Server::start("serve", &settings(&db)).await;
    let far = 4_102_444_800_u64;
    let claims = json!({ "role": "authenticated", "sub": "ada", "exp": far });
    let ada = sign_hs256(SECRET, &claims).unwrap();
    let client = reqwest::Client::new();

    let told = by_socket(&server, "socket-1", &ada, WRITE).await;
    assert!(told[1].to_string().contains("42501"), "{told:?}");
    let told = by_socket(&server, "socket-2", &ada, WATCH).await;
    assert!(told[1].to_string().contains("42501"), "{told:?}");
    for (request, query) in [("events-1", WRITE), ("events-2", WATCH)] {
        let request = client
            .post(server.url("/graphql/v1"))
            .header("accept", "text/event-stream")
            .header("x-request-id", request)
            .bearer_auth(&ada)
            .json(&json!({ "query": query }));
        let mut stream = request.send().await.unwrap();
        let event = stream.chunk().await.unwrap().unwrap();
        let event = text(&event);
        assert!(event.contains("42501"), "{event}");
    }
    // Those of a second are one entry.
    let times = |entries: &[Value]| {
        let times = |entry: &Value| entry["detail"]["times"].as_u64().unwrap_or(1);
        entries.iter().map(times).sum::<u64>()
    };
    until("four refusals", async || {
        times(&events(&db, "access.refused", 1).await) == 4
    })
    .await;
    for entry in events(&db, "access.refused", 1).await {
        let request = entry["request"].as_str().unwrap();
        let of_socket = request.starts_with("socket");
        assert!(of_socket || request.starts_with("events"), "{entry}");
        assert_eq!(entry["actor"], "ada");
        assert_eq!(entry["detail"]["path"], "/graphql/v1");
        assert_eq!(
            entry["detail"]["method"],
            if of_socket { "GET" } else { "POST" }
        );
    }

    // Whose token has ended is no attack; whose token or cookie is wrong may be one.
    let ended = json!({ "role": "authenticated", "sub": "ada", "exp": 1 });
    let ended = sign_hs256(SECRET, &ended).unwrap();
    let forged = sign_hs256("another secret of thirty-two bytes", &claims).unwrap();
    for token in [&ended, &forged] {
        assert!(
            by_socket(&server, "socket-3", token, WATCH)
                .await
                .is_empty()
        );
    }
    let with_cookie = async |cookie: &str| {
        let request = client.get(server.url("/rest/v1/invoices"));
        let response = request.header("cookie", cookie).send().await.unwrap();
        response.status().as_u16()
    };
    assert_eq!(with_cookie("theme=dark").await, 200);
    // By the one name over HTTPS, by the other without.
    let both = "crestfall=of-nobody; __Host-crestfall=of-nobody";
    assert_eq!(with_cookie(both).await, 401);
    until("both", async || {
        times(&events(&db, "access.unauthenticated", 1).await) == 2
    })
    .await;
}
