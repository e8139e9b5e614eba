//! Programs that act by themselves.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{Listed, Rbac, with};
use crate::error::Error;
use crate::setters::texts;

/// A name for a subject that is a program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ServiceAccount {
    /// A UUID.
    pub id: String,
    /// `sub` of its tokens: what roles are assigned to.
    pub subject: String,
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// Whose it is; `None` for nobody's in particular.
    #[serde(default)]
    pub organisation_id: Option<String>,
}

/// A new service account.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `create_service_account`"]
pub struct NewServiceAccount {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_id: Option<String>,
}

impl NewServiceAccount {
    /// An account of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    texts! {
        /// What it does.
        description,

        /// `sub` of its tokens, such as the id of an OAuth client, or `api_key:<id>`; the account's own
        /// id unless it is said.
        subject,

        /// Of an organisation.
        organisation => organisation_id,
    }
}

impl Rbac {
    /// Service accounts: all that the caller may see, or those of an organisation.
    ///
    /// # Errors
    /// No answer.
    pub async fn service_accounts(
        &self,
        organisation: Option<&str>,
        after: Option<&str>,
    ) -> Result<Listed<ServiceAccount>, Error> {
        let request = self.request(Method::GET, &["service-accounts"])?;
        let parameters = [("organisation", organisation), ("after", after)];
        self.fetch(with(request, parameters)).await
    }

    /// Makes a service account.
    ///
    /// # Errors
    /// The caller may not; the subject has one; no answer.
    pub async fn create_service_account(
        &self,
        account: &NewServiceAccount,
    ) -> Result<ServiceAccount, Error> {
        let request = self.request(Method::POST, &["service-accounts"])?;
        self.fetch(request.json(account)?).await
    }

    /// Removes a service account and what is assigned to it.
    ///
    /// # Errors
    /// There is none, or the caller may not; no answer.
    pub async fn remove_service_account(&self, id: &str) -> Result<(), Error> {
        self.run(self.request(Method::DELETE, &["service-accounts", id])?)
            .await
    }
}
