//! How a transaction runs, and the statements that run in it.

use std::sync::Arc;

use bytes::Bytes;

/// One statement with its parameters, which PostgreSQL gives types by the text they stand in.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text, with `$1`, `$2`, ... The same `Arc` for the same text makes the cache's look-up cheaper.
    pub sql: Arc<str>,
    /// The values of `$1`, `$2`, ...
    pub params: Vec<Param>,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<Arc<str>>) -> Self {
        Self {
            sql: sql.into(),
            params: Vec::new(),
        }
    }

    /// The same statement with one more parameter.
    #[must_use]
    pub fn bind(mut self, param: impl Into<Param>) -> Self {
        self.params.push(param.into());
        self
    }
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// SQL's null.
    Null,
    /// The type's text form, in UTF-8.
    Text(Bytes),
    /// The type's binary form.
    Binary(Bytes),
}

impl From<&'static str> for Param {
    fn from(value: &'static str) -> Self {
        Self::Text(Bytes::from_static(value.as_bytes()))
    }
}

impl From<String> for Param {
    fn from(value: String) -> Self {
        Self::Text(Bytes::from(value))
    }
}

impl<T: Into<Param>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// How a transaction runs.
///
/// ```
/// use crestfall_core::db::{Access, Scope};
///
/// let scope = Scope {
///     settings: &[("role", "anon"), ("request.jwt.claims", r#"{"role":"anon"}"#)],
///     access: Access::ReadOnly,
///     ..Scope::default()
/// };
/// # let _ = scope;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    /// What `set_config(name, value, true)` sets, in this order; the role is the setting `role`.
    pub settings: &'a [(&'a str, &'a str)],
    /// Whether anything may be written.
    pub access: Access,
    /// The isolation level, when not the database's default.
    pub isolation: Option<Isolation>,
    /// What becomes of the changes.
    pub end: End,
    /// A statement that runs after the settings and before all others, its result not returned.
    pub prelude: Option<&'a Statement>,
    /// Whether the connection may be shared.
    pub share: Share,
    /// Whether nothing in it can leave anything behind in the session, because no function that users
    /// of the database wrote runs: not in triggers, policies, defaults or views either. When in doubt
    /// false: what is set for the session, its role and its temporary tables are then undone before
    /// anybody else uses the connection, which costs PostgreSQL five to ten microseconds.
    pub leaves_nothing: bool,
}

/// Whether a transaction may write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// It may.
    #[default]
    ReadWrite,
    /// PostgreSQL refuses with 25006; a read replica may be asked.
    ReadOnly,
}

/// Isolation levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// `READ COMMITTED`
    ReadCommitted,
    /// `REPEATABLE READ`
    RepeatableRead,
    /// `SERIALIZABLE`
    Serializable,
}

/// How a transaction ends when all its statements succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum End {
    /// With a commit.
    #[default]
    Commit,
    /// With a rollback, after deferred constraints have been checked.
    Rollback,
}

/// Whether a transaction may share a connection with others that are short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Share {
    /// It may be queued behind others and others behind it, when it only reads and was short lately.
    #[default]
    Pipelined,
    /// It gets a connection of its own while it runs.
    Alone,
}

impl<'a> Scope<'a> {
    /// The value of a setting, the last one when there are several.
    pub(crate) fn setting(&self, name: &str) -> &'a str {
        self.settings
            .iter()
            .rev()
            .find(|(found, _)| *found == name)
            .map_or("", |(_, value)| value)
    }

    /// Whether the session is put back in order at the end of the transaction itself, which is cheapest:
    /// one that only reads has no triggers that run at its commit and makes no temporary tables.
    pub(crate) fn resets_inside(&self) -> bool {
        !self.leaves_nothing && self.access == Access::ReadOnly
    }

    /// Whether it has to be put back in order behind the transaction.
    pub(crate) fn resets_behind(&self) -> bool {
        !self.leaves_nothing && self.access == Access::ReadWrite
    }

    /// The `BEGIN` this scope needs, unless one implicit transaction up to the Sync is enough.
    pub(crate) fn begin(&self, keep_open: bool) -> Option<&'static str> {
        if !keep_open && self.isolation.is_none() && self.end == End::Commit {
            return None;
        }
        Some(match (self.isolation, self.access) {
            (None, Access::ReadWrite) => "begin read write",
            (None, Access::ReadOnly) => "begin read only",
            (Some(Isolation::ReadCommitted), Access::ReadWrite) => {
                "begin isolation level read committed read write"
            }
            (Some(Isolation::ReadCommitted), Access::ReadOnly) => {
                "begin isolation level read committed read only"
            }
            (Some(Isolation::RepeatableRead), Access::ReadWrite) => {
                "begin isolation level repeatable read read write"
            }
            (Some(Isolation::RepeatableRead), Access::ReadOnly) => {
                "begin isolation level repeatable read read only"
            }
            (Some(Isolation::Serializable), Access::ReadWrite) => {
                "begin isolation level serializable read write"
            }
            (Some(Isolation::Serializable), Access::ReadOnly) => {
                "begin isolation level serializable read only"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_scope_needs_no_begin() {
        let mut scope = Scope::default();
        assert_eq!(scope.begin(false), None);
        assert_eq!(scope.begin(true), Some("begin read write"));
        scope.end = End::Rollback;
        scope.access = Access::ReadOnly;
        assert_eq!(scope.begin(false), Some("begin read only"));
    }

    #[test]
    fn the_last_setting_of_a_name_counts() {
        let scope = Scope {
            settings: &[("role", "a"), ("x", "1"), ("role", "b")],
            ..Scope::default()
        };
        assert_eq!(scope.setting("role"), "b");
        assert_eq!(scope.setting("search_path"), "");
    }
}
