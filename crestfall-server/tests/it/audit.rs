//! The audit log, the doctor and policy tests as an operator uses them, and what `crestfall serve` refuses.

mod staying;

use std::process::Output;

use crestfall_core::jwt::sign_hs256;
use crestfall_core::testing::TestDb;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::auth::{MIGRATING, SECRET, Server, until};
use crate::process::output;

const TABLES: &str = "
    create table invoices (id int primary key, amount numeric, iban text);
    alter table invoices enable row level security;
    create policy everybody on invoices using (true);
    create table naked (id int primary key);
    grant select, insert, update on invoices, naked to anon, authenticated;";

async fn migrated() -> TestDb {
    let _one = MIGRATING.lock().await;
    let db = TestDb::new().await;
    let ran = output(&["migrate", "--database-url", &db.url()], &[]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    db.load(TABLES).await;
    db
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn run(db: &TestDb, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let url = db.url();
    let mut all = variables.to_vec();
    all.push(("DATABASE_URL", &url));
    let Output {
        status,
        stdout,
        stderr,
    } = output(arguments, &all);
    (status.code(), text(&stdout) + &text(&stderr))
}

#[tokio::test]
async fn an_operator_puts_a_table_under_audit_and_reads_verifies_and_prunes_its_log() {
    let db = migrated().await;
    let key = [(
        "CRESTFALL_AUDIT__SEAL_KEY",
        "a key of the tests, of thirty-two bytes and more",
    )];
    let audit = |arguments: &[&str]| run(&db, &[&["audit"], arguments].concat(), &key);
    let (status, told) = audit(&["track", "public.invoices", "--mask", "iban"]);
    assert_eq!(
        (status, told.as_str()),
        (Some(0), "public.invoices is under audit\n")
    );
    db.execute("insert into invoices values (1, 10, 'DE1'); update invoices set amount = 11")
        .await;
    let (_, told) = audit(&["history", "public.invoices", "1"]);
    assert!(
        told.contains("UPDATE public.invoices {\"id\":1}") && told.contains("amount: 10 -> 11"),
        "{told}"
    );
    assert!(!told.contains("DE1"), "{told}");
    let (_, told) = audit(&["changes", "--json"]);
    let operation = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        entry["operation"].as_str().unwrap().to_owned()
    };
    let operations: Vec<_> = told.lines().map(operation).collect();
    assert_eq!(operations, ["server.migrated", "INSERT", "UPDATE"]);
    let (status, told) = audit(&["export", "--since", "1024", "--format", "csv"]);
    assert!(
        status == Some(0) && told.starts_with("position,at,") && told.ends_with("\n3072\n"),
        "{told}"
    );
    assert_eq!(told.matches(",invoices,").count(), 2, "{told}");
    assert_eq!(audit(&["seal"]).1, "1 seals made\n");
    let (status, told) = audit(&["verify"]);
    assert!(
        status == Some(0) && told.contains("1 seals over 3 entries checked with their signatures"),
        "{told}"
    );
    let head = told
        .lines()
        .last()
        .unwrap()
        .strip_prefix("last hash: ")
        .unwrap()
        .to_owned();
    assert_eq!(audit(&["verify", "--expect", &head]).0, Some(0));
    assert_eq!(audit(&["verify", "--expect", "00"]).0, Some(1));
    db.execute("set session_replication_role = replica; update audit.statements set context = 'x' where kind = 'u'").await;
    let (status, told) = audit(&["verify"]);
    assert!(
        status == Some(1) && told.contains("an entry was changed"),
        "{told}"
    );
    let (status, told) = audit(&["prune", "--keep", "400 days"]);
    assert_eq!(status, Some(0), "{told}");
    assert_eq!(audit(&["status"]).0, Some(0));
    db.execute("alter table invoices disable trigger crestfall_audit_update")
        .await;
    let (status, told) = audit(&["status"]);
    assert!(status == Some(1) && told.contains("update"), "{told}");
    assert_eq!(audit(&["refresh"]).0, Some(0));
    assert_eq!(audit(&["status"]).0, Some(0));
    for (arguments, words) in [
        (&["track", "nowhere"][..], "nowhere"),
        (&["track", "invoices", "--mask", "nothing"], "has no column"),
        (&["history", "invoices", "1", "2"], "has 1 columns (id)"),
    ] {
        let (status, told) = audit(arguments);
        assert!(
            status == Some(1) && told.contains(words),
            "{arguments:?}: {told}"
        );
    }
    assert_eq!(audit(&["untrack", "invoices"]).0, Some(0));
    let empty = TestDb::new().await;
    let (status, told) = run(&empty, &["audit", "status"], &[]);
    assert!(
        status == Some(1) && told.contains("crestfall migrate"),
        "{told}"
    );
}

#[tokio::test]
async fn the_doctor_and_policy_tests_have_exit_codes() {
    let db = migrated().await;
    let (status, told) = run(&db, &["doctor"], &[]);
    assert!(
        status == Some(1) && told.contains("CF-D001  public.naked"),
        "{told}"
    );
    let (status, told) = run(&db, &["doctor", "--json"], &[]);
    let report: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    assert!(status == Some(1) && report["ok"] == false, "{told}");
    let ignore = [
        "doctor",
        "--ignore",
        "CF-D001 public.naked=a test",
        "--ignore",
        "CF-D003=a test",
    ];
    let (status, told) = run(&db, &ignore, &[]);
    assert_eq!(status, Some(0), "{told}");
    assert_eq!(run(&db, &["doctor", "--ignore", "CF-D001"], &[]).0, Some(2));
    assert_eq!(run(&db, &["doctor", "--ignore", "CF-D1=x"], &[]).0, Some(2));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.toml");
    let case = |count: u32| {
        let text = format!(
            "setup = \"insert into invoices values (1, 1, '')\"\n[[case]]\nname = \"all\"\n\
            as = {{ role = \"anon\" }}\nquery = \"select * from invoices\"\ncount = {count}\n"
        );
        std::fs::write(&file, text).unwrap();
        run(&db, &["policy", "test", file.to_str().unwrap()], &[])
    };
    assert_eq!(
        case(1),
        (Some(0), "ok    all\n1 passed, 0 failed\n".to_owned())
    );
    let (status, told) = case(2);
    assert!(
        status == Some(1) && told.contains("expected 2 rows, saw 1"),
        "{told}"
    );
    assert_eq!(
        run(&db, &["policy", "test", "/nowhere.toml"], &[]).0,
        Some(2)
    );
}

#[tokio::test]
async fn d2_serve_refuses_what_no_policy_holds_and_a_write_tells_its_request() {
    let db = migrated().await;
    let ran = run(&db, &["audit", "track", "invoices"], &[]);
    assert_eq!(ran.0, Some(0), "{}", ran.1);
    let url = db.url_as("authenticator");
    let variables = [
        ("CRESTFALL_DATABASE__URL", url),
        ("CRESTFALL_SERVER__PORT", "0".to_owned()),
        ("CRESTFALL_ADMIN__PORT", "0".to_owned()),
        ("CRESTFALL_AUDIT__SEAL_EVERY", "200ms".to_owned()),
        ("CRESTFALL_JWT__SECRET", SECRET.to_owned()),
    ];
    let server = Server::start("serve", &variables.into()).await;
    let client = reqwest::Client::new();
    let naked = client
        .get(server.url("/rest/v1/naked"))
        .send()
        .await
        .unwrap();
    assert_eq!(naked.status(), 401);
    assert!(!naked.headers()["x-request-id"].is_empty());
    let body: Value = naked.json().await.unwrap();
    assert_eq!(body["code"], "42501");
    assert!(body["hint"].as_str().unwrap().contains("@public"), "{body}");
    let written = client
        .post(server.url("/rest/v1/invoices"))
        .header("x-request-id", "from-the-client")
        .json(&json!({ "id": 7, "amount": 1 }))
        .send()
        .await
        .unwrap();
    assert_eq!(written.status(), 201);
    assert_eq!(written.headers()["x-request-id"], "from-the-client");
    let (_, told) = run(&db, &["audit", "history", "invoices", "7", "--json"], &[]);
    let entry: Value = serde_json::from_str(told.trim()).unwrap();
    assert_eq!(entry["request"], "from-the-client");
    assert_eq!(
        (&entry["role"], &entry["login"], &entry["ip"]),
        (&json!("anon"), &json!("authenticator"), &json!("127.0.0.1"))
    );
    // Whoever is known and refused is written down, with the request.
    let claims = json!({ "role": "authenticated", "sub": "ada", "exp": 4_102_444_800_u64 });
    let refused = client
        .delete(server.url("/rest/v1/invoices?id=eq.7"))
        .bearer_auth(sign_hs256(SECRET, &claims).unwrap())
        .header("x-request-id", "refused-1")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 403);
    let refusal = async || {
        for _ in 0..100 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let (_, told) = run(&db, &["audit", "changes", "--json"], &[]);
            if let Some(line) = told.lines().find(|line| line.contains("access.refused")) {
                return serde_json::from_str::<Value>(line).unwrap();
            }
        }
        panic!("the refusal is not in the log");
    };
    let entry = refusal().await;
    assert_eq!(
        (&entry["actor"], &entry["request"], &entry["role"]),
        (&json!("ada"), &json!("refused-1"), &json!("authenticated"))
    );
    assert_eq!(
        entry["detail"],
        json!({
            "event": "access.refused", "outcome": "refused", "method": "DELETE", "path": "/rest/v1/invoices",
        })
    );
    // The server keeps the log.
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if run(&db, &["audit", "verify"], &[])
            .1
            .contains("over 3 entries checked")
        {
            return;
        }
    }
    panic!(
        "no seal was made: {}",
        run(&db, &["audit", "verify"], &[]).1
    );
}

/// The events of this name, as soon as there are so many.
async fn events(db: &TestDb, name: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    until(name, async || {
        let (_, told) = run(db, &["audit", "changes", "--json"], &[]);
        let entries = told
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        found = entries.filter(|entry| entry["operation"] == name).collect();
        found.len() >= count
    })
    .await;
    found
}

#[tokio::test]
async fn d46_refusals_of_graphql_and_of_credentials_and_new_settings_are_in_the_log() {
    let db = migrated().await;
    db.load(
        "create table closed (id int primary key);
        alter table closed enable row level security;
        create policy nobody on closed using (false);
        grant select, insert on closed to authenticated, anon",
    )
    .await;
    let variables = [
        ("CRESTFALL_DATABASE__URL", db.url_as("authenticator")),
        ("CRESTFALL_SERVER__PORT", "0".to_owned()),
        ("CRESTFALL_ADMIN__PORT", "0".to_owned()),
        ("CRESTFALL_JWT__SECRET", SECRET.to_owned()),
    ];
    let server = Server::start("serve", &variables.into()).await;
    let client = reqwest::Client::new();
    let token = |claims: Value| sign_hs256(SECRET, &claims).unwrap();
    let far = 4_102_444_800_u64;
    let ada = token(json!({ "role": "authenticated", "sub": "ada", "exp": far }));
    let write = async |token: &str| {
        let query = "mutation { insertIntoclosedCollection(objects: [{id: 1}]) { affectedCount } }";
        let request = client
            .post(server.url("/graphql/v1"))
            .header("x-request-id", "graphql-1")
            .json(&json!({ "query": query }));
        let answer = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()
    };
    let told = write(&ada).await;
    assert_eq!(
        told["errors"][0]["extensions"]["code"],
        json!("42501"),
        "{told}"
    );
    let refused = events(&db, "access.refused", 1).await;
    assert_eq!(
        (&refused[0]["actor"], &refused[0]["request"]),
        (&json!("ada"), &json!("graphql-1"))
    );
    assert_eq!(
        refused[0]["detail"],
        json!({ "event": "access.refused", "outcome": "refused", "method": "POST", "path": "/graphql/v1" })
    );

    // Who is nobody, and whose token has ended, is no attack; whose token is wrong may be one.
    let anon = token(json!({ "role": "anon", "exp": far }));
    write(&anon).await;
    let get = async |token: &str| {
        let request = client.get(server.url("/rest/v1/naked"));
        let request = match token {
            "" => request,
            token => request.bearer_auth(token),
        };
        request.send().await.unwrap().status()
    };
    let ended = token(json!({ "role": "authenticated", "sub": "ada", "exp": 1 }));
    let forged = sign_hs256("another secret of thirty-two bytes", &json!({ "exp": far })).unwrap();
    for token in ["", &anon, &ended, &forged, "no.token.atall"] {
        assert_eq!(get(token).await, 401, "{token}");
    }
    let wrong = events(&db, "access.unauthenticated", 1).await;
    let times = |entry: &Value| entry["detail"]["times"].as_u64().unwrap_or(1);
    let last = &wrong[0];
    assert_eq!(
        (&last["actor"], &last["role"], &last["ip"]),
        (&json!(null), &json!("authenticator"), &json!("127.0.0.1"))
    );
    until("both", async || {
        let wrong = events(&db, "access.unauthenticated", 1).await;
        wrong.iter().map(times).sum::<u64>() == 2
    })
    .await;

    server.signal(Signal::SIGUSR2);
    let reloaded = events(&db, "server.settings_reloaded", 1).await;
    assert_eq!(reloaded[0]["detail"]["outcome"], json!("success"));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rbac.toml");
    std::fs::write(&file, "[permissions]\n\"note:read\" = \"Read notes\"\n").unwrap();
    let file = file.display().to_string();
    let (status, told) = run(
        &db,
        &["rbac", "--database-url", &db.url(), "apply", "--yes", &file],
        &[],
    );
    assert_eq!(status, Some(0), "{told}");
    let applied = events(&db, "rbac.applied", 1).await;
    assert_eq!(applied[0]["detail"]["changes"], json!(1));
    let refused = events(&db, "access.refused", 1).await;
    assert_eq!(refused.len(), 1, "{refused:?}");
}
