//! Every statement of this crate, by what it is about. Each runs on the connection, and so in the
//! transaction, of its caller.

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod cleanup;
pub(crate) mod custom_providers;
pub(crate) mod directory;
pub(crate) mod external;
pub(crate) mod factor_challenges;
pub(crate) mod factors;
pub(crate) mod flow_states;
pub(crate) mod held_sessions;
pub(crate) mod hooks;
pub(crate) mod identities;
pub(crate) mod import;
pub(crate) mod known_devices;
pub(crate) mod oauth_authorizations;
pub(crate) mod oauth_clients;
pub(crate) mod oauth_consents;
pub(crate) mod one_time_tokens;
pub(crate) mod passkeys;
pub(crate) mod proofs;
pub(crate) mod recovery_codes;
pub(crate) mod revocations;
pub(crate) mod scim_users;
pub(crate) mod sessions;
pub(crate) mod sign_in_failures;
pub(crate) mod sign_ins;
pub(crate) mod signing_keys;
pub(crate) mod used_links;
pub(crate) mod users;

use crestfall_core::job;
use crestfall_core::migrate::{Migration, MigrationSet};

/// What the service keeps in the database, in order, to be run by `crestfall_core::migrate`: the
/// queue of jobs, and the schema `auth`.
pub fn migrations() -> Vec<MigrationSet> {
    let auth = MigrationSet::embedded(
        "crestfall-auth",
        &[
            Migration::new("0001_auth", include_str!("../migrations/0001_auth.sql")),
            Migration::new(
                "0002_lean_sessions",
                include_str!("../migrations/0002_lean_sessions.sql"),
            ),
            Migration::new("0003_scim", include_str!("../migrations/0003_scim.sql")),
        ],
    );
    vec![job::migrations(), auth]
}
