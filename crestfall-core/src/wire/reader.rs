//! The reading task of a connection: takes answers apart and gives each to the one who waits for it.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, BytesMut};

use super::connection::{Answer, Connection, Failure, Owner, Sink, Slot};
use super::message::{self, Body, Malformed, Next};
use super::progress::Progress;
use super::socket::ReadHalf;
use crate::db::{DbError, PgError};

/// What is read at once, at least.
const READ: usize = 16 * 1024;

/// A result in the making is cut into pieces of about this size.
const PIECE: usize = 256 * 1024;

/// Reads until the connection ends, then tells everyone who still waits.
pub(super) async fn run(
    connection: Arc<Connection>,
    owner: Arc<dyn Owner>,
    mut read: ReadHalf,
    rest: BytesMut,
) {
    let mut reader = Reader::new(Arc::clone(&connection), Arc::clone(&owner), rest);
    let reason = loop {
        if let Err(malformed) = reader.take_frames() {
            break malformed.to_string();
        }
        reader.deliver_copy().await;
        reader.deliver();
        reader.make_room();
        match read.read(&mut reader.buffer).await {
            Ok(0) => break "PostgreSQL closed the connection".to_owned(),
            Ok(_) => {}
            Err(error) => break format!("connection lost: {error}"),
        }
    };
    connection.kill();
    reader.deliver_copy().await;
    reader.deliver();
    reader.give_up(reason);
    owner.lost(&connection);
}

struct Reader {
    connection: Arc<Connection>,
    owner: Arc<dyn Owner>,
    buffer: BytesMut,
    /// Bytes of the buffer already taken apart.
    position: usize,
    /// How many bytes the next message needs in all.
    needs: usize,
    /// The batch PostgreSQL is answering.
    current: Option<Slot>,
    /// The batches behind it.
    slots: VecDeque<Slot>,
    progress: Progress,
    finished: Vec<(Sink, Answer)>,
    answered: u64,
    released: u32,
    last_answer: Instant,
    /// The error PostgreSQL ended the connection with.
    fatal: Option<PgError>,
}

impl Reader {
    fn new(connection: Arc<Connection>, owner: Arc<dyn Owner>, buffer: BytesMut) -> Self {
        Self {
            connection,
            owner,
            buffer,
            position: 0,
            needs: 0,
            current: None,
            slots: VecDeque::with_capacity(16),
            progress: Progress::default(),
            finished: Vec::new(),
            answered: 0,
            released: 0,
            last_answer: Instant::now(),
            fatal: None,
        }
    }

    /// Takes apart all whole messages in the buffer.
    fn take_frames(&mut self) -> Result<(), Malformed> {
        loop {
            match message::next_frame(&self.buffer[self.position..])? {
                Next::Frame(frame) => {
                    let (tag, total) = (frame.tag, frame.total);
                    let body = self.position + 5..self.position + total;
                    self.position += total;
                    self.frame(tag, body)?;
                }
                Next::Needs(total) => {
                    self.needs = total;
                    return Ok(());
                }
            }
        }
    }

    fn frame(&mut self, tag: u8, body: Range<usize>) -> Result<(), Malformed> {
        match tag {
            b'D' => self.data_row(body),
            b'C' => {
                let tag = Body(&self.buffer[body]).text()?.into_owned();
                self.end_of_statement(&tag)
            }
            b'I' | b's' => self.end_of_statement(""),
            b'Z' => {
                let status = Body(&self.buffer[body]).u8()?;
                self.ready(status)
            }
            b'1' => {
                self.current()?;
                if let Some(step) = self
                    .current
                    .as_mut()
                    .and_then(|slot| self.progress.step(slot))
                {
                    step.parsing = false;
                }
                Ok(())
            }
            b'T' | b'n' => self.described(tag, body),
            b'E' => self.error(body),
            b'd' => {
                self.progress.copied.extend_from_slice(&self.buffer[body]);
                Ok(())
            }
            b'2' | b't' | b'3' | b'S' | b'K' | b'H' | b'c' => Ok(()),
            _ => self.aside(tag, body),
        }
    }

    /// Messages that have little to do with an answer.
    fn aside(&mut self, tag: u8, body: Range<usize>) -> Result<(), Malformed> {
        match tag {
            b'N' => {
                let notice = message::error_fields(&self.buffer[body])?;
                tracing::debug!(code = %notice.code, "notice from PostgreSQL: {}", notice.message);
            }
            b'A' => {
                let mut body = Body(&self.buffer[body]);
                let _process = body.i32()?;
                let channel = body.text()?.into_owned();
                self.owner.notified(channel, body.text()?.into_owned());
            }
            // It may have swallowed our Sync or not, by what follows it: no way to go on in step.
            b'G' => return Err(Malformed("COPY FROM STDIN is not supported")),
            _ => return Err(Malformed("unknown kind")),
        }
        Ok(())
    }

    /// The batch PostgreSQL is answering.
    fn current(&mut self) -> Result<&mut Slot, Malformed> {
        if self.current.is_none() {
            if self.slots.is_empty() {
                self.connection.take_slots(&mut self.slots);
            }
            self.current = self.slots.pop_front();
        }
        self.current
            .as_mut()
            .ok_or(Malformed("an answer to no question"))
    }

    fn data_row(&mut self, body: Range<usize>) -> Result<(), Malformed> {
        message::check_data_row(&self.buffer[body.clone()])?;
        let (limit, number) = {
            let slot = self.current()?;
            (slot.treatment.max_bytes, slot.number)
        };
        let slot = self.current.as_ref();
        if self.progress.row(slot, body, limit) {
            self.owner.overflowed(&self.connection, number);
        }
        Ok(())
    }

    fn described(&mut self, tag: u8, body: Range<usize>) -> Result<(), Malformed> {
        let columns = match tag {
            b'T' => message::row_description(&self.buffer[body])?,
            _ => Arc::from([]),
        };
        self.current()?;
        if let Some(step) = self
            .current
            .as_mut()
            .and_then(|slot| self.progress.step(slot))
        {
            if !step.prepared.name.is_empty() {
                let _ = step.prepared.columns.set(Arc::clone(&columns));
            }
            step.columns = Some(columns);
        }
        Ok(())
    }

    fn end_of_statement(&mut self, tag: &str) -> Result<(), Malformed> {
        self.current()?;
        if self.progress.has_places() {
            self.cut_piece();
        }
        if let Some(slot) = &self.current {
            self.progress.end_of_statement(slot, tag);
        }
        Ok(())
    }

    fn error(&mut self, body: Range<usize>) -> Result<(), Malformed> {
        let error = message::error_fields(&self.buffer[body])?;
        if error.is_fatal() {
            self.fatal = Some(error);
            return Ok(());
        }
        self.current()?;
        for step in self.current.iter().flat_map(|slot| &slot.steps) {
            if step.parsing || error.is_stale_statement() {
                self.connection.forget(&step.prepared);
            }
        }
        self.progress.fail(self.current.as_ref(), error);
        Ok(())
    }

    /// The end of a batch: only now is it certain what became of it.
    fn ready(&mut self, status: u8) -> Result<(), Malformed> {
        self.current()?;
        let Some(slot) = &self.current else {
            return Ok(());
        };
        // Only then taken: what is out of step is still to be told so.
        let answer = self.progress.answer(slot, status)?;
        let Some(slot) = self.current.take() else {
            return Ok(());
        };
        self.measure(&slot);
        self.answered += 1;
        if matches!(slot.sink, Sink::Reset) && answer.is_err() {
            return Err(Malformed("the session could not be reset"));
        }
        self.finished.push((slot.sink, answer));
        match (slot.treatment.release, status) {
            (true, b'I') => {
                if slot.treatment.resets {
                    self.connection.submit_reset();
                }
                self.released += 1;
            }
            (true, _) => self.roll_back()?,
            (false, _) => {}
        }
        Ok(())
    }

    fn measure(&mut self, slot: &Slot) {
        let now = Instant::now();
        if slot.treatment.fingerprint != 0 {
            let took = now.duration_since(slot.since.max(self.last_answer));
            let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
            self.owner.measured(slot.treatment.fingerprint, micros);
        }
        self.last_answer = now;
    }

    /// A transaction was left open by a batch that had to end it: nobody else may meet it.
    fn roll_back(&mut self) -> Result<(), Malformed> {
        self.connection.take_slots(&mut self.slots);
        if !self.slots.is_empty() {
            return Err(Malformed("a transaction left open before other requests"));
        }
        // When it cannot be sent the connection is closed already, and the transaction with it.
        let _ = self.connection.submit_simple("rollback", Sink::Nobody);
        Ok(())
    }

    /// Hands over the bytes up to here as one piece of the result in the making.
    fn cut_piece(&mut self) {
        let piece = self.buffer.split_to(self.position).freeze();
        self.position = 0;
        self.progress.piece(piece);
    }

    /// Drops what is done with and makes room for what comes.
    fn make_room(&mut self) {
        if self.progress.has_places() {
            if self.position >= PIECE {
                self.cut_piece();
            }
        } else {
            self.buffer.advance(self.position);
            self.position = 0;
        }
        let missing = (self.position + self.needs).saturating_sub(self.buffer.len());
        let room = self.buffer.capacity() - self.buffer.len();
        if room < missing.max(1024) {
            let growth = if self.progress.has_places() {
                PIECE / 2
            } else {
                READ
            };
            self.buffer.reserve(missing.max(growth));
        }
    }

    /// Gives `COPY` data to its reader, at the pace of that reader.
    async fn deliver_copy(&mut self) {
        if self.progress.copied.is_empty() {
            return;
        }
        let data = self.progress.copied.split().freeze();
        // A copy is alone on its connection, but what resets the session may follow it.
        let sinks = self.finished.iter().rev().map(|(sink, _)| sink);
        let mut sinks = self.current.iter().map(|slot| &slot.sink).chain(sinks);
        if let Some(Sink::Copy(sender)) = sinks.find(|sink| matches!(sink, Sink::Copy(_))) {
            // Whoever stopped listening had the batch cancelled; the rest is read and dropped.
            let _ = sender.send(Ok(data)).await;
        }
    }

    /// Frees the connection, then wakes those whose answers are complete.
    fn deliver(&mut self) {
        if self.answered == 0 {
            return;
        }
        self.connection.answered(std::mem::take(&mut self.answered));
        let released = std::mem::take(&mut self.released);
        if released > 0 {
            self.owner.released(&self.connection, released);
        }
        for (sink, answer) in self.finished.drain(..) {
            give(sink, answer);
        }
    }

    /// Tells everyone who still waits that no answer will come.
    fn give_up(&mut self, reason: String) {
        let _ = self.current();
        let error = match &self.fatal {
            Some(fatal) => DbError::Connection(fatal.to_string()),
            None => DbError::Connection(reason),
        };
        let orderly = self.fatal.as_ref().is_some_and(PgError::is_shutdown);
        self.slots.extend(self.connection.end(error.again()));
        for (index, slot) in self
            .current
            .take()
            .into_iter()
            .chain(self.slots.drain(..))
            .enumerate()
        {
            let started = index == 0;
            let error = match (&self.fatal, started) {
                (Some(fatal), true) if !orderly => DbError::Postgres(Box::new(fatal.clone())),
                _ => error.again(),
            };
            let failure = Failure {
                error,
                untouched: slot.treatment.read_only && (!started || orderly),
            };
            give(slot.sink, Err(failure));
        }
    }
}

fn give(sink: Sink, answer: Answer) {
    match sink {
        // An error means the request was dropped; its transaction is over all the same.
        Sink::Rows(sender) => drop(sender.send(answer)),
        Sink::Copy(sender) => {
            if let Err(failure) = answer {
                // The reader may be behind with its data: the error waits its turn.
                tokio::spawn(async move {
                    let _ = sender.send(Err(failure.error)).await;
                });
            }
        }
        Sink::Nobody | Sink::Reset => {}
    }
}

#[cfg(test)]
mod tests;
