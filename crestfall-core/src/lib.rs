//! What every Crestfall crate needs: the database, identities, the catalogue of a
//! database's objects, errors as clients see them, and databases for tests.

pub mod catalog;
pub mod cluster;
pub mod name;
#[cfg(feature = "testing")]
pub mod testing;

pub use catalog::Catalog;
pub use name::QualifiedName;
