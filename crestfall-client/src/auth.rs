//! Users: how they sign up and in, what they prove besides, and their administration.

mod admin;
mod api_keys;
mod consent;
mod contact;
mod identities;
mod mfa;
mod oauth;
mod passkeys;
mod pkce;
mod provider;
mod sessions;
mod sign_in;
mod sign_up;
mod user;

use http::{HeaderName, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Error;
use crate::session::{Session, SessionEvents};
use crate::transport::Request;

pub use admin::{
    Admin, AuditEntry, CustomProvider, CustomProviderFields, CustomProviders, GenerateLink,
    GeneratedLink, LinkKind, ListAudit, ListUsers, NewUser, OauthApplication,
    OauthApplicationFields, OauthClients, UserChange, UserPage,
};
pub use api_keys::{ApiKey, ApiKeyRequest, ApiKeys, NewApiKey};
pub use consent::{Application, Asked, Consent, Granted};
pub use contact::Contact;
pub use mfa::{Challenge, Enrolled, Mfa, Totp};
pub use oauth::{DeviceAuthorization, Oauth, OauthClient, Tokens};
pub use passkeys::{Authenticator, Passkey, Passkeys};
pub use pkce::Verifier;
pub use provider::{Authorize, AuthorizeUrl};
pub use sessions::{Happened, SessionInfo};
pub use sign_in::{IdToken, Otp, OtpKind, SendOtp, Verified};
pub use sign_up::{SignUp, SignedUp};
pub use user::{SignOut, UserUpdate};

const API_VERSION: HeaderName = HeaderName::from_static("x-supabase-api-version");

/// The service for users, through a client.
#[derive(Debug, Clone)]
pub struct Auth {
    pub(crate) client: Client,
}

impl Auth {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The session as it is: `None` when nobody is signed in. Its token may have expired.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn session(&self) -> Result<Option<Session>, Error> {
        self.client.inner.sessions.current().await
    }

    /// An access token that is good now: refreshed if need be.
    ///
    /// # Errors
    /// The refresh fails; [`Error::NoSession`] when nobody is signed in.
    pub async fn access_token(&self) -> Result<String, Error> {
        let token = self.client.inner.sessions.token(&self.client).await?;
        let token = token.ok_or(Error::NoSession)?;
        Ok(token.token().to_owned())
    }

    /// Refreshes the session now. Any number of tasks may ask at once: one request is sent.
    ///
    /// # Errors
    /// The refresh fails: refused for good, nobody is signed in any more; else the session stays.
    pub async fn refresh(&self) -> Result<Session, Error> {
        let session = self
            .client
            .inner
            .sessions
            .refresh(&self.client, None)
            .await?;
        session.ok_or(Error::NoSession)
    }

    /// Takes over a session: of another client, or from a redirect's fragment.
    ///
    /// # Errors
    /// The server does not know the refresh token; no answer.
    pub async fn set_session(&self, refresh_token: &str) -> Result<Session, Error> {
        let body = serde_json::json!({ "refresh_token": refresh_token });
        self.grant("refresh_token", &body).await
    }

    /// What happens to the session from now on.
    pub fn events(&self) -> SessionEvents {
        self.client.inner.sessions.events()
    }

    /// Second factors of who is signed in.
    pub fn mfa(&self) -> Mfa {
        Mfa(self.clone())
    }

    /// Passkeys.
    pub fn passkeys(&self) -> Passkeys {
        Passkeys(self.clone())
    }

    /// All users, for who may administer them: the client has a service's key.
    pub fn admin(&self) -> Admin {
        Admin(self.clone())
    }

    /// The server as an OAuth 2.1 authorization server, to an application that is its client.
    pub fn oauth(&self, client: OauthClient) -> Oauth {
        Oauth::new(self.clone(), client)
    }

    /// What the service offers.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn settings(&self) -> Result<serde_json::Value, Error> {
        self.get(&["settings"])?
            .without_session()
            .fetch(&self.client)
            .await
    }

    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Result<Request, Error> {
        let url = self.client.url(&self.client.inner.paths.auth, path)?;
        // So that errors come in the newer form.
        Request::new(method, url).header(API_VERSION, "2024-01-01")
    }

    pub(crate) fn get(&self, path: &[&str]) -> Result<Request, Error> {
        self.request(Method::GET, path)
    }

    pub(crate) fn delete(&self, path: &[&str]) -> Result<Request, Error> {
        self.request(Method::DELETE, path)
    }

    pub(crate) fn post(
        &self,
        path: &str,
        body: &(impl Serialize + ?Sized),
    ) -> Result<Request, Error> {
        self.post_to(&[path], body)
    }

    pub(crate) fn post_to(
        &self,
        path: &[&str],
        body: &(impl Serialize + ?Sized),
    ) -> Result<Request, Error> {
        self.request(Method::POST, path)?.json(body)
    }

    pub(crate) async fn fetch<R: DeserializeOwned>(&self, request: Request) -> Result<R, Error> {
        request.fetch(&self.client).await
    }

    pub(crate) async fn run(&self, request: Request) -> Result<(), Error> {
        request.send(&self.client).await.map(drop)
    }

    /// A grant of `/token`, which begins a session here.
    pub(crate) async fn grant(
        &self,
        grant_type: &str,
        body: &(impl Serialize + ?Sized),
    ) -> Result<Session, Error> {
        let request = self.post("token", body)?.query("grant_type", grant_type);
        let session = self.fetch(request.without_session()).await?;
        self.begin(session).await
    }

    /// Begins a session that just came.
    pub(crate) async fn begin(&self, session: Session) -> Result<Session, Error> {
        let session = session.received();
        self.client.inner.sessions.begin(session.clone()).await?;
        Ok(session)
    }
}
