//! Servers that are away, and requests that are repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use crestfall_client::rest::col;
use crestfall_client::{Client, Error, ErrorKind, Retry};
use serde_json::json;

/// Answers 503 so many times, then an empty list.
async fn failing(times: usize) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = async move |State(asked): State<Arc<AtomicUsize>>, _: Request| match asked
        .fetch_add(1, Ordering::SeqCst)
        < times
    {
        true => (
            StatusCode::SERVICE_UNAVAILABLE,
            [("retry-after", "0")],
            "{}",
        ),
        false => (StatusCode::OK, [("retry-after", "0")], "[]"),
    };
    let app = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    let retry = Retry {
        times: 2,
        first_pause: Duration::from_millis(1),
        ..Retry::default()
    };
    (Client::builder(&url).retry(retry).build().unwrap(), asked)
}

#[tokio::test]
async fn what_reads_is_asked_again() {
    let (client, asked) = failing(2).await;
    assert!(
        client
            .from("films")
            .select("id")
            .send()
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_reads_is_not_asked_for_ever() {
    let (client, asked) = failing(9).await;
    let error = client.from("films").select("id").send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_after()),
        (Some(ErrorKind::Server), Some(Duration::ZERO))
    );
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

/// Answers 503 with this `Retry-After` once, then an empty list.
async fn asking_for(retry_after: &'static str) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = async move |State(asked): State<Arc<AtomicUsize>>, _: Request| {
        let (status, body) = match asked.fetch_add(1, Ordering::SeqCst) {
            0 => (StatusCode::SERVICE_UNAVAILABLE, "{}"),
            _ => (StatusCode::OK, "[]"),
        };
        (status, [("retry-after", retry_after)], body)
    };
    let app = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    (Client::new(&url, "").unwrap(), asked)
}

#[tokio::test]
async fn who_asks_for_a_long_pause_is_not_asked_again() {
    for long in ["3600", "Fri, 31 Dec 2100 00:00:00 GMT"] {
        let (client, asked) = asking_for(long).await;
        let error = client.from("films").select("id").send().await.unwrap_err();
        assert!(error.retry_after().unwrap() >= Duration::from_secs(3600));
        assert!(error.is_temporary());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    // A date that has gone by is now.
    let (client, asked) = asking_for("Sun, 06 Nov 1994 08:49:37 GMT").await;
    client.from("films").select("id").send().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_writes_is_asked_once() {
    let (client, asked) = failing(9).await;
    client
        .from("films")
        .insert(json!({}))
        .send()
        .await
        .unwrap_err();
    client
        .from("films")
        .update(json!({}))
        .filter(col("id").eq(1))
        .send()
        .await
        .unwrap_err();
    client
        .from("films")
        .delete()
        .filter(col("id").eq(1))
        .send()
        .await
        .unwrap_err();
    client.rpc("f", json!({})).send().await.unwrap_err();
    client
        .auth()
        .sign_in_with_password("a@b.c", "x")
        .await
        .unwrap_err();
    assert_eq!(asked.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn nobody_listening_and_nobody_answering_are_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let builder = Client::builder(&url)
        .retry(Retry::never())
        .timeout(Duration::from_millis(100));
    let client = builder.build().unwrap();
    let silent = client.from("films").select("id").send().await.unwrap_err();
    assert!(matches!(silent, Error::Timeout), "{silent:?}");
    let per_request = client.from("films").select("id");
    let per_request = per_request.timeout(Duration::from_millis(10)).send().await;
    assert!(matches!(per_request, Err(Error::Timeout)));
    drop(listener);
    let away = client.from("films").select("id").send().await.unwrap_err();
    assert!(
        matches!(
            away,
            Error::Transport {
                connecting: true,
                ..
            }
        ),
        "{away:?}"
    );
    assert_eq!(away.to_string(), format!("{url} could not be reached"));
}

#[test]
fn a_url_that_is_none_is_refused_at_once() {
    for url in ["", "films", "ftp://x", "data:x"] {
        assert!(Client::new(url, "").is_err(), "{url}");
    }
    // Below a path, with or without a slash at its end.
    for url in ["http://h/below", "http://h/below/"] {
        let client = Client::new(url, "").unwrap();
        let asked = client.from("a b").select("x").url().unwrap();
        assert_eq!(asked, "http://h/below/rest/v1/a%20b?select=x");
    }
}
