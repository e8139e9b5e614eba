//! The documented signers in JavaScript and Python, run against a server.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crestfall_core::Problem;
use tokio::process::Command;

use super::*;

async fn who(State(verifier): State<Verifier>, request: Request<Body>) -> Response {
    match verifier.verify(request).await {
        Ok((request, by)) => {
            let body = request.into_body().collect().await.expect("a body");
            let text = String::from_utf8(body.to_bytes().to_vec()).expect("text");
            format!("{} sent {text}", by.key_id).into_response()
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn serve() -> String {
    let app = Router::new().fallback(who).with_state(live());
    // A prefix, as where the service is nested in another's router.
    let app = Router::new().nest("/api", app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/api")
}

async fn run(program: &str, file: &str, secret: &[u8], arguments: &[&str]) -> String {
    let path = format!("{}/../examples/signing/{file}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(program)
        .arg(path)
        .args(arguments)
        .env("KEY_ID", "shared")
        .env("SECRET", BASE64_STANDARD.encode(secret))
        .output()
        .await
        .expect("the program is installed");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

async fn is_understood(program: &str, file: &str) {
    let base = serve().await;
    let orders = format!("{base}/orders?dry=1&name=a%20b");
    let body = "{\"amount\":100, \"unit\":\"€\"}";
    let answer = run(program, file, &SECRET, &["POST", &orders, body]).await;
    assert_eq!(answer, format!("200 shared sent {body}"));
    for path in ["/orders/7", "/orders/7?", "/a%2Fb?x", "/a/"] {
        let url = format!("{base}{path}");
        let answer = run(program, file, &SECRET, &["GET", &url]).await;
        assert_eq!(answer, "200 shared sent", "{path}");
    }
    let answer = run(program, file, &[9; 32], &["DELETE", &orders]).await;
    assert!(
        answer.starts_with("401 ") && answer.contains("signature_invalid"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_javascript_example_is_understood() {
    is_understood("node", "sign.mjs").await;
}

#[tokio::test]
async fn the_python_example_is_understood() {
    is_understood("python3", "sign.py").await;
}
