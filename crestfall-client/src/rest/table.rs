//! Relations: known by their generated type, or by name.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a column, a filter or an order belongs to, so that those of one relation do not fit another.
pub trait Table: 'static {}

/// A relation that is known by name alone: anything fits.
#[derive(Debug, Clone, Copy)]
pub struct Any;

impl Table for Any {}

/// A relation with a generated type.
pub trait Relation: Table + Copy {
    /// Its schema.
    const SCHEMA: &'static str;
    /// Its name.
    const NAME: &'static str;
    /// Its columns, as `select` writes them.
    const COLUMNS: &'static str;
    /// All columns of a row.
    type Row: DeserializeOwned;
}

/// A relation that rows can be added to.
#[diagnostic::on_unimplemented(
    message = "no rows can be added to `{Self}`",
    label = "this relation takes no rows",
    note = "of a relation that takes none, such as most views, `crestfall gen types` makes no `Insert`"
)]
pub trait Insertable: Relation {
    /// A new row: columns without default are required.
    type Insert: Serialize;
}

/// A relation whose rows can be changed.
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` cannot be changed",
    label = "the rows of this relation stay as they are",
    note = "of a relation whose rows cannot be changed, such as most views, `crestfall gen types` makes no `Update`"
)]
pub trait Updatable: Relation {
    /// New values of some columns.
    type Update: Serialize;
}

/// What [`Client::from`](crate::Client::from) takes.
pub trait Source {
    /// The relation's type.
    type Table: Table;

    /// Schema, if it is known, and name.
    fn place(self) -> (Option<&'static str>, Cow<'static, str>);
}

impl<R: Relation> Source for R {
    type Table = R;

    fn place(self) -> (Option<&'static str>, Cow<'static, str>) {
        (Some(R::SCHEMA), Cow::Borrowed(R::NAME))
    }
}

impl Source for &str {
    type Table = Any;

    fn place(self) -> (Option<&'static str>, Cow<'static, str>) {
        (None, Cow::Owned(self.to_owned()))
    }
}

impl Source for String {
    type Table = Any;

    fn place(self) -> (Option<&'static str>, Cow<'static, str>) {
        (None, Cow::Owned(self))
    }
}
