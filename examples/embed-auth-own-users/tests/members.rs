//! Members sign in with the passwords they had; the table stays the one place for them.

use crestfall_auth::Config;
use crestfall_core::Secret;
use crestfall_core::testing::{TestApp, TestDb};
use serde_json::{Value, json};
use sqlx::PgPool;

/// Ada's password is `U*U`, in bcrypt as her application kept it.
const MEMBERS: &str = "
create table members (
  id uuid primary key,
  mail text not null unique,
  password text,
  staff boolean not null default false,
  left_at timestamptz
);
insert into members (id, mail, password) values
  ('00000000-0000-0000-0000-000000000001', 'Ada@example.org', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW');
";

const ADAS: &str = "U*U";

struct Club {
    pool: PgPool,
    app: TestApp,
    _db: TestDb,
}

async fn club() -> Club {
    let db = TestDb::new().await;
    let database = crestfall_core::migrate::database(&db.url()).expect("a URL");
    let options = crestfall_core::migrate::Options::default();
    crestfall_core::migrate::run(&database, &crestfall_auth::migrations(), &options)
        .await
        .expect("a schema");
    db.load(MEMBERS).await;
    let pool = PgPool::connect(&db.url()).await.expect("a pool");
    let mut config = Config {
        encryption_key: Secret::new("a key of the tests, of thirty-two bytes and more"),
        ..Config::default()
    };
    config.email.autoconfirm = true;
    let (app, _) = embed_auth_own_users::app(pool.clone(), config)
        .await
        .expect("a service");
    Club {
        pool,
        app: TestApp::new(app),
        _db: db,
    }
}

impl Club {
    async fn sign_in(&self, mail: &str, password: &str) -> (u16, Value) {
        let body = json!({ "email": mail, "password": password });
        let path = "/auth/v1/token?grant_type=password";
        self.app.post(path, &body).await.status_and_json()
    }

    async fn run(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.pool).await.expect("done");
    }

    async fn text(&self, sql: &'static str) -> Option<String> {
        sqlx::query_scalar(sql)
            .fetch_one(&self.pool)
            .await
            .expect("a text")
    }
}

fn token(session: &Value) -> &str {
    session["access_token"].as_str().expect("a token")
}

#[tokio::test]
async fn a_member_signs_in_with_the_password_of_before() {
    let club = club().await;
    let (status, session) = club.sign_in("ada@example.org", ADAS).await;
    assert_eq!(status, 200, "{session}");
    assert_eq!(
        session["user"]["id"],
        "00000000-0000-0000-0000-000000000001"
    );
    let me = club.app.get("/whoami").bearer(token(&session)).await;
    assert_eq!(me.text(), "ada@example.org as authenticated");
    assert_eq!(club.sign_in("ada@example.org", "wrong").await.0, 400);
    assert_eq!(club.sign_in("eve@example.org", ADAS).await.0, 400);
    let hash = club.text("select password from members").await;
    assert!(
        hash.is_some_and(|hash| hash.starts_with("$argon2id$")),
        "a better hash is saved"
    );
    assert_eq!(club.sign_in("ada@example.org", ADAS).await.0, 200);
}

#[tokio::test]
async fn what_the_table_says_counts_from_the_next_request_on() {
    let club = club().await;
    let (_, session) = club.sign_in("ada@example.org", ADAS).await;
    club.run("update members set staff = true, mail = 'ada@club.example'")
        .await;
    let refresh = json!({ "refresh_token": session["refresh_token"] });
    let path = "/auth/v1/token?grant_type=refresh_token";
    let (_, session) = club.app.post(path, &refresh).await.status_and_json();
    let me = club.app.get("/whoami").bearer(token(&session)).await;
    assert_eq!(me.text(), "ada@club.example as service_role");
    assert_eq!(club.sign_in("ada@example.org", ADAS).await.0, 400);
    club.run("update members set left_at = now()").await;
    let refresh = json!({ "refresh_token": session["refresh_token"] });
    assert_eq!(club.app.post(path, &refresh).await.status, 400);
    let user = club.app.get("/auth/v1/user").bearer(token(&session)).await;
    assert_eq!(user.status, 403);
    club.run("delete from members").await;
    assert_eq!(club.sign_in("ada@club.example", ADAS).await.0, 400);
}

#[tokio::test]
async fn who_signs_up_or_changes_something_is_in_the_table_at_once() {
    let club = club().await;
    let body = json!({ "email": "bob@example.org", "password": "correct horse" });
    let (status, session) = club
        .app
        .post("/auth/v1/signup", &body)
        .await
        .status_and_json();
    assert_eq!(status, 200, "{session}");
    let bob = "select id::text from members where mail = 'bob@example.org'";
    assert_eq!(
        club.text(bob).await.as_deref(),
        session["user"]["id"].as_str()
    );
    let taken = json!({ "email": "ada@example.org", "password": "correct horse" });
    assert_eq!(club.app.post("/auth/v1/signup", &taken).await.status, 422);
    let change = json!({ "password": "battery staple" });
    let changed = club
        .app
        .put("/auth/v1/user", &change)
        .bearer(token(&session));
    assert_eq!(changed.await.status, 200);
    club.run("delete from auth.users where email = 'bob@example.org'")
        .await;
    assert_eq!(
        club.sign_in("bob@example.org", "correct horse").await.0,
        400
    );
    assert_eq!(
        club.sign_in("bob@example.org", "battery staple").await.0,
        200
    );
}
