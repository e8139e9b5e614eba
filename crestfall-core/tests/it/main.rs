//! What needs a real PostgreSQL.

mod cluster;
mod migrate;
mod testing;
