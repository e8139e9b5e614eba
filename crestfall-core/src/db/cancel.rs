//! What becomes of a connection whose request went away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::DbError;
use super::pool::Pool;
use crate::wire::connection::{Answer, Connection, Owner as _};

/// Statements shorter than this are not worth a cancellation, which costs PostgreSQL a process.
pub(super) const GRACE: Duration = Duration::from_millis(20);

/// A batch whose answer is awaited. Dropped before, its statement is cancelled when it is alone on its
/// connection; else its answer is read and dropped.
pub(super) struct Pending {
    receiver: oneshot::Receiver<Answer>,
    pool: Arc<Pool>,
    connection: Arc<Connection>,
    batch: u64,
    alone: bool,
    answered: bool,
}

impl Pending {
    pub(super) fn new(
        receiver: oneshot::Receiver<Answer>,
        pool: &Arc<Pool>,
        connection: Arc<Connection>,
        batch: u64,
        alone: bool,
    ) -> Self {
        Self {
            receiver,
            pool: Arc::clone(pool),
            connection,
            batch,
            alone,
            answered: false,
        }
    }

    pub(super) async fn answer(mut self) -> Answer {
        let answer = (&mut self.receiver).await;
        self.answered = true;
        answer.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.answered && self.alone {
            let connection = Arc::clone(&self.connection);
            cancel(Arc::clone(&self.pool), connection, self.batch, GRACE);
        }
    }
}

/// Cancels a batch in a task of the pool's own, unless it ends within `grace`. Until that is over and
/// PostgreSQL is ready again, nobody else gets the connection: a late cancellation would hit them.
pub(super) fn cancel(pool: Arc<Pool>, connection: Arc<Connection>, batch: u64, grace: Duration) {
    if !pool.hold(&connection, batch) {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        // No runtime any more: the connection ends with it.
        return connection.kill();
    };
    runtime.spawn(async move {
        tokio::time::sleep(grace).await;
        if !connection.has_answered(batch)
            && let Err(error) = connection.server.cancel().await
        {
            tracing::warn!(%error, "could not cancel a statement nobody waits for");
        }
        pool.released(&connection, 1);
    });
}
