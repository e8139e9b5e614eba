//! GraphQL's live queries, with users and without.

use reqwest::Response;

use super::*;

const QUERY: &str = "subscription { notesCollection { edges { node { text } } } }";

/// What the notes need to be in GraphQL.
const KEYED: &str = "alter table notes add id int generated always as identity primary key";

impl Server {
    /// An event stream.
    async fn stream(&self, token: &str) -> Response {
        let request = self.http.post(self.url("/graphql/v1"));
        let request = request
            .header("accept", "text/event-stream")
            .json(&json!({ "query": QUERY }));
        let request = match token {
            "" => request,
            token => request.bearer_auth(token),
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response
    }

    async fn metric(&self, name: &str) -> Option<f64> {
        let metrics = answer(self.http.get(format!("{}/metrics", self.admin))).await;
        let text = metrics.body.as_str().unwrap_or_default().to_owned();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?
            .to_owned();
        line.parse().ok()
    }
}

/// The next event; none when the stream has ended.
async fn event(stream: &mut Response) -> Option<String> {
    loop {
        let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await;
        let text = String::from_utf8(chunk.expect("in time").ok()??.to_vec()).unwrap();
        if text != ":\n\n" {
            return Some(text);
        }
    }
}

#[tokio::test]
async fn a_live_query_ends_with_the_session_of_who_asked_sec_14_sec_28() {
    let db = database().await;
    db.execute(KEYED).await;
    let mut settings = settings(&db);
    settings.insert("CRESTFALL_GRAPHQL__SUBSCRIPTIONS__INTERVAL", "50ms".into());
    let server = Server::start("serve", &settings).await;
    let ada = server.sign_up("ada@example.org").await.text("access_token");
    let grace = server
        .sign_up("grace@example.org")
        .await
        .text("access_token");
    let [mut hers, mut other] = [server.stream(&ada).await, server.stream(&grace).await];
    for stream in [&mut hers, &mut other] {
        assert!(event(stream).await.unwrap().contains("\"edges\":[]"));
    }
    let note = json!({ "text": "before" });
    server.post("/rest/v1/notes", &ada, note).await;
    assert!(event(&mut hers).await.unwrap().contains("before"));

    let ended = server.post("/auth/v1/logout", &ada, Value::Null).await;
    assert_eq!(ended.status, 204);
    // Without a word that it is complete: the client comes back, and is refused.
    assert_eq!(event(&mut hers).await, None);
    let again = server
        .post("/graphql/v1", &ada, json!({ "query": QUERY }))
        .await;
    assert_eq!(again.status, 401);
    let note = json!({ "text": "after" });
    server.post("/rest/v1/notes", &grace, note).await;
    assert!(event(&mut other).await.unwrap().contains("after"));
}

#[tokio::test]
async fn live_queries_are_counted_without_users_too() {
    let db = database().await;
    db.execute(KEYED).await;
    let mut settings = settings(&db);
    settings.insert("CRESTFALL_AUTH__ENABLED", "false".into());
    settings.insert("CRESTFALL_GRAPHQL__SUBSCRIPTIONS__INTERVAL", "50ms".into());
    let server = Server::start("serve", &settings).await;
    let token = project_key("authenticated");
    let mut stream = server.stream(&token).await;
    assert!(event(&mut stream).await.unwrap().contains("edges"));
    let live = "crestfall_graphql_live_queries";
    assert_eq!(server.metric(live).await, Some(1.0));
    until("the query to be asked again", async || {
        server.metric("crestfall_graphql_polls_total").await > Some(2.0)
    })
    .await;
    drop(stream);
    until("the query to be nobody's", async || {
        server.metric(live).await == Some(0.0)
    })
    .await;
}
