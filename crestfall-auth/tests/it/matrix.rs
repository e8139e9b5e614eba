//! Every route × every kind of credential, with an empty body: who is let in, and who is told what.
//! The answers are kept in `matrix.txt`; `CRESTFALL_WRITE_GOLDEN=1` writes it anew.
//!
//! Routes are read from the source, so that none can be forgotten.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use axum::body::Body;
use crestfall_core::jwt::sign_hs256;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::authenticators::{signed, signer_of};
use crate::service::{Answer, SECRET, TestAuth, claims, key};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/matrix.txt");

/// The kinds of credential, in the order of the columns.
const KINDS: [&str; 18] = [
    "none",
    "garbage",
    "other-key",
    "expired",
    "no-expiry",
    "audience",
    "anon",
    "user",
    "factor-aal1",
    "factor-aal2",
    "ended",
    "banned",
    "oauth",
    "service",
    "users-key",
    "narrow-key",
    "services-key",
    "replayed",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_credential_as_written_down() {
    let app = TestAuth::with(|config| {
        config.oauth_server.enabled = true;
        config.password.hash_memory = 8;
        config.password.hash_passes = 1;
        config.passkeys.enabled = true;
    })
    .await;
    let mut table = String::new();
    for (path, methods) in routes() {
        for method in methods {
            let _ = writeln!(table, "{method} {path}");
            let mut cells: Vec<(String, Vec<&str>)> = Vec::new();
            for kind in KINDS {
                let answer = cell(&app, &method, &path, kind).await;
                match cells.iter_mut().find(|(known, _)| *known == answer) {
                    Some((_, kinds)) => kinds.push(kind),
                    None => cells.push((answer, vec![kind])),
                }
            }
            for (answer, kinds) in cells {
                let _ = writeln!(table, "  {answer:<45} {}", kinds.join(" "));
            }
        }
    }
    if env::var_os("CRESTFALL_WRITE_GOLDEN").is_some() {
        fs::write(GOLDEN, &table).expect("the golden file is written");
    }
    let golden = fs::read_to_string(GOLDEN).unwrap_or_default();
    for (line, (new, old)) in table.lines().zip(golden.lines()).enumerate() {
        assert_eq!(new, old, "line {} of matrix.txt", line + 1);
    }
    assert_eq!(
        table.lines().count(),
        golden.lines().count(),
        "lines of matrix.txt"
    );
}

/// The status and, of an error, its code.
async fn cell(app: &TestAuth, method: &Method, path: &str, kind: &str) -> String {
    let mut filled = String::new();
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            filled.push('/');
        }
        match segment.starts_with('{') {
            true => filled.push_str("3f333df6-90a4-4fda-8dd3-9485d27cee36"),
            false => filled.push_str(segment),
        }
    }
    let body = match *method {
        Method::GET => Value::Null,
        _ => json!({}),
    };
    let answer = match kind {
        "replayed" => replay(app, method, &filled).await,
        kind => {
            let token = credential(app, kind).await;
            app.call(method.clone(), &filled, &token, body).await
        }
    };
    let code = match answer.status.as_u16() {
        400.. => [&answer.body["code"], &answer.body["error"]]
            .into_iter()
            .find_map(Value::as_str),
        _ => None,
    };
    format!("{} {}", answer.status.as_u16(), code.unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// A request that a key has signed, sent for the second time.
async fn replay(app: &TestAuth, method: &Method, path: &str) -> Answer {
    let email = format!("{}@example.org", uuid::Uuid::new_v4());
    let session = app.sign_up(&email, "correct horse").await;
    let token = session.text("/access_token");
    let body = json!({ "name": "machine", "kind": "hmac" });
    let made = app.post("/user/api-keys", &token, body).await;
    let signer = signer_of(&made);
    let body: &[u8] = match *method {
        Method::GET => b"",
        _ => b"{}",
    };
    let mut parts = signed(&signer, method.clone(), path, body);
    let version = http::HeaderValue::from_static("2024-01-01");
    parts.headers.insert("x-supabase-api-version", version);
    let json = http::HeaderValue::from_static("application/json");
    parts.headers.insert("content-type", json);
    let request = || Request::from_parts(parts.clone(), Body::from(body));
    app.send(request()).await;
    app.send(request()).await
}

async fn credential(app: &TestAuth, kind: &str) -> String {
    let id = uuid::Uuid::new_v4();
    let fresh = async || {
        app.sign_up(&format!("{id}@example.org"), "correct horse")
            .await
    };
    let changed = |token: &str, secret: &str, change: Value| {
        let mut claims = claims(token);
        for (name, value) in change.as_object().expect("an object") {
            match value {
                Value::Null => claims.as_object_mut().map(|claims| claims.remove(name)),
                value => claims
                    .as_object_mut()
                    .map(|claims| claims.insert(name.clone(), value.clone())),
            };
        }
        sign_hs256(secret, &claims).expect("a token")
    };
    match kind {
        "none" => String::new(),
        "garbage" => "a.b.c".to_owned(),
        "anon" => key("anon"),
        "service" => key("service_role"),
        "other-key" => {
            let token = fresh().await.text("/access_token");
            changed(
                &token,
                "another secret, of thirty-two bytes and more",
                json!({}),
            )
        }
        "expired" => changed(
            &fresh().await.text("/access_token"),
            SECRET,
            json!({ "exp": 1_700_000_000 }),
        ),
        "no-expiry" => changed(
            &fresh().await.text("/access_token"),
            SECRET,
            json!({ "exp": null }),
        ),
        "audience" => changed(
            &fresh().await.text("/access_token"),
            SECRET,
            json!({ "aud": "elsewhere" }),
        ),
        "user" => fresh().await.text("/access_token"),
        "oauth" => {
            let session = fresh().await;
            let client = uuid::Uuid::new_v4();
            let id = claims(&session.text("/access_token"))["session_id"]
                .as_str()
                .map(str::to_owned);
            app.db
                .execute(&format!(
                    "insert into auth.oauth_clients (id, registration_type, redirect_uris, grant_types,
                       token_endpoint_auth_method) values ('{client}', 'manual', '', '', 'none');
                     update auth.sessions set oauth_client_id = '{client}', scopes = 'email'
                     where id = '{}'",
                    id.unwrap_or_default()
                ))
                .await;
            let change = json!({ "client_id": client, "scope": "email" });
            changed(&session.text("/access_token"), SECRET, change)
        }
        "factor-aal1" | "factor-aal2" => {
            let session = fresh().await;
            let user = session.text("/user/id");
            let aal = &kind["factor-".len()..];
            app.db
                .execute(&format!(
                    "insert into auth.mfa_factors (user_id, factor_type, status, secret, friendly_name)
                       values ('{user}', 'totp', 'verified', 'none', 'phone');
                     update auth.sessions set aal = '{aal}' where user_id = '{user}'"
                ))
                .await;
            app.refresh(&session.text("/refresh_token"))
                .await
                .text("/access_token")
        }
        "ended" => {
            let token = fresh().await.text("/access_token");
            app.post("/logout", &token, Value::Null).await;
            token
        }
        "users-key" => {
            let token = fresh().await.text("/access_token");
            let body = json!({ "name": "machine" });
            app.post("/user/api-keys", &token, body).await.text("/key")
        }
        "narrow-key" | "services-key" => {
            let mut body = json!({ "name": "machine" });
            if kind == "narrow-key" {
                body["scopes"] = json!(["rest:read"]);
            }
            let admin = key("service_role");
            app.post("/admin/api-keys", &admin, body).await.text("/key")
        }
        "banned" => {
            let session = fresh().await;
            let path = format!("/admin/users/{}", session.text("/user/id"));
            app.put(&path, &key("service_role"), json!({ "ban_duration": "1h" }))
                .await;
            session.text("/access_token")
        }
        other => unreachable!("no such kind: {other}"),
    }
}

/// Every path with its methods, from `.route("…", get(…).post(…))` in the source.
pub(crate) fn routes() -> BTreeMap<String, Vec<Method>> {
    let mut routes = BTreeMap::<String, Vec<Method>>::new();
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let text = fs::read_to_string(&file).expect("a source file");
        let outside_docs: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        // Pages for developers are no part of the service.
        if file.ends_with("mail/catcher.rs") {
            continue;
        }
        let code = outside_docs
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default();
        for block in code.split(".route(").skip(1) {
            let block = balanced(block);
            let Some(path) = block.split('"').nth(1).filter(|path| path.starts_with('/')) else {
                continue;
            };
            for (name, method) in [
                ("get(", Method::GET),
                ("post(", Method::POST),
                ("put(", Method::PUT),
                ("patch(", Method::PATCH),
                ("delete(", Method::DELETE),
            ] {
                let calls =
                    |at: usize| !block[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                if block.match_indices(name).any(|(at, _)| calls(at)) {
                    routes.entry(path.to_owned()).or_default().push(method);
                }
            }
        }
    }
    assert!(
        routes.len() > 10,
        "routes are found in the source: {routes:?}"
    );
    routes
}

/// Up to the parenthesis that closes what came before.
fn balanced(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(sources(&path)),
            false if path.extension().is_some_and(|ending| ending == "rs") => files.push(path),
            false => {}
        }
    }
    files.sort();
    files
}
