//! Connections at hand for what comes most often: the one used last is used next, without a word to the
//! pool in between. The pool asks PostgreSQL each time a connection comes back, which costs as much as a
//! short statement, and hands them out in turn, so that none is warm.
//!
//! A connection is kept for as long as it is in steady use, a minute at most, and a quarter of the pool's
//! at a time; one whose statement failed or was given up goes back to the pool, which looks after it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};

/// How long a connection may lie here unused.
const STEADY: Duration = Duration::from_secs(1);
/// How long one is kept from the pool in all: it may be due to be replaced.
const TURN: Duration = Duration::from_secs(60);

/// The connections of a pool that are at hand.
#[derive(Clone)]
pub(crate) struct Lane {
    pool: PgPool,
    kept: Arc<Mutex<Kept>>,
    most: usize,
}

#[derive(Default)]
struct Kept {
    /// The one used last is the last.
    idle: Vec<Held>,
    /// Whether a task sees to it that none stays too long.
    is_watched: bool,
}

struct Held {
    connection: PoolConnection<Postgres>,
    taken: Instant,
    used: Instant,
}

/// A connection. Dropped, it goes back to the pool; [`Steady::done`] keeps it at hand.
pub(crate) struct Steady {
    held: Held,
    lane: Lane,
}

impl Lane {
    pub(crate) fn new(pool: &PgPool) -> Self {
        let most = pool.options().get_max_connections() / 4;
        Self {
            pool: pool.clone(),
            kept: Arc::default(),
            most: usize::try_from(most).unwrap_or(usize::MAX).max(1),
        }
    }

    /// The connection used last, or one of the pool.
    pub(crate) async fn acquire(&self) -> sqlx::Result<Steady> {
        let kept = self.kept.lock().idle.pop();
        let held = match kept.filter(|held| held.used.elapsed() < STEADY) {
            Some(held) => held,
            None => {
                let connection = self.pool.acquire().await?;
                let taken = Instant::now();
                Held {
                    connection,
                    taken,
                    used: taken,
                }
            }
        };
        Ok(Steady {
            held,
            lane: self.clone(),
        })
    }

    fn keep(&self, mut held: Held) {
        let is_wanted = self.pool.num_idle() == 0
            && self.pool.size() >= self.pool.options().get_max_connections();
        let is_over = held.taken.elapsed() > TURN || self.pool.is_closed();
        let mut kept = self.kept.lock();
        if is_wanted || is_over || kept.idle.len() >= self.most {
            // Dropped outside of the lock.
            drop(kept);
            return drop(held);
        }
        held.used = Instant::now();
        kept.idle.push(held);
        if !std::mem::replace(&mut kept.is_watched, true) {
            tokio::spawn(watch(Arc::clone(&self.kept)));
        }
    }
}

impl Steady {
    /// Its statements have succeeded and left nothing open: keeps it for the next.
    pub(crate) fn done(self) {
        let Self { held, lane } = self;
        lane.keep(held);
    }
}

impl Deref for Steady {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.held.connection
    }
}

impl DerefMut for Steady {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.held.connection
    }
}

/// Gives back what lies unused, until there is none.
async fn watch(kept: Arc<Mutex<Kept>>) {
    loop {
        tokio::time::sleep(STEADY).await;
        let (unused, is_over) = {
            let mut kept = kept.lock();
            let steady = kept
                .idle
                .iter()
                .position(|held| held.used.elapsed() < STEADY);
            let first = steady.unwrap_or(kept.idle.len());
            let unused: Vec<Held> = kept.idle.drain(..first).collect();
            kept.is_watched = !kept.idle.is_empty();
            (unused, !kept.is_watched)
        };
        drop(unused);
        if is_over {
            return;
        }
    }
}
