//! The service as its callers see it: a stranger, and a user who comes back with a passkey.

use crestfall_auth::testing::Authenticator;
use crestfall_core::Secret;
use crestfall_core::testing::{TestApp, TestDb};
use serde_json::{Value, json};

async fn app() -> (TestDb, TestApp) {
    let db = TestDb::new().await;
    let key = Secret::new("a key of the tests, of thirty-two bytes and more");
    let app = embed_auth::app(&db.url(), key).await.unwrap();
    (db, TestApp::new(app))
}

fn text(answer: &Value, pointer: &str) -> String {
    let value = answer.pointer(pointer).and_then(Value::as_str);
    value
        .unwrap_or_else(|| panic!("no {pointer} in {answer}"))
        .to_owned()
}

#[tokio::test]
async fn a_user_signs_up_logs_in_and_comes_back_with_a_passkey() {
    let (_db, app) = app().await;
    assert_eq!(app.get("/hello").await.text(), "hello, stranger");
    assert_eq!(app.get("/account").await.status, 401);

    let credentials = json!({ "email": "ada@example.org", "password": "correct horse battery" });
    let signed_up = app.post("/auth/v1/signup", &credentials).await.json();
    let id = text(&signed_up, "/user/id");
    let path = "/auth/v1/token?grant_type=password";
    let token = text(&app.post(path, &credentials).await.json(), "/access_token");
    assert_eq!(
        app.get("/hello").bearer(&token).await.text(),
        "hello, ada@example.org"
    );
    assert_eq!(app.get("/account").bearer(&token).await.text(), id);
    assert_eq!(
        app.get("/hello").bearer("x.y.z").await.status,
        401,
        "never a stranger"
    );

    // The default site is the relying party.
    let mut authenticator = Authenticator::new("http://localhost:3000");
    let post = async |path: &str, token: &str, body: Value| -> Value {
        let request = app.post(&format!("/auth/v1/passkeys/{path}"), &body);
        let request = request.header("origin", "http://localhost:3000");
        let answer = match token {
            "" => request.await,
            token => request.bearer(token).await,
        };
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    };
    let begun = post("registration/options", &token, json!({})).await;
    let answer = json!({
        "challenge_id": begun["challenge_id"],
        "credential": authenticator.create(&begun["options"]),
    });
    post("registration/verify", &token, answer).await;
    let asked = post("authentication/options", "", json!({})).await;
    let answer = json!({
        "challenge_id": asked["challenge_id"],
        "credential": authenticator.get(&asked["options"]),
    });
    let session = post("authentication/verify", "", answer).await;
    let token = text(&session, "/access_token");
    assert_eq!(app.get("/account").bearer(&token).await.text(), id);
}
