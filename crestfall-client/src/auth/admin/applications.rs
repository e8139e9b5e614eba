//! Applications of the OAuth server, which act for users.

use http::Method;
use serde::{Deserialize, Serialize};

use super::Admin;
use crate::auth::Auth;
use crate::error::Error;

/// Applications: see [`Admin::oauth_clients`].
#[derive(Debug, Clone)]
pub struct OauthClients(Auth);

/// An application.
#[derive(Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct OauthApplication {
    /// Its id, as [`OauthClient`](crate::auth::OauthClient) takes it.
    pub client_id: String,
    /// Its secret, shown when it was made. Not by `Debug`.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// `public` or `confidential`.
    pub client_type: String,
    /// What users are shown.
    #[serde(default)]
    pub client_name: Option<String>,
    /// Its page.
    #[serde(default)]
    pub client_uri: Option<String>,
    /// Its picture.
    #[serde(default)]
    pub logo_uri: Option<String>,
    /// Where users come back to.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// What it may ask for tokens with.
    #[serde(default)]
    pub grant_types: Vec<String>,
    /// How it says which it is.
    #[serde(default)]
    pub token_endpoint_auth_method: String,
    /// `manual`, or `dynamic` of one that has registered itself.
    #[serde(default)]
    pub registration_type: String,
    /// When it was made.
    #[serde(default)]
    pub created_at: String,
}

impl std::fmt::Debug for OauthApplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OauthApplication")
            .field("client_id", &self.client_id)
            .field("client_name", &self.client_name)
            .finish_non_exhaustive()
    }
}

/// What an application is to be. What is not said stays, of one that is there.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OauthApplicationFields {
    /// `public` or `confidential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_type: Option<String>,
    /// What users are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Where users come back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// What it may ask for tokens with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// How it says which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    clients: Vec<OauthApplication>,
}

const PATH: [&str; 3] = ["admin", "oauth", "clients"];

impl Admin {
    /// Applications that may act for users, where this is an OAuth server.
    pub fn oauth_clients(&self) -> OauthClients {
        OauthClients(self.0.clone())
    }
}

impl OauthClients {
    /// A page of them, from 1.
    ///
    /// # Errors
    /// `not_admin`; no answer.
    pub async fn list(&self, page: u32) -> Result<Vec<OauthApplication>, Error> {
        let request = self.0.get(&PATH)?.query("page", &page.to_string());
        let listed: Listed = self.0.fetch(request).await?;
        Ok(listed.clients)
    }

    /// Registers one. Its secret is shown this once.
    ///
    /// # Errors
    /// An address that is none; no answer.
    pub async fn create(&self, fields: OauthApplicationFields) -> Result<OauthApplication, Error> {
        self.0.fetch(self.0.post_to(&PATH, &fields)?).await
    }

    /// One of them.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn get(&self, id: &str) -> Result<OauthApplication, Error> {
        self.0.fetch(self.of(Method::GET, &[id])?).await
    }

    /// Changes one.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn update(
        &self,
        id: &str,
        fields: OauthApplicationFields,
    ) -> Result<OauthApplication, Error> {
        let request = self.of(Method::PUT, &[id])?.json(&fields)?;
        self.0.fetch(request).await
    }

    /// Removes one, and what it may do.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        self.0.run(self.of(Method::DELETE, &[id])?).await
    }

    /// A new secret in place of the old one.
    ///
    /// # Errors
    /// There is none of that id, or it is public; no answer.
    pub async fn regenerate_secret(&self, id: &str) -> Result<OauthApplication, Error> {
        let request = self.of(Method::POST, &[id, "regenerate_secret"])?;
        self.0.fetch(request).await
    }

    fn of(&self, method: Method, rest: &[&str]) -> Result<crate::transport::Request, Error> {
        self.0.request(method, &[&PATH[..], rest].concat())
    }
}
