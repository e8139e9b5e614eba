//! The connections of a pool, who uses them, and who waits.

use std::cell::LazyCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Ticket;
use crate::db::DbError;
use crate::db::recovery::Recovery;
use crate::wire::connection::Connection;

/// What changes, all of it under one lock.
#[derive(Default)]
pub(super) struct State {
    pub(super) members: Vec<Member>,
    pub(super) connecting: usize,
    pub(super) waiters: VecDeque<Waiter>,
    /// How many connections those who need one briefly keep to.
    pub(super) brief_width: usize,
    pub(super) recovery: Recovery,
}

/// A connection as the pool sees it.
pub(super) struct Member {
    pub(super) connection: Arc<Connection>,
    /// Batches on their way, and whoever else must be done before it is idle.
    pub(super) depth: u32,
    /// Whether the one that uses it does not share it.
    pub(super) alone: bool,
    /// Nothing more joins: someone waits until it is idle.
    pub(super) draining: bool,
    /// It leaves when it is idle.
    pub(super) retiring: bool,
    /// When it was last answered, or given work after it had none.
    pub(super) progress: Instant,
    pub(super) retire_at: Instant,
}

/// A request that waits.
pub(super) struct Waiter {
    pub(super) need: Need,
    pub(super) sender: oneshot::Sender<Result<Ticket, DbError>>,
}

/// What a request needs of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db) enum Need {
    /// Its turn on a shared one, for so short that it is cheaper to queue on a busy connection than
    /// to wake one more backend.
    Brief,
    /// Its turn on a shared one.
    Turn,
    /// One alone.
    Alone,
}

impl Need {
    /// Others may use the connection too.
    pub(in crate::db) fn shares(self) -> bool {
        matches!(self, Self::Brief | Self::Turn)
    }
}

impl State {
    /// The best connection for a need: an idle one, the most recently used first so that the others may
    /// leave; else the shared one with the fewest on their way, unless it made no progress for `patience`.
    pub(super) fn find(&self, need: Need, depth_limit: u32, patience: Duration) -> Option<usize> {
        let mut width = if need == Need::Brief {
            self.brief_width
        } else {
            usize::MAX
        };
        let mut best: Option<(usize, u32)> = None;
        let now = LazyCell::new(Instant::now);
        for (index, member) in self.members.iter().enumerate() {
            if member.retiring || member.connection.is_closed() {
                continue;
            }
            // Those that serve someone alone, or are about to, do not count.
            if !member.alone && !member.draining {
                if width == 0 {
                    break;
                }
                width -= 1;
            }
            if member.depth == 0 {
                // Kept free for one who waits alone.
                if !(member.draining && need.shares()) {
                    return Some(index);
                }
            } else if need.shares()
                && !member.alone
                && !member.draining
                && member.depth < depth_limit
                && best.is_none_or(|(_, depth)| member.depth < depth)
                && now.duration_since(member.progress) <= patience
            {
                best = Some((index, member.depth));
            }
        }
        best.map(|(index, _)| index)
    }

    pub(super) fn place(&self, connection: &Arc<Connection>) -> Option<usize> {
        self.members
            .iter()
            .position(|member| member.connection.id == connection.id)
    }

    /// So many batches of a connection are over.
    pub(super) fn leave(&mut self, index: usize, batches: u32) {
        let member = &mut self.members[index];
        member.depth = member.depth.saturating_sub(batches);
        member.progress = Instant::now();
        if member.depth == 0 {
            member.alone = false;
            // Whoever it was emptied for is served now, or went away.
            member.draining = self.waiters.iter().any(|waiter| waiter.need == Need::Alone);
        }
    }

    /// Lets nothing more join one shared connection, so that it becomes idle for one who needs it alone.
    pub(super) fn drain_one(&mut self) {
        let alone = self
            .waiters
            .iter()
            .filter(|waiter| waiter.need == Need::Alone)
            .count();
        let draining = self.members.iter().filter(|member| member.draining).count();
        if draining >= alone {
            return;
        }
        let candidates = self
            .members
            .iter_mut()
            .filter(|member| !member.alone && !member.draining);
        if let Some(member) = candidates.min_by_key(|member| member.depth) {
            member.draining = true;
        }
    }

    /// Closes idle connections that fit.
    pub(super) fn dismiss(&mut self, mut unwanted: impl FnMut(&Member) -> bool) {
        self.members.retain(|member| {
            let goes = member.depth == 0 && unwanted(member);
            if goes {
                member.connection.close();
            }
            !goes
        });
    }

    /// Takes in a new connection, for at most this long.
    pub(super) fn admit(&mut self, connection: Arc<Connection>, max_lifetime: Duration) {
        let now = Instant::now();
        // Up to a tenth earlier, so that those opened together do not leave together.
        let life = max_lifetime.mul_f64(rand::random_range(0.9..=1.0));
        self.members.push(Member {
            connection,
            depth: 0,
            alone: false,
            draining: false,
            retiring: false,
            progress: now,
            retire_at: now + life,
        });
    }
}
