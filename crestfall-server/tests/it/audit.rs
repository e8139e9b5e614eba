//! The audit log, the doctor and policy tests as an operator uses them, and what `crestfall serve` refuses.

use std::process::Output;

use crestfall_core::jwt::sign_hs256;
use crestfall_core::testing::TestDb;
use serde_json::{Value, json};

use crate::auth::{MIGRATING, SECRET, Server};
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
