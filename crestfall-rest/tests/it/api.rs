//! An API over a database of its own, for one test.

use std::sync::Arc;

use arc_swap::ArcSwap;
use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogOptions, SharedCatalog};
use crestfall_core::db::{Db, DbConfig};
use crestfall_core::jwt::{Verifier, sign_hs256};
use crestfall_core::testing::{TestApp, TestDb, TestResponse};
use crestfall_rest::{Config, Rest, TxEnd};
use serde_json::{Value, json};

/// Signs the tokens of tests.
pub(crate) const SECRET: &str = "a secret for tests that is long enough";

const FIXTURE: &str = include_str!("fixture.sql");

/// The API, its database, and whoever asks it.
pub(crate) struct Api {
    pub(crate) app: TestApp,
    pub(crate) rest: Rest,
    pub(crate) pool: Db,
    pub(crate) db: TestDb,
    options: CatalogOptions,
}

/// What most tests serve with.
pub(crate) fn config() -> Config {
    Config {
        schemas: vec!["cinema".into(), "archive".into()],
        extra_search_path: vec!["extras".into()],
        aggregates_enabled: true,
        plan_enabled: true,
        tx_end: TxEnd::CommitAllowOverride,
        ..Config::default()
    }
}

/// A token of that role and subject.
pub(crate) fn token(role: &str, subject: &str) -> String {
    sign(&json!({ "role": role, "sub": subject }))
}

/// A token with these claims.
pub(crate) fn sign(claims: &Value) -> String {
    sign_hs256(SECRET, claims).expect("claims can be signed")
}

impl Api {
    /// The fixture, served with the settings of [`config`].
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The fixture, served with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::over("", change).await
    }

    /// The fixture and more, served with other settings.
    pub(crate) async fn over(more_sql: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(6, more_sql, change).await
    }

    /// The same on a number of connections.
    pub(crate) async fn on(
        connections: usize,
        more_sql: &str,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = config();
        change(&mut config);
        let db = TestDb::with_template("rest", &format!("{FIXTURE}\n{more_sql}")).await;
        let mut pool = DbConfig::parse(&db.url_as("authenticator")).expect("a valid address");
        pool.pool_size = connections;
        let pool = Db::connect(pool).await.expect("a database");
        let options = CatalogOptions {
            schemas: config.schemas.clone(),
            extra_search_path: config.extra_search_path.clone(),
            hoisted_settings: config.hoisted_tx_settings.clone(),
            ..CatalogOptions::default()
        };
        let catalog = Arc::new(SharedCatalog::new());
        let verifier = Verifier::builder()
            .secret(SECRET)
            .anonymous_role("anon")
            .build()
            .expect("a verifier");
        let rest = Rest::new(pool.clone(), catalog)
            .config(config)
            .verifier(Arc::new(ArcSwap::from_pointee(verifier)));
        let api = Self {
            app: TestApp::new(rest.router()),
            rest,
            pool,
            db,
            options,
        };
        api.reload().await;
        api
    }

    /// Loads the catalogue again.
    pub(crate) async fn reload(&self) {
        let catalog = Catalog::load(&self.pool, &self.options)
            .await
            .expect("a catalogue");
        self.rest.catalog().replace(catalog);
    }

    /// Rows of a GET that succeeds.
    pub(crate) async fn rows(&self, path: &str) -> Value {
        let response = self.app.get(path).await;
        assert!(
            response.status.is_success(),
            "{path}: {} {}",
            response.status,
            response.text()
        );
        response.json()
    }

    /// Compares the rows of each path.
    pub(crate) async fn each_gives(&self, cases: &[(&str, Value)]) {
        let mut wrong = Vec::new();
        for (path, expected) in cases {
            let response = self.app.get(path).await;
            let text = response.text();
            if serde_json::from_str::<Value>(&text).ok().as_ref() != Some(expected) {
                wrong.push(format!("{path}\n  wanted {expected}\n  got    {text}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Compares status and code of the error of each path.
    pub(crate) async fn each_is_refused(&self, cases: &[(&str, u16, &str)]) {
        let mut wrong = Vec::new();
        for (path, status, code) in cases {
            let response = self.app.get(path).await;
            if refusal(&response) != (*status, (*code).to_owned()) {
                wrong.push(format!(
                    "{path}\n  wanted {status} {code}\n  got    {} {}",
                    response.status,
                    response.text()
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// One text out of the database.
    pub(crate) async fn sql(&self, query: &str) -> String {
        let mut connection = self.db.connect().await;
        sqlx::query_scalar::<_, Option<String>>(sqlx::AssertSqlSafe(format!(
            "select ({query})::text"
        )))
        .fetch_one(&mut connection)
        .await
        .expect("a valid query")
        .unwrap_or_default()
    }
}

/// Status and code of an error.
pub(crate) fn refusal(response: &TestResponse) -> (u16, String) {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = body["code"].as_str().unwrap_or_default();
    (response.status.as_u16(), code.to_owned())
}
