//! Every statement of this crate, by what it is about. Each runs on the connection, and so in the
//! transaction, of its caller.

pub(crate) mod administrator;
pub(crate) mod assignments;
pub(crate) mod definition;
pub(crate) mod holdings;
pub(crate) mod organisations;
pub(crate) mod permissions;
pub(crate) mod roles;
pub(crate) mod service_accounts;

use crestfall_core::migrate::{Migration, MigrationSet};

/// The schema `rbac`, to be run by `crestfall_core::migrate`, after `crestfall_auth`'s where both are.
pub fn migrations() -> Vec<MigrationSet> {
    let migrations = [
        ("0001_model", include_str!("../migrations/0001_model.sql")),
        (
            "0002_decisions",
            include_str!("../migrations/0002_decisions.sql"),
        ),
        (
            "0003_management",
            include_str!("../migrations/0003_management.sql"),
        ),
        (
            "0004_policies",
            include_str!("../migrations/0004_policies.sql"),
        ),
        (
            "0005_administrators",
            include_str!("../migrations/0005_administrators.sql"),
        ),
    ];
    let migrations = migrations.map(|(name, sql)| Migration::new(name, sql));
    vec![MigrationSet::embedded("crestfall-rbac", &migrations)]
}
