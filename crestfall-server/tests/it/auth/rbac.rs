//! Roles and permissions in the binary: the first administrator, rbac.toml, the API beside the others.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::*;

const FILE: &str = r#"
    [permissions]
    "note:read" = "Read notes"
    [roles.reader]
    permissions = ["note:read"]
"#;

pub(super) async fn migrated() -> TestDb {
    let db = database().await;
    let _one_at_a_time = MIGRATING.lock().await;
    // What is there already was not recorded.
    db.execute(
        "drop schema auth cascade; drop schema if exists crestfall cascade; drop table notes",
    )
    .await;
    let ran = output(&["migrate", "--database-url", &db.url()], &[]);
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    db
}

pub(super) fn with_rbac(db: &TestDb) -> Variables {
    let mut variables = settings(db);
    variables.insert("CRESTFALL_RBAC__ENABLED", "true".to_owned());
    variables
}

fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

#[tokio::test]
async fn an_administrator_is_appointed_and_appoints() {
    let db = migrated().await;
    let server = Server::start("serve", &with_rbac(&db)).await;
    let ada = server.sign_up("ada@example.org").await;
    let bob = server.sign_up("bob@example.org").await;
    let (ada_id, bob_id) = (
        ada.body["user"]["id"].clone(),
        bob.body["user"]["id"].clone(),
    );
    let (ada, bob) = (ada.text("access_token"), bob.text("access_token"));

    let grant = |who: &str| {
        let ran = output(
            &["users", "grant-admin", who, "--database-url", &db.url()],
            &[],
        );
        (
            ran.status.success(),
            String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned(),
        )
    };
    let (done, told) = grant("Ada@Example.org");
    assert!(done && told.contains("is an administrator now"), "{told}");
    let (done, told) = grant("nobody@example.org");
    assert!(!done && told.contains("the address of 0 users"), "{told}");

    // At both paths, and nothing for the anonymous.
    for path in ["/rbac/v1/me", "/authorization/me"] {
        let me = server.get(path, &ada).await;
        assert_eq!((me.status, &me.body["subject"]), (StatusCode::OK, &ada_id));
        assert_eq!(me.body["permissions"], json!(["*:*"]));
        assert_eq!(server.get(path, "").await.status, 401);
    }
    let service = server
        .get("/rbac/v1/me", &project_key("service_role"))
        .await;
    assert_eq!(service.body["permissions"], json!(["*:*"]));
    assert_eq!(server.get("/rbac/v1/openapi.json", "").await.status, 200);

    // rbac.toml.
    let file = server.folder.path().join("rbac.toml");
    std::fs::write(&file, FILE).unwrap();
    let file = file.display().to_string();
    let url = db.url();
    let rbac = |arguments: &[&str]| {
        let all = [&["rbac", "--database-url", &url], arguments, &[&file]].concat();
        let ran = output(&all, &[]);
        (
            ran.status.code(),
            String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned(),
        )
    };
    let (code, told) = rbac(&["plan"]);
    assert!(
        code == Some(2) && told.contains("+ role reader: note:read"),
        "{told}"
    );
    let (code, told) = rbac(&["apply"]);
    assert!(code == Some(1) && told.contains("say --yes"), "{told}");
    let (code, told) = rbac(&["apply", "--yes"]);
    assert!(
        code == Some(0) && told.contains("3 changes were made"),
        "{told}"
    );
    assert_eq!(rbac(&["plan"]).0, Some(0));

    // The administrator appoints; it counts at once, and the next token says it.
    let assign = json!({ "subject": bob_id, "role": "reader" });
    let to_another = json!({ "subject": "another", "role": "reader" });
    for (assign, status) in [(assign.clone(), 403), (to_another, 404)] {
        let answer = server.post("/rbac/v1/assignments", &bob, assign).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert_eq!(
        server
            .post("/rbac/v1/assignments", &ada, assign)
            .await
            .status,
        201
    );
    let check =
        json!({ "checks": [{ "permission": "note:read" }, { "permission": "note:write" }] });
    let began = Instant::now();
    loop {
        let checked = server.post("/rbac/v1/check", &bob, check.clone()).await;
        if checked.body == json!({ "allowed": [true, false] }) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(1), "{checked:?}");
    }
    let body = json!({ "email": "bob@example.org", "password": "correct horse battery" });
    let token = server
        .post("/auth/v1/token?grant_type=password", "", body)
        .await;
    assert_eq!(
        claims(&token.text("access_token"))["rbac"]["roles"],
        json!(["reader"])
    );
    assert_eq!(server.end().await, Some(0));
}

#[tokio::test]
async fn without_its_tables_the_service_says_what_to_do_and_signs_users_in_all_the_same() {
    let db = database().await;
    let server = Server::start("serve", &with_rbac(&db)).await;
    until("advice", async || {
        server
            .log()
            .contains("has no tables: run `crestfall migrate`")
    })
    .await;
    let ada = server.sign_up("ada@example.org").await.text("access_token");
    assert_eq!(server.get("/rbac/v1/me", &ada).await.status, 500);
    let file = server.folder.path().join("rbac.toml");
    std::fs::write(&file, FILE).unwrap();
    let ran = output(
        &[
            "rbac",
            "plan",
            &file.display().to_string(),
            "--database-url",
            &db.url(),
        ],
        &[],
    );
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(told.contains("run `crestfall migrate`"), "{told}");
}

#[tokio::test]
async fn callers_whom_another_service_signs_in_have_roles_too() {
    let db = migrated().await;
    let mut variables = with_rbac(&db);
    variables.insert("CRESTFALL_AUTH__ENABLED", "false".to_owned());
    let server = Server::start("serve", &variables).await;
    let ran = output(
        &["users", "grant-admin", "ada", "--database-url", &db.url()],
        &[],
    );
    assert!(ran.status.success());
    let claims = json!({ "sub": "ada", "role": "authenticated", "exp": 4_102_444_800_u64 });
    let token = sign_hs256(SECRET, &claims).unwrap();
    let me = server.get("/authorization/me", &token).await;
    assert_eq!(me.body["permissions"], json!(["*:*"]), "{me:?}");
    // In the header of Supabase's clients as well.
    let by_key = server.http.get(format!("{}/rbac/v1/me", server.url));
    let by_key = answer(by_key.header("apikey", &token)).await;
    assert_eq!(by_key.body["subject"], "ada", "{by_key:?}");
    assert_eq!(server.get("/rbac/v1/me", "").await.status, 401);
    assert_eq!(server.get("/rbac/v1/me", "nonsense").await.status, 401);
    assert_eq!(server.end().await, Some(0));
}
