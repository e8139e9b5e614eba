//! PR-159 and the promise of `Tx`: what runs in it runs as its identity, and nothing of it stays.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::{Json, Router, routing::get};
use crestfall_core::identity::{IdentifyLayer, Identity};
use crestfall_core::jwt::{Verifier, sign_hs256};
use crestfall_core::tx::{RequestContext, TxError};
use crestfall_core::{Problem, Tx};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::sync::OnceCell;
use tower::ServiceExt as _;

use crate::database_url;
use crate::jwt::SECRET;

/// Two roles that see their own notes (by claim) or only public ones, and a login role that may
/// become them and nothing else.
const FIXTURE: &str = "
do $$
declare
    name text;
begin
    foreach name in array array['cf_tx_anon', 'cf_tx_user', 'cf_tx_stranger'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I nologin', name);
        end if;
    end loop;
    if not exists (select from pg_roles where rolname = 'cf_tx_login') then
        create role cf_tx_login login noinherit password 'cf_tx_login';
    end if;
end $$;
grant cf_tx_anon, cf_tx_user to cf_tx_login;
drop schema if exists cf_tx cascade;
create schema cf_tx;
grant usage on schema cf_tx to cf_tx_anon, cf_tx_user;
create table cf_tx.notes (owner text, body text);
alter table cf_tx.notes enable row level security;
grant select, insert on cf_tx.notes to cf_tx_user;
grant select on cf_tx.notes to cf_tx_anon;
create policy own on cf_tx.notes to cf_tx_user
    using (owner = current_setting('request.jwt.claims')::json->>'sub');
create policy public on cf_tx.notes for select to cf_tx_anon using (owner is null);
insert into cf_tx.notes values ('ada', 'a'), ('bob', 'b'), (null, 'public');";

static PREPARED: OnceCell<()> = OnceCell::const_new();

/// A pool of this many connections, logged in as the role that may become the others.
async fn pool(connections: u32) -> PgPool {
    let options: PgConnectOptions = database_url().await.parse().expect("a database URL");
    PREPARED
        .get_or_init(|| async {
            let mut owner = PgConnection::connect_with(&options)
                .await
                .expect("a connection");
            sqlx::raw_sql(FIXTURE)
                .execute(&mut owner)
                .await
                .expect("the fixture");
        })
        .await;
    let login = options
        .clone()
        .username("cf_tx_login")
        .password("cf_tx_login");
    let pool = PgPoolOptions::new().max_connections(connections);
    pool.acquire_timeout(Duration::from_secs(10))
        .connect_with(login)
        .await
        .expect("a pool")
}

fn identity(role: &str, claims: Value) -> Identity {
    Identity::from_token(role.into(), claims.as_object().expect("an object").clone())
}

async fn bodies(tx: &mut Tx) -> Vec<String> {
    let query = sqlx::query_scalar("select body from cf_tx.notes order by body");
    query.fetch_all(&mut **tx).await.expect("rows")
}

/// What a connection of the pool is when nobody has set anything.
async fn assert_clean(pool: &PgPool) {
    let mut connection = pool.acquire().await.expect("a connection");
    let (user, role, claims): (String, String, Option<String>) = sqlx::query_as(
        "select current_user::text, current_setting('role'),
                nullif(current_setting('request.jwt.claims', true), '')",
    )
    .fetch_one(&mut *connection)
    .await
    .expect("settings");
    assert_eq!(
        (user.as_str(), role.as_str(), claims),
        ("cf_tx_login", "none", None)
    );
}

#[tokio::test]
async fn a_transaction_sees_what_its_identity_may_see() {
    let pool = pool(2).await;
    let context = RequestContext::default();
    for (identity, expected) in [
        (identity("cf_tx_user", json!({ "sub": "ada" })), "a"),
        (identity("cf_tx_user", json!({ "sub": "bob" })), "b"),
        (Identity::anonymous("cf_tx_anon"), "public"),
    ] {
        let mut tx = Tx::begin(&pool, &identity, &context)
            .await
            .expect("a transaction");
        assert_eq!(bodies(&mut tx).await, [expected]);
        tx.commit().await.expect("commits");
        assert_clean(&pool).await;
    }
    let denied = sqlx::query("select from cf_tx.notes").execute(&pool).await;
    assert!(denied.is_err(), "the login role itself may nothing");
}

#[tokio::test]
async fn a_transaction_knows_the_request() {
    let pool = pool(1).await;
    let mut request = Request::put("/notes/1?x=y")
        .header("x-trace", "7")
        .header("cookie", "a=b");
    request = request.header("accept", "text/plain");
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let context = RequestContext::from_parts(&parts);
    let who = identity("cf_tx_user", json!({ "sub": "ada", "exp": 1 }));
    let mut tx = Tx::begin(&pool, &who, &context)
        .await
        .expect("a transaction");
    let told: (String, String, Value, Value, Value) = sqlx::query_as(
        "select current_setting('request.method'), current_setting('request.path'),
                current_setting('request.headers')::jsonb, current_setting('request.cookies')::jsonb,
                current_setting('request.jwt.claims')::jsonb",
    )
    .fetch_one(&mut *tx)
    .await
    .expect("settings");
    let headers = json!({ "x-trace": "7", "accept": "text/plain" });
    let claims = json!({ "sub": "ada", "exp": 1, "role": "cf_tx_user" });
    assert_eq!(
        told,
        (
            "PUT".into(),
            "/notes/1".into(),
            headers,
            json!({ "a": "b" }),
            claims
        )
    );
}

async fn panic_with(_tx: Tx) {
    panic!("on purpose")
}

#[tokio::test]
async fn dropped_unfinished_it_leaves_neither_rows_nor_role() {
    let pool = pool(1).await;
    let who = identity("cf_tx_user", json!({ "sub": "dropped" }));
    for finish in ["drop", "rollback", "panic"] {
        let mut tx = Tx::begin(&pool, &who, &RequestContext::default())
            .await
            .expect("begins");
        sqlx::query("insert into cf_tx.notes values ('dropped', 'x')")
            .execute(&mut *tx)
            .await
            .expect("inserts");
        assert_eq!(bodies(&mut tx).await, ["x"]);
        match finish {
            "drop" => drop(tx),
            "rollback" => tx.rollback().await.expect("rolls back"),
            _ => assert!(tokio::spawn(panic_with(tx)).await.is_err()),
        }
        assert_clean(&pool).await;
        let mut again = Tx::begin(&pool, &who, &RequestContext::default())
            .await
            .expect("begins");
        assert!(bodies(&mut again).await.is_empty(), "{finish}");
    }
}

/// The invariant behind the rule that only `Tx` sets roles for handlers: `sqlx` alone would leak it.
#[tokio::test]
async fn a_raw_begin_leaks_the_role() {
    let pool = pool(1).await;
    let mut connection = pool.acquire().await.expect("a connection");
    sqlx::raw_sql("begin; set role cf_tx_user; commit")
        .execute(&mut *connection)
        .await
        .expect("set");
    drop(connection);
    let user: String = sqlx::query_scalar("select current_user::text")
        .fetch_one(&pool)
        .await
        .expect("a user");
    assert_eq!(user, "cf_tx_user");
}

#[tokio::test]
async fn a_cancelled_request_leaks_no_role() {
    let pool = pool(2).await;
    let who = identity("cf_tx_user", json!({ "sub": "ada" }));
    for round in 0..300_u64 {
        let work = async {
            let mut tx = Tx::begin(&pool, &who, &RequestContext::default()).await?;
            sqlx::query("select pg_sleep(0.0005)")
                .execute(&mut *tx)
                .await
                .map_err(TxError::from)?;
            tx.commit().await.map_err(TxError::from)
        };
        let patience = Duration::from_micros(round * 13 % 2500);
        let _ = tokio::time::timeout(patience, work).await;
        if round % 10 == 0 {
            assert_clean(&pool).await;
        }
    }
    assert_clean(&pool).await;
}

#[tokio::test]
async fn pr_159_a_role_that_cannot_be_used_is_401() {
    let pool = pool(1).await;
    for role in ["no such role", "cf_tx_stranger", "none", "", "nul\0"] {
        let begun = Tx::begin(
            &pool,
            &identity(role, json!({})),
            &RequestContext::default(),
        )
        .await;
        let error = begun.expect_err(role);
        assert!(matches!(error, TxError::Role(_)), "{role}: {error:?}");
        let problem = Problem::from(error);
        assert_eq!(
            (problem.status(), problem.code()),
            (StatusCode::UNAUTHORIZED, "CF401")
        );
        assert_clean(&pool).await;
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_503_and_says_nothing() {
    let away = PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(500))
        .connect_lazy("postgres://secret-user@127.0.0.1:1/db")
        .expect("a pool");
    let begun = Tx::begin(&away, &Identity::default(), &RequestContext::default()).await;
    let problem = Problem::from(begun.expect_err("away"));
    let body = serde_json::to_string(&problem).expect("JSON");
    assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        !body.contains("secret-user") && !body.contains("127.0.0.1"),
        "{body}"
    );
}

async fn notes(mut tx: Tx) -> Json<Vec<String>> {
    Json(bodies(&mut tx).await)
}

async fn add(mut tx: Tx) -> Result<StatusCode, Problem> {
    sqlx::query("insert into cf_tx.notes values ('eve', 'e')")
        .execute(&mut *tx)
        .await
        .map_err(|error| Problem::internal(&error))?;
    tx.commit()
        .await
        .map_err(|error| Problem::internal(&error))?;
    Ok(StatusCode::CREATED)
}

#[tokio::test]
async fn a_handler_gets_a_transaction_under_the_callers_identity() {
    let verifier = Verifier::builder()
        .secret(SECRET)
        .anonymous_role("cf_tx_anon")
        .build();
    let app: Router = Router::new()
        .route("/notes", get(notes).post(add))
        .layer(IdentifyLayer::new(verifier.expect("a verifier")))
        .with_state(pool(2).await);
    let ask = |method: &'static str, claims: Option<Value>| {
        let mut request = Request::builder().method(method).uri("/notes");
        if let Some(claims) = claims {
            let token = sign_hs256(SECRET, &claims).expect("a token");
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Body::empty()).expect("a request");
        let app = app.clone();
        async move {
            let response = app.oneshot(request).await.expect("infallible");
            let status = response.status();
            let body = to_bytes(response.into_body(), 10_000)
                .await
                .expect("a body");
            (
                status.as_u16(),
                String::from_utf8(body.to_vec()).expect("text"),
            )
        }
    };
    let eve = || Some(json!({ "role": "cf_tx_user", "sub": "eve" }));
    assert_eq!(ask("GET", None).await, (200, r#"["public"]"#.into()));
    assert_eq!(ask("GET", eve()).await, (200, "[]".into()));
    assert_eq!(ask("POST", eve()).await, (201, String::new()));
    assert_eq!(ask("GET", eve()).await, (200, r#"["e"]"#.into()));
    let (status, body) = ask("POST", None).await;
    assert_eq!(status, 500);
    assert!(
        !body.contains("notes"),
        "nothing of the database's words: {body}"
    );
    assert_eq!(ask("GET", Some(json!({ "role": "nobody" }))).await.0, 401);
    assert_eq!(ask("GET", Some(json!({ "role": "none" }))).await.0, 401);
}
