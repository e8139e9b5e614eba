//! Where a query begins.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::Method;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};

use super::call::{Call, Function, Named};
use super::query::{Place, Query};
use super::select::Select;
use super::selection::{All, Selection};
use super::table::{Any, Insertable, Relation, Source, Table, Updatable};
use super::write::{Change, Write};
use crate::client::Client;
use crate::error::Error;

/// Rows and functions of a server.
#[derive(Debug, Clone)]
pub struct Rest {
    client: Client,
    schema: Option<String>,
}

impl Rest {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            schema: None,
        }
    }

    /// The schema of relations and functions named by text; generated ones know theirs.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// See [`Client::from`].
    pub fn from<S: Source>(&self, source: S) -> From<S::Table> {
        let (schema, name) = source.place();
        let schema = schema.map(Cow::Borrowed);
        let schema = schema.or_else(|| self.schema.clone().map(Cow::Owned));
        From {
            query: Query::new(self.client.clone(), schema, Place::Relation(name)),
            of: std::marker::PhantomData,
        }
    }

    /// See [`Client::rpc`].
    pub fn rpc(&self, name: &str, arguments: impl Serialize) -> Call<Named> {
        let place = Place::Function(Cow::Owned(name.to_owned()));
        let schema = self.schema.clone().map(Cow::Owned);
        let query = Query::new(self.client.clone(), schema, place);
        Call::new(query, super::call::arguments(arguments))
    }

    /// See [`Client::call`].
    pub fn call<F: Function>(&self, function: F) -> Call<F> {
        let place = Place::Function(Cow::Borrowed(F::NAME));
        let query = Query::new(self.client.clone(), Some(Cow::Borrowed(F::SCHEMA)), place);
        Call::new(query, super::call::arguments(function))
    }
}

/// A relation, before it is said what to do with its rows.
#[derive(Debug)]
#[must_use = "nothing is asked until it is sent"]
pub struct From<T> {
    query: Query,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T: Table> From<T> {
    /// Reads these columns and embeds.
    pub fn select<S: Selection<T>>(self, selection: S) -> Select<T, S> {
        Select::new(self.query, selection)
    }

    /// Deletes rows: those that fit the filters, which have to be given.
    pub fn delete(self) -> Change<T> {
        Change::new(self.query, Method::DELETE, Ok(None))
    }
}

impl<T: Relation> From<T> {
    /// Reads all columns.
    pub fn rows(self) -> Select<T, All> {
        self.select(All)
    }
}

// The bounds stand at the methods, so that the compiler says what they mean.
impl<T: Relation> From<T> {
    /// Adds a row.
    pub fn insert(self, row: &T::Insert) -> Write<T>
    where
        T: Insertable,
    {
        Write::new(self.query, rows([row]))
    }

    /// Adds rows, all or none.
    pub fn insert_all(self, list: &[T::Insert]) -> Write<T>
    where
        T: Insertable,
    {
        Write::new(self.query, rows(list))
    }

    /// Changes rows: those that fit the filters, which have to be given.
    pub fn update(self, values: &T::Update) -> Change<T>
    where
        T: Updatable,
    {
        Change::new(self.query, Method::PATCH, body(values).map(Some))
    }
}

impl From<Any> {
    /// Adds a row, or those of an array, all or none.
    pub fn insert(self, rows: impl Serialize) -> Write<Any> {
        Write::new(self.query, untyped(rows))
    }

    /// Changes rows: those that fit the filters, which have to be given.
    pub fn update(self, values: impl Serialize) -> Change<Any> {
        Change::new(self.query, Method::PATCH, body(&values).map(Some))
    }
}

/// Rows as JSON, and the columns that one of them has.
#[derive(Debug)]
pub(super) struct NewRows {
    pub(super) body: Vec<u8>,
    /// Named where rows differ in the columns they have.
    pub(super) columns: Option<Vec<String>>,
}

fn body(values: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(values)
        .map_err(|error| Error::Request(format!("the values are no JSON: {error}")))
}

fn not_json(error: serde_json::Error) -> Error {
    Error::Request(format!("a row is no JSON: {error}"))
}

fn untyped(rows: impl Serialize) -> Result<NewRows, Error> {
    let text = to_raw_value(&rows).map_err(not_json)?;
    match text.get().starts_with('[') {
        true => {
            let list: Vec<&RawValue> = serde_json::from_str(text.get()).map_err(not_json)?;
            raw(&list)
        }
        false => raw(&[&*text]),
    }
}

fn rows<'r, R: Serialize + 'r>(rows: impl IntoIterator<Item = &'r R>) -> Result<NewRows, Error> {
    let rows: Vec<Box<RawValue>> = rows
        .into_iter()
        .map(to_raw_value)
        .collect::<Result<_, _>>()
        .map_err(not_json)?;
    let rows: Vec<&RawValue> = rows.iter().map(|row| &**row).collect();
    raw(&rows)
}

/// Rows stay the text that they are, so that no number loses a digit.
fn raw(rows: &[&RawValue]) -> Result<NewRows, Error> {
    let [row] = rows else {
        let columns = columns(rows)?;
        let body = body(&rows)?;
        return Ok(NewRows { body, columns });
    };
    let body = row.get().as_bytes().to_vec();
    let columns = None;
    Ok(NewRows { body, columns })
}

/// The columns that one of the rows has, if not all rows have the same.
fn columns(rows: &[&RawValue]) -> Result<Option<Vec<String>>, Error> {
    let mut all: Vec<String> = Vec::new();
    let mut differ = false;
    for (index, row) in rows.iter().enumerate() {
        let row: BTreeMap<String, IgnoredAny> =
            serde_json::from_str(row.get()).map_err(not_json)?;
        differ |= index > 0 && row.len() != all.len();
        for column in row.into_keys() {
            if !all.contains(&column) {
                differ |= index > 0;
                all.push(column);
            }
        }
    }
    Ok(differ.then_some(all))
}
