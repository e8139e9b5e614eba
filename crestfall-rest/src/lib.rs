//! Any PostgreSQL schema as a PostgREST-compatible REST API, as a router for axum.

mod config;
mod error;
mod media_type;
mod openapi;
mod request;

pub use config::{Config, ErrorVerbosity, OpenApiMode, TxEnd};
pub use error::{
    ApiError, CatalogError, DatabaseError, Error, JwtRefusal, PgErrorFields, RaiseError, RangeError,
};
