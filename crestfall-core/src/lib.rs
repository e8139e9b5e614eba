//! What every Crestfall crate needs: the database, identities, the catalogue of a
//! database's objects, errors as clients see them, and databases for tests.

pub mod catalog;
pub mod db;
pub mod name;
mod wire;

pub use catalog::Catalog;
pub use db::{Db, DbConfig, DbError};
pub use name::QualifiedName;
