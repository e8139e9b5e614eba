//! GraphQL over any PostgreSQL schema, as pg_graphql's users know it: the schema is what the caller's
//! role may use, an operation is one statement, rows are those that policies show.
//!
//! # Why the executable half is our own
//!
//! Parsing, validation and introspection stand here, not in `async-graphql`: its parser recurses into
//! nested values without a bound; its dynamic schema resolves field by field, where an operation here is
//! one statement; and the messages and the order of introspection that pg_graphql's users rely on would
//! have to be made beside it anyway. One model of the schema serves validation, plans, introspection and
//! the schema document.

mod compile;
mod compiled;
mod config;
mod connect;
mod document;
mod failure;
mod graphql;
mod http;
mod introspect;
mod model;
mod plan;
mod refusal;
mod request;
mod sdl;
mod selection;
mod sql;
mod value;

pub use config::{Config, Limits};
pub use connect::ConnectError;
pub use graphql::GraphQl;
pub use request::{Error, Fate, Request, Response};
