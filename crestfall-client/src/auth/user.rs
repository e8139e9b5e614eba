//! What users do with their own account.

use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Auth;
use super::pkce::{Challenge, Verifier};
use crate::error::Error;
use crate::session::User;
use crate::setters::texts;

/// Changes of one's own account; what is not set stays.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing changes until it is given to `update_user`"]
pub struct UserUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
    #[serde(flatten)]
    challenge: Option<Challenge>,
    #[serde(skip)]
    redirect_to: Option<String>,
}

impl UserUpdate {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// Another mail address, which has to be confirmed.
        email,

        /// Another phone number, which has to be confirmed.
        phone,

        /// Another password.
        password,

        /// The password that it replaces, where the server asks for it.
        current_password,

        /// The code of [`Auth::reauthenticate`], where the server asks for it.
        nonce,

        /// Where the link in the mail leads.
        redirect_to,
    }

    /// Something to keep with the user; `null` removes it.
    pub fn data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.data.insert(name.into(), value.into());
        self
    }

    /// The link in the mail brings a code, which this verifier's holder alone can exchange.
    pub fn pkce(mut self, verifier: &Verifier) -> Self {
        self.challenge = Some(verifier.challenge());
        self
    }
}

/// Which sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignOut {
    /// All of the user's.
    #[default]
    Everywhere,
    /// This one.
    Here,
    /// All but this one, which goes on.
    Elsewhere,
}

impl SignOut {
    pub(super) fn scope(self) -> &'static str {
        match self {
            Self::Everywhere => "global",
            Self::Here => "local",
            Self::Elsewhere => "others",
        }
    }
}

impl Auth {
    /// Changes one's own account.
    ///
    /// # Errors
    /// `weak_password`, `same_password`, `email_exists` and more; no answer.
    pub async fn update_user(&self, update: UserUpdate) -> Result<User, Error> {
        let request = self.request(Method::PUT, &["user"])?.json(&update)?;
        let request = request.query_if("redirect_to", update.redirect_to.as_deref());
        let user: User = self.fetch(request).await?;
        self.client.inner.sessions.update_user(&user).await?;
        Ok(user)
    }

    /// Signs out. The session is forgotten here even when the server knows it no more; not when it
    /// cannot be reached, as the session would go on there.
    ///
    /// # Errors
    /// No answer.
    pub async fn sign_out(&self, which: SignOut) -> Result<(), Error> {
        if self.session().await?.is_none() {
            return Ok(());
        }
        let request = self.request(Method::POST, &["logout"])?;
        let answer = self.run(request.query("scope", which.scope())).await;
        match answer {
            Err(error) if !is_gone(&error) => return Err(error),
            _ => {}
        }
        match which {
            SignOut::Elsewhere => Ok(()),
            SignOut::Everywhere | SignOut::Here => self.forget_session().await,
        }
    }

    /// Forgets the session here, and tells the server nothing.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn forget_session(&self) -> Result<(), Error> {
        self.client.inner.sessions.end().await
    }
}

fn is_gone(error: &Error) -> bool {
    let gone = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
    ];
    let refused = error.status().is_some_and(|status| gone.contains(&status));
    // The token had expired, and the refresh was refused.
    refused
        || error
            .code()
            .is_some_and(|code| code.starts_with("refresh_token") || code.starts_with("session"))
}
