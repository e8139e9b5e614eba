//! What needs a real PostgreSQL.

mod catalog;
mod cluster;
mod example;
mod identity;
mod jwt;
mod migrate;
mod testing;
mod tx;

use crestfall_core::testing::TestDb;
use tokio::sync::OnceCell;

/// A database of this process, for tests that undo what they do or keep to a schema of their own.
async fn database_url() -> String {
    static DATABASE: OnceCell<TestDb> = OnceCell::const_new();
    DATABASE.get_or_init(TestDb::new).await.url()
}
