//! The keys of a JSON body's objects, found without building the body.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::super::Text;

/// What a JSON body is to whom wants rows of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One object, or objects with the same keys.
    Uniform(BTreeSet<Text>),
    /// An array of anything else.
    Mixed,
    /// An empty array, or a value that is neither object nor array.
    NoRows,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Shape, A::Error> {
        Ok(Shape::Uniform(Keys::read(map)?.into_set()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut keys = match seq.next_element_seed(FirstRow)? {
            None => return Ok(Shape::NoRows),
            Some(keys) => keys,
        };
        let mut uniform = keys.is_some();
        let mut none = Keys::default();
        // What follows a row that differs is still read, because it must be JSON.
        while let Some(same) = seq.next_element_seed(NextRow(keys.as_mut().unwrap_or(&mut none)))? {
            uniform &= same;
        }
        Ok(match keys {
            Some(keys) if uniform => Shape::Uniform(keys.into_set()),
            _ => Shape::Mixed,
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::NoRows)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::NoRows)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::NoRows)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::NoRows)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::NoRows)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::NoRows)
    }
}

/// The keys of the first row, in its order, and which of them the row at hand has.
#[derive(Default)]
struct Keys {
    names: Vec<Text>,
    /// Only for objects too wide to search through.
    index: HashMap<Text, usize>,
    /// The last row that had the key.
    seen: Vec<usize>,
    row: usize,
}

impl Keys {
    const SEARCHABLE: usize = 16;

    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut keys = Self::default();
        while map
            .next_key_seed(KeySeed(&mut |name| keys.add(name)))?
            .is_some()
        {
            map.next_value::<IgnoredAny>()?;
        }
        Ok(keys)
    }

    fn add(&mut self, name: &str) {
        if self.find(name, 0).is_some() {
            return;
        }
        let position = self.names.len();
        let name = Text::from(name);
        if position == Self::SEARCHABLE {
            let indexed = self.names.iter().cloned().zip(0..);
            self.index.extend(indexed);
        }
        if position >= Self::SEARCHABLE {
            self.index.insert(name.clone(), position);
        }
        self.names.push(name);
        self.seen.push(0);
    }

    /// Rows mostly keep their keys in order, so the place where a key should be comes first.
    fn find(&self, name: &str, place: usize) -> Option<usize> {
        if self.names.get(place).is_some_and(|it| **it == *name) {
            return Some(place);
        }
        if self.index.is_empty() {
            self.names.iter().position(|it| **it == *name)
        } else {
            self.index.get(name).copied()
        }
    }

    /// Reads a further row; whether it has the same keys.
    fn check<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<bool, A::Error> {
        self.row += 1;
        let (mut place, mut met, mut same) = (0, 0, true);
        loop {
            let mut note = |name: &str| match self.find(name, place) {
                Some(position) => {
                    place = position + 1;
                    if std::mem::replace(&mut self.seen[position], self.row) != self.row {
                        met += 1;
                    }
                }
                None => same = false,
            };
            if map.next_key_seed(KeySeed(&mut note))?.is_none() {
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(same && met == self.names.len())
    }

    fn into_set(self) -> BTreeSet<Text> {
        self.names.into_iter().collect()
    }
}

/// Gives a key to a function, without owning it.
struct KeySeed<'f>(&'f mut dyn FnMut(&str));

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        (self.0)(key);
        Ok(())
    }
}

/// The keys of an object; `None` for anything else.
struct FirstRow;

/// Whether a value is an object with the same keys.
struct NextRow<'k>(&'k mut Keys);

/// The methods of a visitor for all that is no object.
macro_rules! no_object {
    ($value:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

impl<'de> DeserializeSeed<'de> for FirstRow {
    type Value = Option<Keys>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FirstRow {
    type Value = Option<Keys>;

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Keys::read(map).map(Some)
    }

    no_object!(None);
}

impl<'de> DeserializeSeed<'de> for NextRow<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NextRow<'_> {
    type Value = bool;

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        self.0.check(map)
    }

    no_object!(false);
}
