//! Who did what to which row.
//!
//! `select audit.track('public.invoices')` puts a table under audit. From then on every statement that
//! changes it writes an entry in its own transaction, with the images of its rows before and after, the
//! person, key, session and organisation of the request, its id and address, the database role and the
//! login behind it. What is rolled back leaves no entry, and nothing is kept without one.
//!
//! The log itself is SQL (schema `audit`): see [`migrations`], and `docs/audit.md` for its functions. This
//! crate brings what a server and an operator need besides: [`Log`] with everything that a command line
//! asks for, [`Keeper`] for the work that returns every day, [`pgaudit`] for PostgreSQL's own audit log.
//!
//! ```no_run
//! # async fn example(pool: sqlx::PgPool) -> Result<(), crestfall_audit::Error> {
//! let log = crestfall_audit::Log::new(pool);
//! log.track("public.invoices", &serde_json::json!({ "mask": ["iban"] })).await?;
//! for entry in log.history("public.invoices", &["5"]).await? {
//!     println!("{} {} {:?}", entry.at, entry.operation, entry.actor);
//! }
//! # Ok(())
//! # }
//! ```

mod chain;
mod entry;
mod event;
mod export;
mod keeper;
mod log;
pub mod pgaudit;
mod recorder;
mod store;

pub use chain::{Finding, Verdict};
pub use entry::Entry;
pub use event::{Event, Outcome, record};
pub use export::{Export, ExportError, Format};
pub use keeper::{Keeper, KeeperConfig};
pub use log::{Error, Log, Tracked};
pub use recorder::Recorder;
pub use store::migrations;
