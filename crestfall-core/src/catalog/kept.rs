//! A catalogue that is kept up to date by itself, for APIs that nobody else looks after.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::{Catalog, CatalogError, CatalogKeeper, CatalogOptions, SharedCatalog};
use crate::db::{Db, Listener, Notice};

/// The channel whose notifications ask for a reload, PostgREST's default.
const CHANNEL: &str = "pgrst";

/// How long to wait for the first answer to `LISTEN`, which a pooler in between may never give.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(2);

/// A catalogue that is loaded again upon `NOTIFY pgrst` (also with the payload `reload schema`), and when
/// the connection that listens was lost. It is kept as long as this value lives.
#[derive(Debug)]
pub struct KeptCatalog {
    shared: Arc<SharedCatalog>,
    /// They end when it is dropped.
    _tasks: JoinSet<Infallible>,
}

impl KeptCatalog {
    /// Loads the catalogue and keeps it.
    ///
    /// # Errors
    /// When the database cannot be asked, or an exposed schema does not exist.
    pub async fn start(db: &Db, options: CatalogOptions) -> Result<Self, CatalogError> {
        let mut listener = db.listen(&[CHANNEL]);
        // Once it listens, no change after the first load is missed.
        let _ = tokio::time::timeout(LISTEN_TIMEOUT, listener.next()).await;
        let first = Catalog::load(db, &options).await?;
        let shared = Arc::new(SharedCatalog::new());
        let keeper = CatalogKeeper::new(shared.clone());
        let mut states = keeper.subscribe();
        let mut tasks = JoinSet::new();
        tasks.spawn(keep(keeper.clone(), db.clone(), options, first));
        tasks.spawn(obey(listener, db.clone(), keeper));
        // The first load is done already: this waits for the task to begin, no longer.
        let _ = states.wait_for(|_| shared.version() > 0).await;
        Ok(Self {
            shared,
            _tasks: tasks,
        })
    }

    /// The catalogue in force.
    pub fn shared(&self) -> &Arc<SharedCatalog> {
        &self.shared
    }
}

/// Loads the catalogue whenever it is asked for; the first time it is there.
async fn keep(
    keeper: CatalogKeeper,
    db: Db,
    options: CatalogOptions,
    first: Catalog,
) -> Infallible {
    let first = Mutex::new(Some(first));
    let load = || async {
        let first = first.lock().take();
        match first {
            Some(catalog) => Ok(catalog),
            None => Catalog::load(&db, &options).await,
        }
    };
    keeper.run(load).await;
    std::future::pending().await
}

/// Does what notifications ask for.
async fn obey(mut listener: Listener, db: Db, keeper: CatalogKeeper) -> Infallible {
    loop {
        if asks_for_reload(&listener.next().await) {
            // Connections know settings of their role from when they were opened.
            db.reset().await;
            db.forget_statements();
            keeper.request_reload();
        }
    }
}

fn asks_for_reload(notice: &Notice) -> bool {
    match notice {
        // What was notified while nobody listened is not known.
        Notice::Connected => true,
        Notice::Notification { payload, .. } => matches!(payload.as_str(), "" | "reload schema"),
        Notice::Disconnected { .. } => false,
    }
}
