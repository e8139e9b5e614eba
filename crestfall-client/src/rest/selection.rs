//! What is selected, and the type of what comes back.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

use super::column::Column;
use super::decode::{KeySeed, RowSeed, each, missing};
use super::query::Query;
use super::table::{Any, Relation, Table};

/// What a query of `T` selects: a column, a tuple of columns and embeds, [`All`], or text.
#[diagnostic::on_unimplemented(
    message = "this cannot be selected from `{T}`",
    label = "no column or embed of `{T}`, nor a tuple of them",
    note = "a selection is a column, a tuple of columns and embeds of the same relation, or `All`; text, of a relation named by text"
)]
pub trait Selection<T> {
    /// A row.
    type Output;

    /// Writes the parameter `select`.
    #[doc(hidden)]
    fn write(&self, selector: &mut Selector<'_>);

    /// Reads a row.
    #[doc(hidden)]
    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Self::Output, D::Error>;

    /// Reads rows: what is the same for all of them can be done once.
    #[doc(hidden)]
    fn decode_rows<'de, A: SeqAccess<'de>>(&self, rows: A) -> Result<Vec<Self::Output>, A::Error>
    where
        Self: Sized,
    {
        each(rows, || RowSeed(self, PhantomData))
    }
}

/// A member of a tuple that is selected.
#[diagnostic::on_unimplemented(
    message = "this is neither a column nor an embed of `{T}`",
    label = "this belongs to another relation than `{T}`"
)]
pub trait Item<T> {
    /// Its value.
    type Output;

    /// Its key in the answer, where no other member has it.
    #[doc(hidden)]
    fn name(&self) -> Option<&str>;

    /// Writes it, under another key if wanted.
    #[doc(hidden)]
    fn write(&self, alias: Option<&str>, selector: &mut Selector<'_>);

    /// Reads its value.
    #[doc(hidden)]
    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Self::Output, D::Error>;
}

/// Room for the text of most selections.
const ROOM: usize = 64;

/// Where a selection is written.
#[derive(Debug)]
pub struct Selector<'q> {
    text: String,
    pub(super) query: &'q mut Query,
    /// Names the embeds above: `directors.`.
    pub(super) path: String,
}

impl<'q> Selector<'q> {
    /// Writes a selection and gives its text.
    pub(super) fn write<T, S: Selection<T>>(
        selection: &S,
        query: &'q mut Query,
        path: String,
    ) -> String {
        let mut selector = Self {
            text: String::with_capacity(ROOM),
            query,
            path,
        };
        selection.write(&mut selector);
        selector.text
    }

    /// Adds text, behind a comma if there is some already.
    pub(super) fn add(&mut self, text: &str) {
        self.add_as(None, text);
    }

    pub(super) fn add_as(&mut self, alias: Option<&str>, text: &str) {
        self.separate();
        if let Some(alias) = alias {
            self.text.extend([alias, ":"]);
        }
        self.text.push_str(text);
    }

    fn separate(&mut self) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
    }
}

/// All columns of a relation, as its row type.
#[derive(Debug, Clone, Copy, Default)]
pub struct All;

impl<T: Relation> Selection<T> for All {
    type Output = T::Row;

    fn write(&self, selector: &mut Selector<'_>) {
        selector.add(T::COLUMNS);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<T::Row, D::Error> {
        T::Row::deserialize(deserializer)
    }
}

/// Text as PostgREST has it: `title,directors(name)`. The compiler cannot check it.
impl Selection<Any> for &str {
    type Output = Value;

    fn write(&self, selector: &mut Selector<'_>) {
        // Blanks and line breaks are for people.
        let mut quoted = false;
        let kept = self.chars().filter(|c| {
            quoted ^= *c == '"';
            quoted || !c.is_whitespace()
        });
        selector.separate();
        selector.text.extend(kept);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }
}

impl Selection<Any> for String {
    type Output = Value;

    fn write(&self, selector: &mut Selector<'_>) {
        Selection::write(&self.as_str(), selector);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }
}

/// A selection whose rows are read as another type.
#[derive(Debug)]
pub struct As<S, R> {
    pub(super) selection: S,
    pub(super) row: PhantomData<fn() -> R>,
}

impl<T, S: Selection<T>, R: DeserializeOwned> Selection<T> for As<S, R> {
    type Output = R;

    fn write(&self, selector: &mut Selector<'_>) {
        self.selection.write(selector);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<R, D::Error> {
        R::deserialize(deserializer)
    }
}

impl<T: Table, V: DeserializeOwned> Item<T> for Column<T, V> {
    type Output = V;

    fn name(&self) -> Option<&str> {
        self.plain_name()
    }

    fn write(&self, alias: Option<&str>, selector: &mut Selector<'_>) {
        selector.add_as(alias, &self.text);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<V, D::Error> {
        V::deserialize(deserializer)
    }
}

/// One column: its values, without a tuple around.
impl<T: Table, V: DeserializeOwned> Selection<T> for Column<T, V> {
    type Output = V;

    fn write(&self, selector: &mut Selector<'_>) {
        Selection::<T>::write(&(self.clone(),), selector);
    }

    fn decode<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<V, D::Error> {
        let row = Selection::<T>::decode(&(self.clone(),), deserializer)?;
        Ok(row.0)
    }
}

/// Keys for members whose own name is taken or none.
const ALIASES: [&str; 16] = [
    "_1", "_2", "_3", "_4", "_5", "_6", "_7", "_8", "_9", "_10", "_11", "_12", "_13", "_14", "_15",
    "_16",
];

/// The key of each member, and whether it is an alias.
fn keys<const N: usize>(names: [Option<&str>; N]) -> [(&str, bool); N] {
    let mut keys = [("", false); N];
    for (index, name) in names.into_iter().enumerate() {
        keys[index] = match name {
            Some(name) if keys[..index].iter().all(|(key, _)| *key != name) => (name, false),
            _ => (ALIASES[index], true),
        };
    }
    keys
}

struct ItemSeed<'s, T, I>(&'s I, PhantomData<T>);

impl<'de, T, I: Item<T>> DeserializeSeed<'de> for ItemSeed<'_, T, I> {
    type Value = I::Output;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.decode(deserializer)
    }
}

macro_rules! tuple {
    ($count:literal: $($name:ident $index:tt),+) => { const _: () = {
        /// Reads a row: its members by their keys.
        struct Row<'s, T, $($name),+>(&'s ($($name,)+), &'s [&'s str; $count], PhantomData<T>);

        impl<'de, T, $($name: Item<T>),+> DeserializeSeed<'de> for Row<'_, T, $($name),+> {
            type Value = ($($name::Output,)+);

            fn deserialize<De: Deserializer<'de>>(self, row: De) -> Result<Self::Value, De::Error> {
                row.deserialize_map(self)
            }
        }

        impl<'de, T, $($name: Item<T>),+> Visitor<'de> for Row<'_, T, $($name),+> {
            type Value = ($($name::Output,)+);

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut row: M) -> Result<Self::Value, M::Error> {
                let mut values = ($(None::<$name::Output>,)+);
                let mut next = 0;
                loop {
                    let seed = KeySeed { names: self.1, next };
                    let Some(key) = row.next_key_seed(seed)? else { break };
                    match key {
                        $(Some($index) => {
                            let seed = ItemSeed(&self.0.$index, PhantomData::<T>);
                            values.$index = Some(row.next_value_seed(seed)?);
                        })+
                        _ => { row.next_value::<IgnoredAny>()?; }
                    }
                    next = key.map_or(next, |key| key + 1);
                }
                Ok(($(values.$index.ok_or_else(|| missing(self.1[$index]))?,)+))
            }
        }

        impl<T, $($name: Item<T>),+> Selection<T> for ($($name,)+) {
            type Output = ($($name::Output,)+);

            fn write(&self, selector: &mut Selector<'_>) {
                let keys: [(&str, bool); $count] = keys([$(self.$index.name()),+]);
                $( self.$index.write(keys[$index].1.then_some(keys[$index].0), selector); )+
            }

            fn decode<'de, De: Deserializer<'de>>(
                &self,
                deserializer: De,
            ) -> Result<Self::Output, De::Error> {
                let keys = keys([$(self.$index.name()),+]).map(|(key, _)| key);
                deserializer.deserialize_map(Row(self, &keys, PhantomData::<T>))
            }

            fn decode_rows<'de, Rows: SeqAccess<'de>>(
                &self,
                rows: Rows,
            ) -> Result<Vec<Self::Output>, Rows::Error> {
                let keys = keys([$(self.$index.name()),+]).map(|(key, _)| key);
                each(rows, || Row(self, &keys, PhantomData::<T>))
            }
        }
    }; };
}

tuple!(1: A 0);
tuple!(2: A 0, B 1);
tuple!(3: A 0, B 1, C 2);
tuple!(4: A 0, B 1, C 2, D 3);
tuple!(5: A 0, B 1, C 2, D 3, E 4);
tuple!(6: A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
tuple!(13: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M0 12);
tuple!(14: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M0 12, N 13);
tuple!(15: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M0 12, N 13, O 14);
tuple!(16: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M0 12, N 13, O 14, P 15);
