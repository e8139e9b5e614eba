//! The whole process: listeners, the API and its database, signals, the end.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use tokio::sync::mpsc;
use crestfall_core::db::DbError;
use crestfall_core::identity::SharedVerifier;
use crestfall_core::jwt::{ConfigError, Verifier};

use crate::admin::{Admin, Health, Subject};
use crate::data::{self, Asked, Data};
use crate::edge::{Edge, Policy};
use crate::http::{self, Address, BindError, Listener};
use crate::metrics::{Metrics, Pool, Tokens};
use crate::pgrst;
use crate::setup::{self, Setup, Source};
use crate::signals::{Signals, Told};
use crate::telemetry::{AccessLog, Format, LogLevel, lifecycle};

/// Why the process ends by itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A listener could not be opened.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The keys cannot be used.
    #[error("{}", setup::told(.0))]
    Keys(#[from] ConfigError),
    /// The connection string cannot be used.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Signals cannot be listened to.
    #[error("signals cannot be received: {0}")]
    Signals(std::io::Error),
    /// A listener ended.
    #[error("the {0} server ended unexpectedly")]
    Ended(&'static str),
}

/// What the parts of a running process share.
pub(crate) struct App {
    source: Source,
    setup: ArcSwap<Setup>,
    policy: Arc<ArcSwap<Policy>>,
    verifier: SharedVerifier,
    log: Arc<AccessLog>,
    level: LogLevel,
    health: Health,
    metrics: Arc<Metrics>,
    data: Data,
}

impl App {
    fn new(source: Source, setup: Setup, level: LogLevel) -> Result<Self, Error> {
        let verifier = Arc::new(ArcSwap::from_pointee(verifier(&setup.tokens)?));
        Ok(Self {
            source,
            policy: Arc::new(ArcSwap::from_pointee(setup.policy.clone())),
            data: Data::new(&setup, verifier.clone())?,
            verifier,
            log: Arc::new(AccessLog::new(setup.log.0, setup.log.1)),
            level,
            health: Health::default(),
            metrics: Arc::default(),
            setup: ArcSwap::from_pointee(setup),
        })
    }

    /// Puts newly read settings in place; those that need a restart stay as they are.
    fn apply(&self, setup: Setup) -> Result<(), Error> {
        let tokens_changed = self.setup.load().tokens != setup.tokens;
        if tokens_changed {
            // A new verifier has an empty cache: no token outlives its key.
            self.verifier.store(Arc::new(verifier(&setup.tokens)?));
        }
        self.policy.store(Arc::new(setup.policy.clone()));
        self.data.rest.reconfigure(setup.rest.clone(), std::collections::HashMap::new());
        self.log.set_level(setup.log.1);
        self.level.set(setup.log.1);
        self.setup.store(Arc::new(setup));
        Ok(())
    }
}

impl Subject for App {
    fn health(&self) -> &Health {
        &self.health
    }

    fn metrics(&self) -> String {
        let pool = self.data.db.status();
        let pool = Pool {
            available: pool.available as u64,
            waiting: pool.waiting as u64,
            max: pool.max as u64,
            ..Pool::default()
        };
        self.metrics.render(pool, Tokens::default())
    }

    fn schema_cache(&self) -> Vec<u8> {
        let catalog = self.data.catalog.load();
        catalog.and_then(|catalog| serde_json::to_vec(&*catalog).ok()).unwrap_or_default()
    }
}

/// Serves until told to end.
///
/// # Errors
/// When the process cannot start, or cannot go on.
pub(crate) async fn run(source: Source, setup: Setup, level: LogLevel) -> Result<(), Error> {
    let mut signals = Signals::new().map_err(Error::Signals)?;
    let limits = setup.limits;
    let api_address = setup.api.clone();
    let admin_address = setup.admin.clone();
    announce(&setup);
    let app = Arc::new(App::new(source, setup, level)?);

    let admin = match admin_address {
        Some(address) => {
            let listener = Listener::bind(&address)?;
            lifecycle!("Admin server listening on {}", listener.name());
            Some(http::serve(listener, Admin::new(app.clone()), limits))
        }
        None => None,
    };
    let mut asked = start_data(&app);
    let mut api = start_api(&app, &api_address)?;
    let outcome = loop {
        let told = tokio::select! {
            told = signals.next() => told,
            () = api.ended() => break Err(Error::Ended("API")),
            Some(asked) = asked.recv() => match asked {
                Asked::Catalog => Told::ReloadCatalog,
                Asked::Settings => Told::ReloadSettings,
            },
        };
        match told {
            Told::End(signal) => {
                lifecycle!("Received termination unix signal {signal}");
                break Ok(());
            }
            Told::ReloadCatalog => {
                app.data.db.forget_statements();
                app.data.keeper.request_reload();
            }
            Told::ReloadSettings => reload_settings(&app),
        }
    };
    app.health.set_ended();
    if outcome.is_ok() {
        api.shut_down().await;
    }
    if let Some(admin) = admin {
        admin.shut_down().await;
    }
    outcome
}

fn announce(setup: &Setup) {
    match setup.log.0 {
        Format::Postgrest => lifecycle!("Starting PostgREST {}...", pgrst::VERSION),
        Format::Text | Format::Json => {
            lifecycle!("starting crestfall {}", env!("CARGO_PKG_VERSION"));
        }
    }
}

fn start_api(app: &Arc<App>, address: &Address) -> Result<http::Server, Error> {
    let edge = Edge::new(
        router(app),
        app.policy.clone(),
        app.log.clone(),
        app.metrics.clone(),
    );
    let listener = Listener::bind(address)?;
    lifecycle!("API server listening on {}", listener.name());
    app.health
        .set_accepting(listener.socket_file().map(Into::into));
    Ok(http::serve(listener, edge, app.setup.load().limits))
}

/// Every router and layer, in order.
fn router(app: &Arc<App>) -> Router {
    let setup = app.setup.load();
    let mut router = Router::new();
    for path in &setup.rest_paths {
        router = match *path {
            "" => router.fallback_service(app.data.rest.router::<()>().into_service()),
            path => router.nest(path, app.data.rest.router()),
        };
    }
    router
}

/// Loads the catalogue, now and whenever asked to, and listens for such wishes.
fn start_data(app: &Arc<App>) -> mpsc::UnboundedReceiver<Asked> {
    let loading = app.clone();
    tokio::spawn(async move {
        let load = || async {
            let setup = loading.setup.load_full();
            data::measured(data::load(&loading.data.db, &setup), &loading.metrics).await
        };
        loading.data.keeper.run(load).await;
    });
    tokio::spawn(data::watch(app.data.keeper.clone(), HealthOf(app.clone())));
    let (sender, receiver) = mpsc::unbounded_channel();
    if let Some(channel) = app.setup.load().database.channel.clone() {
        tokio::spawn(data::listen(app.data.db.clone(), channel, sender));
    }
    receiver
}

struct HealthOf(Arc<App>);

impl AsRef<Health> for HealthOf {
    fn as_ref(&self) -> &Health {
        &self.0.health
    }
}

/// Reads the settings again; bad ones change nothing.
fn reload_settings(app: &App) {
    let before = app.setup.load();
    let outcome = app
        .source
        .read(Vec::new(), Some(&before))
        .and_then(|setup| app.apply(setup).map_err(|error| error.to_string()));
    match outcome {
        Ok(()) => lifecycle!("Config reloaded"),
        Err(error) => lifecycle!("Failed reloading config: {error}"),
    }
}

fn verifier(tokens: &setup::Tokens) -> Result<Verifier, ConfigError> {
    let mut builder = Verifier::builder()
        .role_claim(&tokens.role_claim)
        .cache_entries(tokens.cache_entries);
    if let Some(secret) = &tokens.secret {
        builder = builder.secret(secret.expose());
    }
    if let Some(url) = &tokens.jwks_url {
        builder = builder.jwks_url(url);
    }
    if let Some(audience) = &tokens.audience {
        builder = builder.audience(audience);
    }
    if let Some(role) = &tokens.anonymous_role {
        builder = builder.anonymous_role(role);
    }
    builder.build()
}
