//! SEC-20: requests to addresses that somebody else named.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{any, get, post};
use crestfall_core::egress::{Egress, EgressConfig, EgressError};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::net::TcpListener;

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn egress(allow: &[String]) -> Egress {
    let config = EgressConfig {
        allow: allow.to_vec(),
        ..EgressConfig::default()
    };
    Egress::new(config).expect("a client")
}

/// Shows what came.
async fn mirror(request: Request) -> String {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.expect("a body");
    format!(
        "{} {} {:?} {body:?}",
        parts.method, parts.uri, parts.headers
    )
}

#[tokio::test]
async fn a_host_on_the_allow_list_is_called() {
    let address = serve(Router::new().route("/{*path}", any(mirror))).await;
    let egress = egress(&[address.to_string()]);
    let url = format!("http://{address}/hook?a=1");
    let answer = egress.get(&url).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.headers.contains_key("content-length"));
    let json = HeaderValue::from_static("application/json");
    let answer = egress.post(&url, json, "{}").await.expect("an answer");
    let seen = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(seen.starts_with("POST /hook?a=1"), "{seen}");
    assert!(
        seen.contains("application/json") && seen.ends_with("b\"{}\""),
        "{seen}"
    );

    let request = http::Request::put(&url)
        .header("webhook-id", "7")
        .header("host", "elsewhere");
    let request = request.body(Bytes::from_static(b"x")).expect("a request");
    let answer = egress.send(request).await.expect("an answer");
    let seen = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(
        seen.contains("webhook-id") && !seen.contains("elsewhere"),
        "{seen}"
    );
}

#[tokio::test]
async fn sec_20_without_it_nothing_here_is_called_by_address_or_name() {
    let address = serve(Router::new().route("/", get(|| async { "secret" }))).await;
    let port = address.port();
    let here = EgressConfig {
        ports: vec![port],
        ..EgressConfig::default()
    };
    let egress = Egress::new(here).expect("a client");
    for host in [
        "127.0.0.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "localhost",
        "localhost.",
    ] {
        let error = egress
            .get(&format!("http://{host}:{port}/"))
            .await
            .expect_err(host);
        assert!(matches!(error, EgressError::Address), "{host} {error:?}");
        assert!(error.is_refusal());
    }
}

/// A name that only the resolver knows to be here: this machine's own, if it has one.
#[tokio::test]
async fn sec_20_a_name_that_resolves_to_this_machine_is_refused_when_it_is_resolved() {
    let address = serve(Router::new().route("/", get(|| async { "secret" }))).await;
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let resolves = tokio::net::lookup_host((name, 0)).await;
    if name.is_empty() || resolves.is_err() {
        return;
    }
    let config = EgressConfig {
        ports: vec![address.port()],
        ..EgressConfig::default()
    };
    let egress = Egress::new(config).expect("a client");
    let url = format!("http://{name}:{}/", address.port());
    egress.check(&url).expect("nothing in the URL tells");
    let error = egress.get(&url).await.expect_err("refused");
    assert!(matches!(error, EgressError::Address), "{error:?}");
}

#[tokio::test]
async fn sec_20_redirects_are_judged_anew_and_bounded() {
    let secret = serve(Router::new().route("/", get(|| async { "secret" }))).await;
    let to = |url: String| get(move || async move { Redirect::temporary(&url) });
    let app = Router::new()
        .route("/inside", to(format!("http://{secret}/")))
        .route("/file", to("file:///etc/passwd".into()))
        .route("/metadata", to("http://169.254.169.254/".into()))
        .route("/name", to("//localhost./".into()))
        .route("/loop", to("/loop".into()))
        .route("/once", to("/there".into()))
        .route("/there", get(|| async { "there" }));
    let address = serve(app).await;
    let egress = egress(&[address.to_string()]);
    let ask = async |path: &str| egress.get(&format!("http://{address}{path}")).await;
    assert!(matches!(ask("/inside").await, Err(EgressError::Port(_))));
    assert!(matches!(ask("/file").await, Err(EgressError::Scheme)));
    assert!(matches!(ask("/metadata").await, Err(EgressError::Address)));
    assert!(matches!(ask("/name").await, Err(EgressError::Address)));
    assert!(matches!(ask("/loop").await, Err(EgressError::Redirects(3))));
    assert_eq!(ask("/once").await.expect("an answer").body, "there");
}

#[tokio::test]
async fn sec_20_a_redirect_elsewhere_takes_no_credentials_along() {
    let elsewhere = serve(Router::new().route("/{*path}", any(mirror))).await;
    let away = format!("http://{elsewhere}/x");
    let app = Router::new()
        .route("/away", get(async move || Redirect::to(&away)))
        .route("/near", get(async || Redirect::to("/mirror")))
        .route("/mirror", get(mirror))
        .route("/post", post(async || Redirect::to("/mirror")));
    let address = serve(app).await;
    let egress = egress(&[address.to_string(), elsewhere.to_string()]);
    let send = async |method: &str, path: &str| {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://{address}{path}"));
        let request = request
            .header("authorization", "Bearer secret")
            .header("x-api-key", "secret")
            .header("accept", "text/plain");
        let request = request.body(Bytes::new()).expect("a request");
        egress.send(request).await.expect("an answer")
    };
    let near = send("GET", "/near").await;
    assert!(String::from_utf8_lossy(&near.body).contains("Bearer secret"));
    let away = send("GET", "/away").await;
    let seen = String::from_utf8_lossy(&away.body).into_owned();
    assert!(
        seen.contains("text/plain") && !seen.contains("secret"),
        "{seen}"
    );
    assert_eq!(send("POST", "/post").await.status, StatusCode::SEE_OTHER);
}

/// A body in pieces, for ever.
fn endless(pause: Duration) -> Response {
    let pieces = futures_util::stream::unfold((), move |()| async move {
        tokio::time::sleep(pause).await;
        Some((
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 1000])),
            (),
        ))
    });
    Body::from_stream(pieces).into_response()
}

#[tokio::test]
async fn sec_20_an_answer_is_bounded_in_size_and_time() {
    let app = Router::new()
        .route("/exact", get(|| async { vec![b'x'; 5000] }))
        .route("/large", get(|| async { vec![b'x'; 5001] }))
        .route("/endless", get(|| async { endless(Duration::ZERO) }))
        .route(
            "/slow",
            get(|| async { endless(Duration::from_millis(400)) }),
        )
        .route(
            "/silent",
            get(|| async {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }),
        );
    let address = serve(app).await;
    let egress = egress(&[address.to_string()]).limited(Duration::from_secs(1), 5000);
    let ask = async |path: &str| egress.get(&format!("http://{address}{path}")).await;
    assert_eq!(ask("/exact").await.expect("an answer").body.len(), 5000);
    assert!(matches!(
        ask("/large").await,
        Err(EgressError::TooLarge(5000))
    ));
    assert!(matches!(
        ask("/endless").await,
        Err(EgressError::TooLarge(5000))
    ));
    for path in ["/slow", "/silent"] {
        let begin = Instant::now();
        assert!(
            matches!(ask(path).await, Err(EgressError::Timeout)),
            "{path}"
        );
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_failure_tells_no_query_and_is_no_refusal() {
    let gone = serve(Router::new()).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = closed.local_addr().expect("an address");
    drop(closed);
    let egress = egress(&[address.to_string(), gone.to_string()]);
    let error = egress.get(&format!("http://{address}/?token=secret")).await;
    let error = error.expect_err("nobody there");
    assert!(!error.is_refusal());
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    let answer = egress
        .get(&format!("http://{gone}/"))
        .await
        .expect("an answer");
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let _: HeaderMap = answer.headers;
}

#[tokio::test]
async fn what_is_no_host_is_no_setting() {
    let config: EgressConfig =
        serde_json::from_str(r#"{"allow":["a/b"],"timeout":"3s"}"#).expect("a configuration");
    assert_eq!(config.ports, [80, 443]);
    assert!(matches!(Egress::new(config), Err(EgressError::Config(text)) if text == "a/b"));
}
