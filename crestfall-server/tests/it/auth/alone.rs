//! `crestfall auth`, by our settings and by GoTrue's variables.

use super::*;

#[tokio::test]
async fn it_serves_at_the_root_and_where_clients_of_everything_look() {
    let db = database().await;
    let server = Server::start("auth", &settings(&db)).await;
    for path in ["/health", "/auth/v1/health", "/authentication/health"] {
        assert_eq!(server.get(path, "").await.status, 200, "{path}");
    }
    assert_eq!(server.get("/rest/v1/notes", "").await.status, 404);
    let user = server.sign_up("ada@example.org").await;
    let me = server.get("/user", &user.text("access_token")).await;
    assert_eq!(me.text("email"), "ada@example.org");
    until("readiness", async || {
        let ready = server.http.get(format!("{}/ready", server.admin));
        answer(ready).await.status == 200
    })
    .await;
    assert_eq!(server.end().await, Some(0));
}
