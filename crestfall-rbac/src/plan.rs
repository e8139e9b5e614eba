//! From what there is to what a definition wants. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::definition::{Definition, is_built_in, is_reserved};
use crate::permission::Permission;

/// What a definition would change, in the order in which it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done.
    pub changes: Vec<Change>,
    /// What was changed in the database since a definition was last applied.
    pub drift: Vec<String>,
    /// Roles that were made otherwise; they are left alone.
    pub unmanaged: Vec<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members are what they are called")]
pub enum Change {
    /// Declare a permission, or take over one that was declared otherwise; or say anew what it means.
    Declare {
        permission: Permission,
        description: String,
        is_new: bool,
    },
    /// Make a role, or take over one that was made otherwise; or say anew what it is for.
    Make {
        role: String,
        description: String,
        is_new: bool,
    },
    /// Give a role a permission.
    Give {
        role: String,
        permission: Permission,
    },
    /// Take a permission from a role.
    Take {
        role: String,
        permission: Permission,
    },
    /// Put a parent above a role.
    Inherit { role: String, parent: String },
    /// Take away a parent.
    Disinherit { role: String, parent: String },
    /// Remove a role, and so many assignments of it.
    Remove { role: String, assignments: i64 },
    /// Remove a permission.
    Retract { permission: Permission },
}

/// What there is, of roles that every organisation knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) permissions: BTreeMap<Permission, Known>,
    pub(crate) roles: BTreeMap<String, KnownRole>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) description: String,
    pub(crate) managed: bool,
    /// Some organisation's own role has it.
    pub(crate) in_use: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct KnownRole {
    pub(crate) description: String,
    pub(crate) managed: bool,
    pub(crate) permissions: BTreeSet<Permission>,
    pub(crate) parents: BTreeSet<String>,
    pub(crate) assignments: i64,
}

impl Plan {
    /// Whether everything is as it is wanted.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn new(wanted: &Definition, state: &State, last: Option<&Definition>) -> Self {
        let drift = last.map(|last| changes(last, state)).unwrap_or_default();
        let unmanaged = state.roles.iter().filter(|(name, role)| {
            !role.managed && !is_built_in(name) && !wanted.roles.contains_key(*name)
        });
        Self {
            changes: changes(wanted, state),
            drift: drift.iter().map(Change::undone).collect(),
            unmanaged: unmanaged.map(|(name, _)| name.clone()).collect(),
        }
    }
}

fn changes(wanted: &Definition, state: &State) -> Vec<Change> {
    let permissions = wanted.all_permissions();
    let mut changes = Vec::new();
    for (permission, description) in &permissions {
        let known = state.permissions.get(permission);
        if known.is_none_or(|known| !known.managed || known.description != *description) {
            changes.push(Change::Declare {
                permission: permission.clone(),
                description: description.clone(),
                is_new: known.is_none(),
            });
        }
    }
    for (name, role) in &wanted.roles {
        let known = state.roles.get(name);
        let is_wanted = |known: &KnownRole| known.managed && known.description == role.description;
        if !is_built_in(name) && !known.is_some_and(is_wanted) {
            changes.push(Change::Make {
                role: name.clone(),
                description: role.description.clone(),
                is_new: known.is_none(),
            });
        }
    }
    let nothing = Default::default();
    let none = KnownRole::default();
    // Those that go, go whole.
    let staying = |name: &&String| wanted.roles.contains_key(*name) || is_built_in(name);
    let names: BTreeSet<&String> = wanted.roles.keys().chain(state.roles.keys()).collect();
    for name in names.into_iter().filter(staying) {
        let role = wanted.roles.get(name).unwrap_or(&nothing);
        parts(
            name,
            role,
            state.roles.get(name).unwrap_or(&none),
            &mut changes,
        );
    }
    let gone = |name: &String, known: &KnownRole| {
        known.managed && !is_built_in(name) && !wanted.roles.contains_key(name)
    };
    for (name, known) in state.roles.iter().filter(|(name, known)| gone(name, known)) {
        changes.push(Change::Remove {
            role: name.clone(),
            assignments: known.assignments,
        });
    }
    for (permission, known) in &state.permissions {
        if known.managed && !known.in_use && !permissions.contains_key(permission) {
            changes.push(Change::Retract {
                permission: permission.clone(),
            });
        }
    }
    changes
}

/// What changes within a role. What a built-in one may do about authorization itself stays.
fn parts(
    name: &str,
    wanted: &crate::definition::RoleDefinition,
    known: &KnownRole,
    into: &mut Vec<Change>,
) {
    let role = || name.to_owned();
    let built_in = is_built_in(name);
    let stays = |permission: &&Permission| !(built_in && is_reserved(permission));
    let given = wanted.permissions.difference(&known.permissions).cloned();
    into.extend(given.map(|permission| Change::Give {
        role: role(),
        permission,
    }));
    let taken = known
        .permissions
        .difference(&wanted.permissions)
        .filter(stays);
    let taken = taken.cloned();
    into.extend(taken.map(|permission| Change::Take {
        role: role(),
        permission,
    }));
    if built_in {
        return;
    }
    let put = wanted.parents.difference(&known.parents).cloned();
    into.extend(put.map(|parent| Change::Inherit {
        role: role(),
        parent,
    }));
    let gone = known.parents.difference(&wanted.parents).cloned();
    into.extend(gone.map(|parent| Change::Disinherit {
        role: role(),
        parent,
    }));
}

impl Change {
    /// What somebody must have done for this to be needed.
    fn undone(&self) -> String {
        match self {
            Self::Declare {
                permission,
                is_new: true,
                ..
            } => format!("permission {permission} was removed"),
            Self::Declare { permission, .. } => {
                format!("permission {permission} was described anew")
            }
            Self::Make {
                role, is_new: true, ..
            } => format!("role {role} was removed"),
            Self::Make { role, .. } => format!("role {role} was described anew"),
            Self::Give { role, permission } => format!("{permission} was taken from role {role}"),
            Self::Take { role, permission } => format!("{permission} was given to role {role}"),
            Self::Inherit { role, parent } => format!("parent {parent} was taken from role {role}"),
            Self::Disinherit { role, parent } => {
                format!("parent {parent} was given to role {role}")
            }
            Self::Remove { role, .. } => format!("role {role} was made"),
            Self::Retract { permission } => format!("permission {permission} was declared"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declare {
                permission,
                is_new: true,
                ..
            } => write!(f, "+ permission {permission}"),
            Self::Declare {
                permission,
                description,
                ..
            } => {
                write!(f, "~ permission {permission}: {description:?}")
            }
            Self::Make {
                role, is_new: true, ..
            } => write!(f, "+ role {role}"),
            Self::Make {
                role, description, ..
            } => write!(f, "~ role {role}: {description:?}"),
            Self::Give { role, permission } => write!(f, "+ role {role}: {permission}"),
            Self::Take { role, permission } => write!(f, "- role {role}: {permission}"),
            Self::Inherit { role, parent } => write!(f, "+ role {role}: what {parent} has"),
            Self::Disinherit { role, parent } => write!(f, "- role {role}: what {parent} has"),
            Self::Remove {
                role,
                assignments: 0,
            } => write!(f, "- role {role}"),
            Self::Remove {
                role,
                assignments: 1,
            } => write!(f, "- role {role} and its assignment"),
            Self::Remove { role, assignments } => {
                write!(f, "- role {role} and its {assignments} assignments")
            }
            Self::Retract { permission } => write!(f, "- permission {permission}"),
        }
    }
}

/// As it is shown before it is done.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.drift.is_empty() {
            writeln!(f, "Changed in the database since the last apply:")?;
            for line in &self.drift {
                writeln!(f, "  {line}")?;
            }
        }
        if !self.unmanaged.is_empty() {
            writeln!(
                f,
                "Made otherwise and left alone: {}",
                self.unmanaged.join(", ")
            )?;
        }
        match self.changes.is_empty() {
            true => writeln!(f, "Nothing to change."),
            false => self
                .changes
                .iter()
                .try_for_each(|change| writeln!(f, "  {change}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [permissions]
        "invoice:read" = "See invoices"
        [roles.clerk]
        permissions = ["invoice:read"]
        [roles.accountant]
        parents = ["clerk"]
        permissions = ["invoice:*"]
        [roles.organisation-owner]
        permissions = ["invoice:*"]
    "#;

    fn permission(text: &str) -> Permission {
        text.parse().expect("a permission")
    }

    fn state() -> State {
        let role = |permissions: &[&str], managed| KnownRole {
            permissions: permissions.iter().map(|text| permission(text)).collect(),
            managed,
            ..KnownRole::default()
        };
        let mut state = State::default();
        state
            .roles
            .insert("administrator".into(), role(&["*:*"], false));
        let owner = role(&["rbac.member:write", "old:thing"], false);
        state.roles.insert("organisation-owner".into(), owner);
        state
            .roles
            .insert("by-hand".into(), role(&["old:thing"], false));
        let mut left = role(&["old:thing"], true);
        left.assignments = 3;
        state.roles.insert("left".into(), left);
        let old = Known {
            managed: true,
            ..Known::default()
        };
        state.permissions.insert(permission("old:thing"), old);
        state
    }

    #[test]
    fn a_plan_says_what_it_does() {
        let wanted = Definition::parse(FILE).expect("a definition");
        let plan = Plan::new(&wanted, &state(), None);
        let told = plan.to_string();
        let expected = "\
Made otherwise and left alone: by-hand
  + permission invoice:*
  + permission invoice:read
  + role accountant
  + role clerk
  + role accountant: invoice:*
  + role accountant: what clerk has
  + role clerk: invoice:read
  + role organisation-owner: invoice:*
  - role organisation-owner: old:thing
  - role left and its 3 assignments
  - permission old:thing
";
        assert_eq!(told, expected);
    }

    #[test]
    fn drift_is_told_by_what_was_done() {
        let last =
            Definition::parse("[permissions]\n\"a:b\" = \"\"\n[roles.r]\npermissions = [\"a:b\"]");
        let last = last.expect("a definition");
        let mut state = State::default();
        let known = Known {
            managed: true,
            ..Known::default()
        };
        state.permissions.insert(permission("a:b"), known);
        let role = KnownRole {
            managed: true,
            permissions: [permission("x:y")].into(),
            ..KnownRole::default()
        };
        state.roles.insert("r".into(), role);
        let plan = Plan::new(&last, &state, Some(&last));
        assert_eq!(
            plan.drift,
            ["a:b was taken from role r", "x:y was given to role r"]
        );
        assert_eq!(plan.changes.len(), 2);
    }
}
