//! Who may do what: permissions, roles, organisations. Crestfall's own.

mod organisations;
mod roles;
mod service_accounts;

use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::transport::Request;

pub use organisations::{
    Invitation, Member, NewInvitation, Organisation, OrganisationChange, SentInvitation,
};
pub use roles::{Assign, Assignment, Assignments, NewRole, Permission, Role, RoleChange};
pub use service_accounts::{NewServiceAccount, ServiceAccount};

/// The service for permissions, through a client.
#[derive(Debug, Clone)]
pub struct Rbac {
    client: Client,
}

/// A question: may this be done?
///
/// ```
/// use crestfall_client::rbac::Check;
///
/// let question = Check::new("invoice:write").organisation("6f1e0d2c-3b4a-4958-8776-95a4b3c2d1e0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a question is answered by `check`"]
pub struct Check {
    permission: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
}

impl Check {
    /// Whether the permission, such as `invoice:write`, is held everywhere.
    pub fn new(permission: impl Into<String>) -> Self {
        Self {
            permission: permission.into(),
            resource: None,
            organisation: None,
        }
    }

    /// On one thing, such as `invoice/42`.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// In an organisation, by its id.
    pub fn organisation(mut self, id: impl Into<String>) -> Self {
        self.organisation = Some(id.into());
        self
    }
}

impl From<&str> for Check {
    fn from(permission: &str) -> Self {
        Self::new(permission)
    }
}

/// What the caller may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Me {
    /// Who it is: the token's `sub`.
    pub subject: Option<String>,
    /// The organisation that was asked about.
    pub organisation: Option<String>,
    /// Roles by name.
    pub roles: Vec<String>,
    /// Permissions, of all roles.
    pub permissions: Vec<String>,
    /// Organisations that the caller is a member of, by id.
    pub organisations: Vec<String>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Answers {
    allowed: Vec<bool>,
}

impl Rbac {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Whether the caller may do something.
    ///
    /// # Errors
    /// Nobody is signed in; the permission is none; no answer.
    pub async fn check(&self, check: impl Into<Check>) -> Result<bool, Error> {
        let allowed = self.check_all(&[check.into()], None).await?;
        Ok(allowed.first().copied().unwrap_or(false))
    }

    /// Answers to many questions in their order: of the caller, or of another subject for who may see
    /// all assignments.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub async fn check_all(
        &self,
        checks: &[Check],
        subject: Option<&str>,
    ) -> Result<Vec<bool>, Error> {
        let mut body = json!({ "checks": checks });
        if let Some(subject) = subject {
            body["subject"] = json!(subject);
        }
        let mut request = self.request(Method::POST, &["check"])?.json(&body)?;
        // It only asks.
        request.repeatable = true;
        let answers: Answers = self.fetch(request).await?;
        match answers.allowed.len() == checks.len() {
            true => Ok(answers.allowed),
            false => Err(Error::decode(
                "an answer to each question",
                "some are missing",
            )),
        }
    }

    /// Why something may be done, or may not: roles, assignments and what they imply.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub async fn explain(&self, check: &Check, subject: Option<&str>) -> Result<Value, Error> {
        let parameters = [
            ("permission", Some(check.permission.as_str())),
            ("resource", check.resource.as_deref()),
            ("organisation", check.organisation.as_deref()),
            ("subject", subject),
        ];
        let request = self.request(Method::GET, &["explain"])?;
        self.fetch(with(request, parameters)).await
    }

    /// What the caller may do, everywhere or in an organisation.
    ///
    /// # Errors
    /// Nobody is signed in; no answer.
    pub async fn me(&self, organisation: Option<&str>) -> Result<Me, Error> {
        let request = self.request(Method::GET, &["me"])?;
        self.fetch(with(request, [("organisation", organisation)]))
            .await
    }

    /// Chooses the organisation that the next tokens name, or none.
    ///
    /// # Errors
    /// The caller is no member; no answer.
    pub async fn activate(&self, organisation: Option<&str>) -> Result<(), Error> {
        let request = self.request(Method::PUT, &["me", "active-organisation"])?;
        self.run(request.json(&json!({ "organisation": organisation }))?)
            .await
    }

    /// Anything else of the service.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let request = self.request(method, path)?;
        match body {
            Some(body) => self.fetch(request.json(body)?).await,
            None => self.fetch(request).await,
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<Request, Error> {
        let url = self.client.url(&self.client.inner.paths.rbac, path)?;
        Ok(Request::new(method, url))
    }

    async fn fetch<R: DeserializeOwned>(&self, request: Request) -> Result<R, Error> {
        request.fetch(&self.client).await
    }

    async fn run(&self, request: Request) -> Result<(), Error> {
        request.send(&self.client).await.map(drop)
    }
}

/// With those parameters that have a value.
fn with<'p>(
    request: Request,
    parameters: impl IntoIterator<Item = (&'p str, Option<&'p str>)>,
) -> Request {
    let given = parameters
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    given.fold(request, |request, (name, value)| request.query(name, value))
}
