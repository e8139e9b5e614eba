//! What every Crestfall crate needs: the database, identities, the catalogue of a
//! database's objects, errors as clients see them, and databases for tests.

pub mod catalog;
pub mod client_ip;
pub mod cluster;
pub mod db;
pub mod egress;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod identity;
pub mod job;
pub mod jwt;
pub mod migrate;
pub mod name;
pub mod openapi;
pub mod problem;
pub mod rate_limit;
pub mod request_id;
pub mod secret;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tx;
pub mod units;
mod wire;

pub use catalog::Catalog;
pub use db::{Db, DbConfig, DbError};
pub use identity::Identity;
pub use name::QualifiedName;
pub use problem::Problem;
pub use secret::Secret;
pub use tx::Tx;
