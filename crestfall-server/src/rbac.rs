//! The authorization service within the process: its pool, what keeps it up to date, its routes.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use crestfall_core::DbError;
use crestfall_core::identity::{IdentifyLayer, SharedVerifier};
use crestfall_rbac::Rbac;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api_key::take_key;
use crate::auth::options;
use crate::setup;
use crate::telemetry::lifecycle;

/// How long what runs beside the requests may take to end.
const END: Duration = Duration::from_secs(5);

/// The running service.
pub(crate) struct Service {
    rbac: Rbac,
    paths: Vec<&'static str>,
    end: CancellationToken,
    work: JoinHandle<()>,
}

/// Starts the service, which connects when it can.
///
/// # Errors
/// The connection string makes no sense.
pub(crate) fn start(setup: &setup::Rbac) -> Result<Service, DbError> {
    let options = options(setup.database.expose())?.application_name("crestfall rbac");
    let pool = PgPoolOptions::new()
        .max_connections(setup.pool_size)
        .acquire_timeout(setup.acquire_timeout)
        .connect_lazy_with(options);
    let rbac = Rbac::with_config(pool.clone(), setup.config.clone());
    let end = CancellationToken::new();
    let work = tokio::spawn({
        let (rbac, end) = (rbac.clone(), end.clone());
        async move {
            advise(&pool).await;
            rbac.run(end).await;
        }
    });
    Ok(Service {
        rbac,
        paths: setup.paths.clone(),
        end,
        work,
    })
}

/// Tells what to do about a database without the tables.
async fn advise(pool: &PgPool) {
    let exists = sqlx::query_scalar("select to_regclass('rbac.assignments') is not null");
    if let Ok(false) = exists.fetch_one(pool).await {
        lifecycle!("The authorization service has no tables: run `crestfall migrate`");
    }
}

impl Service {
    /// Every route, where it stands; whoever puts it up says who asks.
    pub(crate) fn router(&self) -> Router {
        let mut router = Router::new();
        for path in &self.paths {
            router = router.nest(path, self.rbac.router());
        }
        router
    }

    /// Every route, for callers whom these keys prove.
    pub(crate) fn identified_by(&self, verifier: SharedVerifier) -> Router {
        let take = async |mut request: Request, next: Next| {
            take_key(request.headers_mut());
            next.run(request).await
        };
        self.router()
            .layer(IdentifyLayer::shared(verifier))
            .layer(middleware::from_fn(take))
    }

    /// Ends what runs beside the requests.
    pub(crate) async fn shut_down(self) {
        self.end.cancel();
        // What hears of changes ends at once, or has nothing to lose.
        let _ = tokio::time::timeout(END, self.work).await;
    }
}
