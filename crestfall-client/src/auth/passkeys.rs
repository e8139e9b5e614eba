//! Passkeys: the server asks, an authenticator answers.

use std::fmt::Debug;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Auth;
use crate::error::{Cause, Error};
use crate::platform::{BoxFuture, Shared};
use crate::session::Session;

/// Performs ceremonies of WebAuthn: `navigator.credentials` of a browser, the system's dialog, a key.
/// Options and answers are in the JSON of WebAuthn (`PublicKeyCredentialCreationOptionsJSON` and its
/// like).
pub trait Authenticator: Debug + Shared {
    /// Makes a credential; gives `RegistrationResponseJSON`.
    fn create(&self, options: Value) -> BoxFuture<'_, Result<Value, Cause>>;

    /// Proves to have one; gives `AuthenticationResponseJSON`.
    fn get(&self, options: Value) -> BoxFuture<'_, Result<Value, Cause>>;
}

/// Passkeys, of who is signed in, or to sign in with.
#[derive(Debug, Clone)]
pub struct Passkeys(pub(super) Auth);

/// A passkey.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Passkey {
    /// Its id.
    pub id: String,
    /// What the user calls it.
    #[serde(default)]
    pub friendly_name: String,
    /// When it was made.
    pub created_at: String,
    /// When it was used last.
    #[serde(default)]
    pub last_used_at: Option<String>,
}

#[derive(Deserialize)]
struct Begun {
    challenge_id: String,
    options: Value,
}

impl Passkeys {
    /// A new passkey for who is signed in.
    ///
    /// # Errors
    /// The ceremony fails, or its answer is refused; no answer.
    pub async fn register(
        &self,
        authenticator: &(impl Authenticator + ?Sized),
    ) -> Result<Passkey, Error> {
        let begun = self.begin(&["passkeys", "registration", "options"]).await?;
        let credential = authenticator.create(begun.options).await;
        let body = answer(&begun.challenge_id, credential)?;
        let path = ["passkeys", "registration", "verify"];
        self.0.fetch(self.0.post_to(&path, &body)?).await
    }

    /// Signs in. Nobody is named: the authenticator knows who it is.
    ///
    /// # Errors
    /// As for [`register`](Self::register).
    pub async fn sign_in(
        &self,
        authenticator: &(impl Authenticator + ?Sized),
    ) -> Result<Session, Error> {
        let begun = self
            .begin(&["passkeys", "authentication", "options"])
            .await?;
        let credential = authenticator.get(begun.options).await;
        let body = answer(&begun.challenge_id, credential)?;
        let path = ["passkeys", "authentication", "verify"];
        let session = self
            .0
            .fetch(self.0.post_to(&path, &body)?.without_session())
            .await?;
        self.0.begin(session).await
    }

    async fn begin(&self, path: &[&str]) -> Result<Begun, Error> {
        self.0.fetch(self.0.post_to(path, &json!({}))?).await
    }

    /// The passkeys of who is signed in.
    ///
    /// # Errors
    /// Nobody is; no answer.
    pub async fn list(&self) -> Result<Vec<Passkey>, Error> {
        self.0.fetch(self.0.get(&["passkeys"])?).await
    }

    /// Calls a passkey another name.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn rename(&self, id: &str, name: &str) -> Result<Passkey, Error> {
        let request = self.0.request(Method::PATCH, &["passkeys", id])?;
        self.0
            .fetch(request.json(&json!({ "friendly_name": name }))?)
            .await
    }

    /// Removes a passkey.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn remove(&self, id: &str) -> Result<(), Error> {
        self.0.run(self.0.delete(&["passkeys", id])?).await
    }
}

fn answer(challenge: &str, credential: Result<Value, Cause>) -> Result<Value, Error> {
    let credential = credential.map_err(Error::Authenticator)?;
    Ok(json!({ "challenge_id": challenge, "credential": credential }))
}
