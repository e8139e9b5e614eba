//! GraphQL over any PostgreSQL schema, as pg_graphql's users know it: the schema is what the caller's
//! role may use, a query is one statement, rows are those that policies show.
//!
//! # Why the executable half is our own
//!
//! Parsing, validation and introspection stand here, not in `async-graphql`: its parser recurses into
//! nested values without a bound; its dynamic schema resolves field by field, where an operation here is
//! one statement; and the messages and the order of introspection that pg_graphql's users rely on would
//! have to be made beside it anyway. One model of the schema serves validation, plans, introspection and
//! the schema document.

mod caller;
mod compile;
mod compiled;
mod config;
mod connect;
mod document;
mod extension;
mod failure;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod graphql;
mod http;
mod introspect;
mod limit;
mod live;
mod model;
mod nested;
mod openapi;
mod persisted;
mod plan;
mod refusal;
mod request;
mod sdl;
mod selection;
mod sql;
mod ui;
mod value;

pub use caller::Authenticate;
pub use config::{Config, Introspection, Limits, Subscriptions};
pub use connect::ConnectError;
pub use extension::{Call, Extension, ExtensionError};
pub use graphql::GraphQl;
pub use http::{Forbidden, Refusals, refuse};
pub use live::Changes;
pub use openapi::openapi;
pub use persisted::{ManifestError, Persisted, TrustedDocuments};
pub use request::{Error, Fate, Request, Response};
pub use ui::ui;
