//! Adding, changing and deleting rows.

use std::marker::PhantomData;

use http::Method;
use serde::de::DeserializeOwned;

use super::column::Column;
use super::decode;
use super::filter::Filter;
use super::from::NewRows;
use super::order::Order;
use super::query::{Count, Query, range};
use super::selection::{As, Selection, Selector};
use super::table::{Any, Table};
use crate::error::Error;
use crate::setters::write_options;
use crate::transport::Response;

const JSON: &str = "application/json";

/// What was written, where nothing of it was asked back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// How many rows, if that was asked for.
    pub count: Option<u64>,
}

/// The columns of a unique key.
pub trait Conflict<T> {
    /// Their names, joined by commas.
    #[doc(hidden)]
    fn columns(&self) -> String;
}

impl<T, V> Conflict<T> for Column<T, V> {
    fn columns(&self) -> String {
        self.text.to_string()
    }
}

impl Conflict<Any> for &str {
    fn columns(&self) -> String {
        (*self).to_owned()
    }
}

macro_rules! conflict {
    ($($name:ident $index:tt),+) => {
        impl<T, $($name),+> Conflict<T> for ($(Column<T, $name>,)+) {
            fn columns(&self) -> String {
                [$(&*self.$index.text),+].join(",")
            }
        }
    };
}

conflict!(A 0);
conflict!(A 0, B 1);
conflict!(A 0, B 1, C 2);
conflict!(A 0, B 1, C 2, D 3);

/// New rows. Nothing is written until it is sent.
#[derive(Debug)]
#[must_use = "nothing is written until it is sent"]
pub struct Write<T> {
    query: Query,
    rows: Result<NewRows, Error>,
    missing_is_default: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: Table> Write<T> {
    pub(super) fn new(query: Query, rows: Result<NewRows, Error>) -> Self {
        Self {
            query,
            rows,
            missing_is_default: true,
            of: PhantomData,
        }
    }

    /// A row whose key is taken changes the one that is there. The key is the primary one, or that
    /// of [`on_conflict`](Self::on_conflict).
    pub fn or_update(mut self) -> Self {
        self.query.prefer("resolution=merge-duplicates");
        self
    }

    /// A row whose key is taken is left out.
    pub fn or_ignore(mut self) -> Self {
        self.query.prefer("resolution=ignore-duplicates");
        self
    }

    /// The unique key that counts, if not the primary one.
    pub fn on_conflict(mut self, columns: impl Conflict<T>) -> Self {
        self.query.parameters.add("on_conflict", &columns.columns());
        self
    }

    /// Columns that some rows have and others lack are `NULL` in those, and not their default.
    pub fn missing_as_null(mut self) -> Self {
        self.missing_is_default = false;
        self
    }

    write_options!();

    /// Gets the rows back as they were written: these columns and embeds.
    pub fn returning<S: Selection<T>>(self, selection: S) -> Returning<T, S> {
        let (query, body) = self.ready();
        Returning::new(query, Method::POST, body, selection)
    }

    fn ready(mut self) -> (Query, Result<Option<Vec<u8>>, Error>) {
        let body = self.rows.map(|rows| {
            if let Some(columns) = rows.columns {
                let columns: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
                self.query.parameters.add("columns", &columns.join(","));
                if self.missing_is_default {
                    self.query.prefer("missing=default");
                }
            }
            Some(rows.body)
        });
        (self.query, body)
    }

    /// Writes the rows.
    ///
    /// # Errors
    /// No answer, or a refusal: then nothing was written.
    pub async fn send(self) -> Result<Written, Error> {
        let (query, body) = self.ready();
        written(query, Method::POST, body).await
    }
}

/// Changed or deleted rows: those that fit. Nothing is written until it is sent.
#[derive(Debug)]
#[must_use = "nothing is written until it is sent"]
pub struct Change<T> {
    query: Query,
    method: Method,
    body: Result<Option<Vec<u8>>, Error>,
    /// It was said which rows.
    chosen: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: Table> Change<T> {
    pub(super) fn new(query: Query, method: Method, body: Result<Option<Vec<u8>>, Error>) -> Self {
        Self {
            query,
            method,
            body,
            chosen: false,
            of: PhantomData,
        }
    }

    /// Only rows that fit; given again, all of the filters have to.
    pub fn filter(mut self, filter: Filter<T>) -> Self {
        filter.write("", &mut self.query.parameters);
        self.chosen = true;
        self
    }

    /// Every row of the relation that the caller may change.
    pub fn every_row(mut self) -> Self {
        self.chosen = true;
        self
    }

    /// Refuses, and changes nothing, if more rows fit.
    pub fn at_most(mut self, rows: u64) -> Self {
        self.query.prefer("handling=strict");
        self.query.prefer(format!("max-affected={rows}"));
        self
    }

    /// In this order the rows come back.
    pub fn order(mut self, order: Order<T>) -> Self {
        self.query.order("", &order.text);
        self
    }

    write_options!();

    /// Gets the rows back: as they are now, or were before they were deleted.
    pub fn returning<S: Selection<T>>(self, selection: S) -> Returning<T, S> {
        let body = self.checked();
        Returning::new(self.query, self.method, body, selection)
    }

    fn checked(&self) -> Result<Option<Vec<u8>>, Error> {
        match self.chosen {
            true => self.body.clone(),
            false => Err(Error::Request(
                "it is not said which rows: give a filter, or say `every_row`".into(),
            )),
        }
    }

    /// Writes.
    ///
    /// # Errors
    /// No answer, or a refusal: then nothing was written. Neither a filter nor
    /// [`every_row`](Self::every_row) was given.
    pub async fn send(self) -> Result<Written, Error> {
        let body = self.checked();
        written(self.query, self.method, body).await
    }
}

/// A change whose rows come back. Nothing is written until it is sent.
#[derive(Debug)]
#[must_use = "nothing is written until it is sent"]
pub struct Returning<T, S> {
    query: Query,
    method: Method,
    body: Result<Option<Vec<u8>>, Error>,
    selection: S,
    of: PhantomData<fn() -> T>,
}

impl<T: Table, S: Selection<T>> Returning<T, S> {
    fn new(
        mut query: Query,
        method: Method,
        body: Result<Option<Vec<u8>>, Error>,
        selection: S,
    ) -> Self {
        query.prefer("return=representation");
        Self {
            query,
            method,
            body,
            selection,
            of: PhantomData,
        }
    }

    /// The rows as a type of one's own.
    pub fn rows_as<R: DeserializeOwned>(self) -> Returning<T, As<S, R>> {
        Returning {
            query: self.query,
            method: self.method,
            body: self.body,
            selection: As {
                selection: self.selection,
                row: PhantomData,
            },
            of: PhantomData,
        }
    }

    /// Writes, and gives the rows.
    ///
    /// # Errors
    /// No answer, or a refusal: then nothing was written.
    pub async fn send(mut self) -> Result<Vec<S::Output>, Error> {
        let text = Selector::write(&self.selection, &mut self.query, String::new());
        if !text.is_empty() {
            self.query.parameters.add("select", &text);
        }
        let response = run(&self.query, self.method, self.body).await?;
        decode::rows::<T, S>(&self.selection, &response.body)
    }

    /// Writes one row, and gives it.
    ///
    /// # Errors
    /// [`Error::NotOne`] when another number of rows was written: they stay written.
    pub async fn single(self) -> Result<S::Output, Error> {
        let mut rows = self.send().await?;
        match (rows.pop(), rows.len()) {
            (Some(row), 0) => Ok(row),
            (None, _) => Err(Error::NotOne(0)),
            (Some(_), others) => Err(Error::NotOne(others + 1)),
        }
    }
}

async fn written(
    mut query: Query,
    method: Method,
    body: Result<Option<Vec<u8>>, Error>,
) -> Result<Written, Error> {
    query.prefer("return=minimal");
    let response = run(&query, method, body).await?;
    let (_, count) = range(&response);
    Ok(Written { count })
}

async fn run(
    query: &Query,
    method: Method,
    body: Result<Option<Vec<u8>>, Error>,
) -> Result<Response, Error> {
    let mut request = query.request(method, JSON)?;
    if let Some(body) = body? {
        request = request.bytes(body.into());
    }
    query.send(&request).await
}

fn quoted(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match name.bytes().all(is_plain) {
        true => name.to_owned(),
        false => super::literal::quoted(name),
    }
}
