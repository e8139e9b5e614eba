//! Rows and functions of the database.
//!
//! A query is put together by [`Client::from`](crate::Client::from): with a name and text, or with
//! the generated types of a database, which the compiler checks.

mod aggregate;
mod call;
mod column;
mod decode;
mod embed;
mod filter;
mod from;
mod literal;
mod order;
mod page;
mod query;
mod select;
mod selection;
mod table;
mod write;

pub use aggregate::{Aggregate, Cast};
pub use call::{Call, Function, Named, Returns};
pub use column::{Column, Container, Scalar, Textual, Untyped, col};
pub use embed::{Cardinality, Embed, Filterable, Many, Maybe, One};
pub use filter::{Filter, all, any, not};
pub use from::{From, Rest};
pub use literal::{Literal, Nullable, Operand};
pub use order::{NullsOrder, Order};
pub use page::{MaybeSend, Page, Rows};
pub use query::Count;
pub use select::{Explain, Select};
pub use selection::{All, As, Item, Selection, Selector};
pub use table::{Any, Insertable, Relation, Source, Table, Updatable};
pub use write::{Change, Conflict, Returning, Write, Written};
