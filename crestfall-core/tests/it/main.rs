//! Tests against a real PostgreSQL, which `CRESTFALL_TEST_DATABASE_URL` names.

mod catalog;

/// A database in which a test may do anything that it undoes.
fn database_url() -> String {
    std::env::var("CRESTFALL_TEST_DATABASE_URL")
        .expect("CRESTFALL_TEST_DATABASE_URL names the database for tests")
}
