//! Operations of GraphQL, and subscriptions over connections that break.

use std::net::SocketAddr;
use std::time::Duration;

use crestfall_client::graphql::{Connection, Subscription};
use crestfall_client::session::{FileStorage, SessionEvent, SessionStorage as _};
use crestfall_client::{Client, Error, ErrorKind, Retry};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::World;
use crate::auth::project_key;

/// Of those that the tests add.
const DIRECTORS: &str = "subscription {
  directorsCollection(filter: {name: {startsWith: \"New \"}}, orderBy: [{name: AscNullsLast}]) {
    edges { node { name } }
  }
}";

#[derive(Debug, Deserialize)]
struct Directors {
    #[serde(rename = "directorsCollection")]
    directors: Connection<Director>,
}

#[derive(Debug, Deserialize)]
struct Director {
    name: String,
}

async fn world() -> World {
    World::with(&[("CRESTFALL_GRAPHQL__SUBSCRIPTIONS__INTERVAL", "50ms")]).await
}

async fn add(client: &Client, name: &str) {
    let added: Value = client
        .graphql("mutation ($name: String!) { insertIntodirectorsCollection(objects: [{name: $name}]) { affectedCount } }")
        .variables(json!({ "name": name }))
        .send()
        .await
        .unwrap();
    assert_eq!(added["insertIntodirectorsCollection"]["affectedCount"], 1);
}

/// The next item, in time.
async fn next(live: &mut Subscription<Directors>) -> Option<Result<Vec<String>, Error>> {
    let item = tokio::time::timeout(Duration::from_secs(20), live.next()).await;
    let names = |data: Directors| data.directors.into_iter().map(|one| one.name).collect();
    Some(item.expect("in time")?.map(names))
}

/// The next data; what may pass is let pass.
async fn names(live: &mut Subscription<Directors>) -> Vec<String> {
    loop {
        match next(live).await.expect("there is more") {
            Ok(names) => return names,
            Err(error) => assert!(error.is_temporary(), "{error:?}"),
        }
    }
}

/// A network between client and server, which can be taken away.
struct Network {
    address: SocketAddr,
    is_there: watch::Sender<bool>,
}

impl Network {
    async fn to(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_there, seen) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (server, mut seen) = (server.clone(), seen.clone());
                tokio::spawn(async move {
                    if !*seen.borrow() {
                        return;
                    }
                    let mut server = TcpStream::connect(server).await.unwrap();
                    let both = tokio::io::copy_bidirectional(&mut client, &mut server);
                    tokio::select! {
                        _ = both => {}
                        _ = seen.wait_for(|there| !there) => {}
                    }
                });
            }
        });
        Self { address, is_there }
    }

    fn client(&self) -> crestfall_client::Builder {
        let retry = Retry {
            first_pause: Duration::from_millis(20),
            ..Retry::default()
        };
        Client::builder(&format!("http://{}", self.address))
            .key(project_key("anon"))
            .retry(retry)
    }
}

#[tokio::test]
async fn operations_give_data_or_the_first_error() {
    let world = world().await;
    let client = world.client();
    add(&client, "New Agnès Varda").await;
    let found: Directors = client
        .graphql(
            "query Some($name: String!) { directorsCollection(filter: {name: {eq: $name}}) { edges { node { name } } } }
             query Other { __typename }",
        )
        .variables(json!({ "name": "New Agnès Varda" }))
        .name("Some")
        .send()
        .await
        .unwrap();
    assert_eq!(found.directors.edges[0].node.name, "New Agnès Varda");

    let again = "mutation { insertIntodirectorsCollection(objects: [{name: \"New Agnès Varda\"}]) { affectedCount } }";
    let taken = client.graphql(again).send::<Value>().await.unwrap_err();
    assert_eq!(
        (taken.code(), taken.kind()),
        (Some("23505"), Some(ErrorKind::AlreadyExists)),
        "{taken:?}"
    );
    let wrong = client.graphql("{ nothing }").send::<Value>().await;
    let wrong = wrong.unwrap_err();
    assert_eq!(wrong.kind(), Some(ErrorKind::Invalid), "{wrong:?}");
    assert!(wrong.to_string().contains("nothing"), "{wrong}");
    assert_eq!(
        wrong.api().unwrap().body.as_ref().unwrap()["data"],
        Value::Null
    );
}

#[tokio::test]
async fn a_subscription_gives_what_is_another_and_comes_back_when_the_network_does() {
    let world = world().await;
    let network = Network::to(world.url()).await;
    let client = network.client().build().unwrap();
    let mut live = client.graphql(DIRECTORS).subscribe().unwrap();
    assert!(names(&mut live).await.is_empty());
    add(&world.client(), "New Akira Kurosawa").await;
    assert_eq!(names(&mut live).await, ["New Akira Kurosawa"]);

    // Nothing has changed meanwhile: there is nothing to give.
    network.is_there.send_replace(false);
    let lost = next(&mut live).await.unwrap().unwrap_err();
    assert!(lost.is_temporary(), "{lost:?}");
    network.is_there.send_replace(true);
    let nothing = tokio::time::timeout(Duration::from_millis(500), async {
        loop {
            if let Some(Ok(given)) = next(&mut live).await {
                return given;
            }
        }
    });
    assert!(nothing.await.is_err());

    network.is_there.send_replace(false);
    add(&world.client(), "New Bong Joon-ho").await;
    let lost = next(&mut live).await.unwrap().unwrap_err();
    assert!(lost.is_temporary(), "{lost:?}");
    network.is_there.send_replace(true);
    assert_eq!(
        names(&mut live).await,
        ["New Akira Kurosawa", "New Bong Joon-ho"]
    );
}

#[tokio::test]
async fn a_subscription_asks_with_a_fresh_token() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let file = || FileStorage::new(folder.path().join("session.json"));
    let auth = world.client().auth();
    let signed_up = auth.sign_up("ada@example.org", "correct horse").send();
    let mut session = signed_up.await.unwrap().session.unwrap();
    session.expires_at = 1;
    file().save(Some(session)).await.unwrap();

    let network = Network::to(world.url()).await;
    let client = network.client().storage(file()).build().unwrap();
    let mut events = client.auth().events();
    let mut live = client.graphql(DIRECTORS).subscribe().unwrap();
    assert!(names(&mut live).await.is_empty());
    let event = events.next().await;
    assert!(
        matches!(event, Some(SessionEvent::Refreshed(_))),
        "{event:?}"
    );
}

#[tokio::test]
async fn what_the_server_refuses_ends_a_subscription() {
    let world = world().await;
    let client = world.client();
    let mut live = client
        .graphql("subscription { nothing }")
        .subscribe::<Value>()
        .unwrap();
    let refused = live.next().await.unwrap().unwrap_err();
    assert!(refused.to_string().contains("nothing"), "{refused}");
    assert!(live.next().await.is_none());
    assert!(live.next().await.is_none());

    let forged = client.with_token("a.b.c");
    let mut live = forged.graphql(DIRECTORS).subscribe::<Value>().unwrap();
    let refused = live.next().await.unwrap().unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::Unauthorized), "{refused:?}");
    assert!(live.next().await.is_none());
}

/// The proxies and servers that answer a subscription with one answer.
#[tokio::test]
async fn a_server_without_event_streams_gives_the_one_answer_it_has() {
    let answer = async || axum::Json(json!({ "errors": [{ "message": "no subscriptions" }] }));
    let app = axum::Router::new().fallback(answer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    let client = Client::new(&url, "").unwrap();
    let mut live = client.graphql(DIRECTORS).subscribe::<Value>().unwrap();
    let refused = live.next().await.unwrap().unwrap_err();
    assert_eq!(refused.to_string(), "no subscriptions");
    assert!(live.next().await.is_none());
}
