//! What applications ask of who is signed in, and may do: for the page that asks for consent.

use serde::Deserialize;
use serde_json::json;

use super::Auth;
use crate::error::Error;

/// An application as users see it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Application {
    /// A UUID.
    pub id: String,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Its page.
    #[serde(default)]
    pub uri: Option<String>,
    /// Its picture.
    #[serde(default)]
    pub logo_uri: Option<String>,
}

/// What an application asks for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Asked {
    /// For the decision.
    pub authorization_id: String,
    /// Who asks.
    pub client: Application,
    /// What for, divided by blanks.
    #[serde(default)]
    pub scope: String,
    /// The code that a device shows.
    #[serde(default)]
    pub user_code: Option<String>,
}

/// What is to be done about a request for consent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Consent {
    /// The user has to decide.
    Asked(Asked),
    /// It was decided: where the browser goes; none of a device, which finds out by itself.
    Decided {
        /// Where to.
        redirect_url: Option<String>,
    },
}

/// What an application may do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Granted {
    /// Which one.
    pub client: Application,
    /// What for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Since when.
    pub granted_at: String,
}

#[derive(Deserialize)]
struct Found {
    authorization_id: String,
}

impl Auth {
    /// What an application asks for. The id came with the browser to the page.
    ///
    /// # Errors
    /// There is no such request, or no more; nobody is signed in; no answer.
    pub async fn authorization(&self, id: &str) -> Result<Consent, Error> {
        let request = self.get(&["oauth", "authorizations", id])?;
        self.fetch(request).await
    }

    /// The id of what a device asks for, by the code that it shows.
    ///
    /// # Errors
    /// There is no such code; nobody is signed in; no answer.
    pub async fn find_device(&self, user_code: &str) -> Result<String, Error> {
        let body = json!({ "user_code": user_code });
        let found: Found = self
            .fetch(self.post_to(&["oauth", "device"], &body)?)
            .await?;
        Ok(found.authorization_id)
    }

    /// Lets an application do what it asks for, or not. Gives the address where the browser goes.
    ///
    /// # Errors
    /// There is no such request, or no more; nobody is signed in; no answer.
    pub async fn decide(
        &self,
        authorization: &str,
        approve: bool,
    ) -> Result<Option<String>, Error> {
        let body = json!({ "action": if approve { "approve" } else { "deny" } });
        let path = ["oauth", "authorizations", authorization, "consent"];
        match self.fetch(self.post_to(&path, &body)?).await? {
            Consent::Decided { redirect_url } => Ok(redirect_url),
            Consent::Asked(_) => Ok(None),
        }
    }

    /// Applications that act for who is signed in.
    ///
    /// # Errors
    /// Nobody is; no answer.
    pub async fn grants(&self) -> Result<Vec<Granted>, Error> {
        self.fetch(self.get(&["user", "oauth", "grants"])?).await
    }

    /// Ends what an application may do, and its tokens.
    ///
    /// # Errors
    /// It may do nothing; nobody is signed in; no answer.
    pub async fn withdraw_grant(&self, client_id: &str) -> Result<(), Error> {
        let request = self.delete(&["user", "oauth", "grants"])?;
        self.run(request.query("client_id", client_id)).await
    }
}
