//! What needs a real PostgreSQL, Redis or server of HTTP.

mod catalog;
mod client_ip;
mod cluster;
mod egress;
mod example;
mod identity;
mod job;
mod jwt;
mod migrate;
mod rate_limit;
mod rate_limit_layer;
mod testing;
mod tx;
mod wire_cancel;
mod wire_run;
mod wire_server;
mod wire_share;

use crestfall_core::db::{Db, DbConfig};
use crestfall_core::testing::TestDb;
use tokio::sync::OnceCell;

/// A database of this process, for tests that undo what they do or keep to a schema of their own.
async fn database_url() -> String {
    static DATABASE: OnceCell<TestDb> = OnceCell::const_new();
    DATABASE.get_or_init(TestDb::new).await.url()
}

/// A pool on it, with changes to the defaults.
async fn database(change: impl FnOnce(&mut DbConfig)) -> Option<Db> {
    let mut config = DbConfig::parse(&database_url().await).unwrap();
    change(&mut config);
    Some(Db::connect(config).await.unwrap())
}
