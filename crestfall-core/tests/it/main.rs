//! What needs a real PostgreSQL.

mod cluster;
mod example;
mod migrate;
mod testing;
