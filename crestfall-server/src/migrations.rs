//! The migrations of our crates, in the order in which they build upon each other.

use crestfall_core::migrate::MigrationSet;

/// Ours. A project's come after them.
pub(crate) fn own() -> Vec<MigrationSet> {
    let mut sets = crestfall_auth::migrations();
    sets.extend(crestfall_rbac::migrations());
    sets.extend(crestfall_audit::migrations());
    sets
}
