//! How long it takes to know who asks. Prints; judges nothing. Run it alone and optimized:
//! `cargo test --release -p crestfall-auth --test it speed:: -- --ignored --nocapture`

use std::time::Instant;

use base64::Engine as _;
use http::Request;
use http::request::Parts;
use serde_json::json;

use crate::service::TestAuth;

fn parts(name: &str, value: &str) -> Parts {
    let request = Request::get("/rest/v1/films").header(name, value);
    request.body(()).expect("a request").into_parts().0
}

#[tokio::test]
#[ignore = "measures"]
async fn who_asks_is_known_within_microseconds() {
    const ROUNDS: u32 = 200_000;
    let app = TestAuth::new().await;
    let end = tokio_util::sync::CancellationToken::new();
    let (auth, ended) = (app.auth.clone(), end.clone());
    tokio::spawn(async move { auth.run(ended).await });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let token = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/access_token");
    let key = app
        .post("/user/api-keys", &token, json!({ "name": "k" }))
        .await
        .text("/key");
    let body = json!({ "email": "ada@example.org", "password": "correct horse" });
    let session = app.post("/cookie/session", "", body).await;
    let cookie = session.headers["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a pair");
    let basic = base64::prelude::BASE64_STANDARD.encode("ada@example.org:correct horse");
    for (what, parts) in [
        ("no credentials", parts("accept", "*/*")),
        (
            "a token",
            parts("authorization", &format!("Bearer {token}")),
        ),
        ("an API key", parts("apikey", &key)),
        ("Basic", parts("authorization", &format!("Basic {basic}"))),
        ("a session cookie", parts("cookie", cookie)),
    ] {
        for _ in 0..1000 {
            app.auth.identify(&parts).await.expect("an identity");
        }
        let started = Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(app.auth.identify(&parts).await).expect("an identity");
        }
        let each = started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
        println!("{what}: {each:.2} µs");
    }
    end.cancel();
}
