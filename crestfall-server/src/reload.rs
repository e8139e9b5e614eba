//! Loading what may change while the process serves: settings and the catalogue.

use std::sync::Arc;
use std::time::Instant;

use crestfall_audit::{Event, Outcome};
use crestfall_core::Catalog;
use crestfall_core::catalog::CatalogState;
use tokio::sync::mpsc;

use crate::app::App;
use crate::data::{self, LoadError};
use crate::setup::Setup;
use crate::store;
use crate::telemetry::lifecycle;

/// Keeps the catalogue up to date, for ever. What makes that pointless goes to `fatal`.
pub(crate) async fn keep_catalog(app: Arc<App>, fatal: mpsc::UnboundedSender<String>) {
    let load = || async {
        let outcome = catalog(&app).await;
        if let Err(error) = &outcome {
            report(&app, error, &fatal);
        }
        outcome
    };
    app.data.keeper.run(load).await;
}

/// Tells the administration server how it stands with the catalogue, for ever.
pub(crate) async fn watch_catalog(app: Arc<App>) {
    let mut states = app.data.keeper.subscribe();
    loop {
        let is_current = match &*states.borrow_and_update() {
            // A reload under way does not take away what is there.
            CatalogState::Loading => None,
            CatalogState::Loaded { .. } => Some(true),
            CatalogState::Failing { .. } => Some(false),
        };
        if let Some(is_current) = is_current {
            app.health.set_catalog_is_current(is_current);
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// Returns once the first load has succeeded, or (unless it `must_succeed`) failed.
pub(crate) async fn first_catalog(app: &App, must_succeed: bool) {
    let mut states = app.data.keeper.subscribe();
    let is_over = |state: &CatalogState| match state {
        CatalogState::Loading => false,
        CatalogState::Loaded { .. } => true,
        CatalogState::Failing { .. } => !must_succeed,
    };
    // It fails only when there is no keeper any more.
    let _ = states.wait_for(is_over).await;
}

/// One load: is the database there, what do its settings say, what does it hold.
async fn catalog(app: &App) -> Result<Catalog, LoadError> {
    let started = Instant::now();
    data::greet(&app.data.db, &app.setup.load()).await?;
    settings_in_database(app).await;
    let catalog = data::load(&app.data.db, &app.setup.load()).await?;
    app.metrics.catalog_loaded(started.elapsed());
    Ok(catalog)
}

/// Where settings may stand in the database, a load reads them too.
async fn settings_in_database(app: &App) {
    if app.setup.load().database.in_database.is_some() {
        settings(app).await;
    }
}

fn report(app: &App, error: &LoadError, fatal: &mpsc::UnboundedSender<String>) {
    app.metrics.catalog_failed();
    let setup = app.setup.load();
    match error {
        LoadError::TooOld(_) => {}
        LoadError::Database(_) => {
            lifecycle!("Failed to query the PostgreSQL version. {error}");
        }
        LoadError::Catalog(_) => lifecycle!(
            "Failed to load the schema cache using db-schemas={} and db-extra-search-path={}. {error}",
            setup.rest.schemas.join(","),
            setup.rest.extra_search_path.join(","),
        ),
    }
    let end = |text: String| {
        // Nobody to be told means that the process ends already.
        let _ = fatal.send(text);
    };
    // A password that was right once may be wrong for a moment, while it is changed.
    let never_loaded = app.data.catalog.version() == 0;
    if error.is_final() && never_loaded {
        end(match error {
            LoadError::TooOld(_) => error.to_string(),
            _ => format!("Failed to establish a connection. {error}"),
        });
    } else if !setup.database.recovers && matches!(error, LoadError::Database(_)) {
        end("Automatic recovery disabled, exiting.".to_owned());
    }
}

/// Reads the settings again; bad ones change nothing.
pub(crate) async fn settings(app: &App) {
    let _one_at_a_time = app.reloading.lock().await;
    let before = app.setup.load_full();
    let (found, roles) = in_database(app, &before).await;
    let outcome = app
        .source
        .read(found, Some(&before))
        .and_then(|setup| app.apply(setup, roles).map_err(|error| error.to_string()));
    let event = Event::new("server.settings_reloaded");
    let event = match outcome {
        Ok(()) => {
            lifecycle!("Config reloaded");
            event
        }
        Err(error) => {
            lifecycle!("Failed reloading config: {error}");
            event.outcome(Outcome::Failure)
        }
    };
    if let Some(recorder) = &app.recorder {
        recorder.tell(event);
    }
}

type InDatabase = (
    Vec<(String, String)>,
    std::collections::HashMap<String, crestfall_rest::RoleSettings>,
);

/// Settings kept in the database, and those of roles; what cannot be read is told and left out.
async fn in_database(app: &App, setup: &Setup) -> InDatabase {
    let Some(place) = &setup.database.in_database else {
        return InDatabase::default();
    };
    let settings = match store::in_database(&app.data.db, place.function.as_ref()).await {
        Ok(settings) => settings,
        Err(error) => {
            lifecycle!(
                "Failed to query database settings for the config parameters.{}",
                data::json(&error)
            );
            Vec::new()
        }
    };
    let roles = match store::roles(&app.data.db).await {
        Ok(roles) => roles,
        Err(error) => {
            lifecycle!("Failed to query the role settings. {}", data::json(&error));
            Default::default()
        }
    };
    (settings, roles)
}
