//! Rows page by page.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde_json::value::RawValue;

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

/// Where a page begins.
#[derive(Debug, Clone, Default)]
pub(super) struct Start {
    /// Without so many rows.
    pub(super) offset: u64,
    /// Only behind this value of the key.
    pub(super) after: Option<String>,
}

/// A stream of rows: see [`Select::stream`] and [`Select::stream_by`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Rows<T, S: Selection<T>> {
    select: Arc<Select<T, S>>,
    /// The column that tells where the next page begins, if it is not a number of rows.
    key: Option<Cow<'static, str>>,
    page: u64,
    start: Start,
    /// How many may still come.
    left: Option<u64>,
    rows: VecDeque<S::Output>,
    next: Option<Next<S::Output>>,
    ended: bool,
}

/// A page that is under way: its rows, and the key of the last one.
type Next<R> = BoxFuture<'static, Result<(Vec<R>, Option<String>), Error>>;

impl<T: Table, S: Selection<T>> Rows<T, S> {
    pub(super) fn new(
        select: Select<T, S>,
        key: Option<Cow<'static, str>>,
        page: u64,
        limit: Option<u64>,
        offset: Option<u64>,
    ) -> Self {
        Self {
            select: Arc::new(select),
            key,
            page: page.max(1),
            start: Start {
                offset: offset.unwrap_or(0),
                after: None,
            },
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
    fn take(&mut self, rows: Vec<S::Output>, last: Option<String>) {
        let count = rows.len() as u64;
        self.start.offset = match last {
            Some(_) => 0,
            None => self.start.offset.saturating_add(count),
        };
        self.start.after = last;
        self.left = self.left.map(|left| left.saturating_sub(count));
        self.ended = count == 0 || self.left == Some(0);
        self.rows = rows.into();
    }
}

impl<T: Table, S: Selection<T>> std::fmt::Debug for Rows<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("start", &self.start)
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
            let (limit, start, key) = (this.wanted(), &this.start, &this.key);
            let select = &this.select;
            let next = this.next.get_or_insert_with(|| {
                let (select, start, key) = (Arc::clone(select), start.clone(), key.clone());
                Box::pin(async move { select.fetch(limit, &start, key.as_deref()).await })
            });
            let page = ready!(next.as_mut().poll(context));
            this.next = None;
            match page {
                Ok((rows, last)) => this.take(rows, last),
                Err(error) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

/// What the key is called in the answer, beside all that is selected.
pub(super) const KEY: &str = "_key";

/// Rows without the key, as they are decoded, and the last row's key as filters write it.
pub(super) fn without_key(body: &[u8]) -> Result<(Vec<u8>, Option<String>), Error> {
    let unread = |error| Error::decode("rows with the column that pages are read by", error);
    let mut rows: Vec<BTreeMap<String, Box<RawValue>>> =
        serde_json::from_slice(body).map_err(unread)?;
    let keys = rows.iter_mut().map(|row| row.remove(KEY));
    let last = match keys.last().flatten() {
        Some(key) => Some(text(key.get()).map_err(unread)?),
        None => None,
    };
    let rows = serde_json::to_vec(&rows).map_err(unread)?;
    match last {
        Some(None) => Err(Error::Request(
            "pages cannot be read by a column that may be NULL".into(),
        )),
        last => Ok((rows, last.flatten())),
    }
}

/// A value as filters write it, with every digit; none of `null`.
fn text(json: &str) -> serde_json::Result<Option<String>> {
    match json {
        "null" => Ok(None),
        text if text.starts_with('"') => serde_json::from_str(text).map(Some),
        other => Ok(Some(other.to_owned())),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_page_is_not_the_rows() {
        let body = br#"[{"id":1,"_key":1},{"id":2,"_key":12345678901234567890}]"#;
        let (rows, last) = without_key(body).unwrap();
        assert_eq!(rows, br#"[{"id":1},{"id":2}]"#);
        assert_eq!(last.as_deref(), Some("12345678901234567890"));
        let (_, last) = without_key(br#"[{"_key":"a \"b\""}]"#).unwrap();
        assert_eq!(last.as_deref(), Some("a \"b\""));
        assert_eq!(without_key(b"[]").unwrap(), (b"[]".to_vec(), None));
        assert!(without_key(br#"[{"_key":null}]"#).is_err());
    }
}
