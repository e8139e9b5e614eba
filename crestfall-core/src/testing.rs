//! Databases, Redis and requests for tests (feature `testing`).
//!
//! [`TestDb`] needs no PostgreSQL running: the first test starts a private one that all test
//! processes of this user share, and that stops itself when nobody has used it for a while. Each
//! test gets a database of its own, copied from a template.
//!
//! `CRESTFALL_TEST_DATABASE_URL` names another server to use instead; its user must be a
//! superuser and its `pg_hba.conf` let the standard roles in.
//!
//! What fails here panics with the reason, as suits a test.

mod address;
mod app;
mod database;
mod described;
mod redis;
mod shared;
mod template;

pub use app::{TestApp, TestRequest, TestResponse};
pub use database::TestDb;
pub use described::Described;
pub use redis::RedisServer;
