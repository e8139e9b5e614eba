//! Who may do what: roles, permissions and organisations, decided alike in Rust handlers, in
//! row-level-security policies, and in tokens.
//!
//! The model stands in the schema `rbac` ([`migrations`]); `docs/rbac.md` explains it. A route asks by
//! [`Requirement`] and [`RequireLayer`], a handler by [`Granted`], a policy by `rbac.is_authorized`:
//!
//! ```
//! use crestfall_rbac::Permission;
//! let held: Permission = "invoice:*".parse()?;
//! assert!(held.covers(&"invoice:read".parse()?));
//! # Ok::<(), crestfall_rbac::InvalidPermission>(())
//! ```

mod cache;
mod counts;
mod definition;
mod error;
mod follow;
mod grants;
mod guarded;
mod input;
mod openapi;
mod page;
mod permission;
mod plan;
mod rbac;
mod require;
mod requirement;
mod routes;
mod store;
mod subject;

pub use definition::{Definition, DefinitionError, RoleDefinition};
pub use error::Error;
pub use follow::InvalidRedisUrl;
pub use grants::{Grants, Place};
pub use guarded::{Guard, GuardedRouter};
pub use openapi::openapi;
pub use permission::{InvalidPermission, Permission};
pub use plan::{Change, Plan};
pub use rbac::{Config, Granted, Rbac, Tell};
pub use require::{Require, RequireLayer, RequirePermissionLayer, RequireRoleLayer};
pub use requirement::{InvalidRequirement, MissingParameter, Requirement};
pub use store::administrator::{GrantAdminError, grant_administrator};
pub use store::definition::ApplyError;
pub use store::migrations;
pub use subject::subject_of;
