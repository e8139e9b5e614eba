//! What needs a real PostgreSQL.

mod cluster;
mod identity;
mod jwt;
mod migrate;
mod testing;
mod tx;
