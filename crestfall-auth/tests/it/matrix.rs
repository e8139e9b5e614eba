//! Every route × every kind of credential, with an empty body: who is let in, and who is told what.
//! The answers are kept in `matrix.txt`; `CRESTFALL_WRITE_GOLDEN=1` writes it anew.
//!
//! Routes are read from the source, so that none can be forgotten. What a path names is nobody's, but for
//! the kinds `owner` and `other-user`: there it is the owner's, who asks or does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use axum::body::Body;
use crestfall_auth::config::{ForwardAuthPolicy, ScimClient};
use crestfall_core::Secret;
use crestfall_core::jwt::sign_hs256;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::authenticators::{signed, signer_of};
use crate::service::{Answer, SECRET, TestAuth, claims, key};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/matrix.txt");

/// Of a client that keeps users.
const SCIM_SECRET: &str = "the secret of a provisioning client, in a test";

/// The kinds of credential, in the order of the columns.
const KINDS: [&str; 21] = [
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
    "scim",
    "owner",
    "other-user",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_credential_as_written_down() {
    let app = TestAuth::with(|config| {
        config.oauth_server.enabled = true;
        config.password.hash_memory = 8;
        config.password.hash_passes = 1;
        config.passkeys.enabled = true;
        config.manual_linking = true;
        config.scim.enabled = true;
        let client = ScimClient {
            secrets: vec![Secret::new(SCIM_SECRET)],
            ..ScimClient::default()
        };
        config.scim.clients = [("okta".to_owned(), client)].into();
        config.forward_auth.domains = vec!["example.org".to_owned()];
        config.forward_auth.default_policy = ForwardAuthPolicy::OneFactor;
    })
    .await;
    // So that it is heard which sessions ended.
    let running = app.run(&[&app.auth]).await;
    let mut table = String::new();
    for (path, methods) in routes() {
        for method in methods {
            let _ = writeln!(table, "{method} {path}");
            let mut cells: Vec<(String, Vec<&str>)> = Vec::new();
            for kind in KINDS {
                if !path.contains('{') && matches!(kind, "owner" | "other-user") {
                    continue;
                }
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
    running.cancel();
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
    let body = match *method {
        Method::GET => Value::Null,
        _ => json!({}),
    };
    let nobodys = |path: &str| fill(path, |_| "3f333df6-90a4-4fda-8dd3-9485d27cee36".to_owned());
    let answer = match kind {
        "replayed" => replay(app, method, &nobodys(path)).await,
        "owner" | "other-user" => {
            let owned = Owned::new(app).await;
            let token = match kind {
                "owner" => owned.token.clone(),
                _ => Owned::new(app).await.token,
            };
            let path = fill(path, |name| owned.id(path, name));
            app.call(method.clone(), &path, &token, body).await
        }
        kind if path.starts_with("/forward-auth") => {
            let token = credential(app, kind).await;
            let mut request = Request::builder().method(method.clone()).uri(path);
            let original = [
                ("x-original-url", "https://app.example.org/"),
                ("x-original-method", "GET"),
            ];
            let forwarded = [
                ("x-forwarded-method", "GET"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "app.example.org"),
                ("x-forwarded-uri", "/"),
            ];
            let told = match path.ends_with("/nginx") {
                true => &original[..],
                false => &forwarded[..],
            };
            for (name, value) in told {
                request = request.header(*name, *value);
            }
            if !token.is_empty() {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            app.send(request.body(Body::empty()).expect("a request"))
                .await
        }
        kind => {
            let token = credential(app, kind).await;
            app.call(method.clone(), &nobodys(path), &token, body).await
        }
    };
    let code = match answer.status.as_u16() {
        400.. => [
            &answer.body["code"],
            &answer.body["error"],
            &answer.body["scimType"],
        ]
        .into_iter()
        .find_map(Value::as_str),
        _ => None,
    };
    format!("{} {}", answer.status.as_u16(), code.unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// The path with its parameters put in.
fn fill(path: &str, value: impl Fn(&str) -> String) -> String {
    let segments = path.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|segment| segment.strip_suffix('}'));
        name.map_or_else(|| segment.to_owned(), &value)
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A user with one of everything that paths name.
struct Owned {
    token: String,
    user: String,
    /// By the segment before the parameter.
    ids: BTreeMap<&'static str, String>,
}

impl Owned {
    async fn new(app: &TestAuth) -> Self {
        let email = format!("{}@example.org", uuid::Uuid::new_v4());
        let session = app.sign_up(&email, "correct horse").await;
        let (token, user) = (session.text("/access_token"), session.text("/user/id"));
        let mut ids = BTreeMap::new();
        let other = app.sign_in(&email, "correct horse").await;
        let other = claims(&other.text("/access_token"));
        ids.insert(
            "sessions",
            other["session_id"].as_str().expect("an id").to_owned(),
        );
        ids.insert("identities", uuid::Uuid::new_v4().to_string());
        let key = app
            .post("/user/api-keys", &token, json!({ "name": "mine" }))
            .await;
        ids.insert("api-keys", key.text("/id"));
        let factor = json!({ "factor_type": "totp", "friendly_name": "phone" });
        let factor = app.post("/factors", &token, factor).await;
        ids.insert("factors", factor.text("/id"));
        for name in ["passkeys", "authorizations"] {
            ids.insert(name, uuid::Uuid::new_v4().to_string());
        }
        let client = uuid::Uuid::new_v4();
        app.db
            .execute(&format!(
                "insert into auth.identities (id, provider_id, user_id, identity_data, provider)
                   values ('{identity}', '{identity}', '{user}', '{{}}', 'github');
                 insert into auth.webauthn_credentials (id, user_id, credential_id, public_key)
                   values ('{passkey}', '{user}', '{passkey}', '');
                 insert into auth.oauth_clients (id, registration_type, redirect_uris, grant_types,
                   client_name, token_endpoint_auth_method)
                   values ('{client}', 'manual', 'https://c.example/', 'authorization_code', 'c', 'none');
                 insert into auth.oauth_authorizations (authorization_id, client_id, user_id,
                   redirect_uri, scope, code_challenge, code_challenge_method)
                   values ('{authorization}', '{client}', '{user}', 'https://c.example/', 'email',
                     '{challenge}', 's256')",
                identity = ids["identities"],
                passkey = ids["passkeys"],
                authorization = ids["authorizations"],
                challenge = "c".repeat(43),
            ))
            .await;
        Self { token, user, ids }
    }

    /// What stands for a parameter of a path.
    fn id(&self, path: &str, name: &str) -> String {
        if name == "user_id" {
            return self.user.clone();
        }
        let before = path.split(&format!("/{{{name}}}")).next();
        let kind = before.and_then(|before| before.rsplit('/').next());
        let id = kind.and_then(|kind| self.ids.get(kind));
        id.cloned()
            .unwrap_or_else(|| "3f333df6-90a4-4fda-8dd3-9485d27cee36".to_owned())
    }
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
        "scim" => SCIM_SECRET.to_owned(),
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
            heard(app, &token).await;
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
            let token = session.text("/access_token");
            heard(app, &token).await;
            token
        }
        other => unreachable!("no such kind: {other}"),
    }
}

/// Waits until this node has heard that the token's session is over.
async fn heard(app: &TestAuth, token: &str) {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    for _ in 0..400 {
        if app.auth.identify(&parts).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the end of a session is heard of");
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
                ("any(", Method::GET),
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
