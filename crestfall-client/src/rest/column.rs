//! Columns, and what they can be compared with.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::filter::Filter;
use super::literal::{Operand, array, quoted};
use super::order::{NullsOrder, Order};
use super::table::{Any, Table};

/// A column of a relation `T` with values `V`: generated, or made by [`col`].
#[derive(Debug)]
pub struct Column<T, V> {
    /// As `select` writes it: quoted if need be, with a path into JSON.
    pub(super) text: Cow<'static, str>,
    of: PhantomData<fn() -> (T, V)>,
}

impl<T, V> Clone for Column<T, V> {
    fn clone(&self) -> Self {
        Self::owned(self.text.clone())
    }
}

/// Values of any type, of a column that is known by name alone.
#[derive(Debug, Clone, Copy)]
pub enum Untyped {}

/// A column by name, of any relation, with PostgREST's syntax: `year`, `data->>author`,
/// `"odd name"`.
pub fn col(text: &str) -> Column<Any, Untyped> {
    Column::owned(Cow::Owned(text.to_owned()))
}

/// A type that a column can have, `NULL` or not.
pub trait Scalar {
    /// The type without `NULL`.
    type Base;
}

/// Types of text, which patterns match.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` has no text to look into",
    label = "the column holds `{Self}`"
)]
pub trait Textual {}
impl Textual for String {}
impl Textual for Untyped {}

/// Types that contain others: arrays, JSON.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` contains nothing",
    label = "the column holds `{Self}`, which is neither an array nor JSON"
)]
pub trait Container {}
impl<V> Container for Vec<V> {}
impl Container for Value {}
impl Container for Untyped {}

macro_rules! scalar {
    ($($kind:ty),+ $(,)?) => { $( impl Scalar for $kind { type Base = Self; } )+ };
}

scalar!(bool, i16, i32, i64, f32, f64, String, Value, Untyped);
#[cfg(feature = "uuid")]
scalar!(uuid::Uuid);
#[cfg(feature = "chrono")]
scalar!(
    chrono::NaiveDate,
    chrono::NaiveTime,
    chrono::NaiveDateTime,
    chrono::DateTime<chrono::Utc>,
);

impl<V: Scalar> Scalar for Option<V> {
    type Base = V::Base;
}

impl<V> Scalar for Vec<V> {
    type Base = Self;
}

impl<T, V> Column<T, V> {
    /// A column, as `select` writes it. For generated code.
    pub const fn new(text: &'static str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            of: PhantomData,
        }
    }

    pub(super) fn owned(text: Cow<'static, str>) -> Self {
        Self {
            text,
            of: PhantomData,
        }
    }

    /// Its name for the keys of an answer, if it is a plain one.
    pub(super) fn plain_name(&self) -> Option<&str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (!self.text.is_empty() && self.text.bytes().all(is_plain)).then_some(&*self.text)
    }
}

impl<T: Table, V: Scalar> Column<T, V> {
    fn compare(&self, operator: &'static str, operand: Cow<'_, str>) -> Filter<T> {
        Filter::leaf(self.text.clone(), operator, operand)
    }

    /// Equal to.
    pub fn eq(&self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare("eq", value.operand())
    }

    /// Not equal to; rows where the column is `NULL` do not fit.
    pub fn neq(&self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare("neq", value.operand())
    }

    /// Greater than.
    pub fn gt(&self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare("gt", value.operand())
    }

    /// Greater than or equal to.
    pub fn gte(&self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare("gte", value.operand())
    }

    /// Less than.
    pub fn lt(&self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare("lt", value.operand())
    }

    /// Less than or equal to.
    pub fn lte(&self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare("lte", value.operand())
    }

    /// Equal to one of these.
    pub fn is_in<O: Operand<V::Base>>(&self, values: impl IntoIterator<Item = O>) -> Filter<T> {
        let values = values.into_iter().map(|value| element(&value.operand()));
        let list = values.collect::<Vec<_>>().join(",");
        Filter::bare(self.text.clone(), "in", format!("({list})"))
    }

    /// Different, where `NULL` is a value like others.
    pub fn is_distinct_from(&self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare("isdistinct", value.operand())
    }

    /// `NULL`.
    pub fn is_null(&self) -> Filter<T> {
        Filter::bare(self.text.clone(), "is", "null")
    }

    /// Not `NULL`.
    pub fn is_not_null(&self) -> Filter<T> {
        !self.is_null()
    }

    /// True, which `NULL` is not.
    pub fn is_true(&self) -> Filter<T> {
        Filter::bare(self.text.clone(), "is", "true")
    }

    /// False, which `NULL` is not.
    pub fn is_false(&self) -> Filter<T> {
        Filter::bare(self.text.clone(), "is", "false")
    }

    /// Any operator of the API with its operand as text: `op("sl", "[1,5)")` for ranges.
    pub fn op(&self, operator: &str, operand: &str) -> Filter<T> {
        Filter::leaf(self.text.clone(), operator.to_owned(), operand)
    }

    /// Ascending.
    pub fn asc(&self) -> Order<T> {
        Order::new(&self.text, "asc")
    }

    /// Descending.
    pub fn desc(&self) -> Order<T> {
        Order::new(&self.text, "desc")
    }

    /// Ascending or descending, and where `NULL` goes.
    pub fn sorted(&self, descending: bool, nulls: NullsOrder) -> Order<T> {
        let order = if descending { self.desc() } else { self.asc() };
        order.nulls(nulls)
    }
}

// The bounds stand at the methods, so that the compiler says what they mean.
impl<T: Table, V: Scalar> Column<T, V> {
    /// Matches a pattern: `%` (or `*`) for any characters, `_` for one.
    pub fn like(&self, pattern: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("like", pattern)
    }

    /// The same, whatever the case.
    pub fn ilike(&self, pattern: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("ilike", pattern)
    }

    /// Matches all of these patterns.
    pub fn like_all<'p>(&self, patterns: impl IntoIterator<Item = &'p str>) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("like(all)", &array(patterns.into_iter().map(Cow::Borrowed)))
    }

    /// Matches one of these patterns.
    pub fn like_any<'p>(&self, patterns: impl IntoIterator<Item = &'p str>) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("like(any)", &array(patterns.into_iter().map(Cow::Borrowed)))
    }

    /// Matches all of these patterns, whatever the case.
    pub fn ilike_all<'p>(&self, patterns: impl IntoIterator<Item = &'p str>) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op(
            "ilike(all)",
            &array(patterns.into_iter().map(Cow::Borrowed)),
        )
    }

    /// Matches one of these patterns, whatever the case.
    pub fn ilike_any<'p>(&self, patterns: impl IntoIterator<Item = &'p str>) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op(
            "ilike(any)",
            &array(patterns.into_iter().map(Cow::Borrowed)),
        )
    }

    /// Matches a regular expression of PostgreSQL.
    pub fn matches(&self, expression: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("match", expression)
    }

    /// The same, whatever the case.
    pub fn imatches(&self, expression: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("imatch", expression)
    }

    /// Contains the words of a query as search engines have it: `"exact words" or -not`.
    pub fn web_search(&self, query: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("wfts", query)
    }

    /// Contains all these words.
    pub fn plain_search(&self, query: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("plfts", query)
    }

    /// Contains these words in this order.
    pub fn phrase_search(&self, query: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("phfts", query)
    }

    /// Fits a query of PostgreSQL's own: `cat & !dog`.
    pub fn search(&self, query: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op("fts", query)
    }

    /// Contains the words of a query in the words' forms of a language, such as `english`.
    pub fn search_in(&self, language: &str, query: &str) -> Filter<T>
    where
        V::Base: Textual,
    {
        self.op(&format!("wfts({language})"), query)
    }
}

impl<T: Table, V: Scalar> Column<T, V> {
    /// Has all of these elements, or this JSON within.
    pub fn contains(&self, value: impl Operand<V::Base>) -> Filter<T>
    where
        V::Base: Container,
    {
        self.compare("cs", value.operand())
    }

    /// Has no elements but these.
    pub fn contained_by(&self, value: impl Operand<V::Base>) -> Filter<T>
    where
        V::Base: Container,
    {
        self.compare("cd", value.operand())
    }

    /// Has one of these elements.
    pub fn overlaps(&self, value: impl Operand<V::Base>) -> Filter<T>
    where
        V::Base: Container,
    {
        self.compare("ov", value.operand())
    }
}

impl<T: Table> Column<T, Value> {
    /// The JSON at a key.
    pub fn json(&self, key: &str) -> Column<T, Option<Value>> {
        Column::owned(Cow::Owned(format!("{}->{}", self.text, path_key(key))))
    }

    /// The text at a key.
    pub fn text(&self, key: &str) -> Column<T, Option<String>> {
        Column::owned(Cow::Owned(format!("{}->>{}", self.text, path_key(key))))
    }
}

impl<T: Table> Column<T, Option<Value>> {
    /// The JSON at a key.
    pub fn json(&self, key: &str) -> Self {
        Column::owned(Cow::Owned(format!("{}->{}", self.text, path_key(key))))
    }

    /// The text at a key.
    pub fn text(&self, key: &str) -> Column<T, Option<String>> {
        Column::owned(Cow::Owned(format!("{}->>{}", self.text, path_key(key))))
    }
}

impl<T: Table, V> Column<T, V> {
    /// The same values as JSON gives them for another type: a `numeric` as text, say. The type's
    /// name is PostgreSQL's.
    pub fn cast<R: DeserializeOwned>(&self, postgres_type: &str) -> super::Cast<T, R> {
        super::Cast::new(format!("{}::{postgres_type}", self.text))
    }
}

fn path_key(key: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match !key.is_empty() && key.bytes().all(is_plain) {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// An element of `in.(…)`.
fn element(text: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !matches!(c, ',' | '(' | ')' | '"' | '\\');
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => quoted(text),
    }
}
