//! The short door: an API over a database, with the pool and the catalogue it needs made and kept.

use crestfall_core::catalog::{CatalogError, CatalogOptions, KeptCatalog};
use crestfall_core::db::{Db, DbConfig, DbError};

use crate::config::Config;
use crate::graphql::GraphQl;

/// Why there is no API over a database.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The connection string makes no sense, or PostgreSQL cannot be reached or refuses.
    #[error("could not connect to the database")]
    Database(#[from] DbError),
    /// The catalogue cannot be loaded; an exposed schema may not exist.
    #[error("could not load the catalogue")]
    Catalog(#[from] CatalogError),
}

impl GraphQl {
    /// An API over a database: connects with the pool's defaults, loads the catalogue, and keeps it
    /// up to date as long as the API or a clone of it lives.
    ///
    /// `database` is a connection string as libpq takes it. Its user is the role that may become
    /// the callers' roles and has no rights of its own. The catalogue is loaded again upon `NOTIFY
    /// pgrst` (also with the payload `reload schema`).
    ///
    /// ```no_run
    /// # async fn app() -> Result<axum::Router, crestfall_graphql::ConnectError> {
    /// use crestfall_graphql::{Config, GraphQl};
    ///
    /// let database = "postgresql://authenticator@localhost/shop";
    /// let graphql = GraphQl::connect(database, Config::default()).await?;
    /// Ok(axum::Router::new().nest("/graphql/v1", graphql.router()))
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
        let options = CatalogOptions {
            schemas: config.schemas.clone(),
            extra_search_path: config.extra_search_path.clone(),
            details: true,
            ..CatalogOptions::default()
        };
        let kept = KeptCatalog::start(&db, options).await?;
        let catalog = kept.shared().clone();
        Ok(Self::new(db, catalog).config(config).keeping(kept))
    }
}
