//! A database with the schema, and callers of many names.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use crestfall_core::Identity;
use crestfall_core::testing::{TestApp, TestDb};
use crestfall_core::tx::{RequestContext, Tx};
use crestfall_rbac::Rbac;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const SCHEMA: &str = concat!(
    include_str!("../../migrations/0001_model.sql"),
    include_str!("../../migrations/0002_decisions.sql"),
    include_str!("../../migrations/0003_management.sql"),
    include_str!("../../migrations/0004_policies.sql"),
    include_str!("../../migrations/0005_administrators.sql"),
    ";reset role;",
);

pub(crate) struct TestRbac {
    pub(crate) db: TestDb,
    /// As `authenticator`, as a server has it.
    pub(crate) pool: PgPool,
    pub(crate) rbac: Rbac,
}

impl TestRbac {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// With more in the database.
    pub(crate) async fn with(sql: &str) -> Self {
        let db = TestDb::with_template("rbac", &format!("{SCHEMA}{sql}")).await;
        let pool = PgPoolOptions::new().max_connections(8);
        let pool = pool.connect(&db.url_as("authenticator")).await;
        let pool = pool.expect("a pool");
        let rbac = Rbac::new(pool.clone());
        Self { db, pool, rbac }
    }

    /// Hears of changes until the token is cancelled.
    pub(crate) async fn follow(&self) -> CancellationToken {
        let end = CancellationToken::new();
        let (rbac, ended) = (self.rbac.clone(), end.clone());
        tokio::spawn(async move { rbac.run(ended).await });
        while !self.rbac.is_followed() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        end
    }

    pub(crate) async fn tx(&self, subject: &str) -> Tx {
        self.tx_as(&identity(&json!({ "sub": subject }))).await
    }

    pub(crate) async fn tx_as(&self, identity: &Identity) -> Tx {
        let begun = Tx::begin(&self.pool, identity, &RequestContext::default()).await;
        begun.expect("a transaction")
    }

    /// Runs statements as this subject and keeps what they do; the SQLSTATE of a refusal.
    pub(crate) async fn run(&self, subject: &str, sql: &str) -> Result<u64, String> {
        let mut tx = self.tx(subject).await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut *tx)
            .await;
        match done {
            Ok(done) => {
                tx.commit().await.map_err(state)?;
                Ok(done.rows_affected())
            }
            Err(error) => Err(state(error)),
        }
    }

    /// One value, asked as this subject.
    pub(crate) async fn ask<T>(&self, subject: &str, sql: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let mut tx = self.tx(subject).await;
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        let value = query.fetch_one(&mut *tx).await;
        value.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Makes a role with permissions, as the owner of the schema.
    pub(crate) async fn role(&self, name: &str, permissions: &[&str]) {
        let list = permissions
            .iter()
            .map(|permission| format!("('{permission}')"))
            .collect::<Vec<_>>()
            .join(",");
        self.db
            .execute(&format!("insert into rbac.roles (name) values ('{name}')"))
            .await;
        if permissions.is_empty() {
            return;
        }
        self.db
            .execute(&format!(
                "insert into rbac.permissions (name) values {list} on conflict do nothing;
                insert into rbac.role_permissions
                select id, given.name from rbac.roles role, (values {list}) given (name)
                where role.name = '{name}'"
            ))
            .await;
    }

    /// Assigns a role, as the owner of the schema. `place` is SQL: `organisation_id`, `resource`.
    pub(crate) async fn assign(&self, subject: &str, role: &str, place: (&str, &str)) {
        let (organisation, resource) = place;
        self.db
            .execute(&format!(
                "insert into rbac.assignments (subject, role_id, organisation_id, resource)
                select '{subject}', id, nullif('{organisation}', '')::uuid, nullif('{resource}', '')
                from rbac.roles where name = '{role}' and organisation_id is null"
            ))
            .await;
    }

    /// An organisation with these members, as the owner of the schema.
    pub(crate) async fn organisation(&self, slug: &str, members: &[&str]) -> Uuid {
        let mut db = self.db.connect().await;
        let id = sqlx::query_scalar(
            "insert into rbac.organisations (name, slug) values ($1, $1) returning id",
        )
        .bind(slug)
        .fetch_one(&mut db)
        .await
        .expect("an organisation");
        for member in members {
            sqlx::query("insert into rbac.memberships (organisation_id, subject) values ($1, $2)")
                .bind(id)
                .bind(member)
                .execute(&mut db)
                .await
                .expect("a member");
        }
        id
    }

    /// The API, whose callers name themselves by the header `x-claims`.
    pub(crate) fn app(&self) -> TestApp {
        TestApp::new(identified(self.rbac.router())).described(crestfall_rbac::openapi())
    }
}

/// Believes what a header says: the tests' way of signing in.
pub(crate) fn identified(router: Router) -> Router {
    router.layer(middleware::from_fn(
        async |mut request: Request, next: Next| {
            let claims = request.headers().get("x-claims");
            let claims =
                claims.and_then(|claims| serde_json::from_slice::<Value>(claims.as_bytes()).ok());
            if let Some(claims) = claims {
                request.extensions_mut().insert(identity(&claims));
            }
            next.run(request).await
        },
    ))
}

/// Who has these claims; `authenticated` unless they say else.
pub(crate) fn identity(claims: &Value) -> Identity {
    let members = claims.as_object().cloned().unwrap_or_default();
    let role = members.get("role").and_then(Value::as_str);
    let role = role.unwrap_or("authenticated").to_owned();
    Identity::from_token(role.as_str().into(), members)
}

pub(crate) fn state(error: sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|error| error.code());
    code.map_or_else(|| error.to_string(), |code| code.into_owned())
}
