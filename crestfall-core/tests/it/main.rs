//! What needs a real PostgreSQL.

mod cluster;
mod testing;
