//! The database side of the process: pool, catalogue, the API over them, and what reloads them.

use std::sync::Arc;
use std::time::Instant;

use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogError, CatalogKeeper, CatalogOptions, CatalogState, SharedCatalog};
use crestfall_core::db::{ConnectConfig, Db, DbConfig, DbError, Notice};
use crestfall_core::identity::SharedVerifier;
use crestfall_rest::Rest;
use tokio::sync::mpsc;

use crate::admin::Health;
use crate::metrics::Metrics;
use crate::setup::{Database, Setup};
use crate::telemetry::lifecycle;

/// Pool, catalogue and API.
pub(crate) struct Data {
    pub(crate) db: Db,
    pub(crate) keeper: CatalogKeeper,
    pub(crate) catalog: Arc<SharedCatalog>,
    pub(crate) rest: Rest,
}

/// What a notification asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Load the catalogue again.
    Catalog,
    /// Read the settings again.
    Settings,
}

impl Data {
    /// Makes the pool, which connects when it is first used, and the API.
    ///
    /// # Errors
    /// The connection string makes no sense.
    pub(crate) fn new(setup: &Setup, verifier: SharedVerifier) -> Result<Self, DbError> {
        let db = Db::lazy(pool(&setup.database)?)?;
        let catalog = Arc::new(SharedCatalog::new());
        let rest = Rest::new(db.clone(), catalog.clone()).config(setup.rest.clone()).verifier(verifier);
        Ok(Self { keeper: CatalogKeeper::new(catalog.clone()), db, catalog, rest })
    }
}

fn pool(database: &Database) -> Result<DbConfig, DbError> {
    let connection = ConnectConfig::from_libpq(database.url.expose())?;
    Ok(DbConfig {
        connection,
        pool_size: database.pool_size,
        acquisition_timeout: database.acquire_timeout,
        max_idle: database.max_idle,
        max_lifetime: database.max_lifetime,
        prepared_statements: database.prepared,
        application_name: database.application_name.clone(),
        ..DbConfig::default()
    })
}

/// Loads the catalogue once.
///
/// # Errors
/// The database could not be asked.
pub(crate) async fn load(db: &Db, setup: &Setup) -> Result<Catalog, CatalogError> {
    let options = CatalogOptions {
        schemas: setup.rest.schemas.clone(),
        extra_search_path: setup.rest.extra_search_path.clone(),
        hoisted_settings: setup.rest.hoisted_tx_settings.clone(),
    };
    let [before, after] = setup.database.load_pauses;
    tokio::time::sleep(before).await;
    let catalog = Catalog::load(db, &options).await?;
    tokio::time::sleep(after).await;
    Ok(catalog)
}

/// Counts a load and how long it took.
pub(crate) async fn measured(
    load: impl Future<Output = Result<Catalog, CatalogError>>,
    metrics: &Metrics,
) -> Result<Catalog, CatalogError> {
    let start = Instant::now();
    let result = load.await;
    match &result {
        Ok(_) => metrics.catalog_loaded(start.elapsed()),
        Err(_) => metrics.catalog_failed(),
    }
    result
}

/// Tells the administration server how it stands with the catalogue, for ever.
pub(crate) async fn watch(keeper: CatalogKeeper, health: impl AsRef<Health>) {
    let mut states = keeper.subscribe();
    loop {
        let state = states.borrow_and_update().clone();
        let health = health.as_ref();
        match state {
            CatalogState::Loading => health.set_catalog_is_current(false),
            CatalogState::Loaded { .. } => {
                health.set_connected(true);
                health.set_catalog_is_current(true);
            }
            CatalogState::Failing { .. } => health.set_catalog_is_current(false),
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// Listens to the channel whose notifications reload, for ever.
pub(crate) async fn listen(db: Db, channel: String, asked: mpsc::UnboundedSender<Asked>) {
    let mut listener = db.listen(&[&channel]);
    let mut was_connected = false;
    loop {
        let wanted: &[Asked] = match listener.next().await {
            Notice::Connected => {
                lifecycle!("Listener connected and listening for database notifications on the \"{channel}\" channel");
                // What was notified while nobody listened is not known.
                let missed: &[Asked] = if was_connected { &[Asked::Settings, Asked::Catalog] } else { &[] };
                was_connected = true;
                missed
            }
            Notice::Disconnected { reason, .. } => {
                lifecycle!("Failed listening for database notifications on the \"{channel}\" channel. {reason}");
                &[]
            }
            Notice::Notification { payload, .. } => match payload.as_str() {
                "reload schema" => &[Asked::Catalog],
                "reload config" => &[Asked::Settings],
                "" => &[Asked::Settings, Asked::Catalog],
                _ => &[],
            },
        };
        if wanted.iter().any(|&one| asked.send(one).is_err()) {
            return;
        }
    }
}
