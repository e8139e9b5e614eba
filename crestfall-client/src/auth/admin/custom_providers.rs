//! Providers of identities that an administrator adds while the server runs.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Admin;
use crate::auth::Auth;
use crate::error::Error;

/// Providers that were added: see [`Admin::custom_providers`].
#[derive(Debug, Clone)]
pub struct CustomProviders(Auth);

/// A provider that was added.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct CustomProvider {
    /// A UUID.
    pub id: String,
    /// `oidc` or `oauth2`.
    pub provider_type: String,
    /// What [`Auth::authorize`] takes; begins with `custom:`.
    pub identifier: String,
    /// For people.
    pub name: String,
    /// Our id there.
    pub client_id: String,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Users may sign in by it.
    pub enabled: bool,
    /// All that is known of it.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What a provider is to be. What is not said stays, of one that is there. Shown by `Debug` without the
/// secret.
#[derive(Clone, Default, Serialize)]
pub struct CustomProviderFields {
    /// `oidc` or `oauth2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_type: Option<String>,
    /// Begins with `custom:`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Our id there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Our secret there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// What is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Users may sign in by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Of OpenID Connect: who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Of OAuth 2: where users are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_url: Option<String>,
    /// Of OAuth 2: where tokens are got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// Of OAuth 2: where it is told who the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_url: Option<String>,
    /// Anything else that the server knows, such as `attribute_mapping`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl std::fmt::Debug for CustomProviderFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomProviderFields")
            .field("identifier", &self.identifier)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Listed {
    providers: Vec<CustomProvider>,
}

const PATH: [&str; 2] = ["admin", "custom-providers"];

impl Admin {
    /// Providers of identities beside those of the settings.
    pub fn custom_providers(&self) -> CustomProviders {
        CustomProviders(self.0.clone())
    }
}

impl CustomProviders {
    /// All of them.
    ///
    /// # Errors
    /// `not_admin`; no answer.
    pub async fn list(&self) -> Result<Vec<CustomProvider>, Error> {
        let listed: Listed = self.0.fetch(self.0.get(&PATH)?).await?;
        Ok(listed.providers)
    }

    /// Adds one.
    ///
    /// # Errors
    /// It is there, or does not answer as one; no answer.
    pub async fn create(&self, fields: CustomProviderFields) -> Result<CustomProvider, Error> {
        self.0.fetch(self.0.post_to(&PATH, &fields)?).await
    }

    /// One of them.
    ///
    /// # Errors
    /// There is none of that identifier; no answer.
    pub async fn get(&self, identifier: &str) -> Result<CustomProvider, Error> {
        self.0.fetch(self.of(Method::GET, identifier)?).await
    }

    /// Changes one.
    ///
    /// # Errors
    /// There is none of that identifier; no answer.
    pub async fn update(
        &self,
        identifier: &str,
        fields: CustomProviderFields,
    ) -> Result<CustomProvider, Error> {
        let request = self.of(Method::PUT, identifier)?.json(&fields)?;
        self.0.fetch(request).await
    }

    /// Removes one.
    ///
    /// # Errors
    /// There is none of that identifier; no answer.
    pub async fn delete(&self, identifier: &str) -> Result<(), Error> {
        self.0.run(self.of(Method::DELETE, identifier)?).await
    }

    fn of(&self, method: Method, identifier: &str) -> Result<crate::transport::Request, Error> {
        self.0.request(method, &[PATH[0], PATH[1], identifier])
    }
}
