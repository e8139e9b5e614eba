//! Organisations, their members, and how one becomes a member.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Listed, Rbac, with};
use crate::error::Error;
use crate::setters::texts;

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Organisation {
    /// A UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name in URLs.
    pub slug: String,
    /// Domains of mail addresses whose users alone may join; none lets everybody.
    #[serde(default)]
    pub email_domains: Vec<String>,
    /// When it was made.
    pub created_at: String,
}

/// A member of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// Who.
    pub subject: String,
    /// Since when.
    pub created_at: String,
    /// Roles there, of those that the caller may see.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// Whom to invite.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `invite`"]
pub struct NewInvitation {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
}

impl NewInvitation {
    /// Whoever brings the token.
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// Who has this address alone.
        email,

        /// With a role, by name.
        role,
    }

    /// For so many seconds; a week unless it is said.
    pub fn expires_in(mut self, seconds: u64) -> Self {
        self.expires_in = Some(seconds);
        self
    }
}

/// An invitation. The token is told this once: bring it to whom it is for.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Invitation {
    /// A UUID.
    pub id: String,
    /// What [`Rbac::accept`] takes.
    pub token: String,
    /// Until when.
    pub expires_at: String,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// An invitation as its organisation sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SentInvitation {
    /// A UUID.
    pub id: String,
    /// Whose it is; of whoever brings the token, without.
    pub email: Option<String>,
    /// The role that comes with it.
    pub role_id: Option<String>,
    /// Who sent it.
    pub invited_by: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// Until when.
    pub expires_at: String,
    /// When it was accepted.
    pub accepted_at: Option<String>,
    /// By whom.
    pub accepted_by: Option<String>,
}

/// What of an organisation is to be another.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `update_organisation`"]
pub struct OrganisationChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_domains: Option<Vec<String>>,
}

impl OrganisationChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// Its name.
        name,

        /// Its name in URLs.
        slug,
    }

    /// Domains of mail addresses whose users alone may join; none lets everybody.
    pub fn email_domains<D: Into<String>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        self.email_domains = Some(domains.into_iter().map(Into::into).collect());
        self
    }
}

#[derive(Deserialize)]
struct Joined {
    organisation_id: String,
}

impl Rbac {
    /// Organisations that the caller may see.
    ///
    /// # Errors
    /// No answer.
    pub async fn organisations(&self, after: Option<&str>) -> Result<Listed<Organisation>, Error> {
        let request = self.request(Method::GET, &["organisations"])?;
        self.fetch(with(request, [("after", after)])).await
    }

    /// Makes an organisation, whose first member is the caller.
    ///
    /// # Errors
    /// The slug is taken; no answer.
    pub async fn create_organisation(
        &self,
        name: &str,
        slug: Option<&str>,
    ) -> Result<Organisation, Error> {
        let request = self.request(Method::POST, &["organisations"])?;
        self.fetch(request.json(&json!({ "name": name, "slug": slug }))?)
            .await
    }

    /// An organisation.
    ///
    /// # Errors
    /// There is none, or the caller may not see it; no answer.
    pub async fn organisation(&self, id: &str) -> Result<Organisation, Error> {
        self.fetch(self.request(Method::GET, &["organisations", id])?)
            .await
    }

    /// Changes an organisation.
    ///
    /// # Errors
    /// The slug is taken, or a domain is none; there is none, or the caller may not; no answer.
    pub async fn update_organisation(
        &self,
        id: &str,
        change: &OrganisationChange,
    ) -> Result<(), Error> {
        let request = self.request(Method::PATCH, &["organisations", id])?;
        self.run(request.json(change)?).await
    }

    /// Removes an organisation.
    ///
    /// # Errors
    /// There is none, or the caller may not; no answer.
    pub async fn remove_organisation(&self, id: &str) -> Result<(), Error> {
        self.run(self.request(Method::DELETE, &["organisations", id])?)
            .await
    }

    /// The members of an organisation.
    ///
    /// # Errors
    /// The caller may not see them; no answer.
    pub async fn members(
        &self,
        organisation: &str,
        after: Option<&str>,
    ) -> Result<Listed<Member>, Error> {
        let request = self.request(Method::GET, &["organisations", organisation, "members"])?;
        self.fetch(with(request, [("after", after)])).await
    }

    /// Makes somebody a member.
    ///
    /// # Errors
    /// The caller may not; no answer.
    pub async fn add_member(&self, organisation: &str, subject: &str) -> Result<(), Error> {
        let path = ["organisations", organisation, "members", subject];
        self.run(self.request(Method::PUT, &path)?).await
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// There is none, or the caller may not; no answer.
    pub async fn remove_member(&self, organisation: &str, subject: &str) -> Result<(), Error> {
        let path = ["organisations", organisation, "members", subject];
        self.run(self.request(Method::DELETE, &path)?).await
    }

    /// Invites somebody.
    ///
    /// # Errors
    /// The caller may not; there is no such role; no answer.
    pub async fn invite(
        &self,
        organisation: &str,
        invitation: &NewInvitation,
    ) -> Result<Invitation, Error> {
        let path = ["organisations", organisation, "invitations"];
        self.fetch(self.request(Method::POST, &path)?.json(invitation)?)
            .await
    }

    /// The invitations of an organisation, accepted ones too.
    ///
    /// # Errors
    /// The caller may not see them; no answer.
    pub async fn invitations(
        &self,
        organisation: &str,
        after: Option<&str>,
    ) -> Result<Listed<SentInvitation>, Error> {
        let path = ["organisations", organisation, "invitations"];
        let request = self.request(Method::GET, &path)?;
        self.fetch(with(request, [("after", after)])).await
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// There is none, or the caller may not; no answer.
    pub async fn withdraw(&self, organisation: &str, invitation: &str) -> Result<(), Error> {
        let path = ["organisations", organisation, "invitations", invitation];
        self.run(self.request(Method::DELETE, &path)?).await
    }

    /// Accepts an invitation; gives the organisation's id.
    ///
    /// # Errors
    /// The token is none, too old, or for somebody else; no answer.
    pub async fn accept(&self, token: &str) -> Result<String, Error> {
        let request = self.request(Method::POST, &["invitations", "accept"])?;
        let joined: Joined = self
            .fetch(request.json(&json!({ "token": token }))?)
            .await?;
        Ok(joined.organisation_id)
    }
}
