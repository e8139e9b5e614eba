//! `crestfall auth`: the authentication service without the rest, as GoTrue is run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use crestfall_core::migrate;
use sqlx::PgPool;

use super::{Reconfigure, Service, config_dir, gotrue, options, start};
use crate::admin::{Admin, Health, Subject};
use crate::app::Error;
use crate::edge::{Edge, Policy};
use crate::http::{self, Listener};
use crate::metrics::{Metrics, Pool, Tokens};
use crate::routes::Routes;
use crate::settings::{Flags, Sources};
use crate::setup::{self, Setup, Source};
use crate::signals::{Signals, Told};
use crate::telemetry::{AccessLog, LogLevel, lifecycle};

/// How often the database is asked whether it is there.
const CHECK: Duration = Duration::from_secs(5);

/// How GoTrue's variables say that its folder of settings is watched.
const WATCHES: &str = "GOTRUE_RELOADING_NOTIFY_ENABLED";
const GRACE: &str = "GOTRUE_RELOADING_GRACE_PERIOD_INTERVAL";

/// Flags of `crestfall auth`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// A folder of files NAME=value (*.env), stronger than the environment; read again when they change
    #[arg(short = 'd', long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

/// How the service was asked to run.
pub(crate) struct Asked {
    /// Ours, with other ports than `crestfall serve`, and GoTrue's variables.
    pub(crate) setup: Setup,
    /// What the operator should know.
    warnings: Vec<String>,
    /// By GoTrue's variables: several may run on one machine, as there, and each brings the database
    /// up to date before it serves.
    as_gotrue: bool,
    /// The folder, if changes in it count without a signal.
    watch: Option<config_dir::Watch>,
}

impl Arguments {
    /// Reads how the service is to run. A folder that is not there may come later.
    ///
    /// # Errors
    /// What is wrong, for the operator.
    pub(crate) fn read(&self) -> Result<Asked, String> {
        match &self.config_dir {
            Some(folder) if !folder.exists() => {
                let mut asked = self.read_with(BTreeMap::new())?;
                let warning = format!("{} is not there", folder.display());
                asked.warnings.push(warning);
                Ok(asked)
            }
            _ => self.read_again(),
        }
    }

    /// The same; a folder that has gone is an error.
    fn read_again(&self) -> Result<Asked, String> {
        self.read_with(match &self.config_dir {
            Some(folder) => config_dir::read(folder).map_err(|error| error.to_string())?,
            None => BTreeMap::new(),
        })
    }

    fn read_with(&self, in_folder: BTreeMap<String, String>) -> Result<Asked, String> {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let variables: BTreeMap<_, _> = environment.chain(in_folder.clone()).collect();
        let grace = grace(&variables)?;
        let gotrue = gotrue::translate(variables.into_iter());
        let as_gotrue = gotrue.is_in_its_place();
        // GoTrue has no administration server: any free port, and no two in each other's way.
        let admin_port = if as_gotrue { 0 } else { 8082 };
        let flags = self.flags.clone().defaulting([
            "server.port=8081".to_owned(),
            format!("admin.port={admin_port}"),
            "auth.external_url=http://localhost:8081".to_owned(),
        ]);
        let flags = flags.assuming(vec!["auth.enabled=true".to_owned()]);
        let sources = Sources::new(flags).over_environment(in_folder);
        let source = Source::Crestfall(sources.translating(gotrue.settings));
        Ok(Asked {
            setup: source.read(Vec::new(), None)?,
            warnings: gotrue.warnings,
            as_gotrue,
            watch: self
                .config_dir
                .clone()
                .zip(grace)
                .map(|(folder, grace)| config_dir::Watch::new(folder, grace)),
        })
    }
}

fn grace(variables: &BTreeMap<String, String>) -> Result<Option<Duration>, String> {
    let text = |name| variables.get(name).map(String::as_str);
    let text = |name| text(name).filter(|text| !text.is_empty());
    let wrong = |name: &str| format!("{name} is not understood");
    let watches = text(WATCHES).map(|text| gotrue::truth(text).ok_or_else(|| wrong(WATCHES)));
    let grace = text(GRACE).map(|text| gotrue::seconds(text).ok_or_else(|| wrong(GRACE)));
    let (watches, grace) = (watches.transpose()?, grace.transpose()?);
    let grace = Duration::from_secs_f64(grace.unwrap_or(5.0));
    Ok(watches.unwrap_or(true).then_some(grace))
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
    arguments: &Arguments,
    asked: Asked,
    auth: setup::Auth,
    level: LogLevel,
) -> Result<(), Error> {
    let mut signals = Signals::new().map_err(Error::Signals)?;
    let setup = &asked.setup;
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
    let mut asked_again = false;
    let service = tokio::select! {
        service = start(&auth) => service?,
        () = ended(&mut signals, &mut asked_again) => return Ok(()),
    };
    let watch = tokio::spawn(watch(service.pool().clone(), alone.clone()));
    let mut running = Running {
        arguments,
        reconfigure: service.reconfigure(),
        policy: Arc::new(ArcSwap::from_pointee(setup.policy.clone())),
        log: Arc::new(AccessLog::new(setup.log.0, setup.log.1)),
        level,
        folder: asked.watch,
        signals,
    };
    if asked_again {
        running.reload();
    }
    let outcome = running.serve(setup, &service, &alone).await;
    watch.abort();
    service.shut_down().await;
    if let Some(admin) = admin {
        admin.shut_down().await;
    }
    outcome
}

/// The process at work: what it is told, and what that changes.
struct Running<'a> {
    arguments: &'a Arguments,
    reconfigure: Reconfigure,
    policy: Arc<ArcSwap<Policy>>,
    log: Arc<AccessLog>,
    level: LogLevel,
    folder: Option<config_dir::Watch>,
    signals: Signals,
}

impl Running<'_> {
    async fn serve(
        &mut self,
        setup: &Setup,
        service: &Service,
        alone: &Alone,
    ) -> Result<(), Error> {
        let routes = Routes {
            rest: None,
            graphql: None,
            others: service.router(),
        };
        let edge = Edge::new(
            routes,
            self.policy.clone(),
            self.log.clone(),
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
            () = self.until_the_end() => {}
            () = api.ended() => return Err(Error::Ended("API")),
        }
        alone.health.set_ended();
        api.shut_down().await;
        Ok(())
    }

    /// Reads settings again as often as told to, until told to end.
    async fn until_the_end(&mut self) {
        loop {
            let folder = async {
                match &mut self.folder {
                    Some(folder) => folder.changed().await,
                    None => std::future::pending().await,
                }
            };
            let told = tokio::select! {
                told = self.signals.next() => told,
                () = folder => Told::ReloadSettings,
            };
            match told {
                Told::End(signal) => return tell_end(signal),
                // There is no catalogue; GoTrue takes this signal for its settings.
                Told::ReloadCatalog | Told::ReloadSettings => self.reload(),
            }
        }
    }

    /// Reads the settings again; bad ones change nothing.
    fn reload(&self) {
        match self.apply() {
            Ok(()) => lifecycle!("Config reloaded"),
            Err(error) => lifecycle!("Failed reloading config: {error}"),
        }
    }

    fn apply(&self) -> Result<(), String> {
        let Asked {
            setup, warnings, ..
        } = self.arguments.read_again()?;
        self.reconfigure
            .apply(setup.auth.as_ref())
            .map_err(|error| error.to_string())?;
        self.policy.store(Arc::new(setup.policy));
        self.log.set_level(setup.log.1);
        self.level.set(setup.log.1);
        for warning in setup.warnings.iter().chain(&warnings) {
            lifecycle!("{warning}");
        }
        Ok(())
    }
}

/// Returns when the process is told to end, and notes that it is told to read its settings again.
async fn ended(signals: &mut Signals, asked_again: &mut bool) {
    loop {
        match signals.next().await {
            Told::End(signal) => return tell_end(signal),
            Told::ReloadCatalog | Told::ReloadSettings => *asked_again = true,
        }
    }
}

fn tell_end(signal: &str) {
    lifecycle!("Received termination unix signal {signal}");
}

/// Tells the administration server whether the database is there, for ever.
async fn watch(pool: PgPool, alone: Arc<Alone>) {
    loop {
        let answered = sqlx::query("select 1").execute(&pool).await;
        alone.health.set_listening(answered.is_ok());
        tokio::time::sleep(CHECK).await;
    }
}
