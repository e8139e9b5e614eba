//! Rows of other relations in a row: generated, one function a relationship.

use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::DeserializeSeed as _;

use super::decode::{MaybeSeed, RowsSeed, no_row};
use super::filter::Filter;
use super::order::Order;
use super::selection::{All, Item, Selection, Selector};
use super::table::Table;

/// How many rows of the other relation belong to one row.
pub trait Cardinality {
    /// What a row has of them.
    type Of<R>;
    /// The same when rows without are left out.
    type Inner: Cardinality;

    /// Reads them.
    #[doc(hidden)]
    fn decode<'de, T, S: Selection<T>, D: Deserializer<'de>>(
        selection: &S,
        deserializer: D,
    ) -> Result<Self::Of<S::Output>, D::Error>;
}

/// Exactly one.
#[derive(Debug, Clone, Copy)]
pub enum One {}

/// One or none: the key may be `NULL`, or a policy may hide the row.
#[derive(Debug, Clone, Copy)]
pub enum Maybe {}

/// Any number.
#[derive(Debug, Clone, Copy)]
pub enum Many {}

impl Cardinality for One {
    type Of<R> = R;
    type Inner = Self;

    fn decode<'de, T, S: Selection<T>, D: Deserializer<'de>>(
        selection: &S,
        deserializer: D,
    ) -> Result<S::Output, D::Error> {
        let row = MaybeSeed(selection, PhantomData::<T>).deserialize(deserializer)?;
        row.ok_or_else(no_row)
    }
}

impl Cardinality for Maybe {
    type Of<R> = Option<R>;
    type Inner = One;

    fn decode<'de, T, S: Selection<T>, D: Deserializer<'de>>(
        selection: &S,
        deserializer: D,
    ) -> Result<Option<S::Output>, D::Error> {
        MaybeSeed(selection, PhantomData::<T>).deserialize(deserializer)
    }
}

impl Cardinality for Many {
    type Of<R> = Vec<R>;
    type Inner = Self;

    fn decode<'de, T, S: Selection<T>, D: Deserializer<'de>>(
        selection: &S,
        deserializer: D,
    ) -> Result<Vec<S::Output>, D::Error> {
        RowsSeed(selection, PhantomData::<T>).deserialize(deserializer)
    }
}

/// Rows of `F` that belong to a row of `T`: a member of what is selected.
#[derive(Debug)]
#[must_use = "an embed does nothing until it is selected"]
pub struct Embed<T, F, K, S = All> {
    /// Its key in the answer.
    name: &'static str,
    /// The relation, with what tells this relationship from others.
    target: &'static str,
    inner: bool,
    filters: Vec<Filter<F>>,
    order: Vec<Order<F>>,
    limit: Option<u64>,
    offset: Option<u64>,
    selection: S,
    of: PhantomData<fn() -> (T, K)>,
}

impl<T: Table, F: Table, K: Cardinality> Embed<T, F, K> {
    /// A relationship by its name here and its target as `select` writes it. For generated code.
    pub const fn new(name: &'static str, target: &'static str) -> Self {
        Self {
            name,
            target,
            inner: false,
            filters: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            selection: All,
            of: PhantomData,
        }
    }

    /// What to select of each row; all columns, when nothing is said.
    pub fn select<S: Selection<F>>(self, selection: S) -> Embed<T, F, K, S> {
        Embed {
            name: self.name,
            target: self.target,
            inner: self.inner,
            filters: self.filters,
            order: self.order,
            limit: self.limit,
            offset: self.offset,
            selection,
            of: PhantomData,
        }
    }
}

impl<T: Table, F: Table, K: Cardinality, S> Embed<T, F, K, S> {
    /// Leaves out rows of `T` without any.
    pub fn inner(self) -> Embed<T, F, K::Inner, S> {
        Embed {
            name: self.name,
            target: self.target,
            inner: true,
            filters: self.filters,
            order: self.order,
            limit: self.limit,
            offset: self.offset,
            selection: self.selection,
            of: PhantomData,
        }
    }

    /// Only rows that fit; given again, all of the filters have to.
    pub fn filter(mut self, filter: Filter<F>) -> Embed<T, F, K::Filtered, S>
    where
        K: Filterable,
    {
        self.filters.push(filter);
        Embed {
            name: self.name,
            target: self.target,
            inner: self.inner,
            filters: self.filters,
            order: self.order,
            limit: self.limit,
            offset: self.offset,
            selection: self.selection,
            of: PhantomData,
        }
    }

    /// In this order; given again, as the next key.
    pub fn order(mut self, order: Order<F>) -> Self {
        self.order.push(order);
        self
    }

    /// At most so many for each row of `T`.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Without the first so many.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(rows);
        self
    }

    fn write_to(&self, alias: Option<&str>, selector: &mut Selector<'_>)
    where
        S: Selection<F>,
    {
        let key = alias.unwrap_or(self.name);
        let path = format!("{}{key}.", selector.path);
        let query = &mut *selector.query;
        for filter in &self.filters {
            filter.write(&path, &mut query.parameters);
        }
        for order in &self.order {
            query.order(&path, &order.text);
        }
        for (name, rows) in [("limit", self.limit), ("offset", self.offset)] {
            if let Some(rows) = rows {
                query
                    .parameters
                    .add(&format!("{path}{name}"), &rows.to_string());
            }
        }
        let columns = Selector::write(&self.selection, query, path);
        let inner = if self.inner { "!inner" } else { "" };
        let text = format!("{}{inner}({columns})", self.target);
        selector.add_as((key != self.target).then_some(key), &text);
    }
}

/// What a filter makes of a cardinality: the one row may not fit.
pub trait Filterable: Cardinality {
    /// The cardinality with a filter.
    type Filtered: Cardinality;
}

impl Filterable for One {
    type Filtered = Maybe;
}

impl Filterable for Maybe {
    type Filtered = Self;
}

impl Filterable for Many {
    type Filtered = Self;
}

impl<T: Table, F: Table, K: Cardinality, S: Selection<F>> Item<T> for Embed<T, F, K, S> {
    type Output = K::Of<S::Output>;

    fn name(&self) -> Option<&str> {
        Some(self.name)
    }

    fn write(&self, alias: Option<&str>, selector: &mut Selector<'_>) {
        self.write_to(alias, selector);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Self::Output, D::Error> {
        K::decode::<F, S, D>(&self.selection, deserializer)
    }
}
