//! `rbac.toml`: the permissions and roles of an application, as it wants them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::permission::{Permission, is_word};

/// Permissions and roles that every organisation knows, as a file says them.
///
/// ```
/// let definition = crestfall_rbac::Definition::parse(r#"
///     [permissions]
///     "invoice:read" = "See invoices"
///     "invoice:pay" = "Pay invoices"
///
///     [roles.clerk]
///     permissions = ["invoice:read"]
///
///     [roles.accountant]
///     description = "Looks after the money"
///     parents = ["clerk"]            # has what a clerk has
///     permissions = ["invoice:*"]
///
///     [roles.organisation-owner]     # built in: what is said here comes on top
///     permissions = ["invoice:*"]
/// "#)?;
/// # Ok::<(), crestfall_rbac::DefinitionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Definition {
    /// What there is to be permitted, and what it means.
    pub permissions: BTreeMap<Permission, String>,
    /// The roles by name.
    pub roles: BTreeMap<String, RoleDefinition>,
}

/// One role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleDefinition {
    /// What it is for.
    pub description: String,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// Roles whose permissions it has as well.
    pub parents: BTreeSet<String>,
}

/// Roles that the schema brings.
pub(crate) const BUILT_IN: [&str; 3] = [ADMINISTRATOR, "organisation-owner", "organisation-member"];

/// It may do everything, and nothing can be added.
pub(crate) const ADMINISTRATOR: &str = "administrator";

/// Why a definition is refused.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// It is no TOML, or has members that mean nothing.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A name is none.
    #[error("`{0}` is no name of a role: expected a word of a-z, 0-9, _, . and -")]
    Name(String),
    /// A role has a permission that is not declared.
    #[error("role {role}: the permission `{permission}` is not declared under [permissions]{}", meant(.nearest))]
    UnknownPermission {
        /// Whose.
        role: String,
        /// Which.
        permission: Permission,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A role has a parent that is not there.
    #[error("role {role}: there is no role `{parent}`{}", meant(.nearest))]
    UnknownParent {
        /// Whose.
        role: String,
        /// Which.
        parent: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A role is above itself.
    #[error("role {0} is its own parent, by way of others or not")]
    Circle(String),
    /// What is built in and may not be changed.
    #[error("{0}")]
    BuiltIn(&'static str),
}

fn meant(nearest: &Option<String>) -> String {
    let told = nearest.as_ref();
    told.map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

impl Definition {
    /// Reads a file and checks that it makes sense by itself.
    ///
    /// # Errors
    /// See [`DefinitionError`].
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let definition: Self = toml::from_str(text)?;
        definition.check()?;
        Ok(definition)
    }

    fn check(&self) -> Result<(), DefinitionError> {
        if self.permissions.keys().any(is_reserved) {
            let message = "permissions of `rbac.…` and `*:*` are built in: leave them out";
            return Err(DefinitionError::BuiltIn(message));
        }
        for (name, role) in &self.roles {
            if !is_word(name) {
                return Err(DefinitionError::Name(name.clone()));
            }
            if name == ADMINISTRATOR {
                let message = "the role administrator may do everything already: leave it out";
                return Err(DefinitionError::BuiltIn(message));
            }
            if is_built_in(name) && (!role.parents.is_empty() || !role.description.is_empty()) {
                let message = "of a built-in role only `permissions` may be said";
                return Err(DefinitionError::BuiltIn(message));
            }
            self.check_parts(name, role)?;
            if self.is_above(name, role, &mut BTreeSet::new()) {
                return Err(DefinitionError::Circle(name.clone()));
            }
        }
        Ok(())
    }

    fn check_parts(&self, name: &str, role: &RoleDefinition) -> Result<(), DefinitionError> {
        let declared = |asked: &Permission| {
            self.permissions.contains_key(asked) || asked.is_wildcard() || is_reserved(asked)
        };
        if let Some(unknown) = role.permissions.iter().find(|asked| !declared(asked)) {
            let known = self.permissions.keys().map(Permission::as_str);
            return Err(DefinitionError::UnknownPermission {
                role: name.to_owned(),
                permission: unknown.clone(),
                nearest: nearest(unknown.as_str(), known),
            });
        }
        if is_built_in(name) && role.permissions.iter().any(is_reserved) {
            let message = "what a built-in role may do about authorization itself stays as it is";
            return Err(DefinitionError::BuiltIn(message));
        }
        let known = |parent: &String| self.roles.contains_key(parent) || is_built_in(parent);
        match role.parents.iter().find(|parent| !known(parent)) {
            None => Ok(()),
            Some(unknown) => Err(DefinitionError::UnknownParent {
                role: name.to_owned(),
                parent: unknown.clone(),
                nearest: nearest(unknown, self.roles.keys().map(String::as_str)),
            }),
        }
    }

    /// Whether a role is found above another.
    fn is_above(&self, name: &str, below: &RoleDefinition, seen: &mut BTreeSet<String>) -> bool {
        below.parents.iter().any(|parent| {
            let is_new = seen.insert(parent.clone());
            let above = self.roles.get(parent).filter(|_| is_new);
            parent == name || above.is_some_and(|above| self.is_above(name, above, seen))
        })
    }

    /// Every permission that is to be there: declared, and the wildcards that roles have.
    pub(crate) fn all_permissions(&self) -> BTreeMap<Permission, String> {
        let mut all = self.permissions.clone();
        for permission in self.roles.values().flat_map(|role| &role.permissions) {
            if permission.is_wildcard() && !is_reserved(permission) {
                all.entry(permission.clone()).or_default();
            }
        }
        all
    }
}

pub(crate) fn is_built_in(role: &str) -> bool {
    BUILT_IN.contains(&role)
}

/// Of the schema itself.
pub(crate) fn is_reserved(permission: &Permission) -> bool {
    permission.resource().starts_with("rbac.") || permission.as_str() == "*:*"
}

/// The name that is most like another, if one is at all.
fn nearest<'a>(asked: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|name| (distance(asked, name), name))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, name)| name.to_owned())
}

/// Letters to change, add, leave out, or exchange with the next: names are short.
fn distance(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (index, row) in rows.iter_mut().enumerate() {
        row[0] = index;
    }
    rows[0] = (0..=right.len()).collect();
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let same = usize::from(left[i - 1] != right[j - 1]);
            let mut least = (rows[i - 1][j - 1] + same)
                .min(rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Definition::parse(text).expect_err("a refusal").to_string()
    }

    #[test]
    fn a_mistake_is_told_with_what_was_meant() {
        let base = "[permissions]\n\"invoice:read\" = \"\"\n[roles.clerk]\n";
        for (more, expected) in [
            (
                "permissions = [\"invoice:raed\"]",
                "did you mean `invoice:read`?",
            ),
            ("permissions = [\"invoice\"]", "is no permission"),
            ("parents = [\"clerc\"]", "did you mean `clerk`?"),
            ("parents = [\"clerk\"]", "is its own parent"),
            ("parent = [\"clerk\"]", "unknown field `parent`"),
            ("[roles.\"A B\"]", "is no name of a role"),
            ("[roles.administrator]", "leave it out"),
            (
                "[roles.organisation-owner]\nparents = [\"clerk\"]",
                "only `permissions`",
            ),
            (
                "[roles.a]\nparents = [\"b\"]\n[roles.b]\nparents = [\"a\"]",
                "its own parent",
            ),
        ] {
            let message = refused(&format!("{base}{more}"));
            assert!(message.contains(expected), "{more}: {message}");
        }
        assert!(refused("[permissions]\n\"rbac.role:eat\" = \"\"").contains("built in"));
    }

    #[test]
    fn wildcards_need_no_declaration() {
        let text =
            "[permissions]\n\"invoice:read\" = \"\"\n[roles.a]\npermissions = [\"invoice:*\"]";
        let definition = Definition::parse(text).expect("a definition");
        let all = definition.all_permissions();
        let names: Vec<&str> = all.keys().map(Permission::as_str).collect();
        assert_eq!(names, ["invoice:*", "invoice:read"]);
    }
}
