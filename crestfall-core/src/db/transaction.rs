//! A transaction that stays open so that its results can be looked at before it ends.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::cancel::Pending;
use super::pool::Pool;
use super::{DbError, End, PgError, Rows, Scope, Statement};
use crate::wire::batch::{Batch, Place};
use crate::wire::connection::{Answer, Connection, Sink, Treatment};

/// A transaction in progress on a connection of its own. Dropped, it is rolled back before anyone else
/// uses that connection.
pub struct OpenTransaction {
    pool: Arc<Pool>,
    connection: Arc<Connection>,
    role: Box<str>,
    search_path: Box<str>,
    end: End,
    resets: bool,
    ended: bool,
}

impl std::fmt::Debug for OpenTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenTransaction")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl OpenTransaction {
    pub(super) fn new(pool: Arc<Pool>, connection: Arc<Connection>, scope: &Scope<'_>) -> Self {
        let place = Place::of(scope);
        Self {
            pool,
            connection,
            role: place.role.into(),
            search_path: place.search_path.into(),
            end: scope.end,
            resets: !scope.leaves_nothing,
            ended: false,
        }
    }

    /// Runs more statements in it, in one round trip.
    ///
    /// # Errors
    /// After an error PostgreSQL refuses everything but the end.
    pub async fn run(&mut self, statements: &[Statement]) -> Result<Vec<Rows>, DbError> {
        let place = Place {
            role: &self.role,
            search_path: &self.search_path,
        };
        let batch = Batch::more(place, statements, &self.pool.hasher);
        let pending = self.send(&batch, false)?;
        let (rows, _) = pending.answer().await.map_err(|failure| failure.error)?;
        Ok(rows)
    }

    /// Ends it as its scope said: with a commit, or a rollback after checking deferred constraints.
    ///
    /// # Errors
    /// When a deferred constraint fails, or the connection is lost: then it may or may not be committed.
    pub async fn commit(mut self) -> Result<(), DbError> {
        match self.end {
            End::Commit => self.finish(End::Commit).await,
            End::Rollback => {
                let check = [Statement::new("set constraints all immediate")];
                self.run(&check).await?;
                self.finish(End::Rollback).await
            }
        }
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// When the connection is lost, which undoes everything as well.
    pub async fn rollback(mut self) -> Result<(), DbError> {
        self.finish(End::Rollback).await
    }

    async fn finish(&mut self, end: End) -> Result<(), DbError> {
        let batch = Batch::finish(end, &self.pool.hasher);
        let pending = self.send(&batch, true)?;
        self.ended = true;
        let (rows, _) = pending.answer().await.map_err(|failure| failure.error)?;
        // PostgreSQL answers the commit of a failed transaction with a rollback, and no error.
        let ended = rows.first().map(Rows::command).unwrap_or_default();
        if end == End::Commit && ended != "COMMIT" {
            return Err(DbError::Postgres(Box::new(rolled_back())));
        }
        Ok(())
    }

    fn send(&self, batch: &Batch<'_>, last: bool) -> Result<Pending, DbError> {
        let (sender, receiver) = oneshot::channel::<Answer>();
        let number = self
            .connection
            .submit(batch, Sink::Rows(sender), self.treatment(last))
            .map_err(|failure| failure.error)?;
        let connection = Arc::clone(&self.connection);
        Ok(Pending::new(receiver, &self.pool, connection, number, true))
    }

    fn treatment(&self, last: bool) -> Treatment {
        Treatment {
            release: last,
            fresh: false,
            read_only: false,
            fingerprint: 0,
            max_bytes: self.pool.config.max_result_bytes.unwrap_or(usize::MAX),
            resets: last && self.resets,
            gathers: false,
        }
    }
}

fn rolled_back() -> PgError {
    PgError {
        severity: "ERROR".into(),
        code: "25P02".into(),
        message: "the transaction had failed before its commit and is rolled back".into(),
        ..PgError::default()
    }
}

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        if !self.ended {
            let batch = Batch::finish(End::Rollback, &self.pool.hasher);
            // When it cannot be sent, the connection is closed and the transaction with it.
            let _ = self
                .connection
                .submit(&batch, Sink::Nobody, self.treatment(true));
        }
    }
}
