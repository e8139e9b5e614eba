//! The audit log's upkeep within the process.

use std::time::Duration;

use crestfall_audit::{Keeper, KeeperConfig};
use sqlx::postgres::PgPoolOptions;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::auth::options;
use crate::setup::Setup;
use crate::telemetry::lifecycle;

/// How long the one connection is kept between its uses.
const IDLE: Duration = Duration::from_secs(10);

/// Looks after the log until the guard is dropped; nothing where that is not wanted.
pub(crate) fn keep(setup: &Setup) -> Option<DropGuard> {
    let audit = setup.audit.as_ref().filter(|audit| audit.enabled)?;
    let options = match options(setup.database.url.expose()) {
        Ok(options) => options.application_name("crestfall audit"),
        Err(error) => {
            lifecycle!("The audit log is not looked after: {error}");
            return None;
        }
    };
    // It connects when there is something to do, and not before.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .min_connections(0)
        .idle_timeout(IDLE)
        .connect_lazy_with(options);
    let config = KeeperConfig {
        seal_every: audit.seal_every,
        seal_key: audit.seal_key.clone(),
        ..KeeperConfig::default()
    };
    let end = CancellationToken::new();
    let keeper = Keeper::new(pool, config);
    tokio::spawn({
        let end = end.clone();
        async move { keeper.run(end).await }
    });
    Some(end.drop_guard())
}
