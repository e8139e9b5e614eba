//! The pool: which connection a request gets, and when there are more or fewer of them.
//!
//! Short statements that only read share connections, several on their way on each; everything else has
//! a connection alone while it runs, and nothing is queued behind it.

mod members;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use hashbrown::DefaultHashBuilder;
use metrics::{counter, gauge};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::config::DbConfig;
use super::latency::Latencies;
use super::{ConnectConfig, DbError};
use crate::wire::cache::StatementCache;
use crate::wire::config::Resolved;
use crate::wire::connection::{Connection, Owner};
use crate::wire::startup;
use crate::wire::tls::Tls;
pub(super) use members::Need;
use members::{State, Waiter};

/// Connections to one server, or to one of several that are alike.
pub(super) struct Pool {
    pub(super) config: DbConfig,
    /// Where to connect; several for replicas, all alike.
    servers: Vec<(Resolved, Arc<Tls>)>,
    pub(super) latencies: Latencies,
    /// The same for all pools of a [`Db`](super::Db): a batch may move from a replica to the primary.
    pub(super) hasher: DefaultHashBuilder,
    /// What the gauges call it.
    pub(super) name: &'static str,
    shared: usize,
    /// How many connections those who need one briefly keep to.
    brief_width: usize,
    processors: usize,
    /// Connections with something to do, as of the last time one got something to do.
    busy: AtomicUsize,
    state: Mutex<State>,
    version: AtomicU64,
    next_id: AtomicU64,
    timeouts: AtomicU64,
    closed: AtomicBool,
    itself: Weak<Pool>,
}

/// The right to send one batch; given back when dropped unused.
pub(super) struct Ticket {
    pub(super) connection: Arc<Connection>,
    pub(super) alone: bool,
    /// Whether other batches were on their way when it was given.
    pub(super) in_company: bool,
    pool: Arc<Pool>,
    used: bool,
}

impl Ticket {
    /// The batch was sent: the connection itself tells when it is answered.
    pub(super) fn used(mut self) {
        self.used = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.used {
            self.pool.released(&self.connection, 1);
        }
    }
}

/// What a pool is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that are open.
    pub size: usize,
    /// Connections that could be used at once, counting those that may still be opened.
    pub available: usize,
    /// Requests that wait for a connection.
    pub waiting: usize,
    /// The most connections there may be.
    pub max: usize,
    /// Whether PostgreSQL could be reached at the last attempt.
    pub reachable: bool,
    /// Requests that waited for a connection in vain, since the start.
    pub timeouts: u64,
    /// PostgreSQL's version as `server_version_num`, once it was reached.
    pub server_version_num: Option<u32>,
}

impl Pool {
    pub(super) fn new(
        config: &DbConfig,
        connections: &[ConnectConfig],
        name: &'static str,
        hasher: DefaultHashBuilder,
    ) -> Result<Arc<Self>, DbError> {
        let mut servers = Vec::with_capacity(connections.len());
        for connection in connections {
            let mut resolved = connection.resolve()?;
            if resolved.application_name.is_none() {
                resolved.application_name = Some(config.application_name.clone());
            }
            let tls = Arc::new(Tls::new(&resolved));
            servers.push((resolved, tls));
        }
        let config = config.clone();
        Ok(Arc::new_cyclic(|itself| Self {
            servers,
            latencies: Latencies::new(),
            hasher,
            name,
            shared: config.shared(),
            brief_width: config.brief_width(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            busy: AtomicUsize::new(0),
            state: Mutex::new(State {
                brief_width: config.brief_width(),
                ..State::default()
            }),
            version: AtomicU64::new(0),
            next_id: AtomicU64::new(1),
            timeouts: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            itself: itself.clone(),
            config,
        }))
    }

    fn strong(&self) -> Option<Arc<Self>> {
        self.itself.upgrade()
    }

    /// A connection, at once or after waiting in line.
    pub(super) async fn acquire(self: &Arc<Self>, need: Need) -> Result<Ticket, DbError> {
        let receiver = {
            let mut state = self.state.lock();
            if self.closed.load(Ordering::Relaxed) {
                return Err(DbError::Closed);
            }
            if let Some(ticket) = self.pick(&mut state, need) {
                return Ok(ticket);
            }
            self.wait_in_line(&mut state, need)?
        };
        match tokio::time::timeout(self.config.acquisition_timeout, receiver).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(DbError::Closed),
            Err(_) => {
                self.state
                    .lock()
                    .waiters
                    .retain(|waiter| !waiter.sender.is_closed());
                self.timeouts.fetch_add(1, Ordering::Relaxed);
                counter!("crestfall_db_pool_timeouts_total", "pool" => self.name).increment(1);
                Err(DbError::PoolTimeout)
            }
        }
    }

    /// An idle connection, or a turn on a shared one; nothing for those who came while others wait.
    fn pick(self: &Arc<Self>, state: &mut State, need: Need) -> Option<Ticket> {
        if !state.waiters.is_empty() && need == Need::Alone {
            return None;
        }
        let found = state.find(need, self.depth_limit(need), self.config.short_statement)?;
        // A turn on a busy connection is the shorter wait, but one more connection would be better.
        if state.members[found].depth > 0 && state.connecting == 0 && self.may_grow(state, need) {
            self.grow(state);
        }
        Some(self.ticket(state, found, need))
    }

    fn ticket(self: &Arc<Self>, state: &mut State, index: usize, need: Need) -> Ticket {
        let busy = state.members.iter().filter(|member| member.depth > 0);
        let busy = busy.count();
        let member = &mut state.members[index];
        let was_idle = member.depth == 0;
        if was_idle {
            member.progress = Instant::now();
        }
        member.depth += 1;
        member.alone = need == Need::Alone;
        member.draining = false;
        self.busy
            .store(busy + usize::from(was_idle), Ordering::Relaxed);
        Ticket {
            connection: Arc::clone(&member.connection),
            alone: member.alone,
            in_company: busy > 0,
            pool: Arc::clone(self),
            used: false,
        }
    }

    /// Microseconds a statement lately kept a processor busy, as far as can be told: as many
    /// connections as have work share the processors.
    pub(super) fn cost(&self, micros: u32) -> u32 {
        let busy = self.busy.load(Ordering::Relaxed).max(self.processors);
        let cost = u64::from(micros) * self.processors as u64 / busy as u64;
        u32::try_from(cost).unwrap_or(u32::MAX)
    }

    fn depth_limit(&self, need: Need) -> u32 {
        match need {
            Need::Brief | Need::Turn if self.config.prepared_statements => {
                u32::try_from(self.config.max_pipeline_depth.max(1)).unwrap_or(u32::MAX)
            }
            // A pooler in between may answer two batches from two servers: one at a time.
            Need::Brief | Need::Turn | Need::Alone => 1,
        }
    }

    fn may_grow(&self, state: &State, need: Need) -> bool {
        let limit = match need {
            Need::Brief => self.brief_width,
            Need::Turn => self.shared,
            Need::Alone => self.config.pool_size.max(1),
        };
        state.members.len() + state.connecting < limit
    }

    fn wait_in_line(
        self: &Arc<Self>,
        state: &mut State,
        need: Need,
    ) -> Result<oneshot::Receiver<Result<Ticket, DbError>>, DbError> {
        // Who has to wait takes any turn.
        let need = if need.shares() { Need::Turn } else { need };
        if state.waiters.len() >= self.config.queue_limit {
            counter!("crestfall_db_pool_rejected_total", "pool" => self.name).increment(1);
            return Err(DbError::QueueFull);
        }
        if state.members.is_empty()
            && state.connecting == 0
            && let Some(error) = state.recovery.refuses(Instant::now())
        {
            return Err(error);
        }
        let (sender, receiver) = oneshot::channel();
        state.waiters.push_back(Waiter { need, sender });
        self.serve_waiters(state);
        if state.waiters.is_empty() {
            return Ok(receiver);
        }
        // Those who share may have more connections as well when all of theirs are stuck.
        if self.may_grow(state, Need::Alone) && state.waiters.len() > state.connecting {
            self.grow(state);
        } else if need == Need::Alone {
            state.drain_one();
        }
        Ok(receiver)
    }

    /// Opens one more connection in a task of its own.
    fn grow(self: &Arc<Self>, state: &mut State) {
        if !state.members.is_empty() && state.recovery.refuses(Instant::now()).is_some() {
            return;
        }
        state.connecting += 1;
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = pool.open().await;
            pool.opened(outcome);
        });
    }

    /// Connects, and starts the connection's reader. The connection is nobody's yet.
    async fn open(self: &Arc<Self>) -> Result<Arc<Connection>, DbError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (server, stream, rest) = self.reach(id as usize).await?;
        self.version
            .store(server.greeting.version_num().into(), Ordering::Relaxed);
        let config = &self.config;
        let cache = StatementCache::new(config.statement_cache_size, config.prepared_statements);
        let owner: Arc<dyn Owner> = Arc::clone(self) as _;
        Ok(Connection::start(
            id,
            server,
            stream.split(),
            rest,
            cache,
            owner,
        ))
    }

    /// The first server that answers, beginning with another one each time.
    async fn reach(&self, turn: usize) -> Result<startup::Ready, DbError> {
        let mut failure = DbError::Config("no server is configured".into());
        for index in 0..self.servers.len() {
            let (resolved, tls) = &self.servers[(turn + index) % self.servers.len()];
            match startup::connect(resolved, tls).await {
                Ok(ready) => return Ok(ready),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Where a connection besides the pool's goes.
    pub(super) fn first_server(&self) -> Option<(Resolved, Arc<Tls>)> {
        self.servers.first().cloned()
    }

    fn opened(self: &Arc<Self>, outcome: Result<Arc<Connection>, DbError>) {
        let mut state = self.state.lock();
        state.connecting -= 1;
        match outcome {
            Ok(connection) => {
                if self.closed.load(Ordering::Relaxed) {
                    return connection.close();
                }
                if state.recovery.succeeded() {
                    tracing::info!(pool = self.name, "connected to PostgreSQL again");
                }
                state.admit(connection, self.config.max_lifetime);
                self.serve_waiters(&mut state);
            }
            Err(error) => self.not_opened(&mut state, error),
        }
    }

    fn not_opened(self: &Arc<Self>, state: &mut State, error: DbError) {
        counter!("crestfall_db_connect_failures_total", "pool" => self.name).increment(1);
        if state.recovery.failed(Instant::now(), &error) {
            tracing::warn!(pool = self.name, %error, "could not connect to PostgreSQL");
        }
        if state.members.is_empty() && state.connecting == 0 {
            for waiter in state.waiters.drain(..) {
                let _ = waiter.sender.send(Err(error.again()));
            }
            self.recover_later(state);
        }
    }

    /// Tries again by itself, less and less often, until PostgreSQL is back.
    fn recover_later(self: &Arc<Self>, state: &mut State) {
        let Some(delay) = state.recovery.plan(Instant::now()) else {
            return;
        };
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let Some(pool) = pool.upgrade() else { return };
            if pool.should_recover() {
                let outcome = pool.open().await;
                pool.opened(outcome);
            }
        });
    }

    /// Whether the planned attempt is still needed; it counts as under way then.
    fn should_recover(&self) -> bool {
        let mut state = self.state.lock();
        state.recovery.woke();
        let needed = state.members.is_empty()
            && state.connecting == 0
            && !self.closed.load(Ordering::Relaxed);
        state.connecting += usize::from(needed);
        needed
    }

    /// Gives what is free to those who wait, first come first.
    fn serve_waiters(self: &Arc<Self>, state: &mut State) {
        while let Some((waiter, index)) = self.next_waiter(state) {
            let ticket = self.ticket(state, index, waiter.need);
            if let Err(Ok(unwanted)) = waiter.sender.send(Ok(ticket)) {
                // Not by its drop, which would lock the state again.
                unwanted.used();
                state.leave(index, 1);
            }
        }
    }

    /// The first who waits, or, while that one's need cannot be met, the first with the other need: who
    /// waits for a turn is not kept waiting by one for whom a connection is being emptied.
    fn next_waiter(&self, state: &mut State) -> Option<(Waiter, usize)> {
        state.waiters.retain(|waiter| !waiter.sender.is_closed());
        let needs = match state.waiters.front()?.need {
            Need::Brief | Need::Turn => [Need::Turn, Need::Alone],
            Need::Alone => [Need::Alone, Need::Turn],
        };
        for need in needs {
            if let Some(index) =
                state.find(need, self.depth_limit(need), self.config.short_statement)
                && let Some(place) = state.waiters.iter().position(|waiter| waiter.need == need)
            {
                return Some((state.waiters.remove(place)?, index));
            }
        }
        None
    }

    /// The first connection, for a caller who wants to know at once whether there is one.
    pub(super) async fn connect_now(self: &Arc<Self>) -> Result<(), DbError> {
        self.state.lock().connecting += 1;
        let outcome = self.open().await;
        let answer = outcome.as_ref().map(|_| ()).map_err(DbError::again);
        self.opened(outcome);
        answer
    }

    /// Keeps a connection from being used by others while a cancellation is on its way. False when
    /// the batch was answered meanwhile.
    pub(super) fn hold(&self, connection: &Arc<Connection>, batch: u64) -> bool {
        let mut state = self.state.lock();
        let Some(index) = state.place(connection) else {
            return false;
        };
        let member = &mut state.members[index];
        let running = member.depth > 0 && member.alone && !connection.has_answered(batch);
        member.depth += u32::from(running);
        running
    }

    pub(super) fn status(&self) -> PoolStatus {
        let state = self.state.lock();
        let busy = state
            .members
            .iter()
            .filter(|member| member.depth > 0)
            .count();
        let version = self.version.load(Ordering::Relaxed);
        PoolStatus {
            size: state.members.len(),
            available: self.config.pool_size.saturating_sub(busy),
            waiting: state.waiters.len(),
            max: self.config.pool_size,
            reachable: state.recovery.is_well(),
            timeouts: self.timeouts.load(Ordering::Relaxed),
            server_version_num: u32::try_from(version).ok().filter(|version| *version > 0),
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.state.lock().recovery.remaining(Instant::now())
    }

    /// Closes idle connections, and the others when they are.
    pub(super) fn reset(&self) {
        let mut state = self.state.lock();
        for member in &mut state.members {
            member.retiring = true;
        }
        state.dismiss(|member| member.retiring);
    }

    /// Prepares all statements again at their next use.
    pub(super) fn forget_statements(&self) {
        for member in &self.state.lock().members {
            member.connection.forget_statements();
        }
    }

    /// Closes what was idle or alive for too long, and sets the gauges.
    pub(super) fn tidy(&self) {
        let now = Instant::now();
        let mut state = self.state.lock();
        for member in &mut state.members {
            member.retiring |= now >= member.retire_at;
        }
        let max_idle = self.config.max_idle;
        state.dismiss(|member| member.retiring || now.duration_since(member.progress) >= max_idle);
        drop(state);
        self.set_gauges();
    }

    fn set_gauges(&self) {
        let status = self.status();
        gauge!("crestfall_db_pool_size", "pool" => self.name).set(status.size as f64);
        gauge!("crestfall_db_pool_available", "pool" => self.name).set(status.available as f64);
        gauge!("crestfall_db_pool_waiting", "pool" => self.name).set(status.waiting as f64);
        gauge!("crestfall_db_pool_max", "pool" => self.name).set(status.max as f64);
        let reachable = if status.reachable { 1.0 } else { 0.0 };
        gauge!("crestfall_db_reachable", "pool" => self.name).set(reachable);
    }

    /// Closes everything; requests under way are still answered.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        let mut state = self.state.lock();
        state.waiters.clear();
        for member in &state.members {
            member.connection.close();
        }
    }
}

impl Owner for Pool {
    fn released(&self, connection: &Arc<Connection>, batches: u32) {
        let mut state = self.state.lock();
        let Some(index) = state.place(connection) else {
            return;
        };
        state.leave(index, batches);
        if state.members[index].depth == 0 && state.members[index].retiring {
            state.dismiss(|member| member.retiring);
        }
        if state.waiters.is_empty() {
            return;
        }
        if let Some(pool) = self.strong() {
            pool.serve_waiters(&mut state);
            if !state.waiters.is_empty()
                && pool.may_grow(&state, Need::Alone)
                && state.connecting == 0
            {
                pool.grow(&mut state);
            }
        }
    }

    fn lost(&self, connection: &Arc<Connection>) {
        let mut state = self.state.lock();
        let Some(index) = state.place(connection) else {
            return;
        };
        state.members.remove(index);
        // The last one: is PostgreSQL still there?
        let alone = state.members.is_empty() && state.connecting == 0;
        if (alone || !state.waiters.is_empty())
            && !self.closed.load(Ordering::Relaxed)
            && let Some(pool) = self.strong()
        {
            pool.grow(&mut state);
        }
    }

    fn measured(&self, fingerprint: u64, micros: u32) {
        self.latencies.add(fingerprint, micros);
    }

    fn overflowed(&self, connection: &Arc<Connection>, batch: u64) {
        if let Some(pool) = self.strong() {
            super::cancel::cancel(pool, Arc::clone(connection), batch, Duration::ZERO);
        }
    }
}
