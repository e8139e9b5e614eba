//! Rows page by page.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::select::Select;
use super::selection::Selection;
use super::table::Table;
use crate::error::Error;
use crate::platform::{BoxFuture, Shared};

/// Some rows of many.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// The number of the first among all, from 0; none on an empty page.
    pub first: Option<u64>,
    /// How many there are in all.
    pub total: Option<u64>,
}

/// A stream of rows: see [`Select::stream`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Rows<T, S: Selection<T>> {
    select: Arc<Select<T, S>>,
    page: u64,
    offset: u64,
    /// How many may still come.
    left: Option<u64>,
    rows: VecDeque<S::Output>,
    next: Option<BoxFuture<'static, Result<Vec<S::Output>, Error>>>,
    ended: bool,
}

impl<T: Table, S: Selection<T>> Rows<T, S> {
    pub(super) fn new(
        select: Select<T, S>,
        page: u64,
        limit: Option<u64>,
        offset: Option<u64>,
    ) -> Self {
        Self {
            select: Arc::new(select),
            page: page.max(1),
            offset: offset.unwrap_or(0),
            left: limit,
            rows: VecDeque::new(),
            next: None,
            ended: false,
        }
    }

    fn wanted(&self) -> u64 {
        self.left.map_or(self.page, |left| left.min(self.page))
    }

    /// The page that came: an empty one is the last. A short one need not be, as the server may
    /// have a limit of its own.
    fn take(&mut self, rows: Vec<S::Output>) {
        let count = rows.len() as u64;
        self.offset = self.offset.saturating_add(count);
        self.left = self.left.map(|left| left.saturating_sub(count));
        self.ended = count == 0 || self.left == Some(0);
        self.rows = rows.into();
    }
}

impl<T: Table, S: Selection<T>> std::fmt::Debug for Rows<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl<T: Table, S: Selection<T>> Unpin for Rows<T, S> {}

impl<T, S> Stream for Rows<T, S>
where
    T: Table,
    S: Selection<T> + Shared + 'static,
    S::Output: MaybeSend,
{
    type Item = Result<S::Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(row) = this.rows.pop_front() {
                return Poll::Ready(Some(Ok(row)));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            let (limit, offset) = (this.wanted(), this.offset);
            let select = Arc::clone(&this.select);
            let next = this
                .next
                .get_or_insert_with(|| Box::pin(async move { select.fetch(limit, offset).await }));
            let page = ready!(next.as_mut().poll(context));
            this.next = None;
            match page {
                Ok(rows) => this.take(rows),
                Err(error) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

/// `Send`, but in browsers.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send> MaybeSend for T {}

/// `Send`, but in browsers.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T> MaybeSend for T {}
