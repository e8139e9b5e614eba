//! The crate against a real PostgreSQL.

mod wire_cancel;
mod wire_run;
mod wire_server;
mod wire_share;

use crestfall_core::db::{Db, DbConfig};

/// Where the tests' PostgreSQL is: a superuser's connection string.
fn database_url() -> Option<String> {
    std::env::var("CRESTFALL_TEST_DATABASE_URL").ok()
}

/// A pool on it, with changes to the defaults.
async fn database(change: impl FnOnce(&mut DbConfig)) -> Option<Db> {
    let mut config = DbConfig::parse(&database_url()?).unwrap();
    change(&mut config);
    Some(Db::connect(config).await.unwrap())
}
