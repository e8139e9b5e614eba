//! How far the answer to one batch has come.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::batch::Step;
use super::connection::{Answer, Slot};
use super::message::Malformed;
use crate::db::rows::{Place, Rows, Tag};
use crate::db::{DbError, PgError};

/// The results of a batch in the making.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The statement PostgreSQL is at.
    index: usize,
    results: Vec<Rows>,
    pieces: SmallVec<[Bytes; 1]>,
    places: Vec<Place>,
    bytes: usize,
    too_large: bool,
    error: Option<PgError>,
    /// Data of a `COPY ... TO STDOUT` not yet handed on.
    pub(super) copied: BytesMut,
}

impl Progress {
    /// The statement PostgreSQL is at.
    pub(super) fn step<'a>(&self, slot: &'a mut Slot) -> Option<&'a mut Step> {
        slot.steps.get_mut(self.index)
    }

    /// Whether a result is in the making whose bytes must be kept.
    pub(super) fn has_places(&self) -> bool {
        !self.places.is_empty()
    }

    /// Notes a row at this place of the buffer. Whether the result just became too large.
    #[inline]
    pub(super) fn row(&mut self, slot: Option<&Slot>, body: Range<usize>, limit: usize) -> bool {
        let wanted = slot
            .and_then(|slot| slot.steps.get(self.index))
            .is_some_and(|step| step.output);
        if !wanted || self.too_large {
            return false;
        }
        self.bytes += body.len();
        if self.bytes > limit {
            self.too_large = true;
            self.places = Vec::new();
            self.pieces.clear();
            self.results = Vec::new();
            return true;
        }
        // A piece is cut at a few hundred kilobytes and a message has at most 1 GB: 32 bits are enough.
        self.places.push(Place {
            piece: self.pieces.len() as u32,
            offset: (body.start + 2) as u32,
            end: body.end as u32,
        });
        false
    }

    /// The bytes in which the rows noted since the last piece are.
    pub(super) fn piece(&mut self, piece: Bytes) {
        self.pieces.push(piece);
    }

    pub(super) fn end_of_statement(&mut self, slot: &Slot, tag: &str) {
        let Some(step) = slot.steps.get(self.index) else {
            return;
        };
        self.index += 1;
        if !step.output {
            return;
        }
        let columns = step
            .columns
            .as_ref()
            .or_else(|| step.prepared.columns.get());
        self.results.push(Rows {
            columns: columns.map_or_else(|| Arc::from([]), Arc::clone),
            pieces: std::mem::take(&mut self.pieces),
            places: std::mem::take(&mut self.places),
            tag: Tag::parse(tag),
        });
    }

    /// Notes the error that ended the batch, the first one when there are several.
    pub(super) fn fail(&mut self, slot: Option<&Slot>, mut error: PgError) {
        let step = slot.and_then(|slot| slot.steps.get(self.index));
        if step.is_some_and(|step| step.output) {
            error.statement = Some(self.results.len());
        }
        self.error.get_or_insert(error);
        self.places.clear();
        self.pieces.clear();
    }

    /// The answer, once PostgreSQL is ready for the next batch.
    ///
    /// # Errors
    /// When PostgreSQL is ready without having answered every statement: questions and answers are out of step.
    pub(super) fn answer(&mut self, slot: &Slot, status: u8) -> Result<Answer, Malformed> {
        let results = std::mem::take(&mut self.results);
        let too_large = std::mem::take(&mut self.too_large);
        let index = std::mem::take(&mut self.index);
        self.bytes = 0;
        let limit = slot.treatment.max_bytes;
        Ok(match self.error.take() {
            // What was too large has been cancelled, so its error is ours.
            _ if too_large => Err(DbError::ResultTooLarge { limit }.into()),
            Some(error) => Err(DbError::Postgres(Box::new(error)).into()),
            None if index < slot.steps.len() => return Err(Malformed("answers out of step")),
            None => Ok((results, status)),
        })
    }
}
