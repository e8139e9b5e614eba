//! `COPY ... TO STDOUT` as a stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

use super::DbError;
use super::cancel::{self, GRACE};
use super::pool::Pool;
use crate::wire::connection::Connection;

/// The data of a `COPY`, in pieces of any size. PostgreSQL waits while it is not read; dropped, the
/// statement is cancelled.
pub struct CopyOut {
    receiver: mpsc::Receiver<Result<Bytes, DbError>>,
    first: Option<Bytes>,
    pool: Arc<Pool>,
    connection: Arc<Connection>,
    batch: u64,
}

impl std::fmt::Debug for CopyOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopyOut").finish_non_exhaustive()
    }
}

impl CopyOut {
    pub(super) fn new(
        receiver: mpsc::Receiver<Result<Bytes, DbError>>,
        pool: Arc<Pool>,
        connection: Arc<Connection>,
        batch: u64,
    ) -> Self {
        Self {
            receiver,
            first: None,
            pool,
            connection,
            batch,
        }
    }

    /// Waits until PostgreSQL sends the first data, or refuses.
    pub(super) async fn begin(mut self) -> Result<Self, DbError> {
        self.first = self.receiver.recv().await.transpose()?;
        Ok(self)
    }
}

impl Stream for CopyOut {
    type Item = Result<Bytes, DbError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => self.receiver.poll_recv(cx),
        }
    }
}

impl Drop for CopyOut {
    fn drop(&mut self) {
        self.receiver.close();
        if !self.connection.has_answered(self.batch) {
            let connection = Arc::clone(&self.connection);
            cancel::cancel(Arc::clone(&self.pool), connection, self.batch, GRACE);
        }
    }
}
