//! The order of rows.

use std::marker::PhantomData;

/// Where `NULL` goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsOrder {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

/// One key of an order.
#[derive(Debug)]
pub struct Order<T> {
    pub(super) text: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Order<T> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            of: PhantomData,
        }
    }
}

impl<T> Order<T> {
    pub(super) fn new(column: &str, direction: &str) -> Self {
        Self {
            text: format!("{column}.{direction}"),
            of: PhantomData,
        }
    }

    /// Where `NULL` goes. Default: last when ascending, first when descending.
    #[must_use]
    pub fn nulls(mut self, nulls: NullsOrder) -> Self {
        self.text.push_str(match nulls {
            NullsOrder::First => ".nullsfirst",
            NullsOrder::Last => ".nullslast",
        });
        self
    }
}
