//! Reading rows.

use std::marker::PhantomData;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::column::{Column, Scalar};
use super::decode;
use super::filter::Filter;
use super::order::Order;
use super::page::{KEY, Page, Rows, Start, without_key};
use super::query::{Count, Query, range};
use super::selection::{As, Selection, Selector};
use super::table::Table;
use crate::error::Error;
use crate::setters::request_options;

const JSON: &str = "application/json";

/// A query that reads rows of `T`. Nothing is asked until it is sent.
#[derive(Debug)]
#[must_use = "nothing is asked until it is sent"]
pub struct Select<T, S> {
    query: Query,
    selection: S,
    limit: Option<u64>,
    offset: Option<u64>,
    of: PhantomData<fn() -> T>,
}

impl<T, S: Clone> Clone for Select<T, S> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            selection: self.selection.clone(),
            limit: self.limit,
            offset: self.offset,
            of: PhantomData,
        }
    }
}

/// What [`Select::explain`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Explain {
    /// Runs the query and says how long it took.
    pub analyze: bool,
    /// With all that PostgreSQL knows.
    pub verbose: bool,
    /// With settings that differ from the default.
    pub settings: bool,
    /// With the pages that were read; needs `analyze`.
    pub buffers: bool,
}

impl<T: Table, S: Selection<T>> Select<T, S> {
    pub(super) fn new(query: Query, selection: S) -> Self {
        Self {
            query,
            selection,
            limit: None,
            offset: None,
            of: PhantomData,
        }
    }

    /// Only rows that fit; given again, all of the filters have to.
    pub fn filter(mut self, filter: Filter<T>) -> Self {
        filter.write("", &mut self.query.parameters);
        self
    }

    /// In this order; given again, as the next key.
    pub fn order(mut self, order: Order<T>) -> Self {
        self.query.order("", &order.text);
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Without the first so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(rows);
        self
    }

    /// Rows from one number to another, counted from 0, both included.
    pub fn range(self, first: u64, last: u64) -> Self {
        let rows = last.saturating_add(1).saturating_sub(first);
        self.offset(first).limit(rows)
    }

    /// A parameter of the query, or a part of its text, that has no method here: for embeds of a
    /// selection by text, `parameter("directors.order", "name")`.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.query.parameters.add(name, value);
        self
    }

    request_options!();

    /// The rows as a type of one's own.
    pub fn rows_as<R: DeserializeOwned>(self) -> Select<T, As<S, R>> {
        Select {
            query: self.query,
            selection: As {
                selection: self.selection,
                row: PhantomData,
            },
            limit: self.limit,
            offset: self.offset,
            of: PhantomData,
        }
    }

    /// The query with what is selected, and these limits.
    fn query(&self, limit: Option<u64>, offset: Option<u64>) -> Query {
        let mut query = self.query.clone();
        complete(&mut query, &self.selection, None, limit, offset);
        query
    }

    /// The same where it is asked once.
    fn into_query(mut self) -> (Query, S) {
        complete(
            &mut self.query,
            &self.selection,
            None,
            self.limit,
            self.offset,
        );
        (self.query, self.selection)
    }

    /// The URL that will be asked.
    ///
    /// # Errors
    /// The relation's name cannot stand in a URL.
    pub fn url(&self) -> Result<String, Error> {
        let query = self.query(self.limit, self.offset);
        Ok(query.request(Method::GET, JSON)?.url.into())
    }

    /// All rows, up to the server's limit.
    ///
    /// # Errors
    /// No answer, a refusal, or rows of other types.
    pub async fn send(self) -> Result<Vec<S::Output>, Error> {
        let (query, selection) = self.into_query();
        let response = query.send(&query.request(Method::GET, JSON)?).await?;
        decode::rows::<T, S>(&selection, &response.body)
    }

    /// The one row.
    ///
    /// # Errors
    /// [`Error::NotOne`] when there is none, or more than one.
    pub async fn single(self) -> Result<S::Output, Error> {
        self.maybe_single().await?.ok_or(Error::NotOne(0))
    }

    /// The one row, if there is one.
    ///
    /// # Errors
    /// [`Error::NotOne`] when there is more than one.
    pub async fn maybe_single(mut self) -> Result<Option<S::Output>, Error> {
        // Two are enough to know.
        self.limit = Some(self.limit.map_or(2, |limit| limit.min(2)));
        let mut rows = self.send().await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            several => Err(Error::NotOne(several)),
        }
    }

    /// Rows with their place among all, which are counted.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn page(self, count: Count) -> Result<Page<S::Output>, Error> {
        let (mut query, selection) = self.into_query();
        query.count(count);
        let response = query.send(&query.request(Method::GET, JSON)?).await?;
        let (first, total) = range(&response);
        Ok(Page {
            rows: decode::rows::<T, S>(&selection, &response.body)?,
            first,
            total,
        })
    }

    /// All rows, fetched by so many at a time, one request after another. Give an order by a unique
    /// key: without one PostgreSQL may show a row twice, or not at all. A limit counts for all.
    ///
    /// Pages are counted: a row that somebody adds or deletes meanwhile moves the others, so that one
    /// comes twice or not at all. Nothing moves them in [`stream_by`](Self::stream_by).
    pub fn stream(self, page: u64) -> Rows<T, S> {
        let (limit, offset) = (self.limit, self.offset);
        Rows::new(self, None, page, limit, offset)
    }

    /// All rows in the order of a unique column, fetched by so many at a time: each page begins behind the
    /// last row of the one before. Rows may be added, changed and deleted meanwhile, and the last page
    /// comes as fast as the first. Rows whose key is `NULL` are left out. Any other order is given up; a
    /// limit counts for all.
    ///
    /// ```no_run
    /// # async fn run(client: crestfall_client::Client) -> Result<(), crestfall_client::Error> {
    /// use crestfall_client::rest::col;
    /// use futures_util::TryStreamExt as _;
    ///
    /// let mut films = client.from("films").select("id,title").stream_by(col("id"), 500);
    /// while let Some(film) = films.try_next().await? {
    ///     println!("{}", film["title"]);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn stream_by<V: Scalar>(mut self, key: Column<T, V>, page: u64) -> Rows<T, S> {
        self.query.order_by(key.asc().text);
        let (limit, offset) = (self.limit, self.offset);
        Rows::new(self, Some(key.text), page, limit, offset)
    }

    /// How many rows there are; none is fetched.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn count(self, count: Count) -> Result<u64, Error> {
        let (mut query, _) = self.into_query();
        query.count(count);
        let response = query.send(&query.request(Method::HEAD, JSON)?).await?;
        let (_, total) = range(&response);
        total.ok_or_else(|| Error::decode("a number of rows", "there is no Content-Range"))
    }

    /// The rows as CSV, with a header.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn csv(self) -> Result<String, Error> {
        self.text("text/csv").await
    }

    /// The rows as GeoJSON, where PostGIS is installed.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn geojson(self) -> Result<Value, Error> {
        let text = self.text("application/geo+json").await?;
        serde_json::from_str(&text).map_err(|error| Error::decode("GeoJSON", error))
    }

    /// How PostgreSQL would run the query. The server has to allow it.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn explain(self, options: Explain) -> Result<String, Error> {
        let words = [
            (options.analyze, "analyze"),
            (options.verbose, "verbose"),
            (options.settings, "settings"),
            (options.buffers, "buffers"),
        ];
        let words: Vec<_> = words
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| *word)
            .collect();
        let options = match words.is_empty() {
            true => String::new(),
            false => format!("; options={}", words.join("|")),
        };
        self.text(&format!(
            "application/vnd.pgrst.plan+text; for=\"{JSON}\"{options}"
        ))
        .await
    }

    async fn text(self, accept: &str) -> Result<String, Error> {
        let (query, _) = self.into_query();
        let response = query.send(&query.request(Method::GET, accept)?).await?;
        String::from_utf8(response.body.to_vec()).map_err(|error| Error::decode("text", error))
    }

    /// A page, and its last row's key where pages are read by one.
    pub(super) async fn fetch(
        &self,
        limit: u64,
        start: &Start,
        key: Option<&str>,
    ) -> Result<(Vec<S::Output>, Option<String>), Error> {
        let mut query = self.query.clone();
        let offset = Some(start.offset).filter(|rows| *rows > 0);
        complete(&mut query, &self.selection, key, Some(limit), offset);
        match (key, &start.after) {
            (Some(key), Some(after)) => query.parameters.add_parts([key], ["gt.", after]),
            // As comparing leaves them out of the pages behind.
            (Some(key), None) => query.parameters.add(key, "not.is.null"),
            (None, _) => {}
        }
        let response = query.send(&query.request(Method::GET, JSON)?).await?;
        let (body, last) = match key {
            Some(_) => without_key(&response.body)?,
            None => return Ok((decode::rows::<T, S>(&self.selection, &response.body)?, None)),
        };
        Ok((decode::rows::<T, S>(&self.selection, &body)?, last))
    }
}

fn complete<T, S: Selection<T>>(
    query: &mut Query,
    selection: &S,
    key: Option<&str>,
    limit: Option<u64>,
    offset: Option<u64>,
) {
    let mut text = Selector::write(selection, query, String::new());
    if let Some(key) = key {
        if text.is_empty() {
            text.push('*');
        }
        text.extend([",", KEY, ":", key]);
    }
    if !text.is_empty() {
        query.parameters.add("select", &text);
    }
    for (name, rows) in [("limit", limit), ("offset", offset)] {
        if let Some(rows) = rows {
            query.parameters.add(name, &rows.to_string());
        }
    }
}
