//! What users do with their own account.

use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Auth;
use super::pkce::{Challenge, Verifier};
use crate::error::Error;
use crate::session::User;

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

    /// Another mail address, which has to be confirmed.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Another phone number, which has to be confirmed.
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    /// Another password.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The password that it replaces, where the server asks for it.
    pub fn current_password(mut self, password: impl Into<String>) -> Self {
        self.current_password = Some(password.into());
        self
    }

    /// The code of [`Auth::reauthenticate`], where the server asks for it.
    pub fn nonce(mut self, code: impl Into<String>) -> Self {
        self.nonce = Some(code.into());
        self
    }

    /// Something to keep with the user; `null` removes it.
    pub fn data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.data.insert(name.into(), value.into());
        self
    }

    /// Where the link in the mail leads.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.redirect_to = Some(url.into());
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
        let mut request = self.request(Method::PUT, &["user"])?.json(&update)?;
        if let Some(url) = &update.redirect_to {
            request = request.query("redirect_to", url);
        }
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
