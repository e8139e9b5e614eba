//! The short way into a service of one's own: what it needs, by one call.

use axum::Router;
use crestfall_core::migrate;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::auth::{Auth, StartError};
use crate::config::Config;
use crate::store::migrations;

/// Why [`Auth::connect`] gives no service.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is none, or the tables could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] migrate::Error),
    /// The database does not answer.
    #[error("the database cannot be reached")]
    Database(#[from] sqlx::Error),
    /// A setting makes no sense.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Auth {
    /// Brings the tables in the database up to date, connects to it, and has [`Auth::run`] run on
    /// this runtime for as long as that lives. Its user may make schemas and roles.
    ///
    /// [`Auth::new`], [`migrations`] and [`Auth::run`] are the same in three
    /// steps, over a pool and with an end of your own.
    ///
    /// # Errors
    /// The database does not answer or cannot be brought up to date; a setting makes no sense.
    pub async fn connect(url: &str, config: Config) -> Result<Self, ConnectError> {
        let database = migrate::database(url)?;
        migrate::run(&database, &migrations(), &migrate::Options::default()).await?;
        let pool = PgPool::connect_with(database).await?;
        let auth = Self::new(pool, config).await?;
        let running = auth.clone();
        tokio::spawn(async move { running.run(CancellationToken::new()).await });
        Ok(auth)
    }

    /// The application with this service at a path, such as `/auth/v1`: every request of the
    /// application's own routes gets an [`Identity`](crestfall_core::Identity), by [`Auth::layer`].
    pub fn mount<S: Clone + Send + Sync + 'static>(&self, path: &str, app: Router<S>) -> Router<S> {
        app.layer(self.layer())
            .nest(path, self.router())
            .merge(self.well_known())
    }
}
