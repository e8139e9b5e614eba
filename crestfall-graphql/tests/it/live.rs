//! Live queries as event streams, and what tells when to ask.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use crestfall_core::QualifiedName;
use crestfall_graphql::Changes;
use futures_util::StreamExt as _;
use http::Request;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::api::{Api, token};

/// A stream of events.
struct Events(BodyDataStream);

impl Events {
    async fn open(router: Router, query: &str, bearer: Option<&str>) -> Self {
        let mut request = Request::post("/")
            .header("content-type", "application/json")
            .header("accept", "text/event-stream");
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let body = json!({ "query": query }).to_string();
        let response = router
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        Self(response.into_body().into_data_stream())
    }

    /// The next piece as text; none at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), self.0.next());
            let piece = next.await.expect("in time")?.unwrap();
            let piece = String::from_utf8(piece.to_vec()).unwrap();
            if piece != ":\n\n" {
                return Some(piece);
            }
        }
    }
}

const BOOK: &str = "subscription { bookByPk(id: 1) { title } }";

/// The title in an event.
fn title(event: Option<String>) -> Value {
    let event = event.expect("an event");
    let data = event
        .strip_prefix("event: next\ndata: ")
        .expect("an answer");
    let answer: Value = serde_json::from_str(data.trim_end()).expect("JSON");
    answer["data"]["bookByPk"]["title"].clone()
}

#[tokio::test]
async fn a_subscription_is_a_stream_of_events() {
    let api = Api::over("", |config| {
        config.subscriptions.interval = Duration::from_millis(50);
        config.subscriptions.keep_alive = Duration::from_millis(80);
    })
    .await;
    let mut events = Events::open(api.graphql.router(), BOOK, None).await;
    assert_eq!(title(events.next().await), "Notes");
    tokio::time::sleep(Duration::from_millis(200)).await;
    api.db
        .execute("update library.book set title = 'New' where id = 1")
        .await;
    assert_eq!(title(events.next().await), "New");
    api.graphql.end_subscriptions();
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn other_operations_are_one_event_and_the_end() {
    let api = Api::new().await;
    let mut events = Events::open(api.graphql.router(), "{ add(a: 1) }", None).await;
    let expected = "event: next\ndata: {\"data\":{\"add\":11}}\n\nevent: complete\ndata:\n\n";
    assert_eq!(events.next().await.as_deref(), Some(expected));
    assert_eq!(events.next().await, None);
    let mut events = Events::open(api.graphql.router(), "subscription { nothing }", None).await;
    let told = events.next().await.unwrap();
    assert!(
        told.contains("\"errors\"") && told.ends_with("event: complete\ndata:\n\n"),
        "{told}"
    );
}

#[tokio::test]
async fn a_subscription_needs_a_stream() {
    let api = Api::new().await;
    let answer = api.ask(BOOK).await;
    assert!(
        answer["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("text/event-stream"),
        "{answer}"
    );
}

/// Counts who asks to be told, and tells when it is told to.
struct Told {
    sender: watch::Sender<u64>,
    asked: Mutex<Vec<Vec<String>>>,
}

impl Changes for Told {
    fn watch(&self, relations: &[QualifiedName]) -> watch::Receiver<u64> {
        let names = relations.iter().map(ToString::to_string).collect();
        self.asked.lock().push(names);
        self.sender.subscribe()
    }
}

#[tokio::test]
async fn alike_subscriptions_are_asked_once_and_when_something_changed() {
    let api = Api::over("", |config| {
        config.subscriptions.interval = Duration::from_millis(20);
    })
    .await;
    let told = Arc::new(Told {
        sender: watch::Sender::new(0),
        asked: Mutex::default(),
    });
    let graphql = api.graphql.clone().changes(told.clone());
    let query = "subscription { bookByPk(id: 1) { title author { fullName bookCollection { edges { node { id } } } } } }";
    let bearer = token("authenticated", "ann");
    let mut first = Events::open(graphql.router(), query, Some(&bearer)).await;
    let mut second = Events::open(graphql.router(), query, Some(&bearer)).await;
    assert_eq!(first.next().await, second.next().await);
    let names: Vec<Vec<String>> = told.asked.lock().clone();
    assert_eq!(names.len(), 1);
    assert!(
        names[0].iter().any(|name| name.contains("book")) && names[0].len() == 2,
        "{names:?}"
    );
    api.db
        .execute("update library.book set title = 'New' where id = 1")
        .await;
    // Nobody has told of it yet.
    let silent = tokio::time::timeout(Duration::from_millis(200), first.next()).await;
    assert!(silent.is_err());
    told.sender.send_modify(|count| *count += 1);
    for events in [&mut first, &mut second] {
        assert!(events.next().await.unwrap().contains("\"New\""));
    }
}

#[tokio::test]
async fn what_filters_and_orders_lead_to_is_watched() {
    let api = Api::over("", |config| {
        config.subscriptions.interval = Duration::from_millis(20);
    })
    .await;
    let told = Arc::new(Told {
        sender: watch::Sender::new(0),
        asked: Mutex::default(),
    });
    let graphql = api.graphql.clone().changes(told.clone());
    let bearer = token("authenticated", "ann");
    let of = |arguments: &str| {
        format!("subscription {{ bookCollection({arguments}) {{ edges {{ node {{ id }} }} }} }}")
    };
    for (arguments, relations) in [
        ("first: 1", vec!["book"]),
        (
            "filter: {or: [{id: {eq: 1}}, {not: {author: {fullName: {eq: \"Ada\"}}}}]}",
            vec!["author", "book"],
        ),
        (
            "filter: {loanCollection: {none: {member: {owner: {eq: \"ann\"}}}}}",
            vec!["book", "loan", "member"],
        ),
        (
            "filter: {loanCollection: {count: {gt: 1}}}",
            vec!["book", "loan"],
        ),
        (
            "orderBy: [{cover: {colour: AscNullsLast}}]",
            vec!["book", "cover"],
        ),
        (
            "orderBy: [{editor: {bookCollection: {count: AscNullsLast}}}]",
            vec!["author", "book"],
        ),
    ] {
        let mut events = Events::open(graphql.router(), &of(arguments), Some(&bearer)).await;
        assert!(
            events.next().await.unwrap().contains("\"data\""),
            "{arguments}"
        );
        let mut names = told.asked.lock().pop().unwrap();
        names.sort_unstable();
        let expected: Vec<String> = relations
            .iter()
            .map(|name| QualifiedName::new("library", *name).to_string())
            .collect();
        assert_eq!(names, expected, "{arguments}");
    }
    // A row of the other relation makes another answer.
    let filter = of("filter: {loanCollection: {some: {note: {eq: \"late\"}}}}");
    let mut events = Events::open(graphql.router(), &filter, Some(&bearer)).await;
    assert!(events.next().await.unwrap().contains("\"edges\":[]"));
    api.db
        .execute("update library.loan set note = 'late' where book_id = 2")
        .await;
    told.sender.send_modify(|count| *count += 1);
    assert!(events.next().await.unwrap().contains("\"id\":\"2\""));
}

#[tokio::test]
async fn the_schema_tells_of_subscriptions() {
    let api = Api::new().await;
    let query = "{ __schema { subscriptionType { name fields { name } } } }";
    let root = api.data(query).await["__schema"]["subscriptionType"].clone();
    assert_eq!(root["name"], "Subscription");
    let names: Vec<&str> = root["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|field| field["name"].as_str())
        .collect();
    assert!(
        names.contains(&"bookCollection") && !names.iter().any(|name| name.starts_with("__")),
        "{names:?}"
    );
    let without = Api::over("", |config| config.subscriptions.enabled = false).await;
    assert_eq!(
        without.data(query).await["__schema"]["subscriptionType"],
        Value::Null
    );
}
