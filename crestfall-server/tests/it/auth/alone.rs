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

#[tokio::test]
async fn it_is_configured_as_gotrue_is_gt_114() {
    let db = database().await;
    let variables = Variables::from([
        ("GOTRUE_DB_DATABASE_URL", db.url_as("authenticator")),
        ("GOTRUE_DB_DRIVER", "postgres".to_owned()),
        ("GOTRUE_SITE_URL", "http://localhost:3000".to_owned()),
        ("GOTRUE_JWT_SECRET", SECRET.to_owned()),
        ("GOTRUE_JWT_EXP", "600".to_owned()),
        ("GOTRUE_MAILER_AUTOCONFIRM", "true".to_owned()),
        ("GOTRUE_NO_SUCH_THING", "1".to_owned()),
        ("API_EXTERNAL_URL", "http://localhost:9999".to_owned()),
        ("PORT", "0".to_owned()),
        ("CRESTFALL_ADMIN__PORT", "0".to_owned()),
    ]);
    let server = Server::start("auth", &variables).await;
    let body = json!({ "email": "ada@example.org", "password": "secret" });
    let session = server.post("/signup", "", body).await;
    assert_eq!(session.body["expires_in"], 600, "{session:?}");
    let token = session.text("access_token");
    let verifier = crestfall_core::jwt::Verifier::builder().secret(SECRET);
    let identity = verifier.build().unwrap().verify(&token).unwrap();
    assert_eq!(
        identity.claims().get("iss"),
        Some(&json!("http://localhost:9999"))
    );
    let log = server.log();
    assert!(
        log.contains("GOTRUE_NO_SUCH_THING has no counterpart"),
        "{log}"
    );
    assert!(
        !log.contains(SECRET) && !log.contains("GOTRUE_DB_DRIVER"),
        "{log}"
    );
}
