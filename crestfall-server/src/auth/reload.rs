//! Settings of the authentication service that are read again while it runs (GT-112).

use std::sync::Arc;

use crestfall_auth::Auth;

use super::Error;
use crate::setup;
use crate::telemetry::lifecycle;

/// The running service, whose settings can change.
#[derive(Clone)]
pub(crate) struct Reconfigure {
    pub(super) auth: Auth,
    /// What the process began with.
    pub(super) started: Arc<setup::Auth>,
}

impl Reconfigure {
    /// Puts these settings in force, and tells which of them need a new start.
    ///
    /// # Errors
    /// One that makes no sense; then all stay as they were.
    pub(crate) fn apply(&self, setup: Option<&setup::Auth>) -> Result<(), Error> {
        let Some(setup) = setup else {
            lifecycle!("auth.enabled is false now: that takes a new start");
            return Ok(());
        };
        let kept = self.auth.reconfigure(setup.config.clone())?;
        let kept = kept.into_iter().map(|name| match name {
            "tokens.secret" => "jwt.secret (auth.tokens.secret)".to_owned(),
            name => format!("auth.{name}"),
        });
        for name in kept.chain(self.of_the_process(setup)) {
            lifecycle!("{name} has changed and takes a new start: it stays as it was");
        }
        Ok(())
    }

    /// What the process, and not the service, was built with.
    fn of_the_process(&self, now: &setup::Auth) -> impl Iterator<Item = String> {
        let before = &self.started;
        let database = before.database != now.database;
        let pool = (before.pool_size, before.acquire_timeout);
        let redis = before.redis != now.redis;
        [
            (database, "auth.database_url"),
            (
                pool != (now.pool_size, now.acquire_timeout),
                "auth.pool_size or database.acquire_timeout",
            ),
            (redis, "redis"),
            (before.catches_mail != now.catches_mail, "auth.catch_mail"),
        ]
        .into_iter()
        .filter(|(differs, _)| *differs)
        .map(|(_, name)| name.to_owned())
    }
}
