//! The whole process: listeners, the API and its database, signals, the end.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use crestfall_audit::Recorder;
use crestfall_core::db::DbError;
use crestfall_core::identity::SharedVerifier;
use crestfall_core::jwt::{ConfigError, Verifier};
use crestfall_rest::RoleSettings;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::admin::{Admin, Health, Subject};
use crate::audit;
use crate::auth::{self, Reconnected};
use crate::data::{self, Asked, Data};
use crate::describe::Describe;
use crate::edge::{Edge, Policy};
use crate::http::{self, Address, BindError, Listener};
use crate::metrics::{Metrics, Pool, Tokens};
use crate::pgrst;
use crate::rbac;
use crate::reload;
use crate::routes::{GraphQlRoutes, RestRoutes, Routes};
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
    /// The authentication service cannot start.
    #[error(transparent)]
    Auth(#[from] auth::Error),
    /// Signals cannot be listened to.
    #[error("signals cannot be received: {0}")]
    Signals(std::io::Error),
    /// A listener ended.
    #[error("the {0} server ended unexpectedly")]
    Ended(&'static str),
    /// The database will not do.
    #[error("{0}")]
    Fatal(String),
}

/// What the parts of a running process share.
pub(crate) struct App {
    pub(crate) source: Source,
    pub(crate) setup: ArcSwap<Setup>,
    pub(crate) data: Data,
    pub(crate) health: Health,
    pub(crate) metrics: Arc<Metrics>,
    /// Takes what is to be written into the audit log; none where there is none.
    pub(crate) recorder: Option<Recorder>,
    /// Held while settings are read again: the last to ask is the last to apply.
    pub(crate) reloading: Mutex<()>,
    /// The authentication service, once it has started.
    auth: OnceLock<auth::Reconfigure>,
    policy: Arc<ArcSwap<Policy>>,
    verifier: SharedVerifier,
    log: Arc<AccessLog>,
    level: LogLevel,
}

impl App {
    fn new(source: Source, setup: Setup, level: LogLevel) -> Result<Self, Error> {
        let metrics = Arc::new(Metrics::default());
        // REST alone counts nothing by itself.
        if setup.auth.is_some() || setup.graphql.is_some() || setup.rbac.is_some() {
            metrics.gather();
        }
        let verifier = Arc::new(ArcSwap::from_pointee(verifier(&setup.tokens)?));
        Ok(Self {
            source,
            policy: Arc::new(ArcSwap::from_pointee(setup.policy.clone())),
            data: Data::new(&setup, verifier.clone())?,
            verifier,
            log: Arc::new(AccessLog::new(setup.log.0, setup.log.1)),
            level,
            health: Health::default(),
            metrics,
            reloading: Mutex::default(),
            auth: OnceLock::new(),
            recorder: audit::recorder(&setup),
            setup: ArcSwap::from_pointee(setup),
        })
    }

    /// From now on the service's settings can change; those that were read while it started count.
    fn knows(&self, auth: auth::Reconfigure) {
        let setup = self.setup.load();
        if let Err(error) = self.auth.get_or_init(|| auth).apply(setup.auth.as_ref()) {
            lifecycle!("Failed reloading config: {}", setup::told(&error));
        }
    }

    /// Tells the operator what to change in the settings.
    fn warn(&self) {
        for warning in &self.setup.load().warnings {
            lifecycle!("{warning}");
        }
    }

    /// Puts newly read settings in place; those that need a restart stay as they are.
    pub(crate) fn apply(
        &self,
        setup: Setup,
        roles: HashMap<String, RoleSettings>,
    ) -> Result<(), Error> {
        let before = self.setup.load();
        let verifier = (before.tokens != setup.tokens).then(|| verifier(&setup.tokens));
        let verifier = verifier.transpose()?;
        // The last that can be refused: until here nothing has changed.
        match self.auth.get() {
            Some(auth) => auth.apply(setup.auth.as_ref())?,
            None if before.auth.is_none() && setup.auth.is_some() => {
                lifecycle!("auth.enabled is true now: that takes a new start");
            }
            None => {}
        }
        if let Some(verifier) = verifier {
            // A new verifier has an empty cache: no token outlives its key.
            self.verifier.store(Arc::new(verifier));
        }
        self.policy.store(Arc::new(setup.policy.clone()));
        self.data.rest.reconfigure(setup.rest.clone(), roles);
        if let (Some(graphql), Some(config)) = (&self.data.graphql, &setup.graphql) {
            graphql.reconfigure(config.clone());
        }
        self.log.set_level(setup.log.1);
        self.level.set(setup.log.1);
        self.setup.store(Arc::new(setup));
        self.warn();
        Ok(())
    }
}

impl Subject for App {
    fn health(&self) -> &Health {
        &self.health
    }

    /// Who listens knows at once when the database is gone; else the pool knows from its last try.
    fn is_connected(&self) -> bool {
        match self.setup.load().database.channel {
            Some(_) => self.health.is_listening(),
            None => self.data.db.status().reachable,
        }
    }

    fn metrics(&self) -> String {
        let pool = self.data.db.status();
        let pool = Pool {
            available: pool.available as u64,
            waiting: pool.waiting as u64,
            max: pool.max as u64,
            timeouts: pool.timeouts,
        };
        let cache = self.verifier.load().cache_status();
        let tokens = Tokens {
            requests: cache.lookups,
            hits: cache.hits,
            evictions: cache.evictions,
        };
        self.metrics.render(pool, tokens)
    }

    fn schema_cache(&self) -> Vec<u8> {
        let catalog = self.data.catalog.load();
        catalog
            .and_then(|catalog| serde_json::to_vec(&*catalog).ok())
            .unwrap_or_default()
    }
}

/// Serves until told to end.
///
/// # Errors
/// When the process cannot start, or cannot go on.
pub(crate) async fn run(source: Source, setup: Setup, level: LogLevel) -> Result<(), Error> {
    let signals = Signals::new().map_err(Error::Signals)?;
    let limits = setup.limits;
    announce(&setup);
    let admin_address = setup.admin.clone();
    let app = Arc::new(App::new(source, setup, level)?);
    app.warn();
    let admin = match admin_address {
        Some(address) => {
            let listener = Listener::bind(&address)?;
            lifecycle!("Admin server listening on {}", listener.name());
            Some(http::serve(listener, Admin::new(app.clone()), limits))
        }
        None => None,
    };
    let outcome = Running::new(app, signals).serve().await;
    if let Some(admin) = admin {
        admin.shut_down().await;
    }
    outcome
}

/// The process at work: what it is told, and what it does about it.
struct Running {
    app: Arc<App>,
    signals: Signals,
    /// What notifications ask for.
    asked: (mpsc::UnboundedSender<Asked>, mpsc::UnboundedReceiver<Asked>),
    /// Why it is of no use to go on.
    fatal: (
        mpsc::UnboundedSender<String>,
        mpsc::UnboundedReceiver<String>,
    ),
    /// Listens to this channel.
    listener: Option<(String, JoinHandle<()>)>,
}

impl Running {
    fn new(app: Arc<App>, signals: Signals) -> Self {
        Self {
            app,
            signals,
            asked: mpsc::unbounded_channel(),
            fatal: mpsc::unbounded_channel(),
            listener: None,
        }
    }

    async fn serve(mut self) -> Result<(), Error> {
        tokio::spawn(reload::keep_catalog(self.app.clone(), self.fatal.0.clone()));
        tokio::spawn(reload::watch_catalog(self.app.clone()));
        self.listen();
        // Refused connections tell a load balancer more than errors do.
        if !self.until_first_catalog().await? {
            return Ok(());
        }
        let Some(auth) = self.until_auth().await? else {
            return Ok(());
        };
        let rbac = self.app.setup.load().rbac.as_ref().map(rbac::start);
        let rbac = rbac.transpose()?;
        let audit = audit::start(&self.app.setup.load(), self.app.recorder.clone());
        let mut api = start_api(&self.app, auth.as_ref(), rbac.as_ref())?;
        let outcome = loop {
            let told = tokio::select! {
                told = self.next() => told?,
                () = api.ended() => break Err(Error::Ended("API")),
            };
            if !self.obey(told).await {
                break Ok(());
            }
        };
        self.app.health.set_ended();
        if let Some(graphql) = &self.app.data.graphql {
            graphql.end_subscriptions();
        }
        if outcome.is_ok() {
            api.shut_down().await;
        }
        if let Some(rbac) = rbac {
            rbac.shut_down().await;
        }
        if let Some(auth) = auth {
            auth.shut_down().await;
        }
        if let Some(audit) = audit {
            audit.shut_down().await;
        }
        outcome
    }

    /// Starts the authentication service, if there is to be one, as soon as the database answers
    /// it. None when the process is to end before.
    async fn until_auth(&mut self) -> Result<Option<Option<auth::Service>>, Error> {
        let setup = self.app.setup.load().auth.clone();
        let Some(setup) = setup else {
            return Ok(Some(None));
        };
        let start = auth::start(&setup);
        tokio::pin!(start);
        loop {
            let told = tokio::select! {
                service = &mut start => {
                    let service = service?;
                    self.app.knows(service.reconfigure());
                    return Ok(Some(Some(service)));
                }
                told = self.next() => told?,
            };
            if !self.obey(told).await {
                return Ok(None);
            }
        }
    }

    /// Waits for the first catalogue, or for the first failure to load one. Whether to go on.
    async fn until_first_catalog(&mut self) -> Result<bool, Error> {
        let app = self.app.clone();
        let shares_its_port = matches!(
            app.setup.load().api,
            Address::Tcp {
                reuse_port: true,
                ..
            }
        );
        loop {
            let told = tokio::select! {
                () = reload::first_catalog(&app, shares_its_port) => return Ok(true),
                told = self.next() => told?,
            };
            if !self.obey(told).await {
                return Ok(false);
            }
        }
    }

    /// The next thing to do, by signal or notification.
    async fn next(&mut self) -> Result<Told, Error> {
        tokio::select! {
            told = self.signals.next() => Ok(told),
            Some(asked) = self.asked.1.recv() => match asked {
                Asked::Catalog => Ok(Told::ReloadCatalog),
                Asked::Settings => Ok(Told::ReloadSettings),
                Asked::End => Err(Error::Fatal("Automatic recovery disabled, exiting.".into())),
            },
            Some(reason) = self.fatal.1.recv() => Err(Error::Fatal(reason)),
        }
    }

    /// Does what was told; `false` to end.
    async fn obey(&mut self, told: Told) -> bool {
        match told {
            Told::End(signal) => {
                lifecycle!("Received termination unix signal {signal}");
                return false;
            }
            Told::ReloadCatalog => {
                // Connections know settings of their role from when they were opened.
                self.app.data.db.reset().await;
                self.app.data.db.forget_statements();
                self.app.data.keeper.request_reload();
            }
            Told::ReloadSettings => {
                reload::settings(&self.app).await;
                self.listen();
            }
        }
        true
    }

    /// Listens to the channel that the settings name, and to no other.
    fn listen(&mut self) {
        let database = self.app.setup.load().database.clone();
        let is_same =
            self.listener.as_ref().map(|(channel, _)| channel) == database.channel.as_ref();
        if is_same {
            return;
        }
        if let Some((_, task)) = self.listener.take() {
            task.abort();
            self.app.health.set_listening(false);
        }
        if let Some(channel) = database.channel.clone() {
            let asked = self.asked.0.clone();
            let task = tokio::spawn(data::listen(
                self.app.clone(),
                database,
                channel.clone(),
                asked,
            ));
            self.listener = Some((channel, task));
        }
    }
}

fn announce(setup: &Setup) {
    match setup.log.0 {
        Format::Postgrest => lifecycle!("Starting PostgREST {}...", pgrst::VERSION),
        Format::Text | Format::Json => {
            lifecycle!("starting crestfall {}", env!("CARGO_PKG_VERSION"));
        }
    }
}

fn start_api(
    app: &Arc<App>,
    auth: Option<&auth::Service>,
    rbac: Option<&rbac::Service>,
) -> Result<http::Server, Error> {
    let setup = app.setup.load_full();
    let edge = Edge::new(
        routes(app, auth, rbac),
        app.policy.clone(),
        app.log.clone(),
        app.metrics.clone(),
        app.recorder.clone(),
    );
    let listener = Listener::bind(&setup.api)?;
    lifecycle!("API server listening on {}", listener.name());
    app.health
        .set_accepting(listener.socket_file().map(Into::into));
    Ok(http::serve(listener, edge, setup.limits))
}

/// Every API and where it stands.
fn routes(app: &Arc<App>, auth: Option<&auth::Service>, rbac: Option<&rbac::Service>) -> Routes {
    let setup = app.setup.load();
    let rest = RestRoutes {
        rest: app.data.rest.clone(),
        paths: setup.rest_paths.clone(),
        takes_api_key: setup.takes_api_key,
        callers: auth.map(auth::Service::callers),
    };
    let graphql = app.data.graphql.clone().map(|graphql| GraphQlRoutes {
        graphql: match auth {
            // Sockets are asked again and again who they are.
            Some(auth) => {
                let callers = Reconnected::new(auth.callers(), app.verifier.clone());
                graphql.authenticate(Arc::new(callers))
            }
            None => graphql,
        },
        paths: setup.graphql_paths.clone(),
        has_ui: setup.graphql_ui,
        takes_api_key: setup.takes_api_key,
        callers: auth.map(auth::Service::callers),
    });
    let mut others = auth.map(auth::Service::router).unwrap_or_default();
    if let Some(rbac) = rbac {
        others = others.merge(match auth {
            Some(auth) => auth.identifying(rbac.router()),
            None => rbac.identified_by(app.verifier.clone()),
        });
    }
    if let Some(describe) = Describe::new(&setup, rest.rest.clone(), rest.callers.clone()) {
        others = others.merge(describe.router());
    }
    Routes {
        rest: Some(rest),
        graphql,
        others,
    }
}

impl AsRef<Data> for App {
    fn as_ref(&self) -> &Data {
        &self.data
    }
}

impl AsRef<Health> for App {
    fn as_ref(&self) -> &Health {
        &self.health
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
