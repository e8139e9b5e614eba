//! The short door: an API over a database, with the pool and the catalogue it needs made and kept.

use crestfall_core::catalog::{self, CatalogOptions, KeptCatalog};
use crestfall_core::db::{Db, DbConfig, DbError};

use crate::config::Config;
use crate::rest::Rest;

/// Why there is no API over a database.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The connection string makes no sense, or PostgreSQL cannot be reached or refuses.
    #[error("could not connect to the database")]
    Database(#[from] DbError),
    /// The catalogue cannot be loaded; an exposed schema may not exist.
    #[error("could not load the catalogue")]
    Catalog(#[from] catalog::CatalogError),
}

impl Rest {
    /// An API over a database: connects with the pool's defaults, loads the catalogue, and keeps it
    /// up to date as long as the API or a clone of it lives.
    ///
    /// `database` is a connection string as libpq takes it. Its user is the role that may become
    /// the callers' roles and has no rights of its own. The catalogue is loaded again upon `NOTIFY
    /// pgrst` (also with the payload `reload schema`), and when the connection that listens was lost.
    /// What [`config`](Self::config) or [`reconfigure`](Self::reconfigure) say of schemas later does
    /// not change which objects are loaded.
    ///
    /// ```no_run
    /// # async fn app() -> Result<axum::Router, crestfall_rest::ConnectError> {
    /// use crestfall_rest::{Config, Rest};
    ///
    /// let database = "postgresql://authenticator@localhost/shop";
    /// let rest = Rest::connect(database, Config::default()).await?;
    /// Ok(axum::Router::new().nest_service("/rest/v1", rest.router::<()>()))
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(database: &str, config: Config) -> Result<Self, ConnectError> {
        Self::over(Db::connect(DbConfig::parse(database)?).await?, config).await
    }

    /// The same over connections made before, as with other settings of the pool.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn over(db: Db, config: Config) -> Result<Self, ConnectError> {
        let kept = KeptCatalog::start(&db, catalog_options(&config)).await?;
        let catalog = kept.shared().clone();
        Ok(Self::new(db, catalog).config(config).keeping(kept))
    }
}

fn catalog_options(config: &Config) -> CatalogOptions {
    CatalogOptions {
        schemas: config.schemas.clone(),
        extra_search_path: config.extra_search_path.clone(),
        hoisted_settings: config.hoisted_tx_settings.clone(),
        ..CatalogOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use axum::Router;
    use crestfall_core::testing::{TestApp, TestDb};
    use serde_json::json;

    use super::*;

    async fn eventually(app: &TestApp, path: &str, status: u16) {
        for _ in 0..200 {
            if app.get(path).await.status == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} is never answered {status}");
    }

    fn app(rest: &Rest) -> TestApp {
        TestApp::new(Router::new().nest_service("/rest/v1", rest.router::<()>()))
    }

    #[tokio::test]
    async fn it_serves_at_once_and_follows_notifications() {
        let db = TestDb::new().await;
        db.execute("create table film (id int); grant select on film to anon")
            .await;
        let rest = Rest::connect(&db.url_as("authenticator"), Config::default())
            .await
            .unwrap();
        let app = app(&rest);
        let films = app.get("/rest/v1/film").await;
        assert_eq!(films.status_and_json(), (200, json!([])));
        // The root, with and without its slash, describes the API.
        for root in ["/rest/v1", "/rest/v1/"] {
            assert!(app.get(root).await.json()["paths"]["/film"].is_object());
        }
        db.execute(
            "create table star (id int); grant select on star to anon; notify pgrst, 'other'",
        )
        .await;
        assert_eq!(app.get("/rest/v1/star").await.status, 404);
        db.execute("notify pgrst, 'reload schema'").await;
        eventually(&app, "/rest/v1/star", 200).await;
        db.execute("drop table star; notify pgrst").await;
        eventually(&app, "/rest/v1/star", 404).await;
    }

    #[tokio::test]
    async fn a_reload_follows_the_loss_of_the_listening_connection() {
        let db = TestDb::new().await;
        let rest = Rest::connect(&db.url_as("authenticator"), Config::default())
            .await
            .unwrap();
        db.execute("create table film (id int); grant select on film to anon")
            .await;
        db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
        eventually(&app(&rest), "/rest/v1/film", 200).await;
    }

    #[tokio::test]
    async fn nothing_is_left_of_it_when_the_last_clone_is_dropped() {
        let db = TestDb::new().await;
        let rest = Rest::connect(&db.url_as("authenticator"), Config::default())
            .await
            .unwrap();
        let catalog = Arc::downgrade(rest.catalog());
        let clone = rest.clone();
        drop(rest);
        assert!(catalog.upgrade().is_some());
        drop(clone);
        for _ in 0..100 {
            if catalog.upgrade().is_none() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the catalogue is still kept");
    }

    #[tokio::test]
    async fn what_cannot_be_served_is_told_at_once() {
        let nowhere = Rest::connect("postgresql://localhost:1/x", Config::default()).await;
        assert!(matches!(nowhere, Err(ConnectError::Database(_))));
        let db = TestDb::new().await;
        let config = Config {
            schemas: vec!["missing".into()],
            ..Config::default()
        };
        let missing = Rest::connect(&db.url_as("authenticator"), config).await;
        assert!(matches!(missing, Err(ConnectError::Catalog(_))));
    }
}
