//! D36: a handler learns who the client is.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::{Router, routing::get};
use crestfall_core::client_ip::{ClientIp, ClientIpConfig, ClientIpLayer};
use http::{Request, StatusCode};
use tower::ServiceExt as _;

fn app() -> Router {
    let optional =
        |ip: Option<ClientIp>| async move { ip.map_or("nobody".into(), |ip| ip.0.to_string()) };
    Router::new()
        .route("/", get(|ip: ClientIp| async move { ip.0.to_string() }))
        .route("/optional", get(optional))
}

async fn ask(app: &Router, path: &str, peer: Option<&str>) -> (StatusCode, String) {
    let request = Request::get(path).header("x-forwarded-for", "1.1.1.1, 2.2.2.2");
    let mut request = request.body(Body::empty()).expect("a request");
    if let Some(peer) = peer {
        let peer: SocketAddr = peer.parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
    }
    let response = app.clone().oneshot(request).await.expect("infallible");
    let status = response.status();
    let body = to_bytes(response.into_body(), 10_000)
        .await
        .expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn without_a_layer_it_is_the_peer() {
    let ok = |text: &str| (StatusCode::OK, text.to_owned());
    assert_eq!(
        ask(&app(), "/", Some("192.0.2.1:80")).await,
        ok("192.0.2.1")
    );
    assert_eq!(ask(&app(), "/optional", None).await, ok("nobody"));
    let (status, _) = ask(&app(), "/", None).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn behind_proxies_it_is_whom_the_outermost_one_saw_even_at_a_unix_socket() {
    for (trusted_proxies, client) in [(1, "2.2.2.2"), (2, "1.1.1.1")] {
        let config = ClientIpConfig {
            trusted_proxies,
            ..ClientIpConfig::default()
        };
        let app = app().layer(ClientIpLayer::new(&config).expect("a layer"));
        for peer in [Some("192.0.2.1:80"), None] {
            assert_eq!(
                ask(&app, "/", peer).await,
                (StatusCode::OK, client.to_owned())
            );
        }
    }
}
