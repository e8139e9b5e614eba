//! The service as its callers see it: two users of a foreign issuer, and nobody.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use crestfall_core::jwt::Verifier;
use crestfall_core::testing::{TestApp, TestDb};
use serde_json::{Value, json};
use sqlx::PgPool;

const NOTES: &str = "
create table notes (
  id int generated always as identity primary key,
  owner text not null default current_setting('request.jwt.claims')::json ->> 'sub',
  body text not null,
  done boolean not null default false
);
alter table notes enable row level security;
create policy own on notes to authenticated
  using (owner = current_setting('request.jwt.claims')::json ->> 'sub');
grant select, insert, update, delete on notes to authenticated;
insert into notes (owner, body, done) values
  ('ada', 'tea', false), ('ada', 'bread', true), ('ben', 'oil', false), ('ben', 'rope', false);
";

/// Somebody else's login service, which keeps roles in a list and signs with ES256.
struct Issuer(EcdsaKeyPair);

impl Issuer {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// The keys as it publishes them.
    fn jwks(&self) -> String {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64.encode(x), BASE64.encode(y));
        let key =
            json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "1", "x": x, "y": y });
        json!({ "keys": [key] }).to_string()
    }

    fn token(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64.encode(value.to_string());
        let header = json!({ "alg": "ES256", "kid": "1" });
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        format!("{signed}.{}", BASE64.encode(signature.unwrap()))
    }

    fn user(&self, name: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let exp = now.as_secs() + 300;
        let iss = "https://login.example.com";
        self.token(&json!({ "iss": iss, "sub": name, "roles": ["authenticated"], "exp": exp }))
    }

    fn verifier(&self) -> Verifier {
        Verifier::builder()
            .secret(self.jwks())
            .issuer("https://login.example.com")
            .role_claim("$.roles[0]")
            .anonymous_role("anon")
            .require_exp(true)
            .build()
            .unwrap()
    }
}

async fn service(db: &TestDb, issuer: &Issuer) -> TestApp {
    db.load(NOTES).await;
    let url = db.url_as("authenticator");
    let pool = PgPool::connect(&url).await.unwrap();
    let app = embed_rest::app(pool, &url, issuer.verifier()).await;
    TestApp::new(app.unwrap())
}

#[test]
fn it_is_what_the_readme_promises_under_forty_lines_of_code() {
    let files = [
        include_str!("../src/lib.rs"),
        include_str!("../src/main.rs"),
    ];
    let is_code = |line: &&str| !line.is_empty() && !line.trim_start().starts_with("//");
    let lines: usize = files
        .map(|file| file.lines().filter(is_code).count())
        .iter()
        .sum();
    assert!(lines < 40, "{lines}");
}

#[tokio::test]
async fn the_services_own_routes_stay_as_they_were() {
    let (db, issuer) = (TestDb::new().await, Issuer::new());
    let app = service(&db, &issuer).await;
    assert_eq!(app.get("/hello").await.text(), "hello");
    assert_eq!(app.get("/elsewhere").await.status, 404);
}

#[tokio::test]
async fn each_user_reads_and_writes_their_own_rows_by_rest() {
    let (db, issuer) = (TestDb::new().await, Issuer::new());
    let app = service(&db, &issuer).await;
    let (ada, ben) = (issuer.user("ada"), issuer.user("ben"));
    let path = "/rest/v1/notes?select=body&order=id";
    let seen = app.get(path).bearer(&ada).await;
    assert_eq!(
        seen.status_and_json(),
        (200, json!([{ "body": "tea" }, { "body": "bread" }]))
    );
    let seen = app.get(path).bearer(&ben).await;
    assert_eq!(seen.json(), json!([{ "body": "oil" }, { "body": "rope" }]));
    let written = app
        .post("/rest/v1/notes?select=owner", &json!({ "body": "tar" }))
        .header("prefer", "return=representation")
        .bearer(&ben)
        .await;
    assert_eq!(
        written.status_and_json(),
        (201, json!([{ "owner": "ben" }]))
    );
    let nobody = app.get("/rest/v1/notes").await;
    assert_eq!(nobody.status, 401);
    assert_eq!(nobody.json()["code"], "42501");
}

#[tokio::test]
async fn a_handlers_sqlx_queries_see_what_the_caller_may_see() {
    let (db, issuer) = (TestDb::new().await, Issuer::new());
    let app = service(&db, &issuer).await;
    for (user, open) in [("ada", "1"), ("ben", "2"), ("eve", "0")] {
        let answer = app.get("/notes/open").bearer(&issuer.user(user)).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.text()),
            (200, open),
            "{user}"
        );
    }
    // Nobody may read the table; the database refused, and the caller learns no more.
    assert_eq!(app.get("/notes/open").await.status, 500);
}

#[tokio::test]
async fn tokens_of_anybody_else_are_refused_on_every_route() {
    let (db, issuer) = (TestDb::new().await, Issuer::new());
    let app = service(&db, &issuer).await;
    let forged = Issuer::new().user("ada");
    let elsewhere =
        json!({ "iss": "https://other.example.com", "sub": "ada", "exp": 4_000_000_000_u32 });
    for token in [forged, issuer.token(&elsewhere), "nonsense".to_owned()] {
        for path in ["/hello", "/notes/open", "/rest/v1/notes"] {
            assert_eq!(app.get(path).bearer(&token).await.status, 401, "{path}");
        }
    }
}
