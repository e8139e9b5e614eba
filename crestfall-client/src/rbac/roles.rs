//! Roles, and who has them.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Listed, Rbac, with};
use crate::error::Error;
use crate::setters::texts;

/// A role. Ids are UUIDs, times as RFC 3339 writes them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Whose it is; `None` for all.
    #[serde(default)]
    pub organisation_id: Option<String>,
    /// It stands in a file, and is changed there.
    #[serde(default)]
    pub managed: bool,
    /// Permissions of its own.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Roles whose permissions it has as well.
    #[serde(default)]
    pub parents: Vec<String>,
}

/// A permission that roles can have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Permission {
    /// Such as `invoice:write`.
    pub name: String,
    /// What it allows.
    #[serde(default)]
    pub description: String,
    /// It stands in a file, and is changed there.
    #[serde(default)]
    pub managed: bool,
}

/// A new role.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `create_role`"]
pub struct NewRole {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parents: Vec<String>,
}

impl NewRole {
    /// A role of that name, which all organisations know.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    texts! {
        /// What it is for.
        description,

        /// A role of one organisation.
        organisation => organisation_id,
    }

    /// With a permission, such as `invoice:*`.
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.permissions.push(permission.into());
        self
    }

    /// With all that another role may.
    pub fn parent(mut self, role_id: impl Into<String>) -> Self {
        self.parents.push(role_id.into());
        self
    }
}

/// What of a role is to be another.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `update_role`"]
pub struct RoleChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl RoleChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// Its name.
        name,

        /// What it is for.
        description,
    }
}

/// That somebody has a role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Assignment {
    /// Its id.
    pub id: String,
    /// Who.
    pub subject: String,
    /// Which role.
    pub role_id: String,
    /// Its name, where the caller may see it.
    #[serde(default)]
    pub role: Option<String>,
    /// In which organisation.
    #[serde(default)]
    pub organisation_id: Option<String>,
    /// On what.
    #[serde(default)]
    pub resource: Option<String>,
    /// Until when.
    #[serde(default)]
    pub expires_at: Option<String>,
}

/// A role to be given to somebody.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `assign`"]
pub struct Assign {
    subject: String,
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl Assign {
    /// To a subject, such as a user's id, the role of that name.
    pub fn new(subject: impl Into<String>, role: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            role: role.into(),
            ..Self::default()
        }
    }

    texts! {
        /// In an organisation alone.
        organisation => organisation_id,

        /// On one thing alone.
        resource,

        /// Until a time, as RFC 3339 writes it.
        until => expires_at,
    }
}

/// Which assignments are listed.
#[derive(Debug, Clone, Default)]
pub struct Assignments {
    /// Of whom.
    pub subject: Option<String>,
    /// Of which role, by id.
    pub role: Option<String>,
    /// In which organisation, by id.
    pub organisation: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Rbac {
    /// Permissions.
    ///
    /// # Errors
    /// No answer.
    pub async fn permissions(&self, after: Option<&str>) -> Result<Listed<Permission>, Error> {
        let request = self.request(Method::GET, &["permissions"])?;
        self.fetch(with(request, [("after", after)])).await
    }

    /// Makes a permission, which roles can have then.
    ///
    /// # Errors
    /// The caller may not; there is one already; no answer.
    pub async fn create_permission(
        &self,
        name: &str,
        description: &str,
    ) -> Result<Permission, Error> {
        let body = json!({ "name": name, "description": description });
        self.fetch(self.request(Method::POST, &["permissions"])?.json(&body)?)
            .await
    }

    /// Removes a permission.
    ///
    /// # Errors
    /// There is none, or the caller may not; no answer.
    pub async fn remove_permission(&self, name: &str) -> Result<(), Error> {
        self.run(self.request(Method::DELETE, &["permissions", name])?)
            .await
    }

    /// Roles: all that the caller may see, or those that an organisation knows.
    ///
    /// # Errors
    /// No answer.
    pub async fn roles(
        &self,
        organisation: Option<&str>,
        after: Option<&str>,
    ) -> Result<Listed<Role>, Error> {
        let request = self.request(Method::GET, &["roles"])?;
        self.fetch(with(
            request,
            [("organisation", organisation), ("after", after)],
        ))
        .await
    }

    /// Makes a role.
    ///
    /// # Errors
    /// The caller may not; the name is taken; no answer.
    pub async fn create_role(&self, role: &NewRole) -> Result<Role, Error> {
        self.fetch(self.request(Method::POST, &["roles"])?.json(role)?)
            .await
    }

    /// A role.
    ///
    /// # Errors
    /// There is none, or the caller may not see it; no answer.
    pub async fn role(&self, id: &str) -> Result<Role, Error> {
        self.fetch(self.request(Method::GET, &["roles", id])?).await
    }

    /// Renames or describes a role.
    ///
    /// # Errors
    /// The name is taken; as for [`remove_role`](Self::remove_role).
    pub async fn update_role(&self, id: &str, change: &RoleChange) -> Result<(), Error> {
        let request = self.request(Method::PATCH, &["roles", id])?;
        self.run(request.json(change)?).await
    }

    /// Removes a role, from whoever has it too.
    ///
    /// # Errors
    /// There is none, or the caller may not; no answer.
    pub async fn remove_role(&self, id: &str) -> Result<(), Error> {
        self.run(self.request(Method::DELETE, &["roles", id])?)
            .await
    }

    /// Gives a role a permission.
    ///
    /// # Errors
    /// As for [`remove_role`](Self::remove_role).
    pub async fn give(&self, role: &str, permission: &str) -> Result<(), Error> {
        let path = ["roles", role, "permissions", permission];
        self.run(self.request(Method::PUT, &path)?).await
    }

    /// Takes a permission from a role.
    ///
    /// # Errors
    /// As for [`remove_role`](Self::remove_role).
    pub async fn take(&self, role: &str, permission: &str) -> Result<(), Error> {
        let path = ["roles", role, "permissions", permission];
        self.run(self.request(Method::DELETE, &path)?).await
    }

    /// Lets a role have what another has.
    ///
    /// # Errors
    /// The other one has it from this one; as for [`remove_role`](Self::remove_role).
    pub async fn inherit(&self, role: &str, parent: &str) -> Result<(), Error> {
        let path = ["roles", role, "parents", parent];
        self.run(self.request(Method::PUT, &path)?).await
    }

    /// Lets a role not have what another has.
    ///
    /// # Errors
    /// As for [`remove_role`](Self::remove_role).
    pub async fn disinherit(&self, role: &str, parent: &str) -> Result<(), Error> {
        let path = ["roles", role, "parents", parent];
        self.run(self.request(Method::DELETE, &path)?).await
    }

    /// Who has which role where.
    ///
    /// # Errors
    /// No answer.
    pub async fn assignments(&self, list: &Assignments) -> Result<Listed<Assignment>, Error> {
        let parameters = [
            ("subject", list.subject.as_deref()),
            ("role", list.role.as_deref()),
            ("organisation", list.organisation.as_deref()),
            ("after", list.after.as_deref()),
        ];
        let request = self.request(Method::GET, &["assignments"])?;
        self.fetch(with(request, parameters)).await
    }

    /// Gives somebody a role.
    ///
    /// # Errors
    /// The caller may not; there is no such role; no answer.
    pub async fn assign(&self, assign: &Assign) -> Result<Assignment, Error> {
        self.fetch(self.request(Method::POST, &["assignments"])?.json(assign)?)
            .await
    }

    /// Takes a role from who has it, by the assignment's id.
    ///
    /// # Errors
    /// There is none, or the caller may not; no answer.
    pub async fn unassign(&self, assignment: &str) -> Result<(), Error> {
        self.run(self.request(Method::DELETE, &["assignments", assignment])?)
            .await
    }
}
