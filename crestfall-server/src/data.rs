//! The database side of the process: pool, catalogue, the API over them, and what reloads them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogError, CatalogKeeper, CatalogOptions, SharedCatalog};
use crestfall_core::db::{ConnectConfig, Db, DbConfig, DbError, Notice};
use crestfall_core::identity::SharedVerifier;
use crestfall_graphql::GraphQl;
use crestfall_rest::Rest;
use tokio::sync::mpsc;

use crate::admin::Health;
use crate::setup::{Database, Setup};
use crate::store;
use crate::telemetry::lifecycle;

/// The oldest PostgreSQL whose catalogue is understood.
const OLDEST: u32 = 140_000;

/// Pool, catalogue and API.
pub(crate) struct Data {
    pub(crate) db: Db,
    pub(crate) keeper: CatalogKeeper,
    pub(crate) catalog: Arc<SharedCatalog>,
    pub(crate) rest: Rest,
    pub(crate) graphql: Option<GraphQl>,
}

/// What a notification asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Load the catalogue again.
    Catalog,
    /// Read the settings again.
    Settings,
    /// The database cannot be listened to, and is not to be waited for.
    End,
}

/// Why a catalogue was not loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The database did not answer.
    #[error("{}", json(.0))]
    Database(#[from] DbError),
    /// The catalogue's queries were not answered.
    #[error("{}", told(.0))]
    Catalog(#[from] CatalogError),
    /// This PostgreSQL is too old.
    #[error("Cannot run in this PostgreSQL version ({0}), PostgREST needs at least 14.0")]
    TooOld(String),
}

impl Data {
    /// Makes the pool, which connects when it is first used, and the API.
    ///
    /// # Errors
    /// The connection string makes no sense.
    pub(crate) fn new(setup: &Setup, verifier: SharedVerifier) -> Result<Self, DbError> {
        let db = Db::lazy(pool(&setup.database)?)?;
        let catalog = Arc::new(SharedCatalog::new());
        let rest = Rest::new(db.clone(), catalog.clone())
            .config(setup.rest.clone())
            .verifier(verifier.clone());
        let graphql = setup.graphql.clone().map(|config| {
            GraphQl::new(db.clone(), catalog.clone())
                .config(config)
                .verifier(verifier)
        });
        Ok(Self {
            keeper: CatalogKeeper::new(catalog.clone()),
            db,
            catalog,
            rest,
            graphql,
        })
    }
}

/// The pool's settings.
///
/// # Errors
/// The connection string makes no sense.
pub(crate) fn pool(database: &Database) -> Result<DbConfig, DbError> {
    let replicas = database
        .read_replicas
        .iter()
        .map(|url| ConnectConfig::from_libpq(url.expose()));
    Ok(DbConfig {
        connection: ConnectConfig::from_libpq(database.url.expose())?,
        read_replicas: replicas.collect::<Result<_, _>>()?,
        pool_size: database.pool_size,
        acquisition_timeout: database.acquire_timeout,
        max_idle: database.max_idle,
        max_lifetime: database.max_lifetime,
        prepared_statements: database.prepared,
        application_name: database.application_name.clone(),
        ..DbConfig::default()
    })
}

/// Makes sure that the database answers and is one that is understood.
///
/// # Errors
/// It does not, or is not.
pub(crate) async fn greet(db: &Db, setup: &Setup) -> Result<(), LoadError> {
    let version = store::version(db).await?;
    if version.number < OLDEST {
        return Err(LoadError::TooOld(version.name));
    }
    lifecycle!("Successfully connected to {}", version.full);
    lifecycle!(
        "Connection Pool initialized with a maximum size of {} connections",
        setup.database.pool_size
    );
    Ok(())
}

/// Loads the catalogue once.
///
/// # Errors
/// The database could not be asked.
pub(crate) async fn catalog(db: &Db, setup: &Setup) -> Result<Catalog, LoadError> {
    let options = CatalogOptions {
        schemas: setup.rest.schemas.clone(),
        extra_search_path: setup.rest.extra_search_path.clone(),
        hoisted_settings: setup.rest.hoisted_tx_settings.clone(),
        details: setup.graphql.is_some(),
    };
    let [before, after] = setup.database.load_pauses;
    pause(db, before).await?;
    let catalog = Catalog::load(db, &options).await?;
    pause(db, after).await?;
    Ok(catalog)
}

/// Loads the catalogue once, and tells of it.
///
/// # Errors
/// The database could not be asked.
pub(crate) async fn load(db: &Db, setup: &Setup) -> Result<Catalog, LoadError> {
    let started = Instant::now();
    let catalog = catalog(db, setup).await?;
    let millis = started.elapsed().as_secs_f64() * 1000.0;
    lifecycle!("Schema cache queried in {millis:.1} milliseconds");
    lifecycle!(
        "Schema cache loaded {} Relations, {} Functions, {} Domain Representations, {} Media Type \
         Handlers",
        catalog.tables.len(),
        catalog.routines.len(),
        catalog.representations.len(),
        catalog.media_handlers.len(),
    );
    Ok(catalog)
}

async fn pause(db: &Db, pause: Duration) -> Result<(), DbError> {
    match pause.is_zero() {
        true => Ok(()),
        false => store::pause(db, pause.as_secs_f64()).await,
    }
}

impl LoadError {
    /// Whether trying again is of no use: the password is wrong, or PostgreSQL too old.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::TooOld(_) => true,
            Self::Database(error) => is_rejected(error),
            Self::Catalog(_) => false,
        }
    }
}

/// PostgreSQL knows neither this user nor this password.
fn is_rejected(error: &DbError) -> bool {
    match error {
        DbError::Refused(error) => matches!(error.code.as_str(), "28P01" | "28000"),
        _ => false,
    }
}

/// The catalogue's failure, in the database's words when it has any.
fn told(error: &CatalogError) -> String {
    let source = std::error::Error::source(error);
    match source.and_then(|source| source.downcast_ref::<DbError>()) {
        Some(error) => json(error),
        None => crate::setup::told(error),
    }
}

/// An error as PostgREST's users know it from their logs.
pub(crate) fn json(error: &DbError) -> String {
    let body = match error {
        DbError::Postgres(error) => serde_json::json!({
            "code": error.code,
            "details": error.detail,
            "hint": error.hint,
            "message": error.message,
        }),
        DbError::PoolTimeout | DbError::QueueFull => serde_json::json!({
            "code": "PGRST003",
            "details": null,
            "hint": null,
            "message": "Timed out acquiring connection from connection pool.",
        }),
        other => serde_json::json!({
            "code": "PGRST000",
            "details": other.to_string(),
            "hint": null,
            "message": "Database connection error.",
        }),
    };
    body.to_string()
}

/// Listens to the channel whose notifications reload, for ever.
pub(crate) async fn listen(
    data: Arc<impl AsRef<Data> + AsRef<Health>>,
    database: Database,
    channel: String,
    asked: mpsc::UnboundedSender<Asked>,
) {
    let db = &AsRef::<Data>::as_ref(&*data).db;
    let health: &Health = (*data).as_ref();
    let mut listener = db.listen(&[&channel]);
    let mut missed: &[Asked] = &[];
    loop {
        let wanted: &[Asked] = match listener.next().await {
            Notice::Connected => {
                health.set_listening(true);
                connected(db, &database, &channel).await;
                // What was notified while nobody listened is not known.
                std::mem::replace(&mut missed, &[Asked::Settings, Asked::Catalog])
            }
            Notice::Disconnected { reason, retry_in } => {
                health.set_listening(false);
                lifecycle!(
                    "Failed listening for database notifications on the \"{channel}\" channel. {}",
                    reason.replace(['\n', '\t'], " ")
                );
                let seconds = retry_in.as_secs_f64().ceil();
                lifecycle!("Retrying listening for database notifications in {seconds} seconds...");
                match database.recovers {
                    true => &[],
                    false => &[Asked::End],
                }
            }
            Notice::Notification { payload, .. } => notified(&channel, &payload),
        };
        if wanted.iter().any(|&one| asked.send(one).is_err()) {
            return;
        }
    }
}

async fn connected(db: &Db, database: &Database, channel: &str) {
    let version = store::version(db).await.map(|version| version.full);
    let place = ConnectConfig::from_libpq(database.url.expose())
        .map(|config| {
            let port = config.get("port").unwrap_or("5432");
            format!("{}:{port}", config.get("host").unwrap_or("localhost"))
        })
        .unwrap_or_default();
    lifecycle!(
        "Listener connected to {} on \"{place}\" and listening for database notifications on the \
         \"{channel}\" channel",
        version.as_deref().unwrap_or("PostgreSQL"),
    );
}

fn notified(channel: &str, payload: &str) -> &'static [Asked] {
    match payload {
        "reload config" => {
            lifecycle!("Received a config reload message on the \"{channel}\" channel");
            &[Asked::Settings]
        }
        "reload schema" => {
            lifecycle!("Received a schema cache reload message on the \"{channel}\" channel");
            &[Asked::Catalog]
        }
        "" => {
            lifecycle!("Received a schema cache reload message on the \"{channel}\" channel");
            &[Asked::Settings, Asked::Catalog]
        }
        _ => &[],
    }
}
