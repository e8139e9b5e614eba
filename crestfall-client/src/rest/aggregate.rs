//! Values that are made of columns: counts, sums, casts.

use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::DeserializeOwned;

use super::column::{Column, Scalar};
use super::selection::{Item, Selection, Selector};
use super::table::Table;

/// A value over all rows, or over those that are alike in the other columns that are selected. The
/// server has to allow aggregates.
#[derive(Debug, Clone)]
pub struct Aggregate<T, R>(Cast<T, R>);

/// A column read as another type: see [`Column::cast`].
#[derive(Debug)]
pub struct Cast<T, R> {
    text: String,
    of: PhantomData<fn() -> (T, R)>,
}

impl<T, R> Clone for Cast<T, R> {
    fn clone(&self) -> Self {
        Self::new(self.text.clone())
    }
}

impl<T, R> Cast<T, R> {
    pub(super) fn new(text: String) -> Self {
        Self {
            text,
            of: PhantomData,
        }
    }
}

impl<T: Table, V: Scalar> Column<T, V> {
    fn aggregate<R>(&self, function: &str) -> Aggregate<T, R> {
        Aggregate(Cast::new(format!("{}.{function}()", self.text)))
    }

    /// How many rows have a value.
    pub fn count(&self) -> Aggregate<T, i64> {
        self.aggregate("count")
    }

    /// The least value.
    pub fn min(&self) -> Aggregate<T, Option<V::Base>> {
        self.aggregate("min")
    }

    /// The greatest value.
    pub fn max(&self) -> Aggregate<T, Option<V::Base>> {
        self.aggregate("max")
    }

    /// The sum of the values.
    pub fn sum<R>(&self) -> Aggregate<T, Option<R>> {
        self.aggregate("sum")
    }

    /// The mean of the values.
    pub fn avg(&self) -> Aggregate<T, Option<f64>> {
        self.aggregate("avg")
    }
}

impl<T: Table, R: DeserializeOwned> Item<T> for Cast<T, R> {
    type Output = R;

    fn name(&self) -> Option<&str> {
        None
    }

    fn write(&self, alias: Option<&str>, selector: &mut Selector<'_>) {
        selector.add_as(alias, &self.text);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<R, D::Error> {
        R::deserialize(deserializer)
    }
}

impl<T: Table, R: DeserializeOwned> Item<T> for Aggregate<T, R> {
    type Output = R;

    fn name(&self) -> Option<&str> {
        None
    }

    fn write(&self, alias: Option<&str>, selector: &mut Selector<'_>) {
        Item::<T>::write(&self.0, alias, selector);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<R, D::Error> {
        R::deserialize(deserializer)
    }
}

/// One cast alone: its values, without a tuple around.
impl<T: Table, R: DeserializeOwned> Selection<T> for Cast<T, R> {
    type Output = R;

    fn write(&self, selector: &mut Selector<'_>) {
        Selection::<T>::write(&(self.clone(),), selector);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<R, D::Error> {
        Selection::<T>::decode(&(self.clone(),), deserializer).map(|row| row.0)
    }
}

/// One aggregate alone: its values, without a tuple around.
impl<T: Table, R: DeserializeOwned> Selection<T> for Aggregate<T, R> {
    type Output = R;

    fn write(&self, selector: &mut Selector<'_>) {
        Selection::<T>::write(&self.0, selector);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<R, D::Error> {
        Selection::<T>::decode(&self.0, deserializer)
    }
}
