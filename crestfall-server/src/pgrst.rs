//! PostgREST's own configuration: its variables, its file format and what it says in the database.

mod config;
mod dump;
mod file;
mod setup;
mod source;
mod uri;

pub(crate) use config::{Config, Error};
pub(crate) use dump::dump;
pub(crate) use setup::VERSION;

/// What `--example` prints.
pub(crate) const EXAMPLE: &str = include_str!("pgrst/example.conf");
