//! Client of Crestfall, and of Supabase: rows, functions, accounts; native and WebAssembly.
//!
//! ```no_run
//! use crestfall_client::{Client, rest::col};
//!
//! # async fn run() -> Result<(), crestfall_client::Error> {
//! let client = Client::new("http://127.0.0.1:8000", "the project's anon key")?;
//! client.auth().sign_in_with_password("ann@example.com", "correct horse").await?;
//! let films = client
//!     .from("films")
//!     .select("title,year,directors(name)")
//!     .filter(col("year").gte(2000))
//!     .order(col("year").desc())
//!     .send()
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! With types generated from the database (`crestfall gen types --lang rust --out src/db.rs`) the
//! compiler knows every table, column and relationship, and the rows have types:
//!
//! ```no_run
//! # mod db { include!("../doc/films.rs"); }
//! use db::{directors, films};
//!
//! # async fn run(client: crestfall_client::Client) -> Result<(), crestfall_client::Error> {
//! let films: Vec<(String, i32, (String,))> = client
//!     .from(films::TABLE)
//!     .select((films::title, films::year, films::directors().select((directors::name,))))
//!     .filter(films::year.gte(2000))
//!     .send()
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`rest`] | rows: select, filters, embeds, order, paging, writing, functions |
//! | [`graphql`] | queries, mutations, and subscriptions as streams |
//! | [`auth`] | users: sign-up, every way to sign in, second factors, passkeys, administration |
//! | [`rbac`] | permissions, roles, organisations |
//! | [`session`] | the session, where it is kept, how it stays fresh |
//! | [`signing`] | requests signed by a service in place of a token |
//!
//! Features: `chrono` and `uuid` (on by default) for values of those types, `ed25519` for signing
//! with a private key, `http2`.

mod builder;
mod client;
mod error;
mod http_date;
mod numeric;
mod platform;
mod random;
mod setters;
mod transport;

pub mod auth;
pub mod graphql;
pub mod rbac;
pub mod rest;
pub mod session;
pub mod signing;

pub use builder::Builder;
pub use client::{Client, Paths};
pub use error::{ApiError, Cause, Error, ErrorKind};
pub use numeric::{NotNumeric, Numeric};
pub use platform::{BoxFuture, Shared};
pub use transport::Retry;

// For generated code, so that it needs no dependency but this one.
#[cfg(feature = "chrono")]
pub use chrono;
pub use serde;
pub use serde_json;
#[cfg(feature = "uuid")]
pub use uuid;
