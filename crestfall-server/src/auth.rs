//! The authentication service within the process: its pool, its start, its routes, and who calls
//! the REST API.

pub(crate) mod alone;
mod callers;
mod config_dir;
mod dot_env;
pub(crate) mod gotrue;
mod pool;
mod reload;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use crestfall_auth::mail::Catcher;
use crestfall_auth::signature::RedisNonces;
use crestfall_auth::{Auth, KeysError, RequireScopeLayer, StartError};
use crestfall_core::rate_limit::{InvalidRedisUrl, RateLimiter, RedisConfig};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::setup;
use crate::telemetry::lifecycle;
pub(crate) use callers::{Callers, Reconnected};
pub(crate) use pool::options;
pub(crate) use pool::pool;
pub(crate) use reload::Reconfigure;

/// How long to wait before the database is asked again.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(5)];

/// How long what runs beside the requests may take to end.
const END: Duration = Duration::from_secs(10);

/// Why there is no service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The connection string makes no sense.
    #[error("auth.database_url: {0}")]
    Database(#[from] crestfall_core::DbError),
    /// Redis' address makes no sense.
    #[error("redis.url: {0}")]
    Redis(#[from] InvalidRedisUrl),
    /// Redis cannot keep nonces.
    #[error("redis.url: {0}")]
    Nonces(String),
    /// A setting makes no sense, or the keys cannot be opened.
    #[error("auth: {}", setup::told(.0))]
    Start(#[from] StartError),
}

/// The running service.
pub(crate) struct Service {
    auth: Auth,
    pool: PgPool,
    catcher: Option<Catcher>,
    setup: setup::Auth,
    end: CancellationToken,
    work: JoinHandle<()>,
}

/// Starts the service, however long the database takes to answer.
///
/// # Errors
/// What no waiting helps against.
pub(crate) async fn start(setup: &setup::Auth) -> Result<Service, Error> {
    let pool = pool(setup)?;
    let limiter = limiter(setup)?;
    let nonces = nonces(setup)?;
    // An empty Redis remembers from now on: what is signed later can be told from what came before.
    if let Some(nonces) = &nonces
        && let Err(error) = nonces.prepare().await
    {
        tracing::warn!(%error, "signed requests are refused until Redis answers");
    }
    let catcher = setup.catches_mail.then(Catcher::new);
    let mut pauses = PAUSES.into_iter();
    let mut pause = PAUSES[0];
    let auth = loop {
        let mut builder =
            Auth::builder(pool.clone(), setup.config.clone()).limiter(limiter.clone());
        if let Some(nonces) = &nonces {
            builder = builder.nonces(nonces.clone());
        }
        if let Some(catcher) = &catcher {
            builder = builder.mailer(catcher.clone()).sms(catcher.clone());
        }
        match builder.build().await {
            Ok(auth) => break auth,
            Err(StartError::Keys(KeysError::Database(error))) => {
                pause = pauses.next().unwrap_or(pause);
                lifecycle!("The authentication service waits: {}", why(&error));
                tokio::time::sleep(pause).await;
            }
            Err(error) => return Err(error.into()),
        }
    };
    let end = CancellationToken::new();
    let work = tokio::spawn({
        let (auth, end) = (auth.clone(), end.clone());
        async move { auth.run(end).await }
    });
    Ok(Service {
        auth,
        pool,
        catcher,
        setup: setup.clone(),
        end,
        work,
    })
}

/// Tells what to do about a database that is there and does not have what is needed.
fn why(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        // No such schema, table or column.
        Some("3F000" | "42P01" | "42703") => {
            "its tables are not there or are older: run `crestfall migrate`".to_owned()
        }
        Some("42501") => format!("{error}; is the login role a member of crestfall_auth?"),
        _ => error.to_string(),
    }
}

fn limiter(setup: &setup::Auth) -> Result<RateLimiter, Error> {
    let Some((url, timeout)) = &setup.redis else {
        return Ok(RateLimiter::in_process());
    };
    let config = RedisConfig {
        timeout: *timeout,
        pepper: setup.config.encryption_key.clone(),
        ..RedisConfig::default()
    };
    Ok(RateLimiter::redis_with(url.expose(), &config)?)
}

/// Where several nodes remember the nonces of signed requests.
fn nonces(setup: &setup::Auth) -> Result<Option<RedisNonces>, Error> {
    let Some((url, _)) = &setup.redis else {
        return Ok(None);
    };
    let nonces = RedisNonces::connect(url.expose(), "crestfall:nonce:");
    nonces
        .map(Some)
        .map_err(|error| Error::Nonces(error.to_string()))
}

impl Service {
    /// Every route, where it stands.
    pub(crate) fn router(&self) -> Router {
        let service = || -> Router {
            let counted = middleware::from_fn(count);
            self.auth.router().layer(counted)
        };
        let mut router = Router::new();
        for path in &self.setup.paths {
            router = match *path {
                "" => router.merge(service()),
                path => router.nest(path, service()),
            };
        }
        if let Some(catcher) = &self.catcher {
            router = router.nest("/mail", catcher.router());
        }
        // What clients look for at the root of the host, whatever the path of the service.
        let router = match self.setup.paths.contains(&"") {
            true => router,
            false => router.merge(self.auth.well_known()),
        };
        router.layer(self.setup.client_ip.clone())
    }

    /// Another service's routes, whose requests get the identity that this one knows. A key whose
    /// scopes are limited needs `rbac:read` or `rbac:write`.
    pub(crate) fn identifying(&self, router: Router) -> Router {
        let scope = RequireScopeLayer::of_resource("rbac").expect("the word is a resource");
        router
            .layer(scope.allow_anonymous())
            .layer(self.auth.layer())
            .layer(self.setup.client_ip.clone())
    }

    /// What changes its settings.
    pub(crate) fn reconfigure(&self) -> Reconfigure {
        Reconfigure {
            auth: self.auth.clone(),
            started: Arc::new(self.setup.clone()),
        }
    }

    /// Its connections.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Who calls other APIs.
    pub(crate) fn callers(&self) -> Callers {
        Callers::new(self.auth.clone(), self.setup.client_ip.clone())
    }

    /// Ends what runs beside the requests: mails under way are sent.
    pub(crate) async fn shut_down(self) {
        self.end.cancel();
        if tokio::time::timeout(END, self.work).await.is_err() {
            tracing::warn!(
                "the authentication service was still at work when its time to end was over"
            );
        }
    }
}

/// Counts answers and their time by route.
async fn count(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = method(request.method());
    let began = std::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("crestfall_auth_request_duration_seconds", "method" => method, "route" => route.clone())
        .record(began.elapsed());
    metrics::counter!("crestfall_auth_requests_total", "method" => method, "route" => route, "status" => status)
        .increment(1);
    response
}

/// Its name, if it is one of the usual: a client chooses the others.
fn method(method: &http::Method) -> &'static str {
    const USUAL: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];
    let usual = USUAL.into_iter().find(|usual| *usual == method.as_str());
    usual.unwrap_or("other")
}
