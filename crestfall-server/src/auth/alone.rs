//! `crestfall auth`: the authentication service without the rest, as GoTrue is run.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use crestfall_core::migrate;
use sqlx::PgPool;

use super::{Service, gotrue, options, start};
use crate::admin::{Admin, Health, Subject};
use crate::app::Error;
use crate::edge::Edge;
use crate::http::{self, Listener};
use crate::metrics::{Metrics, Pool, Tokens};
use crate::routes::Routes;
use crate::settings::{Flags, Sources};
use crate::setup::{self, Setup, Source};
use crate::signals::{Signals, Told};
use crate::telemetry::{AccessLog, LogLevel, lifecycle};

/// How often the database is asked whether it is there.
const CHECK: Duration = Duration::from_secs(5);

/// How the service was asked to run.
pub(crate) struct Asked {
    /// Ours, with other ports than `crestfall serve`, and GoTrue's variables.
    pub(crate) source: Source,
    /// What the operator should know.
    pub(crate) warnings: Vec<String>,
    /// By GoTrue's variables: several may run on one machine, as there, and each brings the database
    /// up to date before it serves.
    pub(crate) as_gotrue: bool,
}

/// Reads how the service is to run.
pub(crate) fn asked(flags: Flags) -> Asked {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let gotrue = gotrue::translate(environment);
    let as_gotrue = gotrue.is_in_its_place();
    // GoTrue has no administration server: any free port, and no two in each other's way.
    let admin_port = if as_gotrue { 0 } else { 8082 };
    let flags = flags.defaulting([
        "server.port=8081".to_owned(),
        format!("admin.port={admin_port}"),
        "auth.external_url=http://localhost:8081".to_owned(),
    ]);
    let flags = flags.assuming(vec!["auth.enabled=true".to_owned()]);
    Asked {
        source: Source::Crestfall(Sources::new(flags).translating(gotrue.settings)),
        warnings: gotrue.warnings,
        as_gotrue,
    }
}

/// Brings the database up to date. Where that fails, starting tells what is missing.
async fn migrate(auth: &setup::Auth) {
    let options = match options(auth.database.expose()) {
        Ok(options) => options,
        Err(error) => return lifecycle!("auth.database_url: {error}"),
    };
    let quiet = migrate::Options::default();
    match migrate::run(&options, &crestfall_auth::migrations(), &quiet).await {
        Ok(report) if report.applied.is_empty() => {}
        Ok(report) => lifecycle!("applied {}", report.applied.join(", ")),
        Err(error) => lifecycle!(
            "The database is not brought up to date: {}",
            setup::told(&error)
        ),
    }
}

/// What the administration server tells about.
struct Alone {
    health: Health,
    metrics: Arc<Metrics>,
}

impl Subject for Alone {
    fn health(&self) -> &Health {
        &self.health
    }

    fn is_connected(&self) -> bool {
        self.health.is_listening()
    }

    fn metrics(&self) -> String {
        self.metrics.render(Pool::default(), Tokens::default())
    }

    fn schema_cache(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// Serves until told to end.
///
/// # Errors
/// When the service cannot start, or cannot go on.
pub(crate) async fn run(
    setup: Setup,
    auth: setup::Auth,
    asked: &Asked,
    _level: LogLevel,
) -> Result<(), Error> {
    let mut signals = Signals::new().map_err(Error::Signals)?;
    lifecycle!("starting crestfall auth {}", env!("CARGO_PKG_VERSION"));
    for warning in setup.warnings.iter().chain(&asked.warnings) {
        lifecycle!("{warning}");
    }
    // At the root, where GoTrue has it, and where a client of everything looks for it.
    let auth = setup::Auth {
        paths: [vec![""], auth.paths].concat(),
        ..auth
    };
    let alone = Arc::new(Alone {
        health: Health::default(),
        metrics: Arc::default(),
    });
    alone.metrics.gather();
    let admin = match &setup.admin {
        None => None,
        Some(address) => {
            let listener = Listener::bind(address)?;
            lifecycle!("Admin server listening on {}", listener.name());
            Some(http::serve(
                listener,
                Admin::new(alone.clone()),
                setup.limits,
            ))
        }
    };
    if asked.as_gotrue {
        migrate(&auth).await;
    }
    let service = tokio::select! {
        service = start(&auth) => service?,
        () = ended(&mut signals) => return Ok(()),
    };
    let watch = tokio::spawn(watch(service.pool().clone(), alone.clone()));
    let outcome = serve(&setup, &service, &alone, &mut signals).await;
    watch.abort();
    service.shut_down().await;
    if let Some(admin) = admin {
        admin.shut_down().await;
    }
    outcome
}

async fn serve(
    setup: &Setup,
    service: &Service,
    alone: &Alone,
    signals: &mut Signals,
) -> Result<(), Error> {
    let routes = Routes {
        rest: None,
        graphql: None,
        others: service.router(),
    };
    let edge = Edge::new(
        routes,
        Arc::new(ArcSwap::from_pointee(setup.policy.clone())),
        Arc::new(AccessLog::new(setup.log.0, setup.log.1)),
        alone.metrics.clone(),
        None,
    );
    let listener = Listener::bind(&setup.api)?;
    lifecycle!("API server listening on {}", listener.name());
    let file = listener.socket_file().map(Into::into);
    alone.health.set_catalog_is_current(true);
    alone.health.set_accepting(file);
    let mut api = http::serve(listener, edge, setup.limits);
    tokio::select! {
        () = ended(signals) => {}
        () = api.ended() => return Err(Error::Ended("API")),
    }
    alone.health.set_ended();
    api.shut_down().await;
    Ok(())
}

/// Returns when the process is told to end.
async fn ended(signals: &mut Signals) {
    loop {
        if let Told::End(signal) = signals.next().await {
            lifecycle!("Received termination unix signal {signal}");
            return;
        }
    }
}

/// Tells the administration server whether the database is there, for ever.
async fn watch(pool: PgPool, alone: Arc<Alone>) {
    loop {
        let answered = sqlx::query("select 1").execute(&pool).await;
        alone.health.set_listening(answered.is_ok());
        tokio::time::sleep(CHECK).await;
    }
}
