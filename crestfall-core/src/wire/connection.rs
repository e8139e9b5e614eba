//! One connection as those see it who send batches over it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use parking_lot::{Mutex, MutexGuard};
use postgres_protocol::message::frontend;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::batch::{Batch, Steps};
use super::cache::{Prepared, StatementCache};
use super::reader;
use super::socket::{ReadHalf, WriteHalf};
use super::startup::Server;
use crate::db::{DbError, Rows};

/// While this many batches are unanswered on the wire, more are collected and written together when the
/// next answer arrives: PostgreSQL has work, and one write of several batches costs as much as one of one.
const WRITE_AHEAD: u64 = 3;

/// Puts a session back in order, in one short transaction. Not `DISCARD ALL`, which would take our prepared
/// statements as well, and not by prepared statements, which a function may have deallocated.
const RESET: &str = "reset session authorization; reset role; reset all; discard temp";

/// What a connection tells whoever owns it.
pub(crate) trait Owner: Send + Sync + 'static {
    /// So many batches are answered and PostgreSQL is outside of any transaction again.
    fn released(&self, connection: &Arc<Connection>, batches: u32);
    /// The connection is gone; all its requests have been told.
    fn lost(&self, connection: &Arc<Connection>);
    /// How long PostgreSQL took for the batch with this fingerprint.
    fn measured(&self, _fingerprint: u64, _micros: u32) {}
    /// A result outgrew its limit; the batch should be cancelled.
    fn overflowed(&self, _connection: &Arc<Connection>, _batch: u64) {}
    /// A `NOTIFY` arrived.
    fn notified(&self, _channel: String, _payload: String) {}
}

/// The answer to a batch: each statement's result, and PostgreSQL's transaction status afterwards.
pub(crate) type Answer = Result<(Vec<Rows>, u8), Failure>;

/// Why a batch has no result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: DbError,
    /// Whether PostgreSQL certainly did not start it, or, for one that only reads, may be asked again.
    pub(crate) untouched: bool,
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self {
            error,
            untouched: false,
        }
    }
}

/// Where an answer goes.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Rows, all at once after `ReadyForQuery`.
    Rows(oneshot::Sender<Answer>),
    /// The data of a `COPY ... TO STDOUT`, as it arrives.
    Copy(mpsc::Sender<Result<Bytes, DbError>>),
    /// Nobody waits.
    Nobody,
    /// Nobody waits, but the connection is of no use any more when it fails: what puts the session back
    /// in order.
    Reset,
}

/// How a batch is treated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Treatment {
    /// Whether the connection is the owner's again after it (else a transaction stays open).
    pub(crate) release: bool,
    /// Prepare all statements anew.
    pub(crate) fresh: bool,
    /// It changes nothing, so it may be sent again.
    pub(crate) read_only: bool,
    /// By which its latency is remembered; 0 for not at all.
    pub(crate) fingerprint: u64,
    /// The most bytes of rows.
    pub(crate) max_bytes: usize,
    /// Whether it may leave something in the session, which is then put back in order behind it.
    pub(crate) resets: bool,
    /// Whether it may wait for others that are ready by now, to be written together with them.
    pub(crate) gathers: bool,
}

impl Treatment {
    /// Of what nobody waits for and that is no one's request.
    const ASIDE: Self = Self {
        release: false,
        fresh: false,
        read_only: false,
        fingerprint: 0,
        max_bytes: usize::MAX,
        resets: false,
        gathers: false,
    };
}

/// A batch whose answer is awaited.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) number: u64,
    pub(crate) steps: Steps,
    pub(crate) sink: Sink,
    pub(crate) treatment: Treatment,
    pub(crate) since: Instant,
}

/// A connection that is ready for queries.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) server: Server,
    write: WriteHalf,
    state: Mutex<State>,
    /// Batches answered since the connection was made.
    answered: AtomicU64,
    /// Whether `State::closed` says so, to be seen without the lock.
    closed: AtomicBool,
}

#[derive(Debug)]
struct State {
    /// Messages as we mean them, not yet encrypted.
    plain: BytesMut,
    /// What goes over the socket next.
    wire: BytesMut,
    /// Whether somebody writes `wire` to the socket, without the lock.
    writing: bool,
    /// Whether a task is about to write what was gathered.
    gathering: bool,
    queue: VecDeque<Slot>,
    sent: u64,
    cache: StatementCache,
    closed: Option<DbError>,
}

impl State {
    /// Notes what was encoded just now; its number.
    fn enqueue(&mut self, steps: Steps, sink: Sink, treatment: Treatment) -> u64 {
        self.sent += 1;
        self.queue.push_back(Slot {
            number: self.sent,
            steps,
            sink,
            treatment,
            since: Instant::now(),
        });
        self.sent
    }

    fn append_reset(&mut self) -> Result<(), DbError> {
        frontend::query(RESET, &mut self.plain)
            .map_err(|error| DbError::Encode(error.to_string()))?;
        self.enqueue(Steps::new(), Sink::Reset, Treatment::ASIDE);
        Ok(())
    }
}

impl Connection {
    /// Starts the reading task of a connection that is ready for queries.
    pub(crate) fn start(
        id: u64,
        server: Server,
        (write, read): (WriteHalf, ReadHalf),
        rest: BytesMut,
        cache: StatementCache,
        owner: Arc<dyn Owner>,
    ) -> Arc<Self> {
        let connection = Arc::new(Self {
            id,
            server,
            write,
            state: Mutex::new(State {
                plain: BytesMut::with_capacity(8 * 1024),
                wire: BytesMut::with_capacity(8 * 1024),
                writing: false,
                gathering: false,
                queue: VecDeque::with_capacity(16),
                sent: 0,
                cache,
                closed: None,
            }),
            answered: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        });
        tokio::spawn(reader::run(Arc::clone(&connection), owner, read, rest));
        connection
    }

    /// Sends a batch, or queues it behind those already sent. Its number, by which it can be found again.
    ///
    /// # Errors
    /// When the connection is closed (nothing was sent) or the batch cannot be expressed.
    pub(crate) fn submit(
        self: &Arc<Self>,
        batch: &Batch<'_>,
        sink: Sink,
        treatment: Treatment,
    ) -> Result<u64, Failure> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if let Some(error) = &state.closed {
            return Err(Failure {
                error: error.again(),
                untouched: true,
            });
        }
        let steps = batch.encode(&mut state.cache, treatment.fresh, &mut state.plain)?;
        // Behind its Sync, where deferred triggers have run too, and before anybody else's batch. Where a
        // transaction may be open still, the reader does it when the answer says that none is.
        let reset_follows = treatment.resets && !batch.is_explicit();
        let treatment = Treatment {
            resets: treatment.resets && !reset_follows,
            ..treatment
        };
        let number = state.enqueue(steps, sink, treatment);
        if reset_follows {
            state.append_reset()?;
        }
        let is_due = number - self.answered.load(Ordering::Relaxed) <= WRITE_AHEAD;
        match (is_due, treatment.gathers) {
            (true, false) => self.flush(guard),
            (true, true) if !state.gathering => self.gather(guard),
            (true, true) | (false, _) => {}
        }
        Ok(number)
    }

    /// Writes after all others that have arrived by now had their turn, together with theirs: a system call
    /// for each batch costs more than the batch itself. A task of its own, so that a worker without work
    /// does it while the others still gather.
    fn gather(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let Ok(runtime) = Handle::try_current() else {
            return self.flush(state);
        };
        state.gathering = true;
        drop(state);
        let connection = Arc::clone(self);
        runtime.spawn(async move {
            tokio::task::yield_now().await;
            let mut state = connection.state.lock();
            state.gathering = false;
            connection.flush(state);
        });
    }

    /// Sends one statement without parameters by the simple protocol.
    pub(crate) fn submit_simple(self: &Arc<Self>, sql: &str, sink: Sink) -> Result<u64, Failure> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if let Some(error) = &state.closed {
            return Err(error.again().into());
        }
        frontend::query(sql, &mut state.plain)
            .map_err(|error| DbError::Encode(error.to_string()))?;
        let treatment = Treatment {
            release: true,
            ..Treatment::ASIDE
        };
        let number = state.enqueue(Steps::new(), sink, treatment);
        self.flush(guard);
        Ok(number)
    }

    /// Puts the session back in order now that no transaction is open; nobody has the connection yet.
    pub(super) fn submit_reset(self: &Arc<Self>) {
        let mut guard = self.state.lock();
        // A connection that is closed takes its session with it.
        if guard.closed.is_none() && guard.append_reset().is_ok() {
            self.flush(guard);
        }
    }

    /// Whether a batch has been answered.
    pub(crate) fn has_answered(&self, number: u64) -> bool {
        self.answered.load(Ordering::Acquire) >= number
    }

    /// Whether nothing more can be sent.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Says goodbye to PostgreSQL; what was sent before is still answered.
    pub(crate) fn close(self: &Arc<Self>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if state.closed.is_none() {
            self.set_closed(state, DbError::Closed);
            frontend::terminate(&mut state.plain);
            self.flush(guard);
        }
    }

    /// Breaks the connection: its reader meets the end at once.
    pub(crate) fn kill(&self) {
        let reason = DbError::Connection("connection closed by us".into());
        self.set_closed(&mut self.state.lock(), reason);
        self.write.shutdown();
    }

    /// Prepares everything anew at its next use, as after a change of the schema.
    pub(crate) fn forget_statements(&self) {
        self.state.lock().cache.clear();
    }

    /// Forgets a statement that PostgreSQL did not prepare after all, or can no longer run.
    pub(super) fn forget(&self, prepared: &Arc<Prepared>) {
        self.state.lock().cache.forget_prepared(prepared);
    }

    /// The batches sent since the last call, for the reader.
    pub(super) fn take_slots(&self, into: &mut VecDeque<Slot>) {
        let mut state = self.state.lock();
        if into.is_empty() {
            std::mem::swap(into, &mut state.queue);
        } else {
            into.append(&mut state.queue);
        }
    }

    /// Counts answers, and writes what waited for them.
    pub(super) fn answered(self: &Arc<Self>, batches: u64) {
        self.answered.fetch_add(batches, Ordering::Release);
        self.flush(self.state.lock());
    }

    /// Ends the connection for those who still want to send, and gives what was never answered.
    pub(super) fn end(&self, error: DbError) -> VecDeque<Slot> {
        let mut state = self.state.lock();
        self.set_closed(&mut state, error);
        std::mem::take(&mut state.queue)
    }

    /// Writes what is there, unless someone else is at it already, who will find it.
    ///
    /// The lock is let go during the write itself: the system call wakes PostgreSQL, which may well get
    /// this processor at once, and nobody should wait for a lock meanwhile.
    fn flush(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        while !state.writing && !state.plain.is_empty() {
            let mut wire = std::mem::take(&mut state.wire);
            if let Err(error) = self.write.seal(&mut state.plain, &mut wire) {
                return self.broken(&mut state, &error);
            }
            state.writing = true;
            let written = MutexGuard::unlocked(&mut state, || self.write_some(&mut wire));
            state.wire = wire;
            match written {
                Ok(true) => state.writing = false,
                Ok(false) => match Handle::try_current() {
                    Ok(runtime) => drop(runtime.spawn(Arc::clone(self).write_when_possible())),
                    // The runtime ended, and everybody with it who could wait for an answer.
                    Err(_) => return self.broken(&mut state, &io::ErrorKind::NotConnected.into()),
                },
                Err(error) => return self.broken(&mut state, &error),
            }
        }
    }

    /// Writes until all is written, or the socket takes no more.
    fn write_some(&self, wire: &mut BytesMut) -> io::Result<bool> {
        while !wire.is_empty() {
            match self.write.try_write(wire) {
                Ok(written) if written == wire.len() => wire.clear(),
                Ok(written) => wire.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Goes on writing where the socket took no more, as the only one who writes.
    async fn write_when_possible(self: Arc<Self>) {
        let mut wire = std::mem::take(&mut self.state.lock().wire);
        let written = loop {
            match self.write_some(&mut wire) {
                Ok(true) => break Ok(()),
                Ok(false) => {}
                Err(error) => break Err(error),
            }
            if let Err(error) = self.write.writable().await {
                break Err(error);
            }
        };
        let mut state = self.state.lock();
        state.wire = wire;
        match written {
            Ok(()) => {
                state.writing = false;
                self.flush(state);
            }
            Err(error) => self.broken(&mut state, &error),
        }
    }

    fn set_closed(&self, state: &mut State, reason: DbError) {
        state.closed.get_or_insert(reason);
        self.closed.store(true, Ordering::Release);
    }

    fn broken(&self, state: &mut State, error: &io::Error) {
        let reason = DbError::Connection(format!("connection lost: {error}"));
        self.set_closed(state, reason);
        state.plain.clear();
        state.wire.clear();
        // Nobody writes any more.
        state.writing = true;
        self.write.shutdown();
    }
}
