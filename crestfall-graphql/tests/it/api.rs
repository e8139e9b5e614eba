//! An API over a database of its own, for one test.

use std::sync::Arc;

use arc_swap::ArcSwap;
use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogOptions, SharedCatalog};
use crestfall_core::db::{Db, DbConfig, Scope, Statement};
use crestfall_core::jwt::{Verifier, sign_hs256};
use crestfall_core::testing::{TestApp, TestDb};
use crestfall_graphql::{Config, GraphQl};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "a secret for tests that is long enough";
const FIXTURE: &str = include_str!("fixture.sql");

pub(crate) struct Api {
    pub(crate) app: TestApp,
    pub(crate) graphql: GraphQl,
    pub(crate) db: TestDb,
    pool: Db,
    catalog: Arc<SharedCatalog>,
    options: CatalogOptions,
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
    pub(crate) async fn new() -> Self {
        Self::over("", |_| {}).await
    }

    /// The fixture and more, served with other settings.
    pub(crate) async fn over(more_sql: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            schemas: vec!["library".into()],
            ..Config::default()
        };
        change(&mut config);
        let db = TestDb::with_template("graphql", &format!("{FIXTURE}\n{more_sql}")).await;
        let pool = DbConfig::parse(&db.url_as("authenticator")).expect("a valid address");
        let pool = Db::connect(pool).await.expect("a database");
        let options = CatalogOptions {
            schemas: config.schemas.clone(),
            extra_search_path: config.extra_search_path.clone(),
            details: true,
            ..CatalogOptions::default()
        };
        let catalog = Arc::new(SharedCatalog::new());
        let verifier = Verifier::builder()
            .secret(SECRET)
            .anonymous_role("anon")
            .build()
            .expect("a verifier");
        let graphql = GraphQl::new(pool.clone(), catalog.clone())
            .config(config)
            .verifier(Arc::new(ArcSwap::from_pointee(verifier)));
        let api = Self {
            app: TestApp::new(graphql.router()),
            graphql,
            db,
            pool,
            catalog,
            options,
        };
        api.reload().await;
        api
    }

    /// Loads the catalogue again.
    pub(crate) async fn reload(&self) {
        let catalog = Catalog::load(&self.pool, &self.options).await;
        self.catalog.replace(catalog.expect("a catalogue"));
    }

    /// What nobody in particular is answered.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, json!({})).await
    }

    pub(crate) async fn ask_with(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        self.app.post("/", &body).await.json()
    }

    /// What somebody is answered.
    pub(crate) async fn ask_as(&self, subject: &str, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let request = self.app.post("/", &body);
        request
            .bearer(&token("authenticated", subject))
            .await
            .json()
    }

    /// The first values of the rows that a statement gives to somebody, or to nobody in particular.
    pub(crate) async fn rows(&self, subject: Option<&str>, sql: &str) -> Vec<Value> {
        let role = subject.map_or("anon", |_| "authenticated");
        let claims = json!({ "role": role, "sub": subject }).to_string();
        let settings = [
            ("search_path", "library"),
            ("role", role),
            ("request.jwt.claims", &claims),
        ];
        let scope = Scope {
            settings: &settings,
            ..Scope::default()
        };
        let statement = Statement::new(sql.to_owned());
        let answers = self.pool.run(&scope, &[statement]).await;
        let rows = match &answers {
            Ok(answers) => &answers[0],
            Err(error) => panic!("{sql}\n{error:?}"),
        };
        let value = |row| {
            rows.row(row)
                .and_then(|row| row.get_str(0))
                .map(Value::from)
        };
        (0..rows.len())
            .map(|row| value(row).unwrap_or_default())
            .collect()
    }

    /// The data of an answer without errors.
    pub(crate) async fn data(&self, query: &str) -> Value {
        let answer = self.ask(query).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer}");
        answer["data"].clone()
    }

    /// The one message of an answer with an error.
    pub(crate) async fn refusal(&self, query: &str) -> String {
        let answer = self.ask(query).await;
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        assert_eq!(errors.len(), 1, "{query}\n{answer}");
        errors[0]["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// The values of one field of the nodes of a connection.
pub(crate) fn nodes(connection: &Value, field: &str) -> Vec<Value> {
    let edges = connection["edges"].as_array().expect("edges");
    edges
        .iter()
        .map(|edge| edge["node"][field].clone())
        .collect()
}
