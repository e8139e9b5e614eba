//! Any PostgreSQL schema as a PostgREST-compatible REST API, as a router for axum.

mod compiled;
mod config;
mod connect;
mod error;
mod execute;
mod explain;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod inspect;
mod json;
mod media_type;
mod offer;
mod openapi;
mod plan;
mod protect;
mod request;
mod respond;
mod rest;
mod settings;
mod sql;
mod timing;
mod transaction;

pub use config::{Config, ErrorVerbosity, ExplainPolicies, OpenApiMode, TxEnd};
pub use connect::ConnectError;
pub use error::{
    ApiError, CatalogError, DatabaseError, Error, JwtRefusal, PgErrorFields, RaiseError, RangeError,
};
pub use rest::Rest;
pub use settings::RoleSettings;

/// The version of PostgREST whose behaviour this crate has.
pub const COMPATIBLE_VERSION: &str = "16.2";
