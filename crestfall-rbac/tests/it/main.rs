//! Authorization against a real PostgreSQL.

mod decisions;
mod matrix;
mod policies;
mod service;
