//! Rows from JSON, by the selection that asked for them.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};

use super::selection::Selection;
use crate::error::Error;

/// All rows of an answer.
pub(super) fn rows<T, S: Selection<T>>(
    selection: &S,
    body: &[u8],
) -> Result<Vec<S::Output>, Error> {
    // No body: nothing was asked to come back, or a function returned nothing.
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let seed = RowsSeed(selection, PhantomData);
    let rows = seed
        .deserialize(&mut json)
        .and_then(|rows| json.end().map(|()| rows));
    rows.map_err(|error| Error::decode("rows of the selected types", error))
}

/// Decodes an array of rows.
pub(super) struct RowsSeed<'s, T, S>(pub(super) &'s S, pub(super) PhantomData<T>);

impl<'de, T, S: Selection<T>> DeserializeSeed<'de> for RowsSeed<'_, T, S> {
    type Value = Vec<S::Output>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T, S: Selection<T>> Visitor<'de> for RowsSeed<'_, T, S> {
    type Value = Vec<S::Output>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<Self::Value, A::Error> {
        self.0.decode_rows(rows)
    }
}

/// Decodes each row by a seed of its own.
pub(super) fn each<'de, A: SeqAccess<'de>, S: DeserializeSeed<'de>>(
    mut rows: A,
    seed: impl Fn() -> S,
) -> Result<Vec<S::Value>, A::Error> {
    let mut list = Vec::with_capacity(rows.size_hint().unwrap_or(0));
    while let Some(row) = rows.next_element_seed(seed())? {
        list.push(row);
    }
    Ok(list)
}

/// Decodes one row.
pub(super) struct RowSeed<'s, T, S>(pub(super) &'s S, pub(super) PhantomData<T>);

impl<'de, T, S: Selection<T>> DeserializeSeed<'de> for RowSeed<'_, T, S> {
    type Value = S::Output;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.decode(deserializer)
    }
}

/// Decodes one row, or `null`.
pub(super) struct MaybeSeed<'s, T, S>(pub(super) &'s S, pub(super) PhantomData<T>);

impl<'de, T, S: Selection<T>> DeserializeSeed<'de> for MaybeSeed<'_, T, S> {
    type Value = Option<S::Output>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T, S: Selection<T>> Visitor<'de> for MaybeSeed<'_, T, S> {
    type Value = Option<S::Output>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.decode(deserializer).map(Some)
    }
}

/// What a key of an object means, among those that are expected: most come in the order in which
/// they were asked for.
pub(super) struct KeySeed<'s> {
    pub(super) names: &'s [&'s str],
    pub(super) next: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column's name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        if self.names.get(self.next).is_some_and(|name| *name == key) {
            return Ok(Some(self.next));
        }
        Ok(self.names.iter().position(|name| *name == key))
    }
}

/// A column that was asked for is not there.
pub(super) fn missing<E: serde::de::Error>(name: &str) -> E {
    E::custom(format_args!("the row has no `{name}`"))
}

/// `null` in place of a row that had to be there.
pub(super) fn no_row<E: serde::de::Error>() -> E {
    E::custom("there is no row where the types say there is one: a policy may hide it")
}
