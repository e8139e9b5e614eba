//! Removes what is of no use any more (GT-080), piece by piece.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::auth::Auth;
use crate::store::cleanup::{self, Task};

/// Between two batches, so that nobody else waits for long.
const BREATH: Duration = Duration::from_millis(20);

/// Removes at intervals until told to end.
pub(crate) async fn run(auth: &Auth, end: CancellationToken) {
    let mut resettled = auth.resettled();
    let clean = async {
        loop {
            let auth = auth.now();
            let config = &auth.config().cleanup;
            let interval = config.interval.get().max(Duration::from_secs(1));
            tokio::select! {
                () = tokio::time::sleep(interval), if config.enabled => {}
                _ = resettled.changed() => continue,
            }
            match once(&auth).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "what had expired is removed"),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "what has expired could not be removed");
                }
            }
        }
    };
    end.run_until_cancelled(clean).await;
}

/// Removes all there is to remove, unless another node is at it. How many rows.
pub(crate) async fn once(auth: &Auth) -> sqlx::Result<u64> {
    let batch = auth.config().cleanup.batch.max(1);
    let mut total = 0;
    for task in tasks(auth) {
        loop {
            let mut tx = auth.pool().begin().await?;
            if !cleanup::is_alone(&mut tx).await? {
                return Ok(total);
            }
            let rows = cleanup::remove(&mut tx, task, batch.into()).await?;
            tx.commit().await?;
            total += rows;
            if rows < u64::from(batch) {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
    }
    Ok(total)
}

/// What the settings ask for.
fn tasks(auth: &Auth) -> Vec<Task> {
    let config = auth.config();
    let day = Duration::from_secs(86_400);
    let mut tasks = vec![
        Task::OneTimeTokens,
        Task::UsedLinks,
        Task::FlowStates(day),
        Task::OauthClientStates(day),
        Task::OauthAuthorizations(day),
        Task::MfaChallenges(day),
        Task::UnverifiedFactors(day),
        Task::WebauthnChallenges,
        // What a refresh would find expired is told so for a day.
        Task::SessionsPastEnd(day),
        Task::RefreshTokensUsed(day),
        Task::Revocations(auth.revocations().remembered() + Duration::from_secs(300)),
        Task::SignInFailures(
            config
                .lock_out
                .memory
                .get()
                .max(config.lock_out.max_duration.get()),
        ),
        Task::KnownDevices(config.lock_out.known_for.get()),
    ];
    let mut configured = |duration: Duration, task: fn(Duration) -> Task, grace: Duration| {
        if !duration.is_zero() {
            tasks.push(task(duration.saturating_add(grace)));
        }
    };
    let sessions = &config.sessions;
    configured(sessions.timebox.get(), Task::SessionsOlderThan, day);
    configured(sessions.inactivity_timeout.get(), Task::SessionsIdle, day);
    let settings = &config.cleanup;
    let none = Duration::ZERO;
    configured(
        settings.anonymous_users_after.get(),
        Task::AnonymousUsers,
        none,
    );
    configured(settings.audit_after.get(), Task::AuditEntries, none);
    tasks
}
