//! Users beside the REST API.

use super::*;

#[tokio::test]
async fn a_user_signs_up_and_sees_rows_that_are_theirs_until_the_session_ends_gt_001() {
    let db = database().await;
    let server = Server::start("serve", &settings(&db)).await;
    let ada = server.sign_up("ada@example.org").await;
    let grace = server
        .sign_up("grace@example.org")
        .await
        .text("access_token");
    let token = ada.text("access_token");
    let stored = server
        .post("/rest/v1/notes", &token, json!({ "text": "mine" }))
        .await;
    assert_eq!(stored.status, 201, "{stored:?}");
    let read = "/rest/v1/notes?select=text";
    let mine = server.get(read, &token).await;
    assert_eq!(mine.body, json!([{ "text": "mine" }]));
    assert_eq!(server.get(read, &grace).await.body, json!([]));
    assert_eq!(server.get(read, "").await.body, json!([]));

    let ended = server.post("/auth/v1/logout", &token, Value::Null).await;
    assert_eq!(ended.status, 204);
    // Every node hears of it by a notification.
    until("the session to be over", async || {
        server.get(read, &token).await.status == 401
    })
    .await;
    let refused = server.get(read, &token).await;
    assert_eq!(refused.text("code"), "CF401");
    assert_eq!(
        refused.headers["content-type"],
        "application/json; charset=utf-8"
    );
    assert!(refused.headers.contains_key("www-authenticate"));
    assert_eq!(server.get(read, &grace).await.status, 200);
    assert_eq!(server.end().await, Some(0));
}

#[tokio::test]
async fn keys_of_the_project_act_on_rest_and_prove_nothing_on_auth() {
    let db = database().await;
    let server = Server::start("serve", &settings(&db)).await;
    let service = project_key("service_role");
    let by_apikey = |path: &str, key: &str| {
        let request = server.http.get(format!("{}{path}", server.url));
        answer(request.header("apikey", key.to_owned()))
    };
    let rest = by_apikey("/rest/v1/notes", &service).await;
    assert_eq!(rest.status, 403, "the role has no grant: {rest:?}");
    assert_eq!(by_apikey("/rest/v1/notes", "x.y.z").await.status, 401);
    let user = by_apikey("/auth/v1/user", &service).await;
    assert_eq!(
        (user.status.as_u16(), user.text("error_code")),
        (401, "no_authorization".to_owned())
    );
    let users = server.get("/auth/v1/admin/users", &service).await;
    assert_ne!(users.text("code"), "not_admin", "{users:?}");
    let wrong = server.get("/rest/v1/notes", "x.y.z").await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.text("code")),
        (401, "PGRST301".to_owned())
    );
}

#[tokio::test]
async fn pages_of_any_origin_may_call_and_read_what_clients_need_gt_115() {
    let db = database().await;
    let server = Server::start("serve", &settings(&db)).await;
    let url = format!("{}/auth/v1/token", server.url);
    let preflight = server
        .http
        .request(Method::OPTIONS, &url)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "apikey, x-client-info, x-supabase-api-version",
        );
    let preflight = answer(preflight).await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.headers["access-control-allow-origin"], "*");
    let allowed = preflight.headers["access-control-allow-headers"]
        .to_str()
        .unwrap();
    for name in ["apikey", "x-client-info", "x-supabase-api-version"] {
        assert!(allowed.contains(name), "{allowed}");
    }
    let asked = server.http.get(format!("{}/auth/v1/settings", server.url));
    let asked = answer(asked.header("origin", "https://app.example")).await;
    let exposed = asked.headers["access-control-expose-headers"]
        .to_str()
        .unwrap();
    for name in [
        "X-Supabase-Api-Version",
        "X-Total-Count",
        "Link",
        "Content-Range",
    ] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn both_paths_answer_head_too_and_routes_are_counted() {
    let db = database().await;
    let server = Server::start("serve", &settings(&db)).await;
    for path in ["/auth/v1/health", "/authentication/health"] {
        assert_eq!(server.get(path, "").await.status, 200);
        let head = server.call(Method::HEAD, path, "", Value::Null).await;
        assert_eq!((head.status.as_u16(), head.body), (200, "".into()));
    }
    assert_eq!(server.get("/auth/v1/nothing", "").await.status, 404);
    let metrics = answer(server.http.get(format!("{}/metrics", server.admin))).await;
    let metrics = metrics.body.as_str().unwrap().to_owned();
    let line =
        "crestfall_auth_requests_total{method=\"HEAD\",route=\"/auth/v1/health\",status=\"200\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    let families = metrics
        .lines()
        .filter(|line| line.starts_with("# TYPE pgrst_jwt_cache_hits"));
    assert_eq!(families.count(), 1);
}

#[tokio::test]
async fn without_its_tables_it_waits_and_says_what_to_do() {
    let db = TestDb::new().await;
    let mut variables = settings(&db);
    variables.insert("CRESTFALL_DATABASE__URL", db.url());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = File::create(&path).unwrap();
    let mut child = crestfall(&["serve"], &as_pairs(&variables))
        .stderr(log.try_clone().unwrap())
        .stdout(log)
        .spawn()
        .unwrap();
    let log = || std::fs::read_to_string(&path).unwrap();
    until("advice", async || log().contains("run `crestfall migrate`")).await;
    let migrating = MIGRATING.lock().await;
    let ran = output(&["migrate", "--database-url", &db.url()], &[]);
    drop(migrating);
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
    until("it to listen", async || {
        log().contains("API server listening")
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn settings_that_cannot_be_are_told_at_the_start() {
    for (name, value, words) in [
        (
            "CRESTFALL_AUTH__ENCRYPTION_KEY",
            "short",
            "encryption_key needs at least 32 bytes",
        ),
        (
            "CRESTFALL_JWT__AUDIENCE",
            "x",
            "jwt.audience is for tokens of another issuer",
        ),
        (
            "CRESTFALL_AUTH__TOKENS__SECRET",
            "0123456789abcdef0123456789abcdef",
            "is not jwt.secret",
        ),
        (
            "CRESTFALL_AUTH__TOKENZ__LIFETIME",
            "1h",
            "did you mean `auth.tokens.lifetime`?",
        ),
        (
            "CRESTFALL_AUTH__TOKENS__LIFETIME",
            "soon",
            "auth.tokens.lifetime",
        ),
    ] {
        let db = TestDb::new().await;
        let mut variables = settings(&db);
        variables.insert(name, value.to_owned());
        let ran = output(&["serve"], &as_pairs(&variables));
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn migrations_of_ours_come_before_the_projects_and_once() {
    let db = TestDb::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0001_own.sql");
    std::fs::write(path, "create table own (id uuid references auth.users)").unwrap();
    let directory = folder.path().display().to_string();
    let migrate = || {
        let ran = output(
            &["migrate", "--database-url", &db.url(), "--dir", &directory],
            &[],
        );
        String::from_utf8(ran.stdout).unwrap()
    };
    let _one_at_a_time = MIGRATING.lock().await;
    let first = migrate();
    assert!(first.contains("applying project/0001_own"), "{first}");
    assert!(migrate().starts_with("0 migrations applied"));
}

/// D16
#[tokio::test]
async fn the_server_tells_what_it_offers_to_whom() {
    let db = database().await;
    let server = Server::start("serve", &settings(&db)).await;
    let ada = server.sign_up("ada@example.org").await.text("access_token");
    let anonymous = server.get("/openapi.json", "").await;
    assert_eq!(anonymous.status, 200);
    assert_eq!(anonymous.body["openapi"], "3.1.0");
    let notes = &anonymous.body["paths"]["/rest/v1/notes"];
    assert!(notes["get"].is_object() && notes["post"].is_object());
    assert!(anonymous.body["paths"]["/auth/v1/signup"]["post"].is_object());
    assert!(anonymous.body["paths"]["/graphql/v1"]["post"].is_object());
    assert!(
        anonymous.body["paths"]["/rbac/v1/me"].is_null(),
        "it is not served"
    );
    let about = anonymous.body["info"]["description"].as_str().unwrap();
    assert!(
        about.contains("`/graphql/v1` is also at `/postgresql/graphql`"),
        "{about}"
    );
    let ways = json!([
        { "bearer": [] }, { "apikey": [] }, { "signature": [] }, { "basic": [] }, { "cookie": [] }, {}
    ]);
    assert_eq!(notes["get"]["security"], ways);
    let schemes = anonymous.body["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    for way in ways.as_array().unwrap() {
        for name in way.as_object().unwrap().keys() {
            assert!(schemes.contains_key(name), "{name}");
        }
    }
    // Who asks with a key or token sees what that may use, and with a wrong one nothing.
    let service = server
        .get("/openapi.json", &project_key("service_role"))
        .await;
    assert!(
        service.body["paths"]["/rest/v1/notes"].is_null(),
        "no grant"
    );
    let user = server.get("/openapi-3.0.json", &ada).await;
    assert_eq!(user.body["openapi"], "3.0.3");
    assert!(user.body["paths"]["/rest/v1/notes"]["post"].is_object());
    assert_eq!(server.get("/openapi.json", "x.y.z").await.status, 401);
    // The page loads nothing from elsewhere.
    let page = server.get("/docs", "").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'"),
        "{policy}"
    );
    for part in ["/docs/page.js", "/docs/page.css"] {
        assert_eq!(server.get(part, "").await.status, 200);
    }
    drop(server);

    let mut quiet = settings(&db);
    quiet.insert("CRESTFALL_SERVER__DOCS", "false".to_owned());
    let server = Server::start("serve", &quiet).await;
    for path in ["/openapi.json", "/openapi-3.0.json", "/docs"] {
        assert_eq!(server.get(path, "").await.status, 404, "{path}");
    }
}
